"""A dossier of destruction proves itself by its own package, and every forged one is found out."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.aip.model import AipContent, Original, Party, RuleProfile, SubmissionFile
from archive.aip.writer import write_aip
from archive.canonical import canonical_json
from archive.digest import file_digests
from archive.disposal.frozen_list import line_sha256, list_sha256
from archive.finding import Answer
from archive.papers.dossier import DATA_FILE, dossier_statement, frozen_list_sha256, years_later
from archive.papers.dossier_proof import DossierVerdict, verify_dossier
from archive.papers.paper import Letterhead
from archive.paths import RelPath
from archive.signing import ArchiveKey, create_key
from ingest.papers.dossier_package import DossierPaperChangedError, period_code, write_dossier
from ingest.reading import read_package
from schemas.findings import finding_kinds

INDEX_HEAD = Letterhead("Sở Nội vụ tỉnh Bình Minh", "Bình Minh", issued=date(2026, 10, 12))
Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def packaged(finished: Any, key: ArchiveKey, tmp_path: Path) -> Callable[..., bytes]:
    """An AIP of the dossier, its signed statement changed first and signed anew: what a forger inside would leave."""

    def package(
        change: Change = lambda _: None, *, signer: ArchiveKey = key, files: Mapping[str, bytes] | None = None
    ) -> bytes:
        statement = deepcopy(dossier_statement(finished.dossier))
        change(statement)
        data = json.dumps(signer.signed(statement)).encode()
        originals = []
        for number, (name, path) in enumerate(finished.files.items(), 1):
            blob = path
            if files and name in files:
                blob = tmp_path / f"{number}"
                blob.write_bytes(files[name])
            originals.append(Original(RelPath(name), blob, file_digests(blob), number, {}))
        content = AipContent(
            aip_id="0f8fad5b-d9cb-469f-a165-70867728950e",
            created_at=datetime(2026, 10, 13, tzinfo=UTC),
            profile=RuleProfile("LLT2024-TT05", "1"),
            archive=Party("H99", "Kho"),
            agency=Party("H99.12", "Sở Nội vụ"),
            record={"fileCode": finished.dossier.file_code, "title": "Hồ sơ hủy"},
            originals=originals,
            submission=[SubmissionFile(RelPath(DATA_FILE), data)],
        )
        out = io.BytesIO()
        write_aip(content, out, scratch=tmp_path)
        return out.getvalue()

    return package


def proven(data: bytes, key: ArchiveKey) -> DossierVerdict:
    return verify_dossier(io.BytesIO(data), [key.private.public_key()])


def codes(verdict: DossierVerdict) -> set[str]:
    return {item.code for item in verdict.findings}


def test_the_list_hash_of_a_dossier_is_the_one_rounds_are_frozen_with(finished: Any) -> None:
    statement = dossier_statement(finished.dossier)
    assert frozen_list_sha256(json.loads(json.dumps(statement))) == finished.dossier.list_sha256
    assert finished.dossier.list_sha256 == list_sha256(finished.of, (line_sha256(line) for line in finished.lines))


def test_the_package_is_a_good_submission_with_its_data_among_the_tag_files(
    finished: Any, key: ArchiveKey, tmp_path: Path
) -> None:
    packed = write_dossier(tmp_path / "ho-so-huy", finished.dossier, finished.files, key=key, head=INDEX_HEAD)
    assert (packed.target / DATA_FILE).exists() and DATA_FILE in (packed.target / "tagmanifest-sha256.txt").read_text()
    (tmp_path / "scratch").mkdir()
    package = read_package(packed.target, tmp_path / "scratch")
    assert package.subject.record is not None and len(package.subject.record.documents) == len(finished.files) + 1


def test_a_paper_changed_before_packing_is_refused_and_nothing_is_left(
    finished: Any, key: ArchiveKey, tmp_path: Path
) -> None:
    name = next(iter(finished.files))
    other = tmp_path / "x.pdf"
    other.write_bytes(finished.files[name].read_bytes() + b"\n")
    for files in ({**finished.files, name: other}, {k: v for k, v in finished.files.items() if k != name}):
        with pytest.raises(DossierPaperChangedError):
            write_dossier(tmp_path / "hs", finished.dossier, files, key=key, head=INDEX_HEAD)
        assert not (tmp_path / "hs").exists()


def test_the_untouched_package_passes_by_the_key_of_the_archive_alone(
    packaged: Callable[..., bytes], key: ArchiveKey, tmp_path: Path
) -> None:
    data = packaged()
    assert proven(data, key).findings == ()
    stranger = create_key(tmp_path / "stranger.pem")
    assert codes(proven(data, stranger)) == {"dossier.data.signature", "dossier.certificate.signature"}
    both = [stranger.private.public_key(), key.private.public_key()]
    assert verify_dossier(io.BytesIO(data), both).findings == ()


def _other_line(statement: dict[str, Any]) -> None:
    statement["lines"][0]["file_code"] = "H99.12.2009.99999"


def _other_list_everywhere(statement: dict[str, Any]) -> None:
    """A forger with the archive's key exchanges a line and the hash of the list; signed papers give him away."""
    _other_line(statement)
    statement["list_sha256"] = statement["decision"]["list_sha256"] = frozen_list_sha256(statement)


