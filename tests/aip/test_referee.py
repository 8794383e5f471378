"""E-ARK CSIP 2.1 by an independent validator, commons-ip2. It knows submission packages only, and names the folder
after OBJID, where TT 05 writes ``_`` for ``:``; so these three words are changed for it, and nothing else."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from contents import AIP_ID

ROOT = Path(__file__).parents[2]
LIBRARIES = ROOT / "build" / "referee"


@pytest.fixture(scope="module")
def referee() -> list[str]:
    """The command of the validator, its jars fetched by Maven once."""
    java, maven = shutil.which("java"), shutil.which("mvn")
    if java is None:
        pytest.skip("no Java: the E-ARK referee cannot run")
    if not list(LIBRARIES.glob("commons-ip2-*.jar")):
        if maven is None:
            pytest.skip("no Maven: the E-ARK referee cannot be fetched")
        command = [maven, "-q", "-B", "-f", str(Path(__file__).parent / "referee" / "pom.xml")]
        command += ["dependency:copy-dependencies", f"-DoutputDirectory={LIBRARIES}"]
        fetched = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if fetched.returncode:
            pytest.skip(f"the E-ARK referee could not be fetched: {fetched.stdout[-500:]}")
    return [java, "-cp", f"{LIBRARIES}/*", "org.roda_project.commons_ip2.cli.Main", "validate"]


def as_submission(tree: Path) -> Path:
    """The tree with the words changed by which the validator knows a submission package."""
    changed = []
    for mets in (*sorted(tree.glob("representations/*/METS.xml")), tree / "METS.xml"):
        text = mets.read_text(encoding="utf-8")
        before = hashlib.sha256(text.encode()).hexdigest(), f'SIZE="{len(text.encode())}"'
        text = text.replace('csip:OAISPACKAGETYPE="AIP"', 'csip:OAISPACKAGETYPE="SIP"')
        text = text.replace(
            "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml",
            "https://earksip.dilcis.eu/profile/E-ARK-SIP-v2-1-0.xml",
        )
        for old, new in changed:
            text = text.replace(old[0], new[0]).replace(old[1], new[1])
        mets.write_text(text, encoding="utf-8")
        changed.append((before, (hashlib.sha256(text.encode()).hexdigest(), f'SIZE="{len(text.encode())}"')))
    return tree.rename(tree.with_name(f"urn:uuid:{AIP_ID}"))


@pytest.mark.timeout(400)
def test_the_tree_is_valid_by_the_e_ark_referee(written_path: Path, referee: list[str], tmp_path: Path) -> None:
    with tarfile.open(written_path) as tar:
        tar.extractall(tmp_path, filter="data")
    tree = as_submission(tmp_path / AIP_ID / "data" / f"urn_uuid_{AIP_ID}")
    command = [*referee, "--specification-version=2.1.0", "-o", str(tmp_path / "out"), f"-i={tree}"]
    (tmp_path / "out").mkdir()
    subprocess.run(command, capture_output=True, timeout=60, check=False, cwd=tmp_path)
    report = json.loads(next((tmp_path / "out").glob("*.json")).read_text(encoding="utf-8"))
    failed = {
        item["id"]: item["testing"].get("issues")
        for item in report["validation"]
        if item.get("testing", {}).get("outcome") == "FAILED"
    }
    assert failed == {}
    assert report["summary"]["result"] == "VALID"
    assert report["summary"]["success"] > 100


@pytest.mark.timeout(400)
def test_the_referee_sees_a_changed_file(written_path: Path, referee: list[str], tmp_path: Path) -> None:
    with tarfile.open(written_path) as tar:
        tar.extractall(tmp_path, filter="data")
    tree = as_submission(tmp_path / AIP_ID / "data" / f"urn_uuid_{AIP_ID}")
    (tree / "metadata/descriptive/EAD.xml").write_bytes(b"<simpledc/>")
    (tmp_path / "out").mkdir()
    command = [*referee, "--specification-version=2.1.0", "-o", str(tmp_path / "out"), f"-i={tree}"]
    subprocess.run(command, capture_output=True, timeout=60, check=False, cwd=tmp_path)
    report = json.loads(next((tmp_path / "out").glob("*.json")).read_text(encoding="utf-8"))
    assert report["summary"]["result"] == "INVALID"
