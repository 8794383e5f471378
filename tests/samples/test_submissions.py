"""Good submissions are good by a judge that is not ours; names and metadata are the same every time."""

import csv
import io
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import openpyxl
import pytest

from samples.documents import documents
from samples.many import document_of, make_hoso, make_signed_pdfs
from samples.pki import Pki
from samples.submissions import GOOD, Good
from samples.workshop import Workshop
from schemas.submission import generated_schema

_VALIDATE = "import bagit, sys; bagit.Bag(sys.argv[1]).validate()"
_BAGS = [item for item in GOOD if not item.name.startswith("danh-muc")]


def _unpacked(path: Path, target: Path) -> Path:
    if path.is_dir():
        return path
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            archive.extractall(target)
    else:
        with tarfile.open(path) as archive:
            archive.extractall(target, filter="data")
    (root,) = target.iterdir()
    return root


def _valid_bag(root: Path) -> None:
    # In a process of its own: the library changes the working directory.
    subprocess.run([sys.executable, "-c", _VALIDATE, str(root)], check=True, capture_output=True)


@pytest.mark.parametrize("good", _BAGS, ids=lambda item: item.name)
def test_the_reference_library_finds_a_good_bag_valid(good: Good, workshop: Workshop, folder: Path) -> None:
    root = _unpacked(good.make(workshop).write(folder), folder / "ra")
    _valid_bag(root)
    metadata = json.loads((root / "data" / "metadata.json").read_text(encoding="utf-8"))
    listed = {document["path"] for document in metadata["documents"]}
    found = {str(path.relative_to(root / "data")) for path in (root / "data").rglob("*") if path.is_file()}
    assert found == listed | {"metadata.json"}
    assert metadata["file"]["totalDoc"] == len(listed)


@pytest.mark.parametrize("good", _BAGS, ids=lambda item: item.name)
def test_metadata_of_a_good_bag_obeys_the_published_schema(good: Good, workshop: Workshop) -> None:
    from jsonschema import Draft202012Validator

    metadata = json.loads(good.make(workshop).files["data/metadata.json"])
    assert list(Draft202012Validator(generated_schema()).iter_errors(metadata)) == []


def test_a_list_names_every_file_beside_it(workshop: Workshop) -> None:
    by_name = {item.name: item.make(workshop).files for item in GOOD if item.name.startswith("danh-muc")}
    assert len(by_name) == 3
    for files in by_name.values():
        (listing,) = (name for name in files if name.startswith("Danh mục"))
        if listing.endswith(".csv"):
            cells = {
                cell
                for row in csv.reader(io.StringIO(files[listing].decode("utf-8-sig")), delimiter=";")
                for cell in row
            }
        else:
            book = openpyxl.load_workbook(io.BytesIO(files[listing]))
            cells = {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
        assert set(files) - {listing} <= cells


def test_names_and_metadata_are_the_same_every_time(samples_pki: Pki) -> None:
    one, other = Workshop(samples_pki), Workshop(samples_pki)
    for good in GOOD[:2]:
        first, second = good.make(one).files, good.make(other).files
        assert list(first) == list(second)
        assert first["data/metadata.json"] == second["data/metadata.json"]


def test_no_two_good_submissions_share_a_document_or_a_code(workshop: Workshop) -> None:
    codes, contents = [], []
    for good in GOOD:
        files = good.make(workshop).files
        contents += [content for path, content in files.items() if path.endswith((".pdf", ".docx", ".png"))]
        if "data/metadata.json" in files:
            codes.append(json.loads(files["data/metadata.json"])["file"]["fileCode"])
    assert len(set(codes)) == len(codes)
    assert len(set(contents)) == len(contents)


def test_many_documents_differ_in_number_bytes_and_name_and_make_a_valid_bag(samples_pki: Pki, folder: Path) -> None:
    made = make_signed_pdfs(folder / "pdf", 10, 3, pki=samples_pki, processes=1)
    assert len({path.read_bytes() for path in made}) == 10
    assert all(path.read_bytes().count(b"/ByteRange") == 3 for path in made)
    before = {path: path.stat().st_mtime_ns for path in made}
    assert make_signed_pdfs(folder / "pdf", 10, 3, pki=samples_pki, processes=1) == made
    assert before == {path: path.stat().st_mtime_ns for path in made}
    assert {document_of(path).key for path in made} <= set(documents())
    _valid_bag(make_hoso(folder / "hoso", made, 1))
