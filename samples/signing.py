"""Signs PDFs with the test PKI at any date, without a network: PAdES B-B, B-T, B-LT and B-LTA, or adbe.pkcs7."""

# pyHanko leaves these constructors without annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from PIL import Image, ImageDraw
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes, SimpleSigner
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation import DocumentSecurityStore
from pyhanko.stamp import StaticStampStyle

from samples.held_keys import HoldingSigner, HoldingTimeStamper
from samples.pki import Entity, Pki
from samples.pki_revocation import asn1_crls, asn1_ocsps, crl, crls_for, ocsp_response

PADES, ADOBE = "ETSI.CAdES.detached", "adbe.pkcs7.detached"
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Appearance:
    """A visible signature: which page (0 first), where (PDF points), and the colour of the drawn image."""

    page: int
    box: Box
    colour: str

    @classmethod
    def of_person(cls, page: int = 0, box: Box = (330, 120, 470, 180)) -> Appearance:
        return cls(page, box, "blue")

    @classmethod
    def of_agency(cls, page: int = 0, box: Box = (280, 110, 370, 200)) -> Appearance:
        return cls(page, box, "red")


def sign_pdf(
    pdf: bytes,
    pki: Pki,
    signer: str = "person",
    *,
    at: datetime,
    timestamp: bool = False,
    embed_revocation: bool = False,
    archive_timestamp: bool = False,
    field_name: str | None = None,
    appearance: Appearance | None = None,
    subfilter: str = PADES,
    digest: str = "sha256",
    certify: int | None = None,
    timestamp_at: datetime | None = None,
    revocation_at: datetime | None = None,
    tsa: str = "tsa",
    embed_chain: bool = True,
    use_ocsp: bool = False,
) -> bytes:
    """``pdf`` with one more signature by ``signer`` in an incremental update.

    Claimed time is ``at``; ``timestamp`` adds an RFC 3161 token of ``timestamp_at`` (default ``at`` + 2 s);
    ``embed_revocation`` puts CRLs (and OCSP with ``use_ocsp``) of ``revocation_at`` into the DSS, or into the CMS for
    ``adbe.pkcs7.detached``; ``archive_timestamp`` adds a document timestamp (B-LTA). ``certify`` is a DocMDP level
    (1–3). Nothing is validated while signing: bad signatures are what samples are for.
    """
    timestamped_at = timestamp_at or at + timedelta(seconds=2)
    evidence_at = revocation_at or timestamped_at + timedelta(seconds=3)
    evidence = _Evidence.of(pki, [signer, tsa] if timestamp or archive_timestamp else [signer], evidence_at, use_ocsp)
    field = field_name or f"Signature_{signer}"
    in_cms = embed_revocation and subfilter == ADOBE
    output = asyncio.run(
        _signed(
            IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False),
            _pdf_signer(pki, signer, field, subfilter, digest, certify, appearance, embed_chain),
            timestamper(pki, timestamped_at, tsa) if timestamp else None,
            at,
            evidence if in_cms else None,
        )
    )
    if embed_revocation and not in_cms:
        output = add_validation_data(output, evidence)
    if archive_timestamp:
        output = add_document_timestamp(output, pki, evidence_at + timedelta(seconds=5), tsa=tsa)
    return output


