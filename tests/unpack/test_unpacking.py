"""Submissions taken in: exact names and bytes, one verdict for every form, nothing outside quarantine."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tarfile
import tempfile
import threading
import tracemalloc
import unicodedata
import zipfile
import zlib
from pathlib import Path

import pytest
from archives import ZipEntry, member, on_disk, plain_tar, plain_zip, tar_bytes, zip_bytes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.digest import file_digests
from archive.paths import RelPath
from ingest.subject import Form
from ingest.unpack import (
    Limits,
    QuarantineFullError,
    SourceKind,
    SourceUnreadableError,
    Unpacked,
    can_survey,
    reopened,
    subject_of,
    survey,
    unpack,
)
from schemas.findings import finding_kinds

NAME = "Đơn đề nghị (bản sửa) 50%.pdf"
NFD = unicodedata.normalize("NFD", "Tờ trình.pdf")
FILES = {
    "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
    f"data/{NAME}": b"%PDF-1.7",
    f"data/phụ lục/{NFD}": b"\0" * 3_000_000,
    "data/trống.txt": b"",
    f"data/{'đ' * 83}.pdf": b"83",
}
_SEEN: set[str] = set()


def wrapped(files: dict[str, bytes], folder: str = "hồ sơ/gói") -> dict[str, bytes]:
    return {f"{folder}/{name}": data for name, data in files.items()}


def taken(tmp_path: Path, data: bytes, name: str = "gói.zip", limits: Limits | None = None) -> Unpacked:
    """What unpacking these bytes gives; nothing may appear but the quarantine."""
    place = tmp_path / "in"
    place.mkdir(exist_ok=True)
    (place / name).write_bytes(data)
    before = sorted(str(path) for path in tmp_path.rglob("*") if "q" not in path.relative_to(tmp_path).parts[:1])
    unpacked = unpack(place / name, tmp_path / "q", limits)
    after = sorted(str(path) for path in tmp_path.rglob("*") if "q" not in path.relative_to(tmp_path).parts[:1])
    assert before == after
    _SEEN.update(item.code for item in unpacked.findings)
    if not unpacked.members:
        assert list((tmp_path / "q" / "objects").iterdir()) == []
    return unpacked


def codes(unpacked: Unpacked) -> list[str]:
    return [item.code for item in unpacked.findings]


SERIALISED = {
    "zip": lambda files: plain_zip(files),
    "zip, stored": lambda files: plain_zip(files, zipfile.ZIP_STORED),
    "zip in a folder": lambda files: plain_zip(wrapped(files)),
    "tar, pax": lambda files: plain_tar(files),
    "tar, gnu": lambda files: plain_tar(files, tarfile.GNU_FORMAT),
    "tar with ./": lambda files: plain_tar({f"./{name}": data for name, data in files.items()}),
    "tar in a folder": lambda files: plain_tar(wrapped(files)),
    "tar.gz": lambda files: plain_tar(files, mode="w:gz"),
}


@pytest.mark.parametrize("form", SERIALISED)
def test_T38_a_package_is_the_same_as_zip_as_tar_and_as_folder(tmp_path: Path, form: str) -> None:
    folder = survey(on_disk(tmp_path / "folder", FILES))
    other = taken(tmp_path, SERIALISED[form](FILES), "gói")
    assert list(other.members) == list(folder.members) == sorted(RelPath(name) for name in FILES)
    assert [member.digests for member in other.members.values()] == [
        member.digests for member in folder.members.values()
    ]
    assert other.findings == folder.findings == ()
    assert other.form is folder.form is Form.BAG


@pytest.mark.parametrize("form", SERIALISED)
def test_T15_names_and_bytes_are_kept_exactly_and_no_outside_name_is_used_on_disk(tmp_path: Path, form: str) -> None:
    unpacked = taken(tmp_path, SERIALISED[form](FILES), "gói")
    for name, data in FILES.items():
        blob = unpacked.members[RelPath(name)].blob
        assert blob.read_bytes() == data
        assert blob.parent == tmp_path / "q" / "objects" and blob.name.isdigit()
        assert unpacked.members[RelPath(name)].digests == file_digests(blob)


def test_unpacked_folders_are_copied_and_surveyed_ones_are_not(tmp_path: Path) -> None:
    folder = on_disk(tmp_path / "folder", FILES)
    copied, seen = unpack(folder, tmp_path / "q"), survey(folder)
    assert list(copied.members) == list(seen.members)
    assert all(member.blob.is_relative_to(folder) for member in seen.members.values())
    assert all(member.blob.is_relative_to(tmp_path / "q") for member in copied.members.values())


def test_a_finished_quarantine_can_be_reopened_and_an_unfinished_one_cannot(tmp_path: Path) -> None:
    unpacked = taken(tmp_path, plain_zip(FILES))
    assert reopened(tmp_path / "q") == unpacked
    (tmp_path / "q" / "index.json").unlink()
    assert reopened(tmp_path / "q") is None
    assert unpack(tmp_path / "in" / "gói.zip", tmp_path / "q").members == unpacked.members


def test_a_single_file_is_its_own_document(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"%PDF")
    subject = subject_of(survey(tmp_path / NAME))
    assert subject.form is Form.FILE and list(subject.documents) == [RelPath(NAME)]


@pytest.mark.parametrize("first", ["[Content_Types].xml", "mimetype"])
def test_an_office_document_is_a_document_although_it_is_a_zip(tmp_path: Path, first: str) -> None:
    path = tmp_path / "van ban"
    path.write_bytes(plain_zip({first: b"x", "[Content_Types].xml" if first != "mimetype" else "content.xml": b"y"}))
    assert can_survey(path) and survey(path).kind is SourceKind.FILE


def test_kinds_are_told_by_content_not_by_name(tmp_path: Path) -> None:
    assert taken(tmp_path, plain_tar(FILES), "gói.zip").kind is SourceKind.TAR
    assert taken(tmp_path, plain_zip(FILES), "gói.tar").kind is SourceKind.ZIP
    assert taken(tmp_path, plain_zip(FILES), "gói.pdf").kind is SourceKind.ZIP


HOSTILE_NAMES = {
    "../x": "unpack.name.traversal",
    "a/../../x": "unpack.name.traversal",
    "/etc/x": "unpack.name.absolute",
    "C:/x": "unpack.name.windows",
    "C:x": "unpack.name.windows",
    "a\\..\\x": "unpack.name.windows",
    "a//x": "unpack.name.dot",
    "a/./x": "unpack.name.dot",
    "d" * 256: "unpack.name.too-long",
    "/".join("d" * 40): "unpack.name.too-deep",
    "/".join(["đ" * 250] * 9): "unpack.name.path-too-long",
}


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_name_refuses_the_archive_by_name_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    expected = HOSTILE_NAMES[name]
    for data in (zip_bytes([ZipEntry(b"ok"), ZipEntry(name.encode())]), plain_tar({"ok": b"x", name: b"y"})):
        unpacked = taken(tmp_path, data)
        assert codes(unpacked) == [expected] and unpacked.refused and not unpacked.members
        assert unpacked.findings[0].document == name[:1024]


def test_nul_and_empty_names_and_bytes_that_are_no_utf8_are_refused(tmp_path: Path) -> None:
    assert codes(taken(tmp_path, zip_bytes([ZipEntry(b"a\0b")]))) == ["unpack.name.control"]
    assert codes(taken(tmp_path, zip_bytes([ZipEntry(b"")]))) == ["unpack.name.empty"]
    unpacked = taken(tmp_path, zip_bytes([ZipEntry(b"\xff\xfe.pdf")]))
    assert codes(unpacked) == ["unpack.name.not-unicode"]
    assert unpacked.findings[0].document == "\\udcff\\udcfe.pdf"
    assert codes(taken(tmp_path, plain_tar({"\udcff": b""}, tarfile.GNU_FORMAT))) == ["unpack.name.not-unicode"]
    (tmp_path / "f").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path / "f") + b"/\xff")).write_bytes(b"")
    assert codes(survey(tmp_path / "f")) == ["unpack.name.not-unicode"]


def test_names_of_old_zips_are_read_as_they_were_meant(tmp_path: Path) -> None:
    utf8 = taken(tmp_path, zip_bytes([ZipEntry(NAME.encode(), flags=0)]))
    assert list(utf8.members) == [NAME] and codes(utf8) == ["unpack.name.guessed-utf8"]
    old = taken(tmp_path, zip_bytes([ZipEntry(b"caf\x82.txt", flags=0)]))
    assert list(old.members) == ["café.txt"] and codes(old) == ["unpack.name.legacy"]
    raw = b"caf\x82.txt"
    content = b"\x01" + zlib.crc32(raw).to_bytes(4, "little") + NAME.encode()
    extra = (0x7075).to_bytes(2, "little") + len(content).to_bytes(2, "little") + content
    assert list(taken(tmp_path, zip_bytes([ZipEntry(raw, flags=0, extra=extra)])).members) == [NAME]


@pytest.mark.parametrize(
    ("type", "expected"),
    [
        (tarfile.SYMTYPE, "unpack.entry.link"),
        (tarfile.LNKTYPE, "unpack.entry.hard-link"),
        (tarfile.FIFOTYPE, "unpack.entry.special"),
        (tarfile.CHRTYPE, "unpack.entry.special"),
        (tarfile.BLKTYPE, "unpack.entry.special"),
        (tarfile.GNUTYPE_SPARSE, "unpack.tar.sparse"),
        (b"Z", "unpack.entry.special"),
    ],
)
def test_links_devices_and_sparse_files_in_a_tar_are_refused(tmp_path: Path, type: bytes, expected: str) -> None:
    unpacked = taken(tmp_path, tar_bytes([(member("ok"), b"x"), (member("bad", type, "/etc/passwd"), b"")]))
    assert codes(unpacked) == [expected] and not unpacked.members


@pytest.mark.parametrize(("mode", "expected"), [(0o120777, "link"), (0o010644, "special"), (0o060644, "special")])
def test_links_and_devices_in_a_zip_are_refused(tmp_path: Path, mode: int, expected: str) -> None:
    unpacked = taken(tmp_path, zip_bytes([ZipEntry(b"ok"), ZipEntry(b"bad", b"/etc/passwd", mode=mode)]))
    assert codes(unpacked) == [f"unpack.entry.{expected}"] and not unpacked.members


def test_links_and_fifos_in_a_folder_are_never_followed(tmp_path: Path) -> None:
    folder = on_disk(tmp_path / "f", {"ok": b"x"})
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "dir").symlink_to("/etc")
    os.mkfifo(folder / "fifo")
    found = {(item.code, item.document) for item in unpack(folder, tmp_path / "q").findings}
    assert found == {("unpack.entry.link", "link"), ("unpack.entry.link", "dir"), ("unpack.entry.special", "fifo")}


@pytest.mark.parametrize("make", [plain_zip, plain_tar])
def test_T16_names_that_collapse_are_an_error_and_lose_nothing(tmp_path: Path, make) -> None:  # type: ignore[no-untyped-def]
    nfc = unicodedata.normalize("NFC", NFD)
    unpacked = taken(tmp_path, make({"A.txt": b"1", "a.txt": b"2", NFD: b"3", nfc: b"4"}))
    assert codes(unpacked) == ["unpack.name.case-collision", "unpack.name.unicode-collision"]
    assert unpacked.refused and len(unpacked.members) == 4
    assert {path: member.blob.read_bytes() for path, member in unpacked.members.items()} == {
        "A.txt": b"1",
        "a.txt": b"2",
        NFD: b"3",
        nfc: b"4",
    }
    assert set(codes(survey(on_disk(tmp_path / "f", {"A.txt": b"1", "a.txt": b"2"})))) == {"unpack.name.case-collision"}


def test_exact_duplicates_and_a_file_that_is_a_folder_too_are_refused(tmp_path: Path) -> None:
    for data in (zip_bytes([ZipEntry(b"a"), ZipEntry(b"a")]), tar_bytes([(member("a"), b"1"), (member("a"), b"2")])):
        assert codes(taken(tmp_path, data)) == ["unpack.name.duplicate"]
    assert codes(taken(tmp_path, plain_tar({"a": b"", "a/b": b""}))) == ["unpack.name.file-and-folder"]


def test_T33_equal_files_under_two_names_are_both_kept(tmp_path: Path) -> None:
    unpacked = taken(tmp_path, plain_zip({"a.pdf": b"same", "b.pdf": b"same"}))
    assert len(unpacked.members) == 2 and len({member.blob for member in unpacked.members.values()}) == 2


SMALL = Limits(members=3, member_bytes=1000, total_bytes=1500, ratio=10, ratio_floor_bytes=500)


@pytest.mark.parametrize(
    ("files", "limits", "expected"),
    [
        ({str(number): b"" for number in range(5)}, SMALL, "unpack.limit.members"),
        ({"a": os.urandom(1001)}, SMALL, "unpack.limit.member-bytes"),
        ({"a": os.urandom(800), "b": os.urandom(800)}, SMALL, "unpack.limit.total-bytes"),
        ({"a": bytes(900)}, SMALL, "unpack.limit.ratio"),
    ],
)
def test_what_goes_beyond_a_limit_is_refused_by_its_name(
    tmp_path: Path, files: dict[str, bytes], limits: Limits, expected: str
) -> None:
    assert codes(taken(tmp_path, plain_zip(files), "a.zip", limits)) == [expected]
    if expected != "unpack.limit.ratio":
        assert codes(taken(tmp_path, plain_tar(files), "a.tar", limits)) == [expected]
        assert codes(unpack(on_disk(tmp_path / "f", files), tmp_path / "q", limits)) == [expected]
    else:
        loose = Limits(ratio=10, ratio_floor_bytes=500)
        assert codes(taken(tmp_path, plain_tar({"a": bytes(90_000)}, mode="w:gz"), "a.tgz", loose)) == [expected]


def test_an_archive_that_lies_about_its_sizes_gets_no_more_than_it_declared(tmp_path: Path) -> None:
    entry = ZipEntry(b"a", bytes(5_000_000), method=8, size=100)
    assert codes(taken(tmp_path, zip_bytes([entry]))) == ["unpack.archive.damaged"]


def test_archives_inside_are_documents_unless_they_are_bombs(tmp_path: Path) -> None:
    limits = Limits(ratio=50, ratio_floor_bytes=1 << 20)
    good = plain_zip({"a.txt": b"hello"})
    assert list(taken(tmp_path, plain_zip({"in.zip": good}), limits=limits).members) == ["in.zip"]
    bomb = plain_zip({"zeros": bytes(4 << 20)})
    unpacked = taken(tmp_path, plain_zip({"in.zip": bomb}, zipfile.ZIP_STORED), limits=limits)
    assert codes(unpacked) == ["unpack.nested.bomb"] and unpacked.findings[0].document == "in.zip"
    layered = plain_zip({f"{number}.zip": bomb for number in range(4)})
    assert codes(taken(tmp_path, plain_zip({"42.zip": layered}), limits=limits)) == ["unpack.nested.bomb"]
    deep = good
    for _ in range(5):
        deep = plain_zip({"in.zip": deep})
    assert codes(taken(tmp_path, plain_zip({"deep.zip": deep}), limits=limits)) == ["unpack.nested.depth"]
    gz = gzip.compress(bytes(4 << 20))
    assert codes(survey(on_disk(tmp_path / "g", {"a.gz": gz}), limits)) == ["unpack.nested.bomb"]


def test_encrypted_and_unknown_methods_are_refused(tmp_path: Path) -> None:
    assert codes(taken(tmp_path, zip_bytes([ZipEntry(b"a", flags=0x801)]))) == ["unpack.zip.encrypted"]
    assert codes(taken(tmp_path, zip_bytes([ZipEntry(b"a", method=99)]))) == ["unpack.zip.method"]


def test_a_zip_that_two_readers_would_read_differently_is_refused(tmp_path: Path) -> None:
    assert codes(taken(tmp_path, zip_bytes([ZipEntry(b"a", local_name=b"b")]))) == ["unpack.zip.header-mismatch"]
    shared = zip_bytes([ZipEntry(b"a"), ZipEntry(b"a", same_bytes_as=0)])
    assert codes(taken(tmp_path, shared)) == ["unpack.zip.overlap"]
    second = zip_bytes([ZipEntry(b"b")])
    assert codes(taken(tmp_path, zip_bytes([ZipEntry(b"a")], comment=second))) == ["unpack.zip.ambiguous"]
    hidden = taken(tmp_path, zip_bytes([ZipEntry(b"a")], gap=b"secret" * 10))
    assert codes(hidden) == ["unpack.zip.hidden-bytes"] and not hidden.refused


def test_damaged_archives_are_findings(tmp_path: Path) -> None:
    good = zip_bytes([ZipEntry(b"a", b"hello" * 50, method=8)])
    assert codes(taken(tmp_path, zip_bytes([ZipEntry(b"a", crc=1)]))) == ["unpack.archive.damaged"]
    assert codes(taken(tmp_path, good[:-10])) == ["unpack.archive.unreadable"]
    assert codes(taken(tmp_path, b"no archive at all")) == ["unpack.archive.unreadable"]
    tar = plain_tar({"a": bytes(2000)})
    assert codes(taken(tmp_path, tar[:1500], "a.tar")) == ["unpack.archive.damaged"]
    assert codes(taken(tmp_path, tar + b"behind the end", "a.tar")) == ["unpack.tar.trailing"]
    packed = bytearray(plain_tar({"a": os.urandom(5000)}, mode="w:gz"))
    packed[-6] ^= 1
    assert codes(taken(tmp_path, bytes(packed), "a.tgz")) == ["unpack.archive.damaged"]
    assert codes(taken(tmp_path, bytes(packed[:3000]), "a.tgz")) == ["unpack.archive.damaged"]


def test_empty_submissions_are_named(tmp_path: Path) -> None:
    assert codes(taken(tmp_path, plain_zip({}))) == ["unpack.source.empty"]
    assert codes(taken(tmp_path, plain_tar({}), "a.tar")) == ["unpack.source.empty"]
    (tmp_path / "f" / "sub").mkdir(parents=True)
    assert codes(survey(tmp_path / "f")) == ["unpack.source.empty"]


def test_what_macos_adds_beside_the_package_is_left_out_and_said(tmp_path: Path) -> None:
    files = wrapped(FILES, "gói") | {"__MACOSX/gói/._bagit.txt": b"x"}
    unpacked = taken(tmp_path, plain_zip(files))
    assert codes(unpacked) == ["unpack.clutter"] and len(unpacked.members) == len(FILES)


def test_a_file_that_cannot_be_read_or_changes_meanwhile_is_indeterminate(tmp_path: Path) -> None:
    from ingest.unpack.entries import EntryUnreadableError
    from ingest.unpack.folder_source import file_chunks

    path = tmp_path / "growing"
    path.write_bytes(bytes(3 << 20))
    chunks = file_chunks(path)
    next(chunks)
    with path.open("ab") as file:
        file.write(b"more")
    with pytest.raises(EntryUnreadableError) as changed:
        list(chunks)
    with pytest.raises(EntryUnreadableError) as absent:
        list(file_chunks(tmp_path / "absent"))
    assert (changed.value.code, absent.value.code) == ("unpack.entry.changed", "unpack.entry.unreadable")
    assert {finding_kinds()[code].severity for code in (changed.value.code, absent.value.code)} == {"indeterminate"}


def test_a_source_that_is_not_there_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadableError):
        unpack(tmp_path / "absent", tmp_path / "q")
    assert not (tmp_path / "q" / "objects").exists()


def test_T30_a_full_disk_is_a_typed_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "big.zip").write_bytes(plain_zip({"a": b"1", "b": os.urandom(3 << 20)}))
    code = (
        "import resource, sys; from pathlib import Path; from ingest.unpack import unpack, QuarantineFullError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
        "try: unpack(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "except QuarantineFullError as error: print(error.code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "big.zip"), str(tmp_path / "q")], capture_output=True, text=True
    )
    assert done.stdout.strip() == QuarantineFullError.code, done.stderr
    assert list((tmp_path / "q").iterdir()) == []


def test_T31_memory_stays_flat_for_a_large_member(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "big.zip", "w", zipfile.ZIP_STORED) as archive, archive.open("a", "w") as file:
        for _ in range(96):
            file.write(bytes(1 << 20))
    tracemalloc.start()
    unpacked = unpack(tmp_path / "big.zip", tmp_path / "q")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert unpacked.members[RelPath("a")].digests.size_bytes == 96 << 20
    assert peak < 16 << 20


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_damage_to_an_archive_makes_unpacking_raise(tmp_path: Path, data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from([_ZIP, _TAR, _TGZ])))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    unpacked = taken(tmp_path, bytes(whole), "gói")
    assert all(item.message for item in unpacked.findings)


_SAMPLE = {"a.txt": b"hello" * 20, "b/c.txt": b"\0" * 40}
_ZIP, _TAR, _TGZ = plain_zip(_SAMPLE), plain_tar(_SAMPLE), plain_tar(_SAMPLE, mode="w:gz")


def test_unreadable_and_changing_files_leave_the_answer_open(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = on_disk(Path(place), {"secret.pdf": b"x", "closed/a": b"y", "open.pdf": b"z"})
        (folder / "secret.pdf").chmod(0)
        (folder / "closed").chmod(0)
        folder.chmod(0o755)
        user = os.geteuid()
        os.seteuid(65534 if user == 0 else user)
        try:
            unpacked = survey(folder)
        finally:
            os.seteuid(user)
            (folder / "closed").chmod(0o700)
    assert {(item.code, item.document) for item in unpacked.findings} == {
        ("unpack.entry.unreadable", "secret.pdf"),
        ("unpack.entry.unreadable", "closed"),
    }
    assert unpacked.report().answer == "indeterminate" and list(unpacked.members) == ["open.pdf"]

    growing = on_disk(tmp_path / "growing", {"a": b""}) / "a"
    os.truncate(growing, 64 << 20)
    done = threading.Event()

    def grow() -> None:
        with growing.open("ab") as file:
            while not done.is_set():
                file.write(b"x")
                file.flush()
                done.wait(0.001)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        assert codes(survey(growing.parent)) == ["unpack.entry.changed"]
    finally:
        done.set()
        writer.join()


def test_every_code_of_unpacking_is_shown_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    built = {f"unpack.entry.{kind}" for kind in ("link", "special")}
    shown = {code for code in finding_kinds() if code.startswith("unpack.")}
    assert {code for code in shown if f'"{code}"' not in text and code not in built} == set()
