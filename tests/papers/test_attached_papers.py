"""Papers that come back signed: the good one passes, and each bad one fails with the code of what is wrong with it."""

from __future__ import annotations

import io
import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pikepdf
import pytest
from PIL import Image

from archive.disposal.words import Signature
from archive.finding import Answer
from archive.papers.paper import DATA_NAME, ListReference, PaperKind
from ingest.checks.paper_binding import facts as paper_facts
from ingest.letters import letter_pdf
from ingest.papers.composing import paper_pdf
from ingest.papers.expectation import Confirmation, Expected, RequiredSigner
from ingest.papers.judging import PaperJudgement, judge_paper
from ingest.papers.printing import Printed
from ingest.workers.errors import WorkerUnavailableError
from ingest.workers.pool import WorkerPool
from samples.altered import encrypted
from samples.pki import Pki
from samples.signing import add_revocation_data, sign_pdf
from samples.tampering import (
    append_tail,
    break_signature_value,
    byte_range_past_end,
    shadow_change,
    tamper_after_signing,
)
from schemas.findings import finding_kinds

SIGNED_AT, RECEIVED_AT = datetime(2026, 10, 5, 2, tzinfo=UTC), datetime(2026, 10, 6, 2, tzinfo=UTC)
HEAD = RequiredSigner("Giám đốc Nguyễn Văn An", "person", name="nguyễn văn  an", user_id="CCCD:001080000001")
SEAL = RequiredSigner("Sở Nội vụ tỉnh Bình Minh", "agency", user_id="MDD:H99.12")
OTHER_LIST = "1" * 64
LAX = {"paper.structure-irregular"}
"""Said of what simple scanners write: a warning."""
Judge = Callable[..., PaperJudgement]


@dataclass(frozen=True)
class Desk:
    """The decision of the specimens as it is printed, signed by whomever."""

    pki: Pki
    printed: Printed
    list_sha256: str
    _kept: dict[Any, bytes]

    @property
    def expected(self) -> Expected:
        return Expected(PaperKind.DESTRUCTION_DECISION, self.list_sha256, "HTL-2026-03", (HEAD, SEAL))

    def signed(self, *signers: str, pdf: bytes | None = None, evidence: bool = True, at: datetime = SIGNED_AT) -> bytes:
        key = (signers, pdf, evidence, at)
        if key not in self._kept:
            made = self.printed.pdf if pdf is None else pdf
            for label in signers:
                made = sign_pdf(made, self.pki, label, at=at, timestamp=True)
            if evidence:
                made = add_revocation_data(made, self.pki, [*signers, "tsa"], at)
            self._kept[key] = made
        return self._kept[key]

    def good(self) -> bytes:
        return self.signed("person", "agency")


@pytest.fixture(scope="session")
def desk(pki: Pki, printed_papers: dict[str, Printed], specimens: ModuleType) -> Desk:
    return Desk(pki, printed_papers["destruction_decision"], specimens.LIST_SHA256, {})


@pytest.fixture
def judge(desk: Desk, inspectors: WorkerPool, trust_file: Path, tmp_path: Path) -> Judge:
    def run(pdf: bytes, expected: Expected | None = None, **more: Any) -> PaperJudgement:
        path = tmp_path / "giay-to.pdf"
        path.write_bytes(pdf)
        asked = {"inspectors": inspectors, "trust_list": trust_file, "at": RECEIVED_AT, **more}
        made = judge_paper(path, expected or desk.expected, **asked)
        assert path.read_bytes() == pdf
        return made

    return run


def codes(made: PaperJudgement) -> set[str]:
    return {item.code for item in made.findings}


def scan(sheets: int = 1) -> bytes:
    """What a scanner makes: pictures, no letters."""
    out = io.BytesIO()
    pages = [Image.new("L", (620, 877), 230 - number) for number in range(sheets)]
    pages[0].save(out, format="PDF", save_all=True, append_images=pages[1:], resolution=75)
    return out.getvalue()


def page(text: str) -> bytes:
    """A letter another body wrote with its own tool: text, no data inside."""
    filler = "Cơ quan thẩm định thống nhất với đề nghị hủy tài liệu hết giá trị nêu tại văn bản của Sở. " * 5
    return letter_pdf(f'<html lang="vi"><head><title>x</title></head><body><p>{filler}</p><p>{text}</p></body></html>')


