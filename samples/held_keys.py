"""pyHanko's signers with the key at hand: theirs read and test it anew for each signature, which takes most of the time."""

# pyHanko leaves these constructors without annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from asn1crypto import cms, core
from asn1crypto import keys as asn1_keys
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from pyhanko.sign.general import as_signing_certificate, simple_cms_attribute
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore
from pyhanko_certvalidator.util import get_pyca_cryptography_hash

from samples.pki import Entity


class HoldingSigner(SimpleSigner):
    """Signs as ``entity`` with RSA PKCS#1 v1.5; ``above`` are the certificates it can show besides its own."""

    def __init__(self, entity: Entity, above: Sequence[Entity]) -> None:
        super().__init__(
            signing_cert=entity.asn1,
            signing_key=asn1_keys.PrivateKeyInfo.load(entity.key_der),
            cert_registry=store_of(above),
        )
        self._key = entity.key

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        return self._key.sign(data, PKCS1v15(), get_pyca_cryptography_hash(digest_algorithm))


class HoldingTimeStamper(DummyTimeStamper):
    """An authority in this process that says ``at`` whatever the clock says."""

    def __init__(self, entity: Entity, above: Sequence[Entity], at: datetime) -> None:
        super().__init__(
            tsa_cert=entity.asn1,
            tsa_key=asn1_keys.PrivateKeyInfo.load(entity.key_der),
            certs_to_embed=store_of(above),
            fixed_dt=at,
        )
        self._key = entity.key

    def _sign_tst_info(self, tst_info_data: bytes, md_algorithm: str, dt: datetime) -> tuple[bytes, cms.CMSAttributes]:
        signed = {
            "content_type": "tst_info",
            "signing_time": cms.Time({"utc_time": core.UTCTime(dt)}),
            "signing_certificate": as_signing_certificate(self.tsa_cert),
            "message_digest": hashlib.new(md_algorithm, tst_info_data).digest(),
        }
        attributes = cms.CMSAttributes([simple_cms_attribute(name, value) for name, value in signed.items()])
        return self._key.sign(attributes.dump(), PKCS1v15(), get_pyca_cryptography_hash(md_algorithm)), attributes


def store_of(entities: Sequence[Entity]) -> SimpleCertificateStore:
    """Their certificates."""
    store = SimpleCertificateStore()
    for entity in entities:
        store.register(entity.asn1)
    return store
