"""Looking on several machines: each looks through what only it can read, by needles sealed for it alone.

machine with the needles                       each other machine
run begun, own part looked  ─▶ part asked ─▶  a key of its own, in a file; its recipient
needles sealed for it       ◀─────────────
                            ─────────────▶    looked; the part ended; key and needles gone
all parts there: the verdict over all of them
"""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from api.bootstrap import Installation, now
from api.destruction_places import machine_name, marker_file
from archive.absence.looking import Look
from archive.absence.markers import MarkerFile, read_marked
from archive.absence.verifying import Opens, Verifier
from archive.catalogue.absence_parts import (
    Part,
    end_part,
    hand_needles,
    offer_recipient,
    open_parts,
    parts_of,
)
from archive.catalogue.destruction_model import AbsenceRun
from archive.catalogue.destruction_reading import absence_run, seals_of
from archive.durable import write_whole
from archive.errors import LuutruError
from archive.ledger import written_instant
from archive.policy_standing import policy_stands
from archive.sealing import bech32
from archive.sealing.identity import SECRET_BYTES, Identity, Recipient, imported
from archive.sealing.reading import opened
from archive.sealing.writing import SealingOut


class MachineAwaitedError(LuutruError):
    """A machine has not done its part; nothing is proven until it has."""

    code = "destruction.machine-awaited"


def own_part(installation: Installation, run: AbsenceRun, verifier: Verifier) -> None:
    """This machine's look, by the needles it has itself; once a run."""
    machine, begun = machine_name(), now()
    with installation.catalogue.read() as view:
        if any(part.machine == machine and part.ended_at is not None for part in parts_of(view, run.id)):
            return
        marked = marker_file(installation, run.round_id).read(seals_of(view, run.round_id))
    _, report = verifier.looked(run, marked)
    _end(installation, run.id, report, begun)


def collected(
    installation: Installation, run: AbsenceRun, machines: Collection[str]
) -> Mapping[str, Mapping[str, Any]]:
    """The report of every machine, this one's among them; until then needles are handed over to who has said for whom.

    Raises MachineAwaitedError, naming those that are still to come.
    """
    with installation.catalogue.read() as view:
        parts = {part.machine: part for part in parts_of(view, run.id)}
    awaited = sorted(name for name in machines if name not in parts or parts[name].report is None)
    for name in awaited:
        part = parts.get(name)
        if part is not None and part.recipient and not part.needles:
            sealed = _sealed(marker_file(installation, run.round_id).path, part)
            with installation.catalogue.transaction() as tx:
                hand_needles(tx, part, sealed)
    if awaited:
        raise MachineAwaitedError(
            f"Chưa kiểm chứng xong: còn chờ máy {', '.join(awaited)} tìm phần của mình.",
            remedy="Cho «luutru work» chạy trên các máy đó; máy đã bỏ hẳn thì ghi tên vào [destruction] machines_gone.",
            detail=run.id,
        )
    return {name: part.report for name, part in parts.items() if part.report is not None and name in machines}


def do_own_parts(installation: Installation, looks: Callable[[], Collection[Look]], opening: Opens) -> int:
    """What other machines' runs wait for from this one, as far as it can be done now; how many parts were ended."""
    machine, ended = machine_name(), 0
    with installation.catalogue.read() as view:
        asked = open_parts(view, machine)
    own = {f"{part.run_id}.key" for _, part in asked}
    for path in sorted((installation.settings.home / "destruction").glob("*.key")):
        if path.name not in own:  # of a run that ended without this part
            MarkerFile(path).remove()
    for round_id, part in asked:
        if marker_file(installation, round_id).path.exists():
            continue  # the order itself is carried here, and this part with it
        key = MarkerFile(installation.settings.home / "destruction" / f"{part.run_id}.key")
        if not part.recipient or not key.path.exists():
            _offer(installation, part, key)
        elif part.needles:
            ended += _looked(installation, round_id, part, key, looks(), opening)
    return ended


def _offer(installation: Installation, part: Part, key: MarkerFile) -> None:
    identity = Identity(os.urandom(SECRET_BYTES))
    key.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(key.path, identity.exported().encode("ascii"))
    key.path.chmod(0o600)
    with installation.catalogue.transaction() as tx:
        offer_recipient(tx, part.run_id, part.machine, str(identity.recipient))


def _looked(
    installation: Installation, round_id: str, part: Part, key: MarkerFile, looks: Collection[Look], opening: Opens
) -> bool:
    with installation.catalogue.read() as view:
        policy_stands(installation.policy.version)(view)
        run, seals = absence_run(view, part.run_id), seals_of(view, round_id)
    assert run is not None, "a part is of a run"
    begun = now()
    sealed = io.BytesIO(base64.b64decode(part.needles))
    with opened(sealed, imported(key.path.read_text(encoding="ascii"))) as lines:
        marked = read_marked(lines, seals)
    verifier = Verifier(
        installation.catalogue, round_id, list(looks), opening, now, in_database=frozenset({"database"})
    )
    _, report = verifier.looked(run, marked)
    _end(installation, run.id, report, begun)
    key.remove()
    return True


def _end(installation: Installation, run_id: str, report: Mapping[str, Any], begun: datetime) -> None:
    told = {**report, "looked_from": written_instant(begun)}
    with installation.catalogue.transaction() as tx:
        end_part(tx, run_id, machine_name(), told, begun, now())


def _sealed(markers: Path, part: Part) -> str:
    out = io.BytesIO()
    sealing = SealingOut(out, Recipient(bech32.decoded("age", part.recipient)), "")
    sealing.write(markers.read_bytes())
    sealing.finish()
    return base64.b64encode(out.getvalue()).decode("ascii")
