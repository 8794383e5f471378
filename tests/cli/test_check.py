"""``luutru check``: for an agency before it submits, and for batches read by programs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from api.exits import Exit
from ingest.checking import CHECKS
from tests.cli.shell import here, luutru

KEYS = ["path", "verdict", "findings", "tools", "seconds"]
FINDING_KEYS = ["check", "code", "severity", "message", "document", "clause"]


def test_several_paths_of_every_kind_one_json_line_each_in_order(samples: dict[str, Path], tmp_path: Path) -> None:
    odd, no_text = tmp_path / "một [b]tệp[red] %s.pdf", tmp_path / "không phải chữ \udcff\n.pdf"
    for path in (odd, no_text):
        shutil.copy(next((samples["quyet-dinh"] / "data").glob("*.pdf")), path)
    (tmp_path / "trống").mkdir()
    paths = [
        samples["quyet-dinh"], samples["danh-muc-csv"], samples["danh-muc-zip"], samples["bad-checksum"], odd,
        tmp_path / "trống", tmp_path / "không có", samples["secrecy-mark-in-metadata"], no_text,
    ]  # fmt: skip
    said = luutru("check", "--json", "--trust-list", samples["trust-list"], *map(os.fspath, paths), cwd=tmp_path)
    assert said.err == ""
    assert [list(row) for row in said.rows] == [KEYS] * len(paths)
    assert all(list(item) == FINDING_KEYS for row in said.rows for item in row["findings"])
    verdicts = dict(
        zip(("bag", "csv", "zip", "changed", "odd", "empty", "missing", "secret", "no text"), said.rows, strict=True)
    )
    # No scanner is configured for this agency: what is not scanned is not known to be clean.
    for name in ("bag", "csv", "zip", "odd"):
        assert verdicts[name]["verdict"] == "indeterminate", verdicts[name]
        weighty = {
            item["code"] for item in verdicts[name]["findings"] if item["severity"] in ("error", "indeterminate")
        }
        assert weighty == {"malware.not-scanned"}, name
    for name in ("changed", "empty", "secret", "no text"):
        assert verdicts[name]["verdict"] == "failed", verdicts[name]
    assert verdicts["no text"]["path"] == str(no_text)
    assert verdicts["missing"]["verdict"] == "indeterminate"
    assert [item["code"] for item in verdicts["missing"]["findings"]] == ["unpack.entry.unreadable"]
    assert said.code == Exit.FAILED
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([odd.name, no_text.name, "trống"])


@pytest.mark.parametrize("only", CHECKS)
def test_a_single_check_says_only_its_own(samples: dict[str, Path], only: str) -> None:
    said = here("check", "--json", "--trust-list", samples["trust-list"], "--only", only, samples["quyet-dinh"])
    row = said.row
    assert {item["check"] for item in row["findings"]} <= {only, "unpack"}
    expected = Exit.INDETERMINATE if only == "malware" else Exit.OK
    assert said.code == expected, row
    if only in ("format", "pdfa", "signatures"):
        assert row["tools"]


def test_several_checks_by_commas_or_by_repeating(samples: dict[str, Path]) -> None:
    commas = here("check", "--json", "--only", "bag,list,metadata", samples["bad-checksum"])
    repeated = here("check", "--json", "--only", "bag", "--only", "list", "--only", "metadata", samples["bad-checksum"])
    assert commas.code == repeated.code == Exit.FAILED
    assert commas.row["findings"] == repeated.row["findings"]


def test_people_read_the_worst_first_with_what_to_do(samples: dict[str, Path], tmp_path: Path) -> None:
    said = here("check", "--only", "bag,metadata", samples["bad-checksum"], samples["danh-muc-csv"])
    assert said.code == Exit.FAILED
    assert said.out.startswith("không đạt  ") and "bag.payload.changed" in said.out and "→" in said.out
    assert "bag.declaration.missing" in said.out  # asked whether it is a bag, a plain folder is none


def test_no_part_that_was_asked_for_passes_on_what_it_cannot_judge(tmp_path: Path) -> None:
    (tmp_path / "rac.pdf").write_bytes(b"junk, no PDF at all")
    (tmp_path / "thu-muc").mkdir()
    (tmp_path / "thu-muc" / "a.txt").write_text("a", encoding="utf-8")
    (tmp_path / "cu.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    for only, path, code, expected in (
        ("pdfa", "rac.pdf", "pdfa.not-a-pdf", Exit.FAILED),
        ("signatures", "rac.pdf", "signatures.not-a-pdf", Exit.INDETERMINATE),
        ("bag", "rac.pdf", "bag.declaration.missing", Exit.FAILED),
        ("bag", "thu-muc", "bag.declaration.missing", Exit.FAILED),
        ("encoding", "cu.doc", "encoding.head.unread", Exit.INDETERMINATE),
    ):
        said = here("check", "--json", "--only", only, tmp_path / path)
        assert (said.code, [item["code"] for item in said.row["findings"]]) == (expected, [code]), (only, path)


def test_a_mark_of_secrecy_in_a_plain_text_file_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("TỐI MẬT\n\nnội dung\n", encoding="utf-8")
    said = here("check", "--json", "--only", "encoding", tmp_path / "a.txt")
    assert (said.code, [item["code"] for item in said.row["findings"]]) == (Exit.FAILED, ["encoding.secrecy-mark"])


def test_a_broken_trust_list_is_said_once_and_judges_nothing(tmp_path: Path, samples: dict[str, Path]) -> None:
    (tmp_path / "list.json").write_text("{}", encoding="utf-8")
    said = here("check", "--trust-list", tmp_path / "list.json", samples["quyet-dinh"])
    assert said.code == Exit.NOT_READY and said.out == "" and "trust-list" in said.err


def test_a_document_that_cannot_be_read_is_not_said_to_be_free_of_marks(
    samples: dict[str, Path], tmp_path: Path
) -> None:
    from samples.documents import documents
    from samples.originals import ORIGINALS

    report = documents()["bao-cao"]
    docx = tmp_path / "a.docx"
    docx.write_bytes(ORIGINALS["docx"](report)[:-300])
    fodt = tmp_path / "b.fodt"
    head, _, rest = ORIGINALS["fodt"](report).partition(b"\n")
    fodt.write_bytes(head + b"\n<!DOCTYPE x>\n" + rest)
    picture = tmp_path / "c.png"
    picture.write_bytes(ORIGINALS["png"](report))
    said = here("check", "--json", "--only", "encoding", docx, fodt, picture)
    found = [[item["code"] for item in row["findings"]] for row in said.rows]
    assert found[1:] == [["encoding.document.doctype"], []]
    assert said.rows[1]["verdict"] == "failed" and said.rows[2]["verdict"] == "passed"
