"""Each fault is exactly one mistake in a good submission, and its expectation is one the archive can state."""

import io
import json
import tarfile
import unicodedata
import zipfile
from pathlib import Path

import pikepdf
import pytest

from archive.finding import finding
from ingest.policy import decide, load_agreement
from samples.__main__ import main
from samples.faults import FAULTS, Fault, kit_of
from samples.faults.archive_faults import ARCHIVE_FAULTS, ENTRIES
from samples.faults.file_faults import EICAR
from samples.legacy_text import tcvn3, vni
from samples.making import NAMES, UnknownSampleError, chosen, make_samples
from samples.workshop import Workshop

_ALL = {item.name: item for item in FAULTS}
_OF_FILES = [item for item in FAULTS if item not in ARCHIVE_FAULTS]
_OUTCOMES = {
    "accept": "accepted",
    "note": "accepted-with-findings",
    "review": "in_review",
    "return": "returned",
    "refuse": "refused",
}
_RENAMED = {"doctype-in-fodt", "eicar", "nfd-names"}
_MORE = {"same-signed-revision", "duplicate-of-holdings", "submitted-twice"}
"""Of these the mistake lies between two submissions: the second is a good one of its own."""


def _payload(files: dict[str, bytes]) -> dict[str, bytes]:
    return {path: content for path, content in files.items() if path.startswith("data/") and "metadata" not in path}


def test_names_are_unique_and_every_code_is_in_the_table_of_findings() -> None:
    assert len(set(NAMES)) == len(NAMES)
    for fault in FAULTS:
        for code in (*fault.findings, *fault.also):
            finding(code)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda item: item.name)
def test_the_outcome_is_what_the_default_agreement_makes_of_the_findings(fault: Fault) -> None:
    agreement = load_agreement()
    loudest = decide([finding(code) for code in fault.findings], agreement).consequence
    assert _OUTCOMES[loudest] == fault.outcome
    whole = decide([finding(code) for code in (*fault.findings, *fault.also)], agreement).consequence
    assert _OUTCOMES[whole] == fault.outcome


@pytest.mark.parametrize("fault", [item for item in _OF_FILES if item.name not in _MORE], ids=lambda item: item.name)
def test_a_fault_differs_from_its_good_submission_in_one_thing(fault: Fault, workshop: Workshop) -> None:
    kit = kit_of(fault, workshop)
    good, bad = dict(kit.good().files), dict(fault.make(kit).files)
    before, after = _payload(good), _payload(bad)
    changed = [path for path in before.keys() & after.keys() if before[path] != after[path]]
    gone, come = before.keys() - after.keys(), after.keys() - before.keys()
    if fault.name == "nfd-names":
        assert {unicodedata.normalize("NFC", path) for path in come} == gone
        return
    if fault.name in _RENAMED:
        assert len(gone) == len(come) == 1 and not changed
        return
    tags = {path for path in good.keys() | bad.keys() if not path.startswith(("data/", "tagmanifest-", "manifest-"))}
    touched = [path for path in tags if good.get(path) != bad.get(path)]
    metadata = good["data/metadata.json"] != bad["data/metadata.json"]
    manifests = any(good[f"manifest-{name}.txt"] != bad[f"manifest-{name}.txt"] for name in ("sha256", "sha512"))
    payload = len(changed) + len(gone | come)
    assert payload <= 1
    # The rest follows from a change of the payload; alone, it is the mistake itself.
    assert payload or metadata or manifests or touched
    if not payload and not metadata:
        assert manifests != bool(touched)


def test_the_parts_of_metadata_faults_are_one_value_each(workshop: Workshop) -> None:
    for name in (
        "unknown-code",
        "mandatory-missing",
        "value-too-long",
        "secrecy-mode",
        "wrong-total",
        "wrong-agency-code",
    ):
        kit = kit_of(_ALL[name], workshop)
        good = json.loads(kit.good().files["data/metadata.json"])
        bad = json.loads(_ALL[name].make(kit).files["data/metadata.json"])
        assert len(_differences(good, bad)) == 1, name


