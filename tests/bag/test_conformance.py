"""Whole bags on disk, modelled on the public conformance suite and on what bagit-python 1.9 is known to get wrong."""

from __future__ import annotations

import os
from pathlib import Path

import bagit
import pytest
from bags import DECLARATION, bag, digest, manifest, on_disk, with_tagmanifest
from hypothesis import given
from hypothesis import strategies as st

from archive.bag.files import FolderFiles
from archive.bag.judge import judged
from archive.bag.pack import BagExistsError, write_bag
from archive.bag.writing import bag_info_text, manifest_text, percent_encoded
from archive.finding import Answer, Severity
from archive.paths import RelPath
from ingest.checks.bag import check
from ingest.unpack import Limits, subject_of, survey, unpack

VERSIONS = ("0.93", "0.94", "0.95", "0.96", "0.97", "1.0")


def answer(folder: Path) -> Answer:
    """Judged in the folder and as a submission: both must say the same."""
    judgement = judged(FolderFiles(folder))
    report = check(subject_of(survey(folder)))
    assert report.answer == judgement.answer
    assert {item.code for item in report.findings} == {item.code for item in judgement.findings}
    return report.answer


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha224", "sha256", "sha512"])
def test_a_basic_bag_of_every_version_and_algorithm_is_valid(tmp_path: Path, version: str, algorithm: str) -> None:
    files = with_tagmanifest(bag(version=version, algorithms=(algorithm,)), algorithm)
    assert answer(on_disk(tmp_path, files)) is Answer.PASSED


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["data/a.txt", "bag-info.txt", "manifest-sha256.txt"])
def test_one_changed_byte_anywhere_makes_a_bag_invalid(tmp_path: Path, version: str, name: str) -> None:
    files = with_tagmanifest({**bag(version=version, algorithms=("sha256",)), "bag-info.txt": b"A: b\n"}, "sha256")
    files[name] = files[name][:-1] + bytes([files[name][-1] ^ 1])
    assert answer(on_disk(tmp_path, files)) is Answer.FAILED


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["bagit.txt", "data/a.txt", "manifest-sha256.txt", "bag-info.txt"])
def test_one_file_taken_away_makes_a_bag_invalid(tmp_path: Path, version: str, name: str) -> None:
    files = with_tagmanifest({**bag(version=version, algorithms=("sha256",)), "bag-info.txt": b"A: b\n"}, "sha256")
    del files[name]
    folder = on_disk(tmp_path, files)
    assert judged(FolderFiles(folder)).answer is Answer.FAILED
    # As a submission too: a lost bagit.txt does not make a bag a mere folder that has nothing to prove.
    assert check(subject_of(survey(folder))).answer is Answer.FAILED


def test_what_bagit_python_accepts_though_invalid_is_invalid_here(tmp_path: Path) -> None:
    plain = bag({"data/a.txt": b"a"})
    line = f"{digest(b'a')}  ".encode()
    wrong = {
        "space before the colon": {**plain, "bagit.txt": DECLARATION.replace(b"n:", b"n :")},
        "three lines": {**plain, "bagit.txt": DECLARATION + b"x: y\n"},
        "comment": {**plain, "manifest-sha512.txt": b"# x\n" + plain["manifest-sha512.txt"]},
        "dots": {**plain, "manifest-sha512.txt": line + b"data/x/../a.txt\n"},
        "percent": {**bag({"data/50%.txt": b"a"}), "manifest-sha512.txt": line + b"data/50%.txt\n"},
        "tag manifest": with_tagmanifest(plain, without="manifest-sha512.txt"),
        "oxum twice": {**plain, "bag-info.txt": b"Payload-Oxum: 1.1\nPayload-Oxum: 1.1\n"},
        "label space": {**plain, "bag-info.txt": b"Label : value\n"},
        "one of two": {
            **bag({"data/a.txt": b"a", "data/b.txt": b"b"}, algorithms=("sha256", "sha512")),
            "manifest-sha512.txt": manifest({"data/a.txt": b"a"}),
        },
    }
    for name, files in wrong.items():
        folder = on_disk(tmp_path / name.replace(" ", "-"), files)
        assert answer(folder) is Answer.FAILED, name


def test_what_bagit_python_rejects_though_valid_is_valid_here(tmp_path: Path) -> None:
    for number, name in enumerate(["data/50%.txt", "data/%0A", "data/ends in a space "]):
        payload = {name: b"a"}
        files = {**bag(payload), "manifest-sha512.txt": manifest_text([(name, digest(b"a"))], "sha512")}
        assert answer(on_disk(tmp_path / str(number), files)) is Answer.PASSED, name


def test_a_bag_whose_own_path_looks_like_a_tag_manifest_is_judged(tmp_path: Path) -> None:
    folder = on_disk(tmp_path / "tagmanifest-sha512.txt", with_tagmanifest(bag()))
    assert answer(folder) is Answer.PASSED


def test_a_directory_link_in_the_payload_is_never_followed(tmp_path: Path) -> None:
    folder = on_disk(tmp_path / "bag", bag())
    (folder / "data" / "d").symlink_to("/etc")
    assert judged(FolderFiles(folder)).answer is Answer.FAILED
    assert [item.code for item in survey(folder).findings] == ["unpack.entry.link"]


