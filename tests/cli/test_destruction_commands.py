"""Destruction by command line: in the foreground, by the right accounts, to the certificate and what remains."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from api.bootstrap import now
from api.exits import Exit
from archive.catalogue.sealing_tables import replaced_objects, sealed_aips
from archive.events import Event
from tests.cli.shell import Said, here
from tests.http.executing_round import ExecutingRound, executing_round


@pytest.fixture
def archive(system_tmp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExecutingRound]:
    with executing_round(tmp_path, monkeypatch) as made:
        yield made


def test_from_the_order_to_the_certificate_in_the_foreground(
    archive: ExecutingRound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, code = archive.installation.settings.home, archive.world.get(archive.round_id).code

    def said(who: str, *arguments: object) -> Said:
        monkeypatch.setenv("LUUTRU_TOKEN", archive.tokens.get(who, who))
        return here(*arguments, "--home", home)

    assert said("", "destroy", "run", code).code == Exit.NOT_READY
    assert said("head", "destroy", "run", code).code == Exit.NOT_READY
    assert said("", "destroy", "status", "không có").code == Exit.NOT_FOUND
    assert said("", "destroy", "certificate", code).code == Exit.NOT_FOUND
    waiting = said("executor", "destroy", "run", code, "--json").row
    assert waiting["ended_at"] is None
    done = said("executor", "destroy", "run", code, "--here", "--json").row
    assert done["id"] == waiting["id"] and done["outcome"]["settled"] is True
    status = said("", "destroy", "status", code, "--json").row
    assert (status["begun"], status["to_begin"], status["waiting"]) == (2, 0, [])
    assert "kho-1" in said("", "destroy", "status", code, "--all").out
    refused = said("executor", "destroy", "look", code)
    assert refused.code == Exit.NOT_READY and "nhiệm vụ" in refused.err
    proven = said("auditor", "destroy", "look", code, "--here")
    assert proven.code == Exit.OK and "không còn gì" in proven.out
    (look,) = said("", "destroy", "looks", code, "--json").rows
    assert (look["verdict"], look["traces"]) == ("absent", [])
    sheets = tmp_path / "chứng nhận.pdf"
    assert said("", "destroy", "certificate", code, "--pdf", sheets).code == Exit.OK
    assert sheets.read_bytes().startswith(b"%PDF-")
    assert said("", "destroy", "certificate", code, "--json").row["statement"]["files"] == 2
    listed = said("", "tombstones", "list", "--round", code, "--json").rows
    assert sorted(row["file_id"] for row in listed) == sorted(held.submission_id for held in archive.destroyed)
    shown = said("", "tombstones", "show", archive.destroyed[0].aip_id, "--json").row
    assert shown["package_list"][0]["sha256"] == archive.destroyed[0].sha256
    assert said("", "tombstones", "show", archive.kept.aip_id).code == Exit.NOT_FOUND


def test_the_rotation_after_a_round_stands_in_the_ledger_and_no_row_of_its_sealing_is_left(
    archive: ExecutingRound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUUTRU_TOKEN", archive.tokens["executor"])
    with archive.installation.catalogue.transaction() as tx:
        for held in (*archive.destroyed, archive.kept):
            form = {"aip_id": held.aip_id, "key_id": held.submission_id}
            tx.rows(insert(sealed_aips).values(**form, plain_sha256="0" * 64, plain_size_bytes=1))
            left = {"aip_id": held.aip_id, "object_key": f"{held.key}.before", "store": "kho-1", "since": now()}
            tx.rows(insert(replaced_objects).values(**left))
    code = archive.world.get(archive.round_id).code
    assert here("destroy", "run", code, "--here", "--home", archive.installation.settings.home).code == Exit.OK
    with archive.installation.catalogue.read() as view:
        rotated = view.record_of("keys", Event.KEYS_KEK_ROTATED)
        assert rotated is not None and rotated.actor == "luutru"
        for table in (sealed_aips, replaced_objects):
            assert set(view.rows(select(table.c.aip_id)).scalars()) == {archive.kept.aip_id}