def _differences(one: object, other: object, where: str = "") -> list[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        keys = one.keys() | other.keys()
        return [item for key in sorted(keys) for item in _differences(one.get(key), other.get(key), f"{where}/{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = zip(one, other, strict=True)
        return [item for at, (a, b) in enumerate(pairs) for item in _differences(a, b, f"{where}/{at}")]
    return [] if one == other else [where]


def test_a_faulty_archive_holds_the_good_bag_and_one_thing_more(workshop: Workshop) -> None:
    for name in (
        "zip-traversal",
        "zip-absolute-path",
        "zip-windows-path",
        "zip-duplicate-name",
        "nested-zip-bomb",
        "zip-bomb",
    ):
        kit = kit_of(_ALL[name], workshop)
        raw = _ALL[name].make(kit).raw
        assert raw is not None and len(raw) < 4 << 20
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = archive.namelist()
        assert len(names) == len(kit.good().files) + 1
    for name in ("tar-symlink", "tar-device"):
        kit = kit_of(_ALL[name], workshop)
        with tarfile.open(fileobj=io.BytesIO(_ALL[name].make(kit).raw or b"")) as archive:
            members = archive.getmembers()
        assert [member.isreg() for member in members].count(False) == 1


def test_the_archive_of_too_many_entries_is_small_and_well_formed(workshop: Workshop) -> None:
    fault = _ALL["too-many-files"]
    raw = fault.make(kit_of(fault, workshop)).raw
    assert raw is not None and len(raw) < 8 << 20
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        assert sum(1 for member in archive if "/rong/" in member.name) == ENTRIES


def test_t42_the_claim_of_a_right_file_lies_beyond_64_kib(workshop: Workshop) -> None:
    fault = _ALL["xmp-beyond-64k"]
    kit = kit_of(fault, workshop)
    pdf = fault.make(kit).files[f"data/{kit.documents[0].name}"]
    assert pdf.index(b"pdfaid:part") > 1 << 16


def test_a_document_under_a_password_opens_with_it_alone(workshop: Workshop) -> None:
    for name, password in (("encrypted-to-open", "mat-khau"), ("encrypted-to-change", "")):
        kit = kit_of(_ALL[name], workshop)
        pdf = _ALL[name].make(kit).files[f"data/{kit.documents[0].name}"]
        with pikepdf.open(io.BytesIO(pdf), password=password) as opened:
            assert opened.is_encrypted
    with pytest.raises(pikepdf.PasswordError):
        kit = kit_of(_ALL["encrypted-to-open"], workshop)
        pikepdf.open(io.BytesIO(_ALL["encrypted-to-open"].make(kit).files[f"data/{kit.documents[0].name}"]))


def test_the_test_string_is_in_no_file_of_this_project() -> None:
    root = Path(__file__).parent.parent.parent / "samples"
    assert len(EICAR) == 68
    assert not [path for path in root.rglob("*.py") if EICAR in path.read_bytes()]


def test_old_encodings_are_written_as_they_were() -> None:
    assert tcvn3("Quyết định ủy quyền Đà Nẵng") == "QuyÕt ®Þnh ñy quyÒn §µ N½ng"
    assert vni("Quyết định ủy quyền Đà Nẵng") == "Quyeát ñònh uûy quyeàn Ñaø Naüng"
    assert vni("Hướng dẫn, thực hiện") == "Höôùng daãn, thöïc hieän"


def test_samples_asked_for_are_made_whole_and_again_and_the_rest_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main([str(out), "--only", "danh-muc-csv", "bad-date"]) == 0
    (out / "good" / "danh-muc-csv" / "thua.txt").write_text("thừa")
    first = json.loads((out / "expected.json").read_text(encoding="utf-8"))
    make_samples(out, ["danh-muc-csv"])
    make_samples(out, ["submitted-twice"])
    rows = {row["name"]: row for row in json.loads((out / "expected.json").read_text(encoding="utf-8"))}
    assert [row["name"] for row in first] == ["danh-muc-csv", "bad-date"]
    assert list(rows) == ["danh-muc-csv", "bad-date", "submitted-twice"]
    assert not (out / "good" / "danh-muc-csv" / "thua.txt").exists()
    assert (out / "trust-list.json").exists() and (out / "pki" / "person.crt").exists()
    for row in rows.values():
        assert (out / row["path"]).exists()
    earlier, again = out / rows["submitted-twice"]["earlier"], out / rows["submitted-twice"]["path"]
    content = {path.relative_to(earlier): path.read_bytes() for path in earlier.rglob("*") if path.is_file()}
    assert content == {path.relative_to(again): path.read_bytes() for path in again.rglob("*") if path.is_file()}
    assert not list(out.rglob("*.part"))


def test_a_name_that_is_no_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownSampleError):
        chosen(["khong-co"])
    assert main([str(tmp_path / "out"), "--only", "khong-co"]) == 2
    assert not (tmp_path / "out").exists()