def _drop(name: str, rule: str) -> Change:
    return lambda s: s.update({name: [item for item in s[name] if item.get("rule") != rule]})


def _judged(statement: dict[str, Any], **changed: Any) -> None:
    statement["papers"][6]["judgement"].update(changed)


def _line_votes(statement: dict[str, Any], line: int) -> list[dict[str, Any]]:
    return [vote for vote in statement["votes"] if vote["line"] == line]


def _second_duty(statement: dict[str, Any]) -> None:
    statement["persons"][6]["account_id"] = "acc-proposer"


FORGED: Mapping[str, tuple[Change, set[str]]] = {
    "a line exchanged": (_other_line, {"dossier.list.altered"}),
    "a line and the hash exchanged": (
        _other_list_everywhere,
        {"dossier.paper.other-list", "dossier.certificate.other-list"},
    ),
    "the decision of another list": (
        lambda s: s["decision"].update(list_sha256="0" * 64),
        {"dossier.decision.other-list"},
    ),
    "no decision paper": (_drop("papers", "decision"), {"dossier.paper.required-missing"}),
    "no opinion": (_drop("papers", "opinion"), {"dossier.paper.required-missing"}),
    "a paper judged indeterminate": (
        lambda s: _judged(s, signature="indeterminate"),
        {"dossier.paper.not-valid"},
    ),
    "a paper never judged": (lambda s: s["papers"][6].update(judgement=None), {"dossier.paper.not-valid"}),
    "a paper judged of another list": (lambda s: _judged(s, list_sha256="0" * 64), {"dossier.paper.other-list"}),
    "a paper bound to nothing": (lambda s: s["papers"][6].update(list_sha256=""), {"dossier.paper.other-list"}),
    "a paper that is not there": (
        lambda s: s["papers"][6].update(file_name="99 Quyết định.pdf"),
        {"dossier.paper.missing"},
    ),
    "a paper of another digest": (lambda s: s["papers"][6].update(sha256="0" * 64), {"dossier.paper.altered"}),
    "proposer and executor one": (_second_duty, {"dossier.persons.same"}),
    "half is no majority": (
        lambda s: [vote.update(outcome="permanent") for vote in _line_votes(s, 2)[:2]],
        {"dossier.votes.no-majority"},
    ),
    "an extension by other years": (
        lambda s: [vote.update(years=10) for vote in _line_votes(s, 3)[:2]],
        {"dossier.votes.no-majority"},
    ),
    "two of four are no quorum": (
        lambda s: s.update(
            votes=[v for v in s["votes"] if v["line"] != 2 or v["account_id"] in ("acc-chair", "acc-unit")]
        ),
        {"dossier.votes.no-quorum", "dossier.votes.no-majority"},
    ),
    "the head votes": (
        lambda s: _line_votes(s, 2)[0].update(account_id="acc-head"),
        {"dossier.votes.stranger"},
    ),
    "a later session decides": (
        lambda s: s["votes"].append({**_line_votes(s, 2)[0], "session": 2, "outcome": "permanent"}),
        {"dossier.votes.no-quorum", "dossier.votes.no-majority"},
    ),
    "destroyed though extended": (
        lambda s: s["destroyed"][1].update(file_id=s["lines"][2]["file_id"], file_code="H99.12.2012.00003"),
        {"dossier.destroyed.unlisted", "dossier.destroyed.missing"},
    ),
    "destroyed under another line": (lambda s: s["destroyed"][0].update(line=2), {"dossier.destroyed.unlisted"}),
    "neither destroyed nor spared": (lambda s: s["destroyed"].pop(), {"dossier.destroyed.missing"}),
    "destroyed and spared": (
        lambda s: s["spared"].append({"file_id": s["lines"][0]["file_id"], "line": 1, "reason": "hold"}),
        {"dossier.destroyed.missing"},
    ),
    "no certificate": (lambda s: s.update(certificate={}), {"dossier.certificate.missing"}),
    "a certificate changed": (
        lambda s: s["certificate"]["statement"]["paper"].update(number="CN-2026-000010"),
        {"dossier.certificate.signature"},
    ),
    "kept nineteen years": (lambda s: s.update(keep_until="2045-10-12"), {"dossier.keeping.short"}),
    "of another form": (lambda s: s.update(schema="luutru-dossier/9"), {"dossier.data.unreadable"}),
    "a list of another form": (lambda s: s.update(list_format="luutru-disposal-list/9"), {"dossier.data.unreadable"}),
    "of an unknown profile": (lambda s: s.update(profile="X"), {"dossier.data.unreadable"}),
    "without votes": (lambda s: s.pop("votes"), {"dossier.data.unreadable"}),
}