def with_data(pdf: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        value = json.loads(document.attachments[DATA_NAME].get_file().read_bytes())
        change(value)
        document.attachments[DATA_NAME] = pikepdf.AttachedFileSpec(
            document, json.dumps(value).encode(), filename=DATA_NAME, mime_type="application/json"
        )
        out = io.BytesIO()
        document.save(out)
    return out.getvalue()


def partly_covered(pdf: bytes) -> bytes:
    """The first signature's range moved a little, within the room it has."""
    found = re.search(rb"/ByteRange\s*\[\s*0 (\d+) (\d+) (\d+)\s*\]", pdf)
    assert found
    first, second, length = (int(one) for one in found.groups())
    text = b"/ByteRange [0 %d %d %d]" % (first, second, length - 40)
    slot = found.end() - found.start()
    return pdf[: found.start()] + text.ljust(slot)[:slot] + pdf[found.end() :]


def test_a_paper_signed_by_whom_it_must_be_and_bound_to_its_list_passes(desk: Desk, judge: Judge) -> None:
    made = judge(desk.good())
    assert made.answer is Answer.PASSED and made.findings == ()
    assert made.signature == Signature.VALID and made.binding == "embedded"
    assert made.list_sha256 == desk.list_sha256
    assert [(one.name, one.role, one.user_id) for one in made.signers] == [
        ("Nguyễn Văn An", "person", "CCCD:001080000001"),
        ("Sở Nội vụ tỉnh Bình Minh", "agency", "MDD:H99.12"),
    ]
    assert all(one.proven_at.startswith("2026-10-05T02:00") for one in made.signers)
    told = json.loads(json.dumps(made.as_json()))
    assert told["signature"] == "valid" and told["binding"] == "embedded" and told["confirmation"] is None
    assert told["tools"]


Bad = Callable[[Desk], bytes]
BAD: Mapping[str, tuple[Bad, set[str], Signature]] = {
    "unsigned": (lambda desk: desk.printed.pdf, {"paper.unsigned"}, Signature.UNSIGNED),
    "no agency": (lambda desk: desk.signed("person"), {"paper.signer-missing"}, Signature.INVALID),
    "no person": (lambda desk: desk.signed("agency"), {"paper.signer-missing"}, Signature.INVALID),
    "another person": (
        lambda desk: desk.signed("person2", "agency"),
        {"paper.signer-missing", "paper.signer-unexpected"},
        Signature.INVALID,
    ),
    "another agency": (
        lambda desk: desk.signed("person", "public_agency"),
        {"paper.signer-missing", "paper.signer-unexpected"},
        Signature.INVALID,
    ),
    "one more": (
        lambda desk: desk.signed("person2", "person", "agency"),
        {"paper.signer-unexpected"},
        Signature.VALID,
    ),
    "expired certificate": (
        lambda desk: desk.signed("expired", "person", "agency"),
        {"paper.signature-invalid", "paper.signer-unexpected"},
        Signature.INVALID,
    ),
    "revoked certificate": (
        lambda desk: desk.signed("revoked_before", "person", "agency"),
        {"paper.signature-invalid", "paper.signer-unexpected"},
        Signature.INVALID,
    ),
    "unknown authority": (
        lambda desk: desk.signed("unknown", "person", "agency"),
        {"paper.signature-unproven", "paper.signer-unexpected"},
        Signature.INDETERMINATE,
    ),
    "no revocation data": (
        lambda desk: desk.signed("person", "agency", evidence=False),
        {"paper.signature-unproven"},
        Signature.INDETERMINATE,
    ),
    "bytes changed": (
        lambda desk: tamper_after_signing(desk.good()),
        {"paper.signature-invalid", "paper.changed-after-signing"},
        Signature.INVALID,
    ),
    "signature broken": (
        lambda desk: break_signature_value(desk.good(), -1),
        {"paper.signature-invalid"},
        Signature.INVALID,
    ),
    "page replaced": (
        lambda desk: shadow_change(desk.good(), "replace"),
        {"paper.changed-after-signing"},
        Signature.INVALID,
    ),
    "note laid over": (
        lambda desk: shadow_change(desk.good(), "annotation"),
        {"paper.changed-after-signing"},
        Signature.INVALID,
    ),
    "bytes behind": (lambda desk: append_tail(desk.good()), {"paper.changed-after-signing"}, Signature.INVALID),
    "not as a whole": (lambda desk: partly_covered(desk.good()), {"paper.partly-signed"}, Signature.INVALID),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_signature_is_found_out_for_what_it_is(desk: Desk, judge: Judge, case: str) -> None:
    make, expected, state = BAD[case]
    made = judge(make(desk))
    assert codes(made) - {"paper.data-altered"} >= expected, [item.message for item in made.findings]
    assert made.signature == state
    assert (made.answer is Answer.PASSED) is (case == "one more")
    if case not in ("bytes changed", "not as a whole", "page replaced"):
        assert codes(made) == expected, [item.message for item in made.findings]


def test_a_range_beyond_the_file_signs_nothing(desk: Desk, judge: Judge) -> None:
    made = judge(byte_range_past_end(desk.good()))
    assert "paper.partly-signed" in codes(made) and made.signature == Signature.INVALID


def test_the_reason_names_the_fault_in_words_and_by_code(desk: Desk, judge: Judge) -> None:
    made = judge(desk.signed("expired", "person", "agency"))
    item = next(item for item in made.findings if item.code == "paper.signature-invalid")
    assert "Phạm Thị Hồng" in item.message and item.details["codes"] == ["signatures.expired-at-signing"]


def test_two_requirements_need_two_signatures(desk: Desk, judge: Judge) -> None:
    anybody = (RequiredSigner("Bên giao", "person"), RequiredSigner("Bên nhận", "person"))
    minutes = replace(desk.expected, required=anybody)
    assert codes(judge(desk.signed("person"), minutes)) == {"paper.signer-missing"}
    assert codes(judge(desk.signed("person", "person2"), minutes)) == set()
    mixed = replace(desk.expected, required=(RequiredSigner("Bất kỳ", "any"), HEAD))
    assert codes(judge(desk.signed("person", "person2"), mixed)) == set()


def test_a_certificate_may_be_asked_for_by_its_digest(desk: Desk, judge: Judge) -> None:
    signer = judge(desk.good()).signers[0]
    wanted = RequiredSigner("Giám đốc", certificate_sha256=signer.certificate_sha256)
    assert codes(judge(desk.good(), replace(desk.expected, required=(wanted, SEAL)))) == set()
    other = replace(wanted, certificate_sha256="0" * 64)
    assert "paper.signer-missing" in codes(judge(desk.good(), replace(desk.expected, required=(other, SEAL))))


def test_a_paper_of_another_list_round_or_kind_is_refused(desk: Desk, judge: Judge) -> None:
    good = desk.good()
    made = judge(good, replace(desk.expected, list_sha256=OTHER_LIST))
    assert codes(made) == {"paper.list-hash-other"} and made.list_sha256 == desk.list_sha256
    assert codes(judge(good, replace(desk.expected, round_code="HTL-2026-04"))) == {"paper.round-other"}
    made = judge(good, replace(desk.expected, kind=PaperKind.COUNCIL_MINUTES))
    assert codes(made) == {"paper.kind-other"}
    assert "Quyết định hủy" in made.findings[0].message


def test_data_that_is_not_what_was_printed_is_found_though_it_is_signed(desk: Desk, judge: Judge) -> None:
    def other_list(value: dict[str, Any]) -> None:
        value["list"]["sha256"] = OTHER_LIST

    for expected in (desk.expected, replace(desk.expected, list_sha256=OTHER_LIST)):
        made = judge(desk.signed("person", "agency", pdf=with_data(desk.printed.pdf, other_list)), expected)
        assert {"paper.data-altered", "paper.list-hash-contradictory"} <= codes(made)
        assert made.binding == "none" and made.list_sha256 == ""
    other_schema = with_data(desk.printed.pdf, lambda value: value.update(schema="x"))
    assert "paper.data-altered" in codes(judge(other_schema))
    assert "paper.data-altered" in codes(judge(with_data(desk.printed.pdf, lambda value: value.update(list=[1]))))


def test_a_paper_printed_anew_is_bound_by_the_hash_in_its_text_wherever_lines_break(desk: Desk, judge: Judge) -> None:
    half = desk.list_sha256[:20].upper() + "<br>" + desk.list_sha256[20:]
    made = judge(desk.signed("person", "agency", pdf=page(f"Mã băm SHA-256: {half}")))
    assert made.answer is Answer.PASSED and made.binding == "printed" and made.list_sha256 == desk.list_sha256
    made = judge(desk.signed("person", "agency", pdf=page(f"theo danh mục {half} đã chốt")))
    assert made.answer is Answer.PASSED and made.binding == "printed"
    assert codes(judge(page("không nêu gì"))) == {"paper.list-hash-absent", "paper.unsigned"}
    assert codes(judge(page(f"Mã băm SHA-256: {OTHER_LIST}"))) == {"paper.list-hash-other", "paper.unsigned"}
    two = page(f"SHA-256 của danh mục: {OTHER_LIST}</p><p>SHA-256 của danh mục: {desk.list_sha256}")
    assert codes(judge(two)) == {"paper.list-hash-contradictory", "paper.unsigned"}


def test_a_scan_without_text_waits_for_a_person_who_confirms_the_hash(desk: Desk, judge: Judge) -> None:
    signed = desk.signed("person", "agency", pdf=scan())
    made = judge(signed)
    assert made.answer is Answer.INDETERMINATE and codes(made) - LAX == {"paper.list-hash-unread"}
    assert made.signature == Signature.VALID and made.list_sha256 == "" and made.binding == "none"
    act = Confirmation("luu-tru-vien-1", RECEIVED_AT, desk.list_sha256)
    made = judge(signed, confirmation=act)
    assert made.answer is Answer.PASSED and codes(made) - LAX == {"paper.list-hash-confirmed"}
    assert made.binding == "confirmed" and made.list_sha256 == desk.list_sha256 and made.confirmation == act
    assert made.as_json()["confirmation"] == {
        "by": "luu-tru-vien-1",
        "at": "2026-10-06T09:00:00+07:00",
        "list_sha256": desk.list_sha256,
    }
    void = judge(signed, confirmation=replace(act, list_sha256=OTHER_LIST))
    assert codes(void) - LAX == {"paper.confirmation-void"} and void.binding == "none" and void.confirmation is None


def test_keywords_of_a_picture_bind_nobody_who_has_not_seen_them(desk: Desk, judge: Judge) -> None:
    with pikepdf.open(io.BytesIO(scan())) as document:
        with document.open_metadata() as packet:
            packet["pdf:Keywords"] = f"luutru-list-sha256:{desk.list_sha256}"
        out = io.BytesIO()
        document.save(out)
    assert "paper.list-hash-unread" in codes(judge(out.getvalue()))


def test_a_digit_misread_on_a_scan_waits_for_a_person_and_another_list_does_not(desk: Desk, judge: Judge) -> None:
    misread = desk.list_sha256.replace("8", "3", 2)
    pdf = page(f"SHA-256 của danh mục: {misread}")
    assert codes(judge(pdf)) == {"paper.list-hash-unread", "paper.unsigned"}
    act = Confirmation("luu-tru-vien-1", RECEIVED_AT, desk.list_sha256)
    assert "paper.list-hash-confirmed" in codes(judge(pdf, confirmation=act))
    other = page(f"SHA-256 của danh mục: {OTHER_LIST}")
    assert "paper.list-hash-other" in codes(judge(other, confirmation=act))


def test_a_confirmation_never_outweighs_what_is_read(desk: Desk, judge: Judge) -> None:
    expected = replace(desk.expected, list_sha256=OTHER_LIST)
    made = judge(desk.good(), expected, confirmation=Confirmation("x", RECEIVED_AT, OTHER_LIST))
    assert codes(made) == {"paper.list-hash-other"} and made.confirmation is None


def test_what_is_no_readable_pdf_is_said_so(desk: Desk, judge: Judge) -> None:
    assert codes(judge(b"day khong phai PDF")) == {"paper.not-a-pdf"}
    assert codes(judge(b"%PDF-1.7\nkhong co gi ca")) == {"paper.unreadable"}
    assert codes(judge(encrypted(desk.printed.pdf, user="bi-mat"))) == {"paper.unreadable"}


def test_without_a_trust_list_or_a_worker_nothing_is_passed(desk: Desk, judge: Judge, inspectors: WorkerPool) -> None:
    made = judge(desk.good(), trust_list=None)
    assert codes(made) == {"paper.no-trust-list"} and made.signature == Signature.INDETERMINATE
    assert made.answer is Answer.INDETERMINATE and made.binding == "embedded"

    class Slow:
        def __init__(self, part: str) -> None:
            self.part = part

        def ask(self, request: Mapping[str, Any], timeout_seconds: float) -> dict[str, Any]:
            if request["part"] == self.part:
                raise WorkerUnavailableError("gone")
            return inspectors.ask(request, timeout_seconds)

    for part in ("paper", "signatures"):
        made = judge(desk.good(), inspectors=Slow(part))
        assert codes(made) == {"paper.not-examined"} and made.answer is Answer.INDETERMINATE
        assert made.signature == Signature.INDETERMINATE


def test_a_paper_that_needs_no_signature_passes_without_and_a_bad_one_fails_it(desk: Desk, judge: Judge) -> None:
    free = replace(desk.expected, required=())
    made = judge(desk.printed.pdf, free)
    assert made.answer is Answer.PASSED and made.signature == Signature.UNSIGNED
    assert judge(desk.good(), free).findings == ()
    assert codes(judge(desk.signed("expired"), free)) == {"paper.signature-invalid"}


def test_a_paper_from_before_the_freezing_is_held_to_its_round(desk: Desk, judge: Judge, specimens: ModuleType) -> None:
    paper = specimens.papers()["establishment_decision"]
    early = paper_pdf(replace(paper, bound_to=ListReference("HTL-2026-03", "", 4))).pdf
    signed = desk.signed("person", "agency", pdf=early)
    loose = Expected(PaperKind.ESTABLISHMENT_DECISION, "", "HTL-2026-03", (HEAD, SEAL))
    assert judge(signed, loose).findings == ()
    assert codes(judge(signed, replace(loose, round_code="HTL-2026-04"))) == {"paper.round-other"}
    assert codes(judge(signed, replace(loose, list_sha256=desk.list_sha256))) == {"paper.list-hash-absent"}


def test_a_paper_that_need_not_be_bound_is_not_asked_for_a_list(desk: Desk, judge: Judge) -> None:
    loose = Expected(PaperKind.ESTABLISHMENT_DECISION, required=(HEAD, SEAL))
    made = judge(desk.signed("person", "agency", pdf=page("Không liên quan")), loose)
    assert made.answer is Answer.PASSED and made.binding == "none"


def test_a_paper_that_need_not_be_bound_names_no_other_list(desk: Desk, judge: Judge) -> None:
    loose = Expected(desk.expected.kind, may_name=desk.list_sha256)
    assert judge(desk.printed.pdf, loose).list_sha256 == desk.list_sha256
    assert codes(judge(desk.printed.pdf, loose)) == set()
    assert codes(judge(desk.printed.pdf, replace(loose, may_name=OTHER_LIST))) == {"paper.list-hash-other"}
    assert codes(judge(page(f"SHA-256 của danh mục: {OTHER_LIST}"), loose)) == {"paper.list-hash-other"}
    misread = page(f"SHA-256 của danh mục: {desk.list_sha256.replace('8', '3', 2)}")
    made = judge(misread, loose)
    assert codes(made) == set() and made.list_sha256 == "", "what a machine misread binds to nothing"


def test_irregular_structure_is_said_and_is_no_reason_alone(desk: Desk, judge: Judge) -> None:
    made = judge(desk.signed("person", "agency", pdf=scan()))
    assert codes(made) > LAX and made.signature == Signature.VALID


def test_what_lies_inside_is_read_within_bounds(tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "x.pdf"
    with pikepdf.open(io.BytesIO(desk.printed.pdf)) as document:
        document.attachments[DATA_NAME] = pikepdf.AttachedFileSpec(document, b"[" * 200_000, filename=DATA_NAME)
        document.save(path)
    assert paper_facts(path, {})["embedded"][0]["problem"] in ("RecursionError", "JSONDecodeError")


def test_a_bomb_inside_costs_its_worker_and_nothing_else(desk: Desk, judge: Judge, tmp_path: Path) -> None:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 24)) for _ in range(48)) + packer.flush()
    with pikepdf.open(io.BytesIO(desk.printed.pdf)) as document:
        spec = pikepdf.AttachedFileSpec(document, b"", filename=DATA_NAME)
        document.attachments[DATA_NAME] = spec
        document.attachments[DATA_NAME].obj.EF.F.write(packed, filter=pikepdf.Name.FlateDecode)
        out = io.BytesIO()
        document.save(out, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    assert len(out.getvalue()) < 4 << 20
    made = judge(out.getvalue())
    assert {"paper.data-altered", "paper.not-examined"} & codes(made) and made.answer is not Answer.PASSED
    assert judge(desk.good()).findings == ()


def test_every_code_of_a_paper_has_a_test_here() -> None:
    known = {code for code in finding_kinds() if code.startswith("paper.")}
    text = Path(__file__).read_text(encoding="utf-8")
    assert known == set(re.findall(r"paper\.[a-z-]+[a-z]", text)) & known
