"""Nothing that is wrong ever passes: each fault alone, and what is said of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from samples.pki import Pki
from samples.pki_entities import utc
from samples.pki_revocation import crls_for, ocsp_response
from samples.signing import ADOBE, Appearance, add_document_timestamp, add_revocation_data, sign_pdf
from samples.tampering import (
    SHADOW_FAMILIES,
    append_tail,
    break_signature_value,
    byte_range_past_end,
    garble_signature,
    remove_signatures,
    retitle,
    shadow_change,
    strip_certificates,
    tamper_after_signing,
)

SIGNED_AT = utc(2025, 3, 10, 2)
LT: dict[str, Any] = {"timestamp": True, "embed_revocation": True}


@pytest.fixture(scope="module")
def good(pki: Pki, base: bytes) -> bytes:
    """Signed by a person, then by the agency, both visible, time-stamped, with validation data."""
    one = sign_pdf(base, pki, "person", at=SIGNED_AT, appearance=Appearance.of_person(), **LT)
    return sign_pdf(one, pki, "agency", at=SIGNED_AT + timedelta(minutes=5), appearance=Appearance.of_agency(), **LT)


BAD: dict[str, tuple[Callable[[Pki, bytes], bytes], str, str]] = {
    "expired by its own account": (
        lambda pki, base: sign_pdf(base, pki, "expired", at=utc(2025, 3, 10), **LT),
        "signatures.expired-at-signing",
        "không hợp lệ",
    ),
    "pitfall 1: time-stamped only after the certificate expired": (
        lambda pki, base: sign_pdf(
            base,
            pki,
            "expired",
            at=utc(2024, 12, 1),
            timestamp_at=utc(2025, 3, 1),
            revocation_at=utc(2024, 12, 30),
            **LT,
        ),
        "signatures.expired-unproven",
        "không đủ căn cứ",
    ),
    "pitfall 9: evidence issued after the certificate expired": (
        lambda pki, base: sign_pdf(
            base, pki, "expired", at=utc(2024, 12, 1), revocation_at=utc(2025, 3, 1), use_ocsp=True, **LT
        ),
        "signatures.no-revocation-evidence",
        "không đủ căn cứ",
    ),
    "pitfall 5: stale evidence is no evidence": (
        lambda pki, base: sign_pdf(base, pki, at=SIGNED_AT, revocation_at=utc(2024, 1, 1), **LT),
        "signatures.no-revocation-evidence",
        "không đủ căn cứ",
    ),
    "expired before receipt without a time stamp": (
        lambda pki, base: sign_pdf(base, pki, "expired", at=utc(2024, 6, 1), embed_revocation=True),
        "signatures.expired-unproven",
        "không đủ căn cứ",
    ),
    "signed before the certificate was valid": (
        lambda pki, base: sign_pdf(base, pki, at=utc(2022, 6, 1), **LT),
        "signatures.not-yet-valid",
        "không hợp lệ",
    ),
    "revoked before signing": (
        lambda pki, base: sign_pdf(base, pki, "revoked_before", at=SIGNED_AT, **LT),
        "signatures.revoked",
        "không hợp lệ",
    ),
    "revoked before signing, by OCSP": (
        lambda pki, base: sign_pdf(base, pki, "revoked_before", at=SIGNED_AT, use_ocsp=True, **LT),
        "signatures.revoked",
        "không hợp lệ",
    ),
    "claims a time before its revocation, proven only after it": (
        lambda pki, base: sign_pdf(base, pki, "revoked_before", at=utc(2024, 1, 1), timestamp_at=SIGNED_AT, **LT),
        "signatures.revoked-unproven",
        "không đủ căn cứ",
    ),
    "unknown authority": (
        lambda pki, base: sign_pdf(base, pki, "unknown", at=SIGNED_AT, **LT),
        "signatures.unknown-authority",
        "không đủ căn cứ",
    ),
    "no revocation evidence at all": (
        lambda pki, base: sign_pdf(base, pki, at=SIGNED_AT, timestamp=True),
        "signatures.no-revocation-evidence",
        "không đủ căn cứ",
    ),
    "SHA-1": (
        lambda pki, base: sign_pdf(base, pki, at=SIGNED_AT, digest="sha1", **LT),
        "signatures.weak-algorithm",
        "không đủ căn cứ",
    ),
    "RSA of 1024 bits": (
        lambda pki, base: sign_pdf(base, pki, "weak_key", at=SIGNED_AT, **LT),
        "signatures.weak-algorithm",
        "không đủ căn cứ",
    ),
    "time stamp of an unknown authority": (
        lambda pki, base: sign_pdf(base, pki, at=SIGNED_AT, tsa="unknown_tsa", **LT),
        "signatures.timestamp-not-believed",
        "không đủ căn cứ",
    ),
    "time stamp whose authority has expired since": (
        lambda pki, base: sign_pdf(base, pki, at=SIGNED_AT, tsa="tsa_expired", **LT),
        "signatures.timestamp-not-believed",
        "không đủ căn cứ",
    ),
    "time stamp from the future": (
        lambda pki, base: sign_pdf(base, pki, at=SIGNED_AT, timestamp_at=utc(2027, 1, 1), **LT),
        "signatures.timestamp-not-believed",
        "không đủ căn cứ",
    ),
    "one byte flipped": (
        lambda pki, base: tamper_after_signing(sign_pdf(base, pki, at=SIGNED_AT, **LT)),
        "signatures.tampered",
        "không hợp lệ",
    ),
    "signature value broken": (
        lambda pki, base: break_signature_value(sign_pdf(base, pki, at=SIGNED_AT, **LT)),
        "signatures.invalid",
        "không hợp lệ",
    ),
    "pitfall 6: no CMS in the field": (
        lambda pki, base: garble_signature(sign_pdf(base, pki, at=SIGNED_AT, **LT)),
        "signatures.unreadable",
        "không hợp lệ",
    ),
    "no certificate of the signer": (
        lambda pki, base: strip_certificates(sign_pdf(base, pki, at=SIGNED_AT)),
        "signatures.no-signer-certificate",
        "không đủ căn cứ",
    ),
    "byte range past the end": (
        lambda pki, base: byte_range_past_end(sign_pdf(base, pki, at=SIGNED_AT, **LT)),
        "signatures.byte-range-beyond-file",
        "không hợp lệ",
    ),
    "pitfall 8: bytes after the last signature that no table knows": (
        lambda pki, base: append_tail(sign_pdf(base, pki, at=SIGNED_AT, subfilter=ADOBE, **LT)),
        "signatures.tail-bytes",
        "không đủ căn cứ",
    ),
    "pitfall 8: bytes after a DSS update": (
        lambda pki, base: append_tail(sign_pdf(base, pki, at=SIGNED_AT, **LT)),
        "signatures.tail-bytes",
        "không đủ căn cứ",
    ),
    "pitfall 8: bytes between the signature and a DSS update": (
        lambda pki, base: add_revocation_data(
            append_tail(sign_pdf(base, pki, at=SIGNED_AT, timestamp=True)), pki, ["person", "tsa"], SIGNED_AT
        ),
        "signatures.tail-bytes",
        "không đủ căn cứ",
    ),
    "certified against any change, then changed": (
        lambda pki, base: shadow_change(sign_pdf(base, pki, at=SIGNED_AT, certify=1, **LT), "annotation"),
        "signatures.changed-after-signing",
        "không hợp lệ",
    ),
    "certified for forms only, then annotated (EAA)": (
        lambda pki, base: shadow_change(sign_pdf(base, pki, at=SIGNED_AT, certify=2, **LT), "annotation"),
        "signatures.changed-after-signing",
        "không hợp lệ",
    ),
    "certified for annotations, then annotated (EAA)": (
        lambda pki, base: shadow_change(sign_pdf(base, pki, at=SIGNED_AT, certify=3, **LT), "annotation"),
        "signatures.changed-after-signing",
        "không hợp lệ",
    ),
    "certified, then its widget redrawn (SSA)": (
        lambda pki, base: shadow_change(
            sign_pdf(base, pki, at=SIGNED_AT, certify=2, appearance=Appearance.of_person(), **LT),
            "signature-annotation",
        ),
        "signatures.changed-after-signing",
        "không hợp lệ",
    ),
}


@pytest.mark.parametrize("name", list(BAD))
def test_pitfall_11_no_bad_file_passes(judge: Any, pki: Pki, base: bytes, name: str) -> None:
    make, code, conclusion = BAD[name]
    seen = judge(make(pki, base))
    assert code in seen.codes
    assert not seen.all_passed
    assert seen.signatures[0]["conclusion"] == conclusion
    assert seen.signatures[0]["indication"] != "TOTAL-PASSED"


@pytest.mark.parametrize("family", SHADOW_FAMILIES)
def test_shadow_attacks_are_refused(judge: Any, good: bytes, family: str) -> None:
    seen = judge(shadow_change(good, family))
    assert "signatures.changed-after-signing" in seen.codes
    assert all(row["indication"] == "TOTAL-FAILED" for row in seen.signatures)


def test_pitfall_2_every_indicator_is_read_not_the_sub_indication_alone(judge: Any, good: bytes) -> None:
    row = judge(shadow_change(good, "replace")).signatures[0]
    assert (row["sub_indication"], row["conclusion"]) == ("SIG_CONSTRAINTS_FAILURE", "không hợp lệ")
    assert row["changes"]["level"] == "SUSPICIOUS"


def test_pitfall_3_a_b_b_signature_is_judged_and_never_proves_its_time(judge: Any, pki: Pki, base: bytes) -> None:
    row = judge(sign_pdf(base, pki, at=SIGNED_AT)).signatures[0]
    assert (row["indication"], row["proven_time"]) == ("INDETERMINATE", None)


def test_pitfall_4_each_signature_is_measured_once(
    judge: Any, pki: Pki, good: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyhanko.sign.diff_analysis import StandardDiffPolicy

    calls: list[int] = []
    review = StandardDiffPolicy.review_file

    def counted(self: StandardDiffPolicy, *args: Any, **options: Any) -> Any:
        calls.append(1)
        return review(self, *args, **options)

    monkeypatch.setattr(StandardDiffPolicy, "review_file", counted)
    three = sign_pdf(good, pki, "person2", at=SIGNED_AT + timedelta(minutes=9), timestamp=True)
    judge(three)
    assert len(calls) == 2


def test_pitfall_7_a_sloppy_file_is_read_laxly_and_marked(judge: Any, pki: Pki, base: bytes) -> None:
    signed = sign_pdf(base, pki, at=SIGNED_AT, **LT)
    place = signed.rindex(b"startxref") + len(b"startxref\n")
    end = signed.index(b"\n", place)
    sloppy = signed[:place] + str(int(signed[place:end]) + 1).encode() + signed[end:]
    seen = judge(sloppy)
    assert "signatures.lax-reading" in seen.codes
    assert seen.facts["strict"] is False


def test_pitfall_6_one_broken_field_does_not_hide_the_others_t43_t13(judge: Any, good: bytes) -> None:
    seen = judge(garble_signature(good, 1))
    assert [row["field"] for row in seen.signatures if row["indication"] == "TOTAL-FAILED"]
    assert "signatures.unreadable" in seen.codes
    assert len(seen.signatures) == 2
    assert any(row.get("signer") for row in seen.signatures)


def test_t13_one_broken_and_one_good_signature_are_told_apart(judge: Any, good: bytes) -> None:
    seen = judge(break_signature_value(good, 1))
    by_role = {row["role"]: row["indication"] for row in seen.signatures}
    assert by_role["agency"] == "TOTAL-FAILED"
    assert "signatures.invalid" in seen.codes


def test_t39_the_file_is_only_read(judge: Any, good: bytes) -> None:
    judge(good)  # the fixture compares every byte afterwards


def test_t43_answers_in_pem_are_read(judge: Any, pki: Pki, base: bytes, tmp_path: Path) -> None:
    import base64

    beside = []
    for number, der in enumerate(crls_for(pki, ["person", "tsa"], utc(2026, 5, 31))):
        path = tmp_path / f"{number}.pem"
        body = base64.encodebytes(der).decode()
        path.write_text(f"-----BEGIN X509 CRL-----\n{body}-----END X509 CRL-----\n")
        beside.append(str(path))
    assert judge(sign_pdf(base, pki, at=SIGNED_AT, timestamp=True), beside=beside).all_passed


def test_evidence_beside_that_is_rubbish_or_a_lie_changes_nothing(
    judge: Any, pki: Pki, base: bytes, tmp_path: Path
) -> None:
    rubbish, lie = tmp_path / "a.crl", tmp_path / "b.ocsp"
    rubbish.write_bytes(b"\x30\x82\xff\xff rubbish")
    der = ocsp_response(pki, "person", utc(2026, 5, 31))
    lie.write_bytes(der[:-1] + bytes([der[-1] ^ 1]))
    missing = tmp_path / "missing"
    seen = judge(sign_pdf(base, pki, at=SIGNED_AT, timestamp=True), beside=[str(rubbish), str(lie), str(missing)])
    assert "signatures.no-revocation-evidence" in seen.codes


def test_a_certificate_outside_the_trusted_period_of_its_anchor_is_indeterminate(
    judge: Any, pki: Pki, base: bytes, tmp_path: Path
) -> None:
    import json

    from samples.trust_list import trust_list

    value = trust_list(pki)
    value["anchors"][1]["trusted_until"] = "2024-01-01T00:00:00+00:00"
    path = tmp_path / "short.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    seen = judge(sign_pdf(base, pki, at=SIGNED_AT, **LT), trust_list=str(path))
    assert "signatures.authority-not-trusted-then" in seen.codes
    assert not seen.last_signature_passed


def test_a_signature_over_part_of_the_file_only_does_not_pass(judge: Any, pki: Pki, base: bytes) -> None:
    signed = sign_pdf(base, pki, at=SIGNED_AT, subfilter=ADOBE, **LT)
    import re

    found = re.search(rb"/ByteRange\s*\[\s*0 (\d+) (\d+) (\d+)\s*\]", signed)
    assert found is not None
    shorter = str(int(found.group(3)) - 40).encode()
    text = b"/ByteRange [0 " + found.group(1) + b" " + found.group(2) + b" " + shorter + b"]"
    slot = found.end() - found.start()
    changed = signed[: found.start()] + text.ljust(slot)[:slot] + signed[found.end() :]
    seen = judge(changed)
    assert "signatures.partial-coverage" in seen.codes
    assert seen.signatures[0]["indication"] == "TOTAL-FAILED"


def test_a_broken_document_time_stamp_is_an_error_of_its_own(judge: Any, pki: Pki, base: bytes) -> None:
    signed = sign_pdf(base, pki, at=SIGNED_AT, **LT)
    stamped = add_document_timestamp(signed, pki, SIGNED_AT + timedelta(hours=1))
    seen = judge(break_signature_value(stamped, 1))
    assert "signatures.timestamp-broken" in seen.codes
    assert seen.rows[-1]["indication"] == "TOTAL-FAILED"
    assert not seen.all_passed


def test_a_certificate_not_yet_valid_at_receipt_is_indeterminate(judge: Any, pki: Pki, base: bytes) -> None:
    seen = judge(sign_pdf(base, pki, at=utc(2022, 6, 1), embed_revocation=True), at=utc(2022, 6, 2))
    assert "signatures.chain-fault" in seen.codes
    assert seen.signatures[0]["conclusion"] == "không đủ căn cứ"


def test_a_role_no_rule_knows_is_unknown(judge: Any, pki: Pki, base: bytes) -> None:
    seen = judge(sign_pdf(base, pki, "unclear", at=SIGNED_AT, **LT))
    assert seen.signatures[0]["role"] == "unknown"
    assert {"signatures.no-person-signature", "signatures.no-agency-signature"} <= seen.codes


def test_the_wrong_colour_is_a_warning_of_form_and_nothing_more(judge: Any, pki: Pki, base: bytes) -> None:
    seen = judge(sign_pdf(base, pki, "agency", at=SIGNED_AT, appearance=Appearance.of_person(), **LT))
    assert "signatures.appearance-colour" in seen.codes
    assert seen.all_passed


def test_a_picture_on_no_page_is_a_warning_of_form(judge: Any, pki: Pki, base: bytes) -> None:
    seen = judge(
        shadow_change(sign_pdf(base, pki, at=SIGNED_AT, appearance=Appearance.of_person(), **LT), "hide-and-replace")
    )
    assert "signatures.appearance-page" in seen.codes


def test_a_pdf_without_signatures_is_said_to_have_none(judge: Any, base: bytes) -> None:
    assert judge(base).codes == {"signatures.none"}


def test_a_title_changed_after_the_last_signature_does_not_pass(judge: Any, pki: Pki, base: bytes) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(base)) as pdf:
        with pdf.open_metadata() as metadata:
            metadata["dc:title"] = "Quyet dinh 1"
        pdf.save(out)
    signed = sign_pdf(out.getvalue(), pki, at=SIGNED_AT, **LT)
    assert judge(signed).all_passed
    changed = judge(retitle(signed, b"Quyet dinh 1", b"Quyet dinh 2"))
    assert {"signatures.tail-bytes", "signatures.changed-after-signing"} & changed.codes
    assert not changed.all_passed


def test_signatures_taken_away_by_an_update_are_missed(judge: Any, good: bytes) -> None:
    seen = judge(remove_signatures(good))
    assert seen.codes == {"signatures.unlisted"}


def test_a_file_that_is_no_pdf_is_not_our_concern(judge: Any) -> None:
    seen = judge(b"PK\x03\x04 a word processor file")
    assert (seen.facts["applicable"], seen.findings) == (False, [])


def test_a_pdf_that_does_not_open_is_indeterminate(judge: Any) -> None:
    assert judge(b"%PDF-1.7\nnothing more").codes == {"signatures.unreadable-file"}


def test_a_pdf_under_a_password_is_indeterminate(judge: Any, base: bytes) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(base)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(user="mat-khau", owner="chu"))
    assert judge(out.getvalue()).codes == {"signatures.unreadable-file"}
