"""``luutru storage`` as it is typed: status, adopting, adding, catching up, retiring, moving."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from api.exits import Exit
from tests.cli.shell import Shell


def test_stores_are_shown_added_retired_and_moved_by_command(
    new_archive: Callable[[], Shell], samples: dict[str, Path], tmp_path: Path
) -> None:
    shell = new_archive()
    assert shell("submit", samples["quyet-dinh"], "--json").code == Exit.OK
    policy, first, second = shell.here("storage", "--json").rows
    assert (policy["stands"], policy["version"]) == (True, 1)
    assert (first["name"], first["awaited"], first["present"], first["required"]) == ("kho-1", 0, True, True)
    assert first["oldest_read"] == second["oldest_read"] is not None

    added = shell.here("storage", "add", "kho-3", "--path", tmp_path / "k3", "--medium", "LTO", "--may-lag", "--json")
    assert added.rows == [{"store": "kho-3", "version": 2}]
    assert shell.here("storage", "catch-up", "--json").rows == [{"added": 1}]
    assert shell.here("storage", "--json").rows[3]["oldest_read"] is not None
    assert len(list((tmp_path / "k3").rglob("*.tar"))) == 1

    dropped = (shell.home / "storage-policy.toml").read_text(encoding="utf-8").replace("version = 2", "version = 3")
    begin, end = dropped.index('[[stores]]\nname = "kho-2"'), dropped.index('[[stores]]\nname = "kho-3"')
    kept = (shell.home / "storage-policy.toml").read_text(encoding="utf-8")
    (shell.home / "storage-policy.toml").write_text(dropped[:begin] + dropped[end:], encoding="utf-8")
    refused = shell.here("storage", "adopt")
    assert refused.code == Exit.NOT_READY and "retire kho-2" in refused.err
    (shell.home / "storage-policy.toml").write_text(kept, encoding="utf-8")
    done = shell.here(
        "storage", "retire", "kho-2", "--pdf", tmp_path / "r.pdf", "--data", tmp_path / "r.json", "--json"
    )
    assert done.code == Exit.OK, done.err
    (signed,) = done.rows
    assert signed["statement"]["passed"] and signed["statement"]["packages"] == 1
    assert json.loads((tmp_path / "r.json").read_bytes()) == signed
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF-")
    (shell.home / "storage-policy.toml").write_text(dropped[:begin] + dropped[end:], encoding="utf-8")
    assert shell.here("storage", "adopt", "--json").rows == [{"adopted": True, "version": 3}]
    assert shell.here("storage", "adopt", "--json").rows == [{"adopted": False, "version": 3}]

    moved = shell.here("storage", "move", "kho-1", "--to", tmp_path / "new", "--medium", "Ổ mới", "--json")
    assert moved.code == Exit.OK, moved.err
    assert moved.rows[0]["statement"]["new_place"]["medium"] == "Ổ mới"
    assert len(list((tmp_path / "new").rglob("*.tar"))) == 1
    assert "version = 4" in shell.here("storage", "policy").out
    listed = shell.here("storage", "reports", "--json").rows
    assert [(row["kind"], row["passed"]) for row in listed] == [("medium", True), ("retirement", True)]
    again = shell.here("storage", "reports", listed[0]["id"], "--pdf", tmp_path / "m.pdf", "--json")
    assert again.rows[0]["statement"] == moved.rows[0]["statement"]
    assert (tmp_path / "m.pdf").read_bytes().startswith(b"%PDF-")
    assert shell.here("storage", "reports", "0").code == Exit.NOT_FOUND
    assert {row["code"] for row in shell("fsck", "--json").rows} <= {"index.place.unreachable"}


def test_a_changed_policy_under_an_adopted_version_is_refused_by_whoever_would_store(
    new_archive: Callable[[], Shell], samples: dict[str, Path]
) -> None:
    shell = new_archive()
    assert shell.here("storage", "adopt").code == Exit.OK
    file = shell.home / "storage-policy.toml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("interval_days = 90", "interval_days = 30"), encoding="utf-8"
    )
    assert "version = 1" in shell.here("storage").out
    for command in (("storage", "adopt"), ("work", "--once"), ("submit", samples["quyet-dinh"])):
        said = shell(*command)
        assert said.code == Exit.NOT_READY and "policy.changed-without-version" in said.err
    file.write_text(shell.here("storage", "policy").out, encoding="utf-8")
    assert shell.here("storage", "adopt").code == Exit.OK
