"""After the journey: every byte the archive has, looked at from outside; and the archive made anew from a copy of one store."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from archive.retention.file_state import FileState
from tests.cli.shell import PROGRAM, ROOT, Said, environment, luutru
from tests.journey_of_destruction.archive_under_way import PATIENCE_SECONDS, Archive, eventually, ok
from tests.journey_of_destruction.planted_files import Planted
from tests.journey_of_destruction.raw_bytes import found_in
from tests.journey_of_destruction.steps import Journey
from tests.journey_of_destruction.steps_of_destroying import versions
from tests.servers.s3 import Bucket

QUOTED = ("title", "subject", "keyword")
"""What the catalogue says in the open of every hồ sơ that is kept; its documents lie sealed."""


def all_there_before(journey: Journey, places: Iterable[Path]) -> None:
    """The search would find each hồ sơ, and the raw bytes of those that lie open: what follows is no blind search."""
    found = set(found_in(places, markers(journey.files, *QUOTED, "raw")))
    assert found >= markers(journey.files, *QUOTED)
    assert found >= markers((file for file in journey.files if file.period == "Vĩnh viễn"), "raw")


def nothing_left(journey: Journey, bucket: Bucket, places: Iterable[Path]) -> None:
    """No stretch of any hồ sơ that was destroyed, in no file; of all that is kept every one is still there."""
    # What a server removes it keeps for a while in a folder of its own: minio every five minutes, here every five seconds.
    trash = bucket.server.objects / ".minio.sys" / "tmp" / ".trash"
    eventually("the server's own trash is empty", lambda: not any(trash.rglob("*")))
    every = markers(journey.files)
    found = found_in(places, every)
    left = {file.number: [found[one] for one in markers([file]) if one in found] for file in journey.destroyed}
    assert not any(left.values()), {number: where for number, where in left.items() if where}
    assert set(found) >= markers(journey.kept, *QUOTED)
    open_now = [file for file in journey.kept if file.period == "Vĩnh viễn" or file in journey.made_permanent]
    assert set(found) >= markers(open_now, "raw")
    for turn, file in enumerate(journey.destroyed):
        remains = versions(bucket, journey.aip_ids[file.number])
        if turn % 2:
            # Under its lock the ciphertext lies on; its key is destroyed.
            assert remains and all(one["Key"].endswith(".tar.age") for one in remains)
        else:
            assert not remains
        assert not list(journey.archive.store.rglob(f"*{journey.aip_ids[file.number]}*"))


def made_anew(journey: Journey, folder: Path) -> Archive:
    """A new home from a copy of the store in the folder: what was destroyed is so there too, with all that proves it."""
    archive, new = journey.archive, folder / "anew"
    secrets, copy = folder / "secrets.age", folder / "copy"
    exported = ok(archive.command("secrets", "export", secrets, "--json")).row
    shutil.copytree(archive.store, copy)
    # The media of the key store are no part of the secrets; at the new machine they are where the settings say.
    for part in ("noi-1", "noi-2", "kek"):
        shutil.copytree(archive.home / "keys" / part, new / "home" / "keys" / part)
    said = _with_passphrase(exported["passphrase"], "rebuild", "--from", copy, "--secrets", secrets, new / "home")
    ok(said, 0, 2)
    report = said.row
    assert not [item for item in report["problems"] if item["red"]], report["problems"]
    # The kept ones and the dossier.
    assert report["packages"] == len(journey.kept) + 1, report
    anew = Archive(new, "")
    laid = ok(anew.command("tombstones", "list", "--json", "--limit", 200)).rows
    assert {row["file_id"] for row in laid} == {journey.file_ids[file.number] for file in journey.destroyed}
    assert all(row["destroyed_at"] and row["title"] is None for row in laid)
    listed = ok(anew.command("files", "list", "--json", "--limit", 200)).rows
    states = {row["id"]: row["state"] for row in listed}
    for file in journey.destroyed:
        assert states.get(journey.file_ids[file.number], "destroyed") == FileState.DESTROYED.value
    assert ok(anew.command("show", journey.aip_ids[journey.kept[0].number], "--json")).code == 0
    ok(anew.command("show", dossier_of(journey), "--json"))
    left = found_in([new, copy], markers(journey.destroyed))
    assert left == {}
    assert fsck(anew) == []
    return anew


def dossier_of(journey: Journey) -> str:
    shown = ok(luutru("rounds", "show", journey.round_id, "--json", "--home", journey.archive.home)).row
    return str(shown["round"]["dossier_aip_id"] if "round" in shown else shown["dossier_aip_id"])


def fsck(archive: Archive) -> list[object]:
    """All that differs between catalogue, ledger, stores and index."""
    said = archive.command("fsck", "--json")
    return [row for row in said.rows if row.get("severity") not in (None, "info")] + ([said.err] if said.code else [])


def markers(files: Iterable[Planted], *places: str) -> set[bytes]:
    return {marker for file in files for place, marker in file.markers.items() if not places or place in places}


def _with_passphrase(passphrase: str, *arguments: object) -> Said:
    *rest, home = arguments
    ended = subprocess.run(
        [*PROGRAM, *map(str, rest), "--home", str(home), "--json"],
        input=passphrase + "\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment(),
        timeout=PATIENCE_SECONDS,
    )
    return Said(ended.returncode, ended.stdout, ended.stderr)
