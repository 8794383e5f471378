from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from contents import AIP_ID, NAMES, NOW, aip_content
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.aip.model import AipContent, AipUnreadableError, WrittenAip
from archive.aip.reader import AipReader
from archive.aip.scan import scan
from archive.aip.writer import write_aip

Written = tuple[WrittenAip, bytes]


def test_the_headers_tell_the_same_offsets_as_the_writer(written: Written) -> None:
    found = [(entry.path, entry.offset, entry.size_bytes) for entry in scan(io.BytesIO(written[1]))]
    assert found == [(entry.path, entry.offset, entry.size_bytes) for entry in written[0].entries]


def test_one_document_is_read_without_the_rest(written_path: Path, written: Written, content: AipContent) -> None:
    with written_path.open("r+b") as file:
        # Everything before the document is overwritten: with its offset known it is read all the same.
        entry = written[0].originals[3]
        file.write(b"\xff" * (entry.offset - 512))
        reader = AipReader(file, written[0].entries)
        with reader.open_document(NAMES[3]) as document:
            assert document.read() == content.originals[3].blob.read_bytes()


def test_the_facts_of_the_hoso_come_back_from_the_tar_alone(written_path: Path, content: AipContent) -> None:
    with written_path.open("rb") as file:
        package = AipReader(file).package()
    assert package.aip_id == AIP_ID
    assert package.created_at == NOW
    assert package.record == content.record
    assert (package.profile, package.archive, package.agency) == (content.profile, content.archive, content.agency)
    assert (package.submission_id, package.submission_agreement) == ("s-1", "ĐK-2026-001")
    assert package.facts == content.facts
    assert package.document_count == len(content.originals)


def test_each_document_comes_back_with_fields_digests_and_place(written_path: Path, content: AipContent) -> None:
    with written_path.open("rb") as file:
        documents = list(AipReader(file).documents())
        for original, document in zip(content.originals, documents, strict=True):
            assert (document.path, document.ordinal, document.kind) == (
                original.path,
                original.ordinal,
                original.kind,
            )
            assert document.fields == original.fields
            assert (document.pronom, document.media_type) == (original.pronom, original.media_type)
            assert original.digests is not None
            assert (document.sha256, document.sha512) == (original.digests.sha256, original.digests.sha512)
            file.seek(document.offset)
            assert file.read(document.size_bytes) == original.blob.read_bytes()


def test_a_manifest_gives_names_back_exactly(written_path: Path) -> None:
    prefix = f"data/urn_uuid_{AIP_ID}/representations/rep1/data/"
    with written_path.open("rb") as file:
        reader = AipReader(file)
        names = {path.removeprefix(prefix) for path, _ in reader.manifest("sha256") if path.startswith(prefix)}
        assert names == set(NAMES)
        assert dict(reader.manifest("sha512")).keys() == dict(reader.manifest("sha256")).keys()


def test_an_opened_member_can_be_sought_in(written_path: Path, content: AipContent) -> None:
    whole = content.originals[0].blob.read_bytes()
    with written_path.open("rb") as file, AipReader(file).open_document(NAMES[0]) as document:
        document.seek(-10, io.SEEK_END)
        assert document.read() == whole[-10:]
        assert document.read() == b""
        document.seek(7)
        assert document.read(5) == whole[7:12]


@settings(max_examples=40, deadline=None)
@given(share=st.floats(0, 0.999))
def test_a_package_cut_short_anywhere_is_named_unreadable_or_lacks_its_end(written: Written, share: float) -> None:
    data = written[1].rstrip(b"\0")
    with pytest.raises(AipUnreadableError):
        list(AipReader(io.BytesIO(data[: int(len(data) * share)])).documents())


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.LNKTYPE])
def test_a_member_that_is_no_plain_file_is_refused(kind: bytes) -> None:
    info = tarfile.TarInfo("x/y")
    info.type, info.linkname = kind, "/etc/passwd"
    with pytest.raises(AipUnreadableError):
        AipReader(io.BytesIO(info.tobuf() + bytes(1024)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a tar",
        b"\xff" * 2048,
        bytes(1024),
        tarfile.TarInfo("a/x").tobuf() + tarfile.TarInfo("b/x").tobuf() + bytes(1024),
        tarfile.TarInfo("a/" + "ă" * 9).tobuf(tarfile.PAX_FORMAT)[:1024] + bytes(1024),
        tarfile.TarInfo("a/x").tobuf() + bytes(1024),
    ],
)
def test_what_is_no_aip_is_named_unreadable(data: bytes) -> None:
    with pytest.raises(AipUnreadableError) as caught:
        AipReader(io.BytesIO(data)).package()
    assert "khôi phục" in caught.value.remedy.lower()


def test_a_thousand_documents_come_back_in_order(tmp_path: Path) -> None:
    names = tuple(f"tập {number // 100}/văn bản {number}.pdf" for number in range(1000))
    out = io.BytesIO()
    write_aip(aip_content(tmp_path, names, size=lambda _: 40), out)
    assert tuple(document.path for document in AipReader(out).documents()) == names
