"""From submission to receipt through the command line, with the real tools."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from api.exits import Exit
from archive.signing import signature_holds
from tests.cli.conftest import Filled
from tests.cli.shell import Shell, here
from tests.servers.elasticsearch import at_server


def text_of(pdf: Path) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = []
        for page in document:
            layer = page.get_textpage()
            pages.append(layer.get_text_range())
            layer.close()
            page.close()
        return " ".join(" ".join(pages).split())
    finally:
        document.close()


def public_key(shell: Shell) -> Ed25519PublicKey:
    key = load_pem_public_key((shell.home / "keys" / "archive-ed25519.pub.pem").read_bytes())
    assert isinstance(key, Ed25519PublicKey)
    return key


def test_making_an_archive_twice_changes_nothing(new_archive: Callable[[], Shell]) -> None:
    shell = new_archive()
    before = {path: path.read_bytes() for path in shell.home.rglob("*") if path.is_file()}
    again = shell("init", "--json", "--name", "Kho khác")
    assert again.code == Exit.OK and again.row == {"home": str(shell.home), "created": False}
    assert {path: path.read_bytes() for path in shell.home.rglob("*") if path.is_file()} == before
    assert (shell.home / "keys" / "archive-ed25519.pem").stat().st_mode & 0o777 == 0o600


def test_each_submission_ends_in_its_state_and_the_exit_code_is_that_of_the_worst(filled: Filled) -> None:
    states = {name: row["state"] for name, row in filled.rows.items()}
    assert states == {
        "quyet-dinh": "stored",
        "danh-muc-csv": "stored",
        "no-revocation-data": "in_review",
        "weak-key": "in_review",
        "bytes-after-last-signature": "in_review",
        "bad-checksum": "returned",
        "secrecy-mark-in-metadata": "refused",
    }
    assert filled.exit_code == Exit.FAILED
    assert [row["again"] for row in filled.rows.values()] == [False] * len(filled.rows)


def test_the_receipt_is_signed_by_the_archive_and_names_every_document_with_its_digest(
    filled: Filled, tmp_path: Path, samples: dict[str, Path]
) -> None:
    row = filled.rows["quyet-dinh"]
    said = filled.shell(
        "status", row["registration"], "--json", "--receipt", tmp_path / "r.json", "--letter", tmp_path / "r.pdf"
    )
    assert said.code == Exit.OK and said.row["state"] == "stored"
    receipt = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert signature_holds(receipt, public_key(filled.shell))
    originals = {path.name for path in (samples["quyet-dinh"] / "data").iterdir() if path.suffix == ".pdf"}
    assert {item["path"] for item in receipt["statement"]["documents"]} == originals
    letter = text_of(tmp_path / "r.pdf")
    statement = receipt["statement"]
    for piece in (
        "BIÊN NHẬN HỒ SƠ NỘP LƯU",
        "LƯU TRỮ LỊCH SỬ TỈNH BÌNH MINH",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        row["registration"],
        statement["file_code"],
        statement["title"],
        statement["agency"]["name"],
        statement["aip"]["id"],
        *(item["path"] for item in statement["documents"]),
    ):
        assert piece in letter, piece
    digits = letter.replace(" ", "")
    for digest in (statement["aip"]["sha256"], *(item["sha256"] for item in statement["documents"])):
        assert digest in digits
    statement["documents"][0]["sha256"] = "0" * 64
    assert not signature_holds(receipt, public_key(filled.shell))


def test_the_return_says_why_and_what_to_do(filled: Filled, tmp_path: Path) -> None:
    row = filled.rows["bad-checksum"]
    said = filled.shell("status", row["registration"], "--receipt", tmp_path / "r.json", "--letter", tmp_path / "r.pdf")
    assert said.code == Exit.OK and "trả lại" in said.out and "bag.payload.changed" in said.out
    reason = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert [item["code"] for item in reason["reasons"]] == ["bag.payload.changed"]
    assert reason["reasons"][0]["remedy"]
    letter = text_of(tmp_path / "r.pdf")
    for piece in ("THÔNG BÁO TRẢ LẠI HỒ SƠ NỘP LƯU", row["registration"], "Lý do trả lại", "Cách khắc phục"):
        assert piece in letter, piece


def test_what_was_refused_has_no_letter_and_shows_nothing_of_its_content(filled: Filled, tmp_path: Path) -> None:
    row = filled.rows["secrecy-mark-in-metadata"]
    said = filled.shell.here("status", row["registration"], "--letter", tmp_path / "r.pdf")
    assert said.code == Exit.NOT_FOUND and "từ chối" in said.out and "letter.missing" in said.err
    assert not (tmp_path / "r.pdf").exists()
    assert row["title"] == row["file_code"] == "" and row["codes"] == ["encoding.secrecy-mark"]


def test_the_same_submission_again_is_the_same_submission(filled: Filled, samples: dict[str, Path]) -> None:
    said = filled.shell("submit", "--json", samples["quyet-dinh"])
    assert said.code == Exit.OK
    assert said.row["again"] is True and said.row["submission"] == filled.rows["quyet-dinh"]["submission"]


def test_a_person_accepts_returns_or_refuses_what_is_in_review(filled: Filled, tmp_path: Path) -> None:
    shell, rows = filled.shell, filled.rows
    accepted = shell(
        "review", rows["no-revocation-data"]["registration"], "--decision", "accept", "--reason", "Đã xem.", "--json"
    )
    assert accepted.code == Exit.OK and accepted.row["state"] == "stored"
    returned = shell.here(
        "review", rows["weak-key"]["registration"], "--decision", "return", "--reason", "Ký lại bằng khóa mới."
    )
    assert returned.code == Exit.OK and "trả lại" in returned.out
    shell("status", rows["weak-key"]["registration"], "--receipt", tmp_path / "r.json", "--letter", tmp_path / "r.pdf")
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["note"] == "Ký lại bằng khóa mới."
    assert "Ký lại bằng khóa mới." in text_of(tmp_path / "r.pdf")
    refused = shell.here(
        "review",
        rows["bytes-after-last-signature"]["registration"],
        "--decision",
        "refuse",
        "--reason",
        "Có dấu mật.",
        "--json",
    )
    assert refused.code == Exit.OK and refused.row["state"] == "refused" and refused.row["title"] == ""
    assert not (shell.home / "quarantine" / refused.row["submission"]).exists()
    again = shell.here("review", rows["weak-key"]["registration"], "--decision", "accept", "--reason", "x")
    assert again.code == Exit.NOT_READY and again.err.startswith("Lỗi (")


def test_without_waiting_the_work_is_done_by_the_worker_and_an_index_that_is_down_stops_nothing(
    new_archive: Callable[[], Shell], samples: dict[str, Path], search_url: str
) -> None:
    shell = new_archive()
    handed = shell("submit", "--no-wait", "--json", "--key", "so-1", samples["danh-muc-zip"])
    assert handed.code == Exit.OK and handed.row["state"] == "received"
    other = shell.here("submit", "--no-wait", "--json", "--key", "so-1", samples["danh-muc-zip"])
    assert other.row["submission"] == handed.row["submission"] and other.row["again"]
    worked = shell("work", "--once")
    assert worked.code == Exit.OK and "Chỉ mục tìm kiếm" in worked.err
    view = shell.here("status", handed.row["registration"], "--json").row
    assert view["state"] == "stored"
    for query in (view["file_code"], view["aip_id"], view["registration"], "81/TB-SNV"):
        found = shell.here("search", query, "--json").row
        assert found["from"] == "catalogue", query
        assert {hit["aip_id"] for hit in found["hits"]} == {view["aip_id"]}, query
    at_server(shell.home, search_url)
    assert shell("work", "--once").code == Exit.OK
    found = shell.here("search", view["file_code"], "--json").row
    assert found["from"] == "index" and {hit["aip_id"] for hit in found["hits"]} == {view["aip_id"]}


def test_one_that_is_not_there_does_not_stop_the_others(
    new_archive: Callable[[], Shell], samples: dict[str, Path]
) -> None:
    said = new_archive()("submit", "--json", "--no-wait", "/nonexistent/hồ sơ", samples["danh-muc-csv"])
    assert said.code == Exit.NOT_READY
    missing, received = said.rows
    assert missing["error"] == "intake.source-unreadable" and received["state"] == "received"


def test_what_was_packed_from_a_list_is_accepted(
    new_archive: Callable[[], Shell], samples: dict[str, Path], tmp_path: Path
) -> None:
    shell = new_archive()
    shutil.copytree(samples["danh-muc-csv"], tmp_path / "csv")
    packed = []
    for source, target in ((tmp_path / "csv", "từ csv.zip"), (samples["danh-muc-xlsx"], "từ-xlsx")):
        said = here("pack", source, tmp_path / target)
        assert said.code == Exit.OK, said.out + said.err
        packed.append(tmp_path / target)
    said = shell("submit", "--no-index", "--json", *packed)
    assert [row["state"] for row in said.rows] == ["stored", "stored"], said.rows


@pytest.mark.parametrize("name", ["nothing", "no-list", "missing-document"])
def test_nothing_is_packed_that_would_come_back(tmp_path: Path, samples: dict[str, Path], name: str) -> None:
    source = tmp_path / name
    if name == "missing-document":
        shutil.copytree(samples["danh-muc-csv"], source)
        next(source.glob("*.pdf")).unlink()
    else:
        source.mkdir()
        if name == "no-list":
            shutil.copy(next(samples["danh-muc-csv"].glob("*.pdf")), source)
    said = here("pack", source, tmp_path / "gói", "--json")
    assert said.code == Exit.FAILED
    assert said.row["target"] is None and [item for item in said.row["findings"] if item["severity"] == "error"]
    assert not (tmp_path / "gói").exists()


def test_the_archive_itself_is_never_taken_for_a_submission(new_archive: Any) -> None:
    shell = new_archive()
    for inside in (shell.home, shell.home / "keys", shell.home.parent):
        said = shell.here("submit", "--no-wait", inside)
        assert said.code == Exit.NOT_READY and "intake.source-refused" in said.err
    assert not list((shell.home / "quarantine").iterdir())
