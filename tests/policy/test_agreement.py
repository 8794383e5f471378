"""The submission agreement: what it may say, what it decides, and that it refuses what it does not understand."""

from __future__ import annotations

import hashlib
from importlib import resources
from itertools import product
from pathlib import Path

import pytest

from archive.finding import Finding, Severity
from archive.paths import RelPath
from ingest.policy import Agreement, AgreementError, Consequence, Decision, decide, load_agreement, parse_agreement
from schemas.findings import finding_kinds

DEFAULT = resources.files("schemas").joinpath("agreements/default.toml").read_bytes()
SMALL = """name = "n"
version = "2"
[severity]
error = "return"
indeterminate = "review"
warning = "note"
info = "accept"
"""


def said(severity: Severity, code: str = "check.subject.fault", document: str | None = None) -> Finding:
    return Finding(code, severity, "Có điều cần nói.", document=RelPath(document) if document else None)


def agreement(more: str = "") -> Agreement:
    return parse_agreement((SMALL + more).encode())


@pytest.mark.parametrize(
    ("severity", "consequence"),
    [
        (Severity.ERROR, Consequence.RETURN),
        (Severity.INDETERMINATE, Consequence.REVIEW),
        (Severity.WARNING, Consequence.NOTE),
        (Severity.INFO, Consequence.ACCEPT),
    ],
)
def test_a_code_the_agreement_does_not_name_counts_by_its_severity(
    severity: Severity, consequence: Consequence
) -> None:
    assert agreement().consequence(said(severity)) is consequence


@pytest.mark.parametrize(("severity", "consequence"), list(product(Severity, Consequence)))
def test_a_code_that_is_named_counts_as_named_whatever_its_severity(
    severity: Severity, consequence: Consequence
) -> None:
    named = agreement(f'[codes]\n"check.subject.fault" = "{consequence.value}"\n')
    assert named.consequence(said(severity)) is consequence
    whole = agreement(f'[codes]\n"check.*" = "{consequence.value}"\n')
    assert whole.consequence(said(severity)) is consequence


def test_the_code_goes_before_the_check_and_the_check_before_the_severity() -> None:
    both = agreement('[codes]\n"check.*" = "note"\n"check.subject.fault" = "refuse"\n')
    assert both.consequence(said(Severity.ERROR)) is Consequence.REFUSE
    assert both.consequence(said(Severity.ERROR, "check.other.fault")) is Consequence.NOTE
    assert both.consequence(said(Severity.ERROR, "checks.other.fault")) is Consequence.RETURN


@pytest.mark.parametrize("count", range(len(Consequence)))
def test_the_hardest_consequence_decides_and_its_findings_are_the_reasons(count: int) -> None:
    order = list(Consequence)
    codes = "".join(f'"c.{item.value}" = "{item.value}"\n' for item in order)
    rules = agreement(f"[codes]\n{codes}")
    found = [said(Severity.ERROR, f"c.{item.value}", str(n)) for n in range(2) for item in order[: count + 1]]
    decision = decide(found, rules)
    assert decision.consequence is order[count]
    if order[count] is Consequence.ACCEPT:
        assert decision.reasons == ()
    else:
        assert [(item.code, item.document) for item in decision.reasons] == [
            (f"c.{order[count].value}", str(n)) for n in range(2)
        ]


def test_without_findings_a_submission_is_accepted() -> None:
    assert decide([], agreement()) == Decision(Consequence.ACCEPT, ())


def test_an_agreement_is_known_by_its_exact_bytes() -> None:
    one, other = agreement(), agreement("# a remark\n")
    assert one.sha256 == hashlib.sha256(SMALL.encode()).hexdigest() != other.sha256


@pytest.mark.parametrize(
    "bad",
    [
        b"\xff\xfe",
        b"name = ",
        b"",
        SMALL.replace('name = "n"', "").encode(),
        SMALL.replace('version = "2"', "").encode(),
        SMALL.replace('error = "return"', "").encode(),
        SMALL.replace('"review"', '"perhaps"').encode(),
        SMALL.replace("error =", "eror =").encode(),
        (SMALL + '[codes]\n"a.b" = "maybe"\n').encode(),
        (SMALL + "[codes]\n'a.b' = 3\n").encode(),
        (SMALL + "[code]\n").encode(),
        (SMALL + "[content]\nreturned_days = 'viele'\n").encode(),
        (SMALL + "[content]\nreturned_days = -1\n").encode(),
        (SMALL + "[content]\nreturn_days = 3\n").encode(),
        (SMALL + "[formats]\nfurther = 'fmt/199'\n").encode(),
        (SMALL + "[formats]\nfurter = ['fmt/199']\n").encode(),
        (SMALL + 'fatal = "refuse"\n').encode(),
        b"severity = 1\n" + SMALL.split("[severity]")[0].encode(),
    ],
)
def test_what_it_does_not_understand_decides_nothing(bad: bytes) -> None:
    with pytest.raises(AgreementError) as refused:
        parse_agreement(bad)
    assert refused.value.remedy


def test_a_slip_of_the_pen_in_a_code_is_refused_when_an_archive_loads_its_agreement(tmp_path: Path) -> None:
    file = tmp_path / "agreement.toml"
    for code, good in (
        ("encoding.secrecy-mark", True),
        ("pdfa.*", True),
        ("encoding.secrecy-marks", False),
        ("pdf.*", False),
    ):
        file.write_text(f'{SMALL}[codes]\n"{code}" = "refuse"\n', encoding="utf-8")
        if good:
            assert load_agreement(file).codes == {code: Consequence.REFUSE}
        else:
            with pytest.raises(AgreementError, match=r"mã ghi nhận lạ"):
                load_agreement(file)


def test_a_file_that_is_not_there_is_said_without_its_path(tmp_path: Path) -> None:
    with pytest.raises(AgreementError) as refused:
        load_agreement(tmp_path / "nope.toml")
    assert str(tmp_path) not in refused.value.message + refused.value.remedy


@pytest.mark.parametrize("where", ["schemas/agreements/default.toml", "samples/agreement.toml"])
def test_the_agreements_that_come_with_the_archive_name_only_codes_that_exist(where: str) -> None:
    rules = parse_agreement((Path(__file__).parents[2] / where).read_bytes())
    known = set(finding_kinds())
    assert {code for code in rules.codes if not code.endswith(".*")} <= known
    assert rules.returned_days == 30


def test_the_default_agreement_lets_no_error_pass_but_those_it_names() -> None:
    rules = load_agreement()
    assert rules == parse_agreement(DEFAULT)
    for code, kind in finding_kinds().items():
        consequence = rules.consequence(said(Severity(kind.severity), code))
        if kind.severity == "error" and code not in rules.codes:
            assert consequence is Consequence.RETURN, code
    assert rules.consequence(said(Severity.ERROR, "encoding.secrecy-mark")) is Consequence.REFUSE
    assert rules.consequence(said(Severity.INDETERMINATE, "encoding.head.unread")) is Consequence.REVIEW
    assert {code for code, item in rules.codes.items() if item is Consequence.REFUSE} == {"encoding.secrecy-mark"}
