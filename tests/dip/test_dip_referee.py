"""The tree of a DIP by an independent E-ARK validator. It knows submission packages only, and names the folder after
OBJID, where TT 05 writes ``_`` for ``:``; so these three words are changed for it, and nothing else."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from holding import DIP_ID, SECRET, Holding, dip_request

from archive.dip.dip import write_dip

LIBRARIES = Path(__file__).parents[2] / "build" / "referee"


@pytest.mark.timeout(120)
def test_the_tree_of_a_dip_is_valid_by_the_e_ark_referee(held: Holding, out: io.BytesIO, tmp_path: Path) -> None:
    java = shutil.which("java")
    if java is None or not list(LIBRARIES.glob("commons-ip2-*.jar")):
        pytest.skip("the E-ARK referee is fetched by the tests of the AIP")
    write_dip(held.source, dip_request(), held.but(SECRET), out)
    with zipfile.ZipFile(out) as package:
        package.extractall(tmp_path)
    tree = as_submission(tmp_path / DIP_ID / "data" / f"urn_uuid_{DIP_ID}")
    (tmp_path / "out").mkdir()
    command = [java, "-cp", f"{LIBRARIES}/*", "org.roda_project.commons_ip2.cli.Main", "validate"]
    command += ["--specification-version=2.1.0", "-o", str(tmp_path / "out"), f"-i={tree}"]
    subprocess.run(command, capture_output=True, timeout=100, check=False, cwd=tmp_path)
    report = json.loads(next((tmp_path / "out").glob("*.json")).read_text(encoding="utf-8"))
    assert report["summary"]["result"] == "VALID"
    assert report["summary"]["errors"] == 0 and report["summary"]["success"] > 100


def as_submission(tree: Path) -> Path:
    changed: list[tuple[str, str]] = []
    for mets in (tree / "representations" / "rep1" / "METS.xml", tree / "METS.xml"):
        text = mets.read_text(encoding="utf-8")
        before = facts_of(text)
        text = text.replace('csip:OAISPACKAGETYPE="DIP"', 'csip:OAISPACKAGETYPE="SIP"').replace(
            "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml",
            "https://earksip.dilcis.eu/profile/E-ARK-SIP-v2-1-0.xml",
        )
        for old, new in changed:
            text = text.replace(old, new)
        mets.write_text(text, encoding="utf-8")
        changed += zip(before, facts_of(text), strict=True)
    return tree.rename(tree.with_name(f"urn:uuid:{DIP_ID}"))


def facts_of(text: str) -> tuple[str, str]:
    return hashlib.sha256(text.encode()).hexdigest(), f'SIZE="{len(text.encode())}"'