def test_judging_does_not_change_the_working_directory(tmp_path: Path) -> None:
    before = os.getcwd()
    answer(on_disk(tmp_path, with_tagmanifest(bag())))
    assert os.getcwd() == before


@given(st.dictionaries(st.text(min_size=1, max_size=12), st.binary(max_size=8), max_size=4), st.binary(max_size=60))
def test_no_bytes_in_tag_files_make_the_judge_raise(names: dict[str, bytes], noise: bytes) -> None:
    from bags import MemoryFiles

    for file in ("bagit.txt", "bag-info.txt", "manifest-sha512.txt", "tagmanifest-md5.txt", "fetch.txt"):
        files = {**bag(), **{f"data/{name}": data for name, data in names.items()}, file: noise}
        for item in judged(MemoryFiles(files)).findings:
            assert item.message


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_every_name_written_into_a_manifest_is_read_back(name: str) -> None:
    from bags import MemoryFiles

    path = f"data/{name.replace('/', '_').replace(chr(92), '_').replace(chr(0), '_')}"
    if path in ("data/.", "data/..") or path.startswith("data/._") or path.lower().endswith((".ds_store", ".db")):
        return
    files = {**bag({path: b"a"}), "manifest-sha512.txt": manifest_text([(path, digest(b"a"))], "sha512")}
    judgement = judged(MemoryFiles(files))
    assert judgement.answer is Answer.PASSED, judgement.findings


@given(st.lists(st.tuples(st.sampled_from(["A", "Mã hồ sơ", "x y"]), st.text(max_size=80)), max_size=5))
def test_bag_info_values_come_back_but_for_white_space_at_line_ends(pairs: list[tuple[str, str]]) -> None:
    from bags import MemoryFiles

    judgement = judged(MemoryFiles({**bag(), "bag-info.txt": bag_info_text(pairs)}))
    assert judgement.answer is Answer.PASSED

    def plain(value: str) -> str:
        lines = value.strip().replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return "\n".join(line.strip(" \t") for line in lines).strip()

    assert [value.strip() for _, value in judgement.info] == [plain(value) for _, value in pairs]


def test_only_percent_and_line_breaks_are_encoded() -> None:
    assert percent_encoded("data/50% Đơn\r\n x?.pdf") == "data/50%25 Đơn%0D%0A x?.pdf"


def test_writers_refuse_what_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="digest"):
        manifest_text([("data/a", "zz")], "sha256")
    with pytest.raises(ValueError, match="twice"):
        manifest_text([("data/a", "0" * 64), ("data/a", "0" * 64)], "sha256")
    for label in ("", " a", "a:b", "a\nb"):
        with pytest.raises(ValueError, match="label"):
            bag_info_text([(label, "x")])


@pytest.mark.parametrize("name", ["goi.zip", "goi"])
def test_a_packed_bag_is_valid_here_and_for_bagit_python(tmp_path: Path, name: str) -> None:
    document = tmp_path / "don.pdf"
    document.write_bytes(b"%PDF-1.7 x")
    documents = [(RelPath("Đơn đề nghị.pdf"), document), (RelPath("phu luc/1.pdf"), document)]
    packed = write_bag(tmp_path / name, documents, b"{}", [("Source-Organization", "Sở Nội vụ")])
    assert (packed.payload_bytes, packed.payload_files) == (22, 3)
    unpacked = unpack(tmp_path / name, tmp_path / "q", Limits())
    subject = subject_of(unpacked)
    report = check(subject)
    assert report.answer is Answer.PASSED and not report.findings
    assert sorted(subject.documents) == sorted(path for path, _ in documents)
    assert subject.listing is not None and subject.listing.path == "data/metadata.json"
    if name == "goi":
        assert bagit.Bag(str(tmp_path / name)).is_valid()


def test_packing_twice_gives_the_same_bytes_and_never_overwrites(tmp_path: Path) -> None:
    document = tmp_path / "a.pdf"
    document.write_bytes(b"a")
    for name in ("1/goi.zip", "2/goi.zip"):
        (tmp_path / name).parent.mkdir()
        write_bag(tmp_path / name, [(RelPath("a.pdf"), document)], b"{}", [])
    assert (tmp_path / "1/goi.zip").read_bytes() == (tmp_path / "2/goi.zip").read_bytes()
    with pytest.raises(BagExistsError):
        write_bag(tmp_path / "1/goi.zip", [], b"", [])


def test_a_failed_packing_leaves_nothing(tmp_path: Path) -> None:
    for name in ("goi.zip", "goi"):
        with pytest.raises(FileNotFoundError):
            write_bag(tmp_path / name, [(RelPath("a.pdf"), tmp_path / "missing")], b"{}", [])
    assert list(tmp_path.iterdir()) == []


def test_a_weak_algorithm_warns_and_does_not_fail(tmp_path: Path) -> None:
    judgement = judged(FolderFiles(on_disk(tmp_path, bag(algorithms=("md5",)))))
    assert {item.severity for item in judgement.findings} == {Severity.WARNING}