def add_document_timestamp(pdf: bytes, pki: Pki, at: datetime, *, tsa: str = "tsa", digest: str = "sha256") -> bytes:
    """``pdf`` with a document timestamp (``ETSI.RFC3161``) over everything so far."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    out = signers.PdfTimeStamper(timestamper(pki, at, tsa)).timestamp_pdf(writer, digest)
    return bytes(out.getbuffer())


def add_revocation_data(pdf: bytes, pki: Pki, labels: Sequence[str], at: datetime, *, use_ocsp: bool = False) -> bytes:
    """``pdf`` with certificates, CRLs (and OCSP) of ``at`` for ``labels`` added to its DSS, and nothing else."""
    return add_validation_data(pdf, _Evidence.of(pki, list(labels), at, use_ocsp))


def add_validation_data(pdf: bytes, evidence: _Evidence) -> bytes:
    stream = io.BytesIO(pdf)
    DocumentSecurityStore.add_dss(
        stream,
        None,
        certs=[item.asn1 for item in evidence.certificates],
        crls=asn1_crls(evidence.crls),
        ocsps=asn1_ocsps(evidence.ocsps),
        strict=False,
    )
    return stream.getvalue()


def timestamper(pki: Pki, at: datetime, tsa: str = "tsa") -> DummyTimeStamper:
    """An authority in this process that says ``at`` whatever the clock says."""
    return HoldingTimeStamper(pki[tsa], pki.chain(tsa)[1:], at)


@dataclass(frozen=True, slots=True)
class _Evidence:
    certificates: list[Entity]
    crls: list[bytes]
    ocsps: list[bytes]

    @classmethod
    def of(cls, pki: Pki, labels: list[str], at: datetime, use_ocsp: bool) -> _Evidence:
        """All that proves the state of ``labels`` and of those above them at ``at``."""
        certificates = {item.spec.label: item for label in labels for item in pki.chain(label)}
        if not use_ocsp:
            return cls(list(certificates.values()), crls_for(pki, labels, at), [])
        roots = sorted({pki.chain(label)[-1].spec.label for label in labels})
        return cls(
            list(certificates.values()),
            [crl(pki, root, at) for root in roots],
            [ocsp_response(pki, label, at) for label in labels],
        )


def _pdf_signer(
    pki: Pki,
    label: str,
    field: str,
    subfilter: str,
    digest: str,
    certify: int | None,
    appearance: Appearance | None,
    embed_chain: bool,
) -> signers.PdfSigner:
    simple = HoldingSigner(pki[label], pki.chain(label)[1:] if embed_chain else [])
    metadata = signers.PdfSignatureMetadata(
        field_name=field,
        md_algorithm=digest,
        subfilter=SigSeedSubFilter("/" + subfilter),
        certify=certify is not None,
        docmdp_permissions=MDPPerm(certify or 2),
    )
    spec = style = None
    if appearance is not None:
        spec = SigFieldSpec(field, on_page=appearance.page, box=appearance.box)
        style = StaticStampStyle(background=PdfImage(_drawing(appearance.colour)), border_width=0)
    return signers.PdfSigner(metadata, simple, stamp_style=style, new_field_spec=spec)


async def _signed(
    writer: IncrementalPdfFileWriter,
    pdf_signer: signers.PdfSigner,
    stamper: DummyTimeStamper | None,
    at: datetime,
    cms_evidence: _Evidence | None,
) -> bytes:
    session = pdf_signer.init_signing_session(writer)
    session.system_time = at
    session.timestamper = stamper
    revocation = None
    if cms_evidence is not None:
        revocation = SimpleSigner.format_revinfo(asn1_ocsps(cms_evidence.ocsps), asn1_crls(cms_evidence.crls))
    # A generous constant instead of the estimate, which would sign and time-stamp twice.
    reserved = 24_000 + (0 if revocation is None else 2 * len(revocation.dump()))
    document = session.prepare_tbs_document(None, reserved)
    output = io.BytesIO()
    digest, _ = document.digest_tbs_document(output=output)
    await document.perform_signature(
        digest.document_digest,
        PdfCMSSignedAttributes(signing_time=at, adobe_revinfo_attr=revocation),
    )
    return output.getvalue()


@cache
def _drawing(colour: str) -> Image.Image:
    """A blue flourish for a person, a red ring for an agency, on a transparent ground (NĐ 30/2020 Phụ lục I)."""
    image = Image.new("RGBA", (280, 120) if colour == "blue" else (180, 180), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    if colour == "blue":
        points = [(10 + 13 * step, 60 + (45 if step % 2 else -40) + step) for step in range(20)]
        pen.line(points, fill=(0, 32, 160, 255), width=4)
    else:
        pen.ellipse((6, 6, 174, 174), outline=(200, 0, 0, 255), width=6)
        pen.ellipse((40, 40, 140, 140), outline=(200, 0, 0, 255), width=3)
    return image
