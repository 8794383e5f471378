"""Likeness on three levels, within a submission and with what the archive holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from archive.digest import Digests
from archive.finding import Answer, Finding, Severity
from archive.paths import RelPath
from ingest.checks.duplicates import Held, check, identity_key
from ingest.report import CheckReport
from ingest.subject import DocumentEntry, Form, Member, Subject
from schemas.findings import finding_kinds

FIELDS = {"codeNumber": "15", "codeNotation": "CV-SNV", "organName": "Sở Nội vụ", "issuedDate": "01/02/2025"}
OTHER = {**FIELDS, "codeNumber": "16"}


class Archive:
    """What is held, by level; remembers how often it was asked."""

    def __init__(
        self, *, held: Iterable[str] = (), revisions: Iterable[str] = (), identities: Iterable[str] = ()
    ) -> None:
        self._known = {"bytes": set(held), "revision": set(revisions), "identity": set(identities)}
        self.asked = 0
        self._foreign = False

    def _answer(self, level: str, keys: Iterable[str]) -> Mapping[str, Held]:
        self.asked += 1
        found = [key for key in keys if key in self._known[level]]
        return {
            key: Held.of_another() if self._foreign else Held("H99.1", "aip-1", f"{level} {key}.pdf") for key in found
        }

    def seen_by(self, owner: str) -> Archive:
        """Asked for an agency, everything here is another's."""
        self._foreign = bool(owner)
        return self

    def with_bytes(self, sha256s: Iterable[str]) -> Mapping[str, Held]:
        return self._answer("bytes", sha256s)

    def with_revision(self, sha256s: Iterable[str]) -> Mapping[str, Held]:
        return self._answer("revision", sha256s)

    def with_identity(self, keys: Iterable[str]) -> Mapping[str, Held]:
        return self._answer("identity", keys)


def report(
    documents: Mapping[str, str],
    *,
    fields: Mapping[str, Mapping[str, Any]] | None = None,
    revisions: Mapping[str, list[str]] | None = None,
    holdings: Archive | None = None,
) -> CheckReport:
    """``documents``: path → its SHA-256 (any text)."""
    members = {
        RelPath(path): Member(RelPath(path), Path("/nonexistent"), Digests(1, sha, ""))
        for path, sha in documents.items()
    }
    entries = {RelPath(path): DocumentEntry(path, "outgoing", row) for path, row in (fields or {}).items()}
    signed = {RelPath(path): row for path, row in (revisions or {}).items()}
    return check(Subject(Form.FOLDER, members, members), entries, signed, holdings)


def codes(found: CheckReport) -> list[tuple[str, str | None]]:
    return [(item.code, item.document) for item in found.findings]


def test_different_documents_are_no_likeness() -> None:
    found = report({"a.pdf": "1", "b.pdf": "2"}, fields={"a.pdf": FIELDS, "b.pdf": OTHER}, holdings=Archive())
    assert (found.answer, found.findings) == (Answer.PASSED, ())


def test_the_same_bytes_twice_in_a_submission() -> None:
    found = report({"a.pdf": "1", "b.pdf": "1", "c.pdf": "1"})
    assert codes(found) == [("duplicates.same-bytes-in-batch", "b.pdf"), ("duplicates.same-bytes-in-batch", "c.pdf")]
    assert "a.pdf" in found.findings[0].message


def test_the_same_bytes_in_the_holdings_are_named_with_their_place() -> None:
    (item,) = report({"a.pdf": "1"}, holdings=Archive(held=["1"])).findings
    assert item.code == "duplicates.same-bytes-in-holdings"
    assert "H99.1" in item.message and item.document == "a.pdf"


def test_what_another_agency_holds_is_named_without_its_place() -> None:
    for holdings in (Archive(held=["1"]), Archive(revisions=["1"])):
        (item,) = report({"a.pdf": "1"}, holdings=holdings.seen_by("H99.2")).findings
        said = f"{item.message} {item.details}"
        assert "H99.1" not in said and "aip-1" not in said and "1.pdf" not in said, said
        assert "không thuộc cơ quan nộp" in item.message