@pytest.mark.parametrize("case", FORGED)
def test_a_forged_dossier_is_found_out_though_signed_with_the_archives_own_key(
    packaged: Callable[..., bytes], key: ArchiveKey, case: str
) -> None:
    change, expected = FORGED[case]
    verdict = proven(packaged(change), key)
    assert codes(verdict) == expected, [item.message for item in verdict.findings]
    assert verdict.answer is Answer.FAILED


def test_a_spared_file_is_told_and_needs_no_tombstone(packaged: Callable[..., bytes], key: ArchiveKey) -> None:
    def spare(statement: dict[str, Any]) -> None:
        gone = statement["destroyed"].pop()
        statement["spared"].append({"file_id": gone["file_id"], "line": gone["line"], "reason": "hold"})

    assert proven(packaged(spare), key).findings == ()


def test_a_certificate_that_leaves_a_destroyed_one_out_is_incomplete(
    packaged: Callable[..., bytes], key: ArchiveKey
) -> None:
    def shorten(statement: dict[str, Any]) -> None:
        told = statement["certificate"]["statement"]
        told["paper"]["lines"] = told["paper"]["lines"][1:]
        statement["certificate"] = key.signed(told)

    assert codes(proven(packaged(shorten), key)) == {"dossier.certificate.incomplete"}


def _as_issued(statement: dict[str, Any], key: ArchiveKey, *, leaving_out: int = 0) -> None:
    """The certificate in the form it is issued in: a digest over the lines of the destroyed, none of them named."""
    lines = [
        {
            "line": item["line"],
            "file_id": item["file_id"],
            "file_code": item["file_code"],
            "title": None,
            "documents": 3,
        }
        for item in statement["destroyed"]
    ]
    certified = lines[leaving_out:]
    said = {
        "format": "luutru-destruction-certificate/1",
        "round_id": statement["round_id"],
        "decision": {"list_sha256": statement["list_sha256"]},
        "files": len(certified),
        "lines_sha256": hashlib.sha256(b"".join(canonical_json(line) + b"\n" for line in certified)).hexdigest(),
    }
    statement["certified"] = certified
    statement["certificate"] = key.signed(said)


