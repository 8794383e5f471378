"""The plain zip: exact names, a list a spreadsheet opens, digests any system can check; only what was chosen."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from holding import NAMES, NFC, NFD, SECRET, Holding, content_of, sha256

from archive.dip.model import DipRefusedError
from archive.dip.plain_zip import plain_zip, write_zip
from schemas.fields import fields_by_name

AT = datetime(2026, 11, 21, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def package(held: Holding) -> bytes:
    out = io.BytesIO()
    write_zip(held.source, held.but(SECRET), out, made_at=AT)
    return out.getvalue()


def test_documents_stand_under_their_exact_names_unless_a_disk_would_lose_them(package: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(package)) as file:
        assert file.testzip() is None
        assert {item.filename: file.read(item) for item in file.infolist()[:-2]} == {
            NFC: content_of(1),
            f"0000002/{NFD}": content_of(2),
            NAMES[2]: content_of(3),
            NAMES[3]: content_of(4),
            "0000005/dòng_mới.txt": content_of(5),
            "0000007/_con.txt": content_of(7),
            "0000008/danh-muc.csv": content_of(8),
        }
        assert [item.filename for item in file.infolist()[-2:]] == ["danh-muc.csv", "SHA256SUMS"]


def test_the_list_names_each_document_and_nothing_in_it_is_a_formula(package: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(package)) as file:
        data = file.read("danh-muc.csv")
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    labels = [
        fields_by_name("document")[name].label for name in ("codeNumber", "codeNotation", "issuedDate", "subject")
    ]
    assert rows[0] == ["STT", *labels, "Tên tệp", "Vị trí trong gói", "Kích thước (byte)", "SHA-256"]
    assert rows[2] == [
        "2",
        "2",
        "QĐ-UBND",
        "02/03/2026",
        "'=Trích yếu bí danh2 <b>&",
        NFD,
        f"0000002/{NFD}",
        str(len(content_of(2))),
        sha256(content_of(2)),
    ]
    assert [row[0] for row in rows[1:]] == ["1", "2", "3", "4", "5", "7", "8"]


def test_sha256sum_and_unzip_find_everything_right(package: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(package)
    if shutil.which("unzip"):
        subprocess.run(["unzip", "-tqq", "x.zip"], cwd=tmp_path, check=True, capture_output=True)
    with zipfile.ZipFile(tmp_path / "x.zip") as file:
        file.extractall(tmp_path / "out")
    done = subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=tmp_path / "out", check=True, capture_output=True
    )
    assert len(done.stdout.splitlines()) == 8


def test_nothing_of_a_document_that_was_not_chosen_appears_anywhere(package: bytes, held: Holding) -> None:
    secret = held.only(SECRET)[0]
    for trace in ("BÍ MẬT", f"bí danh{SECRET}", secret.sha256, secret.sha512, f"{SECRET:07d}"):
        assert trace.encode() not in package


def test_the_same_choice_gives_the_same_bytes_and_a_name_for_the_file(package: bytes, held: Holding) -> None:
    export = plain_zip(held.source, held.but(SECRET), made_at=AT)
    assert export.file_name == "H26.2026.VP.01.zip"
    assert b"".join(export) == package


def test_nothing_chosen_is_refused(held: Holding) -> None:
    with pytest.raises(DipRefusedError):
        plain_zip(held.source, (), made_at=AT)
    with pytest.raises(DipRefusedError):
        plain_zip(held.source, held.documents, made_at=AT.replace(tzinfo=None))
