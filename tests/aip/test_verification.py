"""A full reading finds every change, and each finding code is produced by exactly one kind of damage here."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from contents import AIP_ID, NAMES, aip_content
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.aip.model import WrittenAip
from archive.aip.tarstream import TarStream
from archive.aip.verification import verify_stream
from archive.aip.writer import write_aip
from archive.finding import Answer
from schemas.findings import finding_kinds

Written = tuple[WrittenAip, bytes]
TREE = f"{AIP_ID}/data/urn_uuid_{AIP_ID}"
ORIGINAL = f"{TREE}/representations/rep1/data/{NAMES[2]}"
PREMIS = f"{TREE}/representations/rep1/metadata/preservation/PREMIS_rep1.xml"
CATALOGUE = f"{TREE}/metadata/other/catalogue.jsonl"
Change = Callable[[dict[str, bytes]], object]


def chunks(data: bytes, size: int = 10_007) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def rebuilt(data: bytes, change: Change) -> bytes:
    """The same tar after ``change`` to its files, well-formed again."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        files = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]  # all are files
    change(files)
    out = io.BytesIO()
    with TarStream(out, mtime=0) as stream:
        for name, body in files.items():
            stream.add(name, body)
        stream.finish()
    return out.getvalue()


def manifests_agree(files: dict[str, bytes], path: str) -> None:
    """Write the digests of ``path`` into the manifests, as a careful forger would."""
    for name in ("manifest-sha256.txt", "manifest-sha512.txt"):
        algorithm = name.removeprefix("manifest-").removesuffix(".txt")
        inner = path.removeprefix(f"{AIP_ID}/").replace("%", "%25")
        lines = [
            f"{hashlib.new(algorithm, files[path]).hexdigest()}  {inner}\n" if line.endswith(f"  {inner}\n") else line
            for line in files[f"{AIP_ID}/{name}"].decode().splitlines(keepends=True)
        ]
        files[f"{AIP_ID}/{name}"] = "".join(lines).encode()


def spoiled(path: str, change: Callable[[bytes], bytes], *, forge: bool = False) -> Change:
    def spoil(files: dict[str, bytes]) -> None:
        files[path] = change(files[path])
        if forge:
            manifests_agree(files, path)

    return spoil


def hide_in_premis(data: bytes) -> bytes:
    before, middle, after = data.partition(b"rep1/data/ph%E1%BB%A5%20l%E1%BB%A5c/b")
    assert middle
    return before + b"rep1/data/other" + after


DAMAGE: list[tuple[str, Change]] = [
    ("aip.declaration.wrong", spoiled(f"{AIP_ID}/bagit.txt", lambda data: data.replace(b"1.0", b"0.97"))),
    ("aip.manifest.missing", lambda files: files.pop(f"{AIP_ID}/manifest-sha512.txt")),
    ("aip.manifest.malformed", spoiled(f"{AIP_ID}/manifest-sha256.txt", lambda data: b"# " + data)),
    ("aip.manifest.malformed", spoiled(f"{AIP_ID}/manifest-sha256.txt", lambda data: data + b"00  \xff\n")),
    ("aip.file.missing", lambda files: files.pop(ORIGINAL)),
    ("aip.file.changed", spoiled(ORIGINAL, lambda data: data[:-1] + b"?")),
    ("aip.file.unlisted", lambda files: files.update({f"{TREE}/documentation/more.txt": b"more"})),
    ("aip.file.unlisted", lambda files: files.update({f"{AIP_ID}/fetch.txt": b""})),
    ("aip.premis.contradicts", spoiled(ORIGINAL, lambda data: data[:-1] + b"?", forge=True)),
    ("aip.catalogue.contradicts", spoiled(ORIGINAL, lambda data: data[:-1] + b"?", forge=True)),
    ("aip.premis.silent", spoiled(PREMIS, hide_in_premis, forge=True)),
    ("aip.metadata.malformed", spoiled(PREMIS, lambda data: data[:-9], forge=True)),
    ("aip.metadata.malformed", spoiled(CATALOGUE, lambda data: data + b"{}\n", forge=True)),
    ("aip.package.unreadable", lambda files: files.update({"elsewhere/x": b""})),
]


def test_a_whole_package_passes_and_tells_its_hash(written: Written) -> None:
    result = verify_stream(chunks(written[1]))
    assert result.findings == ()
    assert result.answer is Answer.PASSED
    assert (result.sha256, result.size_bytes) == (written[0].sha256, written[0].size_bytes)
    assert result.file_count == len(written[0].entries)


@pytest.mark.parametrize(("code", "change"), DAMAGE)
def test_damage_is_found_and_named(written: Written, code: str, change: Change) -> None:
    result = verify_stream(chunks(rebuilt(written[1], change)))
    assert code in {item.code for item in result.findings}
    assert result.answer is Answer.FAILED


def test_every_code_of_the_table_is_produced_by_some_damage() -> None:
    assert {code for code, _ in DAMAGE} == {code for code in finding_kinds() if code.startswith("aip.")}


def test_all_findings_are_collected_not_the_first(written: Written) -> None:
    def spoil(files: dict[str, bytes]) -> None:
        files[ORIGINAL] += b"?"
        files.pop(f"{TREE}/METS.xml")

    found = {(item.code, item.document) for item in verify_stream([rebuilt(written[1], spoil)]).findings}
    inner = f"data/urn_uuid_{AIP_ID}/"
    assert ("aip.file.changed", ORIGINAL.removeprefix(f"{AIP_ID}/")) in found
    assert ("aip.file.missing", f"{inner}METS.xml") in found


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_t19_any_changed_byte_of_the_tar_changes_its_hash_and_any_of_a_file_is_a_finding(
    written: Written, data: st.DataObject
) -> None:
    whole = bytearray(written[1])
    entry = data.draw(st.sampled_from([entry for entry in written[0].entries if entry.size_bytes]))
    place = entry.offset + data.draw(st.integers(0, entry.size_bytes - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    result = verify_stream(chunks(bytes(whole)))
    assert result.sha256 != written[0].sha256
    assert result.answer is Answer.FAILED


@settings(max_examples=30, deadline=None)
@given(share=st.floats(0, 0.999))
def test_a_package_cut_short_anywhere_fails(written: Written, share: float) -> None:
    data = written[1].rstrip(b"\0")
    result = verify_stream(chunks(data[: int(len(data) * share)]))
    assert result.answer is Answer.FAILED
    assert result.size_bytes == int(len(data) * share)


def test_bytes_after_the_end_are_found(written: Written) -> None:
    assert {item.code for item in verify_stream([written[1], b"x"]).findings} == {"aip.package.unreadable"}


def test_t23_an_unreadable_copy_is_not_called_damaged(written: Written) -> None:
    def failing() -> Iterator[bytes]:
        yield written[1][:5000]
        raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        verify_stream(failing())


def test_a_large_original_is_verified_in_any_chunking(tmp_path: Path) -> None:
    out = io.BytesIO()
    write_aip(aip_content(tmp_path, ("a.pdf",), size=lambda _: 3_333_333), out)
    for size in (511, 512, 1 << 20, 1 << 23):
        assert verify_stream(chunks(out.getvalue(), size)).findings == ()
