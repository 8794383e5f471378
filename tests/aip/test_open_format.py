"""docs/format.md is enough: a store is read with tar, sha256sum, grep, awk and the bagit library, nothing of ours."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from contents import AIP_ID, NFD, aip_content

from archive.aip.model import AipContent
from archive.aip.writer import write_aip
from archive.storage.key import aip_key

# bagit-python takes an NFC and an NFD name for one, so the twin names of other tests cannot stand together here.
NAMES = ("Tờ trình số 57.pdf", NFD, "phụ lục/bảng số liệu.xlsx", "phụ lục/" + "dài " * 40 + ".pdf")
FORMAT = Path(__file__).parents[2] / "docs" / "format.md"


def tool(*command: str, cwd: Path) -> str:
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> AipContent:
    return aip_content(tmp_path_factory.mktemp("blobs"), NAMES)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, content: AipContent) -> Path:
    """A store as §1 draws it, the place taken from the code so that page and code cannot part."""
    root = tmp_path_factory.mktemp("store")
    target = root / str(aip_key(AIP_ID))
    target.parent.mkdir(parents=True)
    with target.open("wb") as out:
        told = write_aip(content, out)
    (root / "told").write_text(told.sha256)
    (root / "layout").write_text(told.layout_sha256)
    return root


@pytest.fixture(scope="module")
def bag(store: Path) -> Path:
    tool("tar", "-xf", f"aip/{AIP_ID[:2]}/{AIP_ID}.tar", cwd=store)
    return store / AIP_ID


def test_sha256sum_proves_the_object(store: Path) -> None:
    told = tool("sha256sum", f"aip/{AIP_ID[:2]}/{AIP_ID}.tar", cwd=store).split()[0]
    assert told == (store / "told").read_text()


def test_the_script_of_the_page_takes_the_layout_digest(store: Path, tmp_path: Path) -> None:
    (script,) = re.findall(r"```sh\n(.*?)```", FORMAT.read_text(encoding="utf-8").split("### 2.1", 1)[1], re.S)
    shutil.copy(store / "aip" / AIP_ID[:2] / f"{AIP_ID}.tar", tmp_path / "x.tar")
    assert tool("sh", "-euc", script, cwd=tmp_path).strip() == (store / "layout").read_text()


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("kind", ["manifest", "tagmanifest"])
def test_sha256sum_and_sha512sum_prove_every_file(bag: Path, algorithm: str, kind: str) -> None:
    checked = tool(f"{algorithm}sum", "-c", "--strict", f"{kind}-{algorithm}.txt", cwd=bag).splitlines()
    assert all(line.endswith(": OK") for line in checked)
    found = tool("find", "data" if kind == "manifest" else ".", "-type", "f", cwd=bag).splitlines()
    tags = [line for line in found if not line.startswith("./data/") and "tagmanifest" not in line]
    assert len(checked) == len(found if kind == "manifest" else tags)


def test_the_bagit_library_finds_the_bag_valid(bag: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "bagit", "--validate", str(bag)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_originals_are_byte_for_byte_under_the_names_received(bag: Path, content: AipContent) -> None:
    folder = bag / "data" / f"urn_uuid_{AIP_ID}" / "representations" / "rep1" / "data"
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == {str(original.path): original.blob.read_bytes() for original in content.originals}


def test_one_document_is_cut_out_with_offset_and_size(store: Path, content: AipContent) -> None:
    tar = f"aip/{AIP_ID[:2]}/{AIP_ID}.tar"
    # GNU tar tells with -R the block of each header (behind its pax record); the bytes begin one block later.
    listing = tool("tar", "-tvRf", tar, "--quoting-style=escape", cwd=store).splitlines()
    line = next(line for line in listing if "xlsx" in line)
    size = int(re.split(r"\s+", line)[4])
    offset = (int(re.findall(r"block (\d+):", line)[0]) + 1) * 512
    cut = subprocess.run(
        f"tail -c +{offset + 1} {tar} | head -c {size}", shell=True, cwd=store, check=True, capture_output=True
    ).stdout
    assert cut == content.originals[2].blob.read_bytes()


def test_grep_and_awk_find_a_document_by_its_number(bag: Path) -> None:
    tree = bag / "data" / f"urn_uuid_{AIP_ID}"
    found = tool("grep", "-rl", "<codeNumber>3</codeNumber>", "representations/rep1/metadata", cwd=tree).splitlines()
    assert found == ["representations/rep1/metadata/descriptive/EAD_doc_0000003.xml"]
    awk = "-F: "
    title = tool("awk", awk, '/^External-Description/ {print substr($0, index($0, ": ") + 2)}', "bag-info.txt", cwd=bag)
    assert title.strip() == "Hồ sơ về quy chế văn thư, lưu trữ"


def test_the_catalogue_lines_have_the_members_the_page_names(bag: Path, content: AipContent) -> None:
    page = FORMAT.read_text(encoding="utf-8").split("### 3.2", 1)[1].split("### 3.3", 1)[0]
    named = set(re.findall(r"`([a-z_0-9]+)`", page))
    lines = (bag / "data" / f"urn_uuid_{AIP_ID}" / "metadata/other/catalogue.jsonl").read_text("utf-8").splitlines()
    assert {key for line in lines for key in json.loads(line)} == named
    for line, original in zip(lines[1:], content.originals, strict=True):
        assert json.loads(line)["sha256"] == hashlib.sha256(original.blob.read_bytes()).hexdigest()


def test_every_path_of_the_package_is_described_by_the_page(bag: Path) -> None:
    page = FORMAT.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \|", page.split("### 3.1", 1)[1].split("### 3.2", 1)[0], re.M)
    patterns = [re.sub(r"<[a-z0-9]+>|…", "@", row) for row in rows] + [
        "representations/@/METS.xml",
        "representations/rep2/metadata/preservation/PREMIS_rep2.xml",
        "documentation/bagit-profile.json",
    ]
    expressions = [re.compile(re.escape(item).replace("@", ".+").replace(r"\*", ".+")) for item in patterns]
    tree = bag / "data" / f"urn_uuid_{AIP_ID}"
    for path in tree.rglob("*"):
        inner = str(path.relative_to(tree))
        assert path.is_dir() or any(item.fullmatch(inner) for item in expressions), inner


def test_every_tag_of_bag_info_is_described_by_the_page_or_the_standard(bag: Path) -> None:
    standard = {"BagIt-Profile-Identifier", "Bagging-Date", "Bag-Software-Agent", "Payload-Oxum"}
    tags = {line.split(":")[0] for line in (bag / "bag-info.txt").read_text("utf-8").splitlines()}
    page = FORMAT.read_text(encoding="utf-8")
    assert {tag for tag in tags - standard if f"`{tag}`" not in page} == set()


def test_xmllint_would_need_no_network(bag: Path) -> None:
    if shutil.which("xmllint") is None:
        pytest.skip("no xmllint on this machine")
    tree = bag / "data" / f"urn_uuid_{AIP_ID}"
    tool("xmllint", "--nonet", "--noout", "--schema", "schemas/METS.xsd", "METS.xml", cwd=tree)
