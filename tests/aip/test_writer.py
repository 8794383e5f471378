from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from contents import AIP_ID, NAMES, NFC, NFD, RESPONSE, aip_content

from archive.aip.model import (
    AipContent,
    AipContentError,
    Derivative,
    OriginalChangedError,
    ReportFile,
    SubmissionFile,
    WrittenAip,
)
from archive.aip.writer import write_aip
from archive.digest import file_digests
from archive.errors import PathRefusedError
from archive.paths import RelPath

TREE = f"{AIP_ID}/data/urn_uuid_{AIP_ID}"
Written = tuple[WrittenAip, bytes]


def test_the_same_content_gives_the_same_bytes(tmp_path: Path, written: Written) -> None:
    out = io.BytesIO()
    again = write_aip(aip_content(tmp_path), out, scratch=tmp_path)
    assert out.getvalue() == written[1]
    assert again == written[0]


def test_digests_taken_in_the_pass_give_the_same_package_as_digests_of_the_receipt(
    tmp_path: Path, written: Written
) -> None:
    out = io.BytesIO()
    assert write_aip(aip_content(tmp_path, known_digests=False), out) == written[0]


def test_the_told_hash_size_and_offsets_are_those_of_the_tar(written: Written) -> None:
    told, data = written
    assert told.sha256 == hashlib.sha256(data).hexdigest()
    assert told.size_bytes == len(data)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        members = tar.getmembers()
    assert [(entry.path, entry.offset, entry.size_bytes) for entry in told.entries] == [
        (member.name, member.offset_data, member.size) for member in members
    ]
    for entry in told.entries:
        body = data[entry.offset : entry.offset + entry.size_bytes]
        assert (entry.sha256, entry.sha512) == (hashlib.sha256(body).hexdigest(), hashlib.sha512(body).hexdigest())


def test_t15_names_are_kept_exactly_also_two_that_differ_only_in_unicode_form(
    written: Written, content: AipContent
) -> None:
    told, data = written
    assert [entry.path for entry in told.originals] == [f"{TREE}/representations/rep1/data/{name}" for name in NAMES]
    assert NFC != NFD
    for original, entry in zip(content.originals, told.originals, strict=True):
        assert data[entry.offset : entry.offset + entry.size_bytes] == original.blob.read_bytes()


def test_headers_say_nothing_of_the_machine(written: Written) -> None:
    with tarfile.open(fileobj=io.BytesIO(written[1])) as tar:
        facts = {(m.uid, m.gid, m.uname, m.gname, m.mode, m.mtime, m.type) for m in tar}
    assert facts == {(0, 0, "", "", 0o644, 1795230245, tarfile.REGTYPE)}


def test_pax_records_stand_only_where_ustar_cannot_say_the_name(written: Written) -> None:
    with tarfile.open(fileobj=io.BytesIO(written[1])) as tar:
        with_pax = {member.name for member in tar if member.pax_headers}
        assert all(set(member.pax_headers) <= {"path"} for member in tar)
    assert with_pax == {entry.path for entry in written[0].originals if not entry.path.isascii()} | {
        entry.path for entry in written[0].entries if len(entry.path) > 256
    }


def test_an_original_that_changed_since_receipt_makes_no_package(tmp_path: Path) -> None:
    content = aip_content(tmp_path)
    victim = content.originals[2]
    data = bytearray(victim.blob.read_bytes())
    data[-1] ^= 1
    victim.blob.write_bytes(data)
    with pytest.raises(OriginalChangedError) as caught:
        write_aip(content, io.BytesIO())
    assert caught.value.path == victim.path
    assert str(tmp_path) not in caught.value.message


@pytest.mark.parametrize("size", [50, 100_000, 3_000_000])
@pytest.mark.parametrize("grown", [True, False])
def test_t30_an_original_cut_short_or_grown_since_receipt_makes_no_package(
    tmp_path: Path, size: int, grown: bool
) -> None:
    content = aip_content(tmp_path, ("a.pdf",), size=lambda _: size)
    blob = content.originals[0].blob
    blob.write_bytes(blob.read_bytes() + b"x" if grown else blob.read_bytes()[:-1])
    with pytest.raises(OriginalChangedError):
        write_aip(content, io.BytesIO())