def test_a_document_that_goes_on_from_a_signed_revision_of_another() -> None:
    within = report({"a.pdf": "1", "b.pdf": "2"}, revisions={"b.pdf": ["1", "2"]})
    assert codes(within) == [("duplicates.same-signed-revision", "b.pdf")]
    both = report({"a.pdf": "1", "b.pdf": "2"}, revisions={"a.pdf": ["r"], "b.pdf": ["r", "s"]})
    assert codes(both) == [("duplicates.same-signed-revision", "b.pdf")]


def test_a_signed_revision_shared_with_the_holdings_either_way() -> None:
    ours_is_theirs = report({"a.pdf": "1"}, holdings=Archive(revisions=["1"]))
    theirs_is_ours = report({"a.pdf": "1"}, revisions={"a.pdf": ["0", "1"]}, holdings=Archive(held=["0"]))
    shared = report({"a.pdf": "1"}, revisions={"a.pdf": ["0"]}, holdings=Archive(revisions=["0"]))
    for found in (ours_is_theirs, theirs_is_ours, shared):
        assert codes(found) == [("duplicates.same-signed-revision", "a.pdf")]


def test_a_last_revision_that_is_the_whole_file_is_no_likeness_with_itself() -> None:
    assert report({"a.pdf": "1"}, revisions={"a.pdf": ["0", "1"]}, holdings=Archive()).findings == ()


def test_the_same_identity_with_other_bytes() -> None:
    within = report({"a.pdf": "1", "b.pdf": "2"}, fields={"a.pdf": FIELDS, "b.pdf": {**FIELDS, "codeNumber": "0015"}})
    assert codes(within) == [("duplicates.same-identity", "b.pdf")]
    key = identity_key(FIELDS)
    assert key is not None
    held = report({"a.pdf": "1"}, fields={"a.pdf": FIELDS}, holdings=Archive(identities=[key]))
    assert codes(held) == [("duplicates.same-identity", "a.pdf")]
    assert "15" in held.findings[0].message


def test_a_document_is_named_once_on_the_strongest_level() -> None:
    key = identity_key(FIELDS) or ""
    archive = Archive(held=["1"], revisions=["1"], identities=[key])
    found = report({"a.pdf": "1"}, fields={"a.pdf": FIELDS}, revisions={"a.pdf": ["1"]}, holdings=archive)
    assert codes(found) == [("duplicates.same-bytes-in-holdings", "a.pdf")]


def test_without_holdings_only_the_submission_itself_is_compared() -> None:
    assert report({"a.pdf": "1"}, fields={"a.pdf": FIELDS}).findings == ()


def test_the_holdings_are_asked_in_bulk() -> None:
    archive = Archive()
    report({f"{n}.pdf": str(n) for n in range(1000)}, holdings=archive)
    assert archive.asked <= 4


def test_every_code_is_produced_here() -> None:
    written = Path(__file__).read_text(encoding="utf-8")
    assert [code for code in finding_kinds() if code.startswith("duplicates.") and f'"{code}"' not in written] == []


def test_a_likeness_with_the_holdings_leaves_the_question_to_a_person() -> None:
    weights = {code: kind.severity for code, kind in finding_kinds().items() if code.startswith("duplicates.")}
    assert set(weights.values()) <= {item.value for item in Severity}
    found: list[Finding] = list(report({"a.pdf": "1"}, holdings=Archive(held=["1"])).findings)
    assert found[0].severity.value == weights["duplicates.same-bytes-in-holdings"]


@given(
    st.dictionaries(
        st.sampled_from(sorted(FIELDS)),
        st.one_of(st.none(), st.text(), st.integers(), st.booleans(), st.lists(st.text())),
    )
)
def test_an_identity_needs_all_four_parts_and_any_value_is_survived(fields: dict[str, Any]) -> None:
    key = identity_key(fields)
    filled = len(fields) == 4 and all(isinstance(value, (str, int)) and str(value).strip() for value in fields.values())
    assert (key is not None) == filled


def test_identity_ignores_leading_zeros_case_spaces_and_unicode_form() -> None:
    same = {"codeNumber": 15, "codeNotation": " cv-snv ", "organName": "SỞ  NỘI VỤ", "issuedDate": "01/02/2025"}
    assert identity_key(same) == identity_key(FIELDS)
    assert identity_key({**FIELDS, "issuedDate": "02/02/2025"}) != identity_key(FIELDS)