AS_ISSUED: dict[str, tuple[Callable[[dict[str, Any], ArchiveKey], None], set[str]]] = {
    "whole": (lambda _s, _key: None, set()),
    "a line changed": (lambda s, _key: s["certified"][0].update(documents=2), {"dossier.certificate.other-list"}),
    "a line less": (
        lambda s, _key: s["certified"].pop(),
        {"dossier.certificate.other-list", "dossier.certificate.incomplete"},
    ),
    "one destroyed it does not certify": (
        lambda s, key: _as_issued(s, key, leaving_out=1),
        {"dossier.certificate.incomplete"},
    ),
    "of another list": (
        lambda s, key: s.update(
            certificate=key.signed({**s["certificate"]["statement"], "decision": {"list_sha256": "0" * 64}})
        ),
        {"dossier.certificate.other-list"},
    ),
    "no lines": (lambda s, _key: s.pop("certified"), {"dossier.data.unreadable"}),
}


@pytest.mark.parametrize("case", AS_ISSUED)
def test_a_certificate_as_it_is_issued_is_of_exactly_the_destroyed_by_its_digest(
    packaged: Callable[..., bytes], key: ArchiveKey, case: str
) -> None:
    change, expected = AS_ISSUED[case]

    def changed(statement: dict[str, Any]) -> None:
        _as_issued(statement, key)
        change(statement, key)

    verdict = proven(packaged(changed), key)
    assert codes(verdict) == expected, [item.message for item in verdict.findings]
    assert (verdict.answer is Answer.PASSED) is (not expected)


def test_a_paper_exchanged_inside_the_package_is_named(
    packaged: Callable[..., bytes], key: ArchiveKey, finished: Any
) -> None:
    name = next(name for name in finished.files if "Quyết định hủy" in name)
    verdict = proven(packaged(files={name: b"%PDF-1.7 other"}), key)
    assert codes(verdict) == {"dossier.paper.altered"} and verdict.findings[0].document == name


def test_bytes_changed_in_the_statement_break_its_signature(packaged: Callable[..., bytes], key: ArchiveKey) -> None:
    data = packaged()
    assert b"acc-executor" in data
    assert "dossier.data.signature" in codes(proven(data.replace(b"acc-executor", b"acc-executer"), key))


def test_what_is_no_dossier_is_said_so(
    packaged: Callable[..., bytes], key: ArchiveKey, finished: Any, tmp_path: Path
) -> None:
    assert codes(proven(b"khong phai tar", key)) == {"dossier.data.unreadable"}
    data = packaged()
    assert codes(proven(data.replace(DATA_FILE.encode(), b"ho-so-hux.json"), key)) <= {
        "dossier.data.missing",
        "dossier.data.unreadable",
    }
    blob = tmp_path / "van-ban.pdf"
    blob.write_bytes(b"%PDF-1.7")
    content = AipContent(
        "0f8fad5b-d9cb-469f-a165-70867728950e", datetime(2026, 10, 13, tzinfo=UTC), RuleProfile("LLT2024-TT05", "1"),
        Party("H99", "Kho"), Party("H99.12", "Sở"), {"fileCode": "x", "title": "x"},
        [Original(RelPath("van-ban.pdf"), blob, file_digests(blob), 1, {})],
    )  # fmt: skip
    out = io.BytesIO()
    write_aip(content, out, scratch=tmp_path)
    assert codes(proven(out.getvalue(), key)) == {"dossier.data.missing"}


def test_a_dossier_is_kept_twenty_years_and_longer_when_the_schedule_says_so(finished: Any) -> None:
    assert years_later(date(2024, 2, 29), 20) == date(2044, 2, 29) and years_later(date(2024, 2, 29), 21) == date(
        2045, 3, 1
    )
    assert replace(finished.dossier, keep_years=5).keep_until == date(2046, 10, 12)
    assert replace(finished.dossier, keep_years=30).keep_until == date(2056, 10, 12)
    assert [period_code(years) for years in (20, 21, 30, 50, 70, 71)] == ["05", "04", "04", "03", "02", "01"]


def test_every_code_of_a_dossier_has_a_test_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [code for code in finding_kinds() if code.startswith("dossier.") and f'"{code}"' not in text] == []