def test_large_and_empty_originals_keep_their_bytes(tmp_path: Path) -> None:
    sizes = {1: 0, 2: 1, 3: 511, 4: 512, 5: 65_536, 6: 65_537, 7: 1 << 20, 8: 5_000_001}
    content = aip_content(tmp_path, tuple(f"{n}.bin" for n in sizes), size=sizes.__getitem__, known_digests=False)
    out = io.BytesIO()
    told = write_aip(content, out)
    for original, entry in zip(content.originals, told.originals, strict=True):
        expected = file_digests(original.blob)
        assert (entry.size_bytes, entry.sha256, entry.sha512) == (
            expected.size_bytes,
            expected.sha256,
            expected.sha512,
        )
        assert out.getvalue()[entry.offset : entry.offset + entry.size_bytes] == original.blob.read_bytes()


def test_a_writer_that_takes_few_bytes_at_a_time_gets_all_of_them(tmp_path: Path, written: Written) -> None:
    class Slow:
        def __init__(self) -> None:
            self.data = bytearray()

        def write(self, data: memoryview, /) -> int:
            taken = data[:70_001]
            self.data += taken
            return len(taken)

    out = Slow()
    write_aip(aip_content(tmp_path), out)
    assert bytes(out.data) == written[1]


def test_a_full_disk_passes_through_and_leaves_no_thread(tmp_path: Path) -> None:
    class Full:
        def write(self, data: memoryview, /) -> int:
            raise OSError(28, "No space left on device")

    before = threading.active_count()
    with pytest.raises(OSError, match="No space left"):
        write_aip(aip_content(tmp_path), Full())
    assert threading.active_count() == before


def _twice(content: AipContent) -> AipContent:
    first, second, *_ = content.originals
    return replace(content, originals=(first, replace(second, path=first.path)))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: replace(c, aip_id="../../etc"),
        lambda c: replace(c, aip_id=c.aip_id.upper()),
        lambda c: replace(c, created_at=c.created_at.replace(tzinfo=None)),
        lambda c: replace(c, originals=()),
        lambda c: replace(c, originals=(replace(c.originals[0], ordinal=0),)),
        lambda c: replace(c, originals=(*c.originals, replace(c.originals[0], path=RelPath("other")))),
        lambda c: replace(c, validation=()),
        lambda c: replace(c, validation=(replace(RESPONSE, source=b"other"), *c.validation[:1])),
        lambda c: replace(c, derivatives=(Derivative(RelPath("unknown.pdf"), b""),)),
        lambda c: replace(c, submission=(SubmissionFile(RelPath("x"), b""), SubmissionFile(RelPath("x"), b""))),
        _twice,
    ],
)
def test_content_that_contradicts_itself_is_refused(content: AipContent, spoil: object) -> None:
    assert callable(spoil)
    with pytest.raises(AipContentError):
        write_aip(spoil(content), io.BytesIO())


def test_a_report_cannot_be_named_out_of_its_folder(content: AipContent) -> None:
    with pytest.raises(PathRefusedError):
        write_aip(replace(content, reports=(ReportFile("../../METS.xml", b""),)), io.BytesIO())


def test_t33_two_equal_files_in_one_hoso_are_both_kept(tmp_path: Path) -> None:
    content = aip_content(tmp_path, ("a.pdf", "b.pdf"))
    content.originals[1].blob.write_bytes(content.originals[0].blob.read_bytes())
    same = replace(content.originals[1], digests=content.originals[0].digests)
    told = write_aip(replace(content, originals=(content.originals[0], same)), io.BytesIO())
    assert told.originals[0].sha256 == told.originals[1].sha256
    assert told.originals[0].offset != told.originals[1].offset
