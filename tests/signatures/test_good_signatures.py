"""What is in order passes, at every level, and says on what it rests."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from lxml import etree

from samples.pki import Pki
from samples.pki_entities import utc
from samples.pki_revocation import crls_for, ocsp_response
from samples.signing import ADOBE, Appearance, add_document_timestamp, add_revocation_data, sign_pdf

SIGNED_AT = utc(2025, 3, 10, 2)
LT: dict[str, Any] = {"timestamp": True, "embed_revocation": True}


@pytest.mark.parametrize("use_ocsp", [False, True])
def test_a_b_lt_signature_passes_as_of_its_time_stamp(judge: Any, pki: Pki, base: bytes, use_ocsp: bool) -> None:
    seen = judge(sign_pdf(base, pki, at=SIGNED_AT, use_ocsp=use_ocsp, **LT))
    row = seen.signatures[0]
    assert (row["indication"], row["conclusion"], row["pades_level"]) == ("TOTAL-PASSED", "hợp lệ", "PAdES-B-LT")
    assert row["proven_time"] == row["validation_time"] == (SIGNED_AT + timedelta(seconds=2)).isoformat()
    assert row["validation_time_rule"] == "timestamp"
    assert {item["origin"] for item in row["revocation"]} == {"dss"}
    assert row["signer"]["common_name"] == "Nguyễn Văn An"
    assert row["role"] == "person"
    assert row["authority_class"] == "state-specialised"
    assert len(row["path"]) == 3
    assert seen.codes == {"signatures.no-agency-signature"}


def test_a_b_lta_signature_passes(judge: Any, pki: Pki, base: bytes) -> None:
    seen = judge(sign_pdf(base, pki, at=SIGNED_AT, archive_timestamp=True, **LT))
    assert seen.all_passed
    assert seen.signatures[0]["pades_level"] == "PAdES-B-LTA"
    assert seen.rows[-1]["kind"] == "document-timestamp"


def test_a_b_t_signature_passes_with_lists_given_beside(judge: Any, pki: Pki, base: bytes, tmp_path: Path) -> None:
    signed = sign_pdf(base, pki, at=SIGNED_AT, timestamp=True)
    assert "signatures.no-revocation-evidence" in judge(signed).codes
    beside = []
    for number, der in enumerate(crls_for(pki, ["person", "tsa"], utc(2026, 5, 31))):
        path = tmp_path / f"{number}.crl"
        path.write_bytes(der)
        beside.append(str(path))
    seen = judge(signed, beside=beside)
    assert seen.all_passed
    assert seen.signatures[0]["pades_level"] == "PAdES-B-T"
    assert {item["origin"] for item in seen.signatures[0]["revocation"]} == {"beside"}


def test_a_b_b_signature_passes_at_receipt_with_fresh_evidence_and_says_that_its_time_is_claimed_only(
    judge: Any, pki: Pki, base: bytes
) -> None:
    signed = sign_pdf(base, pki, at=utc(2026, 5, 30), embed_revocation=True)
    seen = judge(signed)
    row = seen.signatures[0]
    assert (row["indication"], row["pades_level"], row["proven_time"]) == ("TOTAL-PASSED", "PAdES-B-B", None)
    assert row["validation_time_rule"] == "receipt"
    assert "signatures.time-claimed-only" in seen.codes


def test_an_adobe_signature_with_evidence_inside_its_cms_passes(judge: Any, pki: Pki, base: bytes) -> None:
    seen = judge(sign_pdf(base, pki, at=SIGNED_AT, subfilter=ADOBE, **LT))
    assert seen.all_passed
    assert {item["origin"] for item in seen.signatures[0]["revocation"]} == {"cms"}
    assert seen.signatures[0]["subfilter"] == ADOBE


def test_the_pool_of_the_trust_list_completes_a_path_that_the_file_leaves_out(
    judge: Any, pki: Pki, base: bytes
) -> None:
    signed = sign_pdf(base, pki, at=utc(2026, 5, 30), embed_chain=False)
    row = judge(signed).signatures[0]
    assert len(row["path"]) == 3


def test_person_and_agency_and_a_third_signature_pass_together(judge: Any, pki: Pki, base: bytes) -> None:
    one = sign_pdf(base, pki, "person", at=SIGNED_AT, appearance=Appearance.of_person(), **LT)
    two = sign_pdf(one, pki, "person2", at=SIGNED_AT + timedelta(minutes=5), **LT)
    three = sign_pdf(two, pki, "agency", at=SIGNED_AT + timedelta(minutes=9), appearance=Appearance.of_agency(), **LT)
    seen = judge(three)
    assert seen.all_passed
    assert [row["role"] for row in seen.signatures] == ["person", "person", "agency"]
    assert seen.codes == set()
    for row in seen.signatures:
        length = row["signed_revision"]["length"]
        assert row["signed_revision"]["sha256"] == hashlib.sha256(three[:length]).hexdigest()
    assert {row["appearance"].get("colour") for row in seen.signatures} == {"blue", None, "red"}


def test_pitfall_8_a_pure_dss_update_after_the_last_signature_is_allowed(judge: Any, pki: Pki, base: bytes) -> None:
    signed = sign_pdf(base, pki, at=SIGNED_AT, timestamp=True)
    seen = judge(add_revocation_data(signed, pki, ["person", "tsa"], SIGNED_AT + timedelta(hours=1)))
    assert seen.facts["tail"]["kind"] == "validation-data"
    assert seen.all_passed


def test_white_space_after_the_last_signature_is_allowed(judge: Any, pki: Pki, base: bytes) -> None:
    signed = sign_pdf(base, pki, at=SIGNED_AT, archive_timestamp=True, **LT)
    assert judge(signed + b"\r\n\r\n").all_passed


def test_expired_since_but_time_stamped_is_valid(judge: Any, pki: Pki, base: bytes) -> None:
    signed = sign_pdf(base, pki, "expired", at=utc(2024, 6, 1), **LT)
    assert judge(signed).all_passed


def test_revoked_after_the_proven_time_is_valid_and_said(judge: Any, pki: Pki, base: bytes, tmp_path: Path) -> None:
    signed = sign_pdf(base, pki, "revoked_after", at=SIGNED_AT, **LT)
    late = tmp_path / "late.ocsp"
    late.write_bytes(ocsp_response(pki, "revoked_after", utc(2026, 5, 31)))
    seen = judge(signed, beside=[str(late)])
    assert seen.all_passed
    assert "signatures.revoked-after" in seen.codes


def test_the_older_generation_of_the_root_still_carries_its_signers(judge: Any, pki: Pki, base: bytes) -> None:
    seen = judge(sign_pdf(base, pki, "person_g1", at=SIGNED_AT, **LT))
    assert seen.all_passed
    assert "G2" not in seen.signatures[0]["path"][-1]["subject"]


def test_a_document_time_stamp_alone_proves_the_time(judge: Any, pki: Pki, base: bytes) -> None:
    signed = sign_pdf(base, pki, "agency", at=SIGNED_AT, embed_revocation=True)
    stamped = add_document_timestamp(signed, pki, SIGNED_AT + timedelta(minutes=1))
    proven = add_revocation_data(stamped, pki, ["tsa"], SIGNED_AT + timedelta(minutes=2))
    row = judge(proven).signatures[0]
    assert row["validation_time_rule"] == "document-timestamp"
    assert row["indication"] == "TOTAL-PASSED"


def test_validation_material_is_kept_by_hash_and_shared(judge: Any, pki: Pki, base: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "material"
    one = sign_pdf(base, pki, "person", at=SIGNED_AT, **LT)
    two = sign_pdf(one, pki, "agency", at=SIGNED_AT, **LT)
    seen = judge(two, material_dir=str(folder))
    for item in seen.facts["material"]:
        data = (folder / item["name"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == item["sha256"]
        assert hashlib.sha512(data).hexdigest() == item["sha512"]
        assert len(data) == item["size"]
    kinds = [item["kind"] for item in seen.facts["material"]]
    assert (kinds.count("timestamp"), kinds.count("report")) == (2, 1)
    assert len(list(folder.iterdir())) == len(kinds)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    judge(two, material_dir=str(folder))
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_t44_material_of_many_files_does_not_repeat_what_they_share(
    judge: Any, pki: Pki, base: bytes, tmp_path: Path
) -> None:
    folder = tmp_path / "material"
    for number in range(3):
        judge(sign_pdf(base, pki, at=SIGNED_AT, field_name=f"S{number}", **LT), material_dir=str(folder))
    assert len(list(folder.glob("*.crl"))) == 2
    assert len(list(folder.glob("*.cer"))) == 4


def test_the_etsi_report_parses_as_ts_119_102_2_and_tells_our_verdict(
    judge: Any, pki: Pki, base: bytes, tmp_path: Path
) -> None:
    from pyhanko.generated.etsi import ts_11910202
    from xsdata.formats.dataclass.parsers import XmlParser
    from xsdata.formats.dataclass.parsers.config import ParserConfig

    seen = judge(sign_pdf(base, pki, at=SIGNED_AT, **LT), material_dir=str(tmp_path / "m"))
    data = (tmp_path / "m" / seen.facts["report"]).read_bytes()
    parser = XmlParser(config=ParserConfig(fail_on_unknown_properties=True, fail_on_unknown_attributes=True))
    report = parser.from_bytes(data, ts_11910202.ValidationReport)
    status = report.signature_validation_report[0].signature_validation_status
    assert status is not None
    assert status.main_indication == "urn:etsi:019102:mainindication:total-passed"
    assert etree.fromstring(data).tag.endswith("ValidationReport")


def test_facts_are_json_and_carry_the_trust_list_they_rest_on(
    judge: Any, pki: Pki, base: bytes, trust_file: Path
) -> None:
    seen = judge(sign_pdf(base, pki, at=SIGNED_AT, **LT))
    assert json.loads(json.dumps(seen.facts)) == seen.facts
    assert seen.facts["trust_list"]["sha256"] == hashlib.sha256(trust_file.read_bytes()).hexdigest()
    premis = seen.signatures[0]["premis"]
    assert premis["encoding"] == "base64" and premis["key_information"]["certificate"]


@pytest.mark.parametrize("form", ["cross-reference streams", "linearized", "metadata"])
def test_files_of_other_makers_pass_with_a_dss_update_at_their_end(
    judge: Any, pki: Pki, base: bytes, form: str
) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(base)) as pdf:
        if form == "linearized":
            pdf.save(out, linearize=True)
        elif form == "metadata":
            # pyHanko restamps the XMP packet with every update, a pure DSS update included.
            with pdf.open_metadata() as metadata:
                metadata["dc:title"] = "Quyết định"
            pdf.save(out)
        else:
            pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    made = out.getvalue()
    one = sign_pdf(made, pki, "person", at=SIGNED_AT, appearance=Appearance.of_person(), **LT)
    two = sign_pdf(one, pki, "agency", at=SIGNED_AT + timedelta(minutes=1), archive_timestamp=True, **LT)
    three = add_revocation_data(two, pki, ["tsa"], SIGNED_AT + timedelta(hours=1), use_ocsp=True)
    seen = judge(three)
    assert seen.facts["tail"]["kind"] == "validation-data"
    assert seen.all_passed
    assert seen.codes == set()
