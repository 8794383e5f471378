"""The whole way with the real tools: taken in, reviewed, restricted, audited; all lost but one store; back again."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path

import pytest

from api.bootstrap import opened
from api.sealing_ledger import seal_now
from api.settings import load_settings
from archive.access import Author, Mode, Role
from archive.catalogue import NewAccount, NewGrant
from archive.signing import signature_holds
from samples.making import make_samples
from tests.cli.shell import ROOT, here, luutru
from tests.servers.elasticsearch import at_server, running_elasticsearch

sys.path.insert(0, str(Path(__file__).resolve().parent))
from worlds import AT, MACHINE

GOOD = ("quyet-dinh", "danh-muc-csv", "danh-muc-zip")
FAULTS = ("no-revocation-data", "bytes-after-last-signature", "bad-checksum", "secrecy-mark-in-metadata")


@pytest.mark.slow
def test_everything_lost_but_one_store_comes_back_with_rights_receipts_and_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_samples(tmp_path / "samples", [*GOOD, *FAULTS])
    paths = {name: tmp_path / "samples" / row["path"] for name, row in made.rows.items()}
    home, new = tmp_path / "home", tmp_path / "new"
    said = here(
        "init", "--home", home, "--name", "Lưu trữ tỉnh", "--code", "H99.12",
        "--trust-list", tmp_path / "samples" / "trust-list.json", "--agreement", ROOT / "samples" / "agreement.toml",
    )  # fmt: skip
    assert said.code == 0, said.err
    settings = home / "luutru.toml"
    settings.write_text(settings.read_text().replace("workers = 0", "workers = 1"))
    with running_elasticsearch() as node:
        url = node.status().url
        assert url is not None
        at_server(home, url)
        states = [row["state"] for row in luutru("submit", "--json", *paths.values(), home=home).rows]
        assert {"stored", "refused"} <= set(states) and len(set(states)) > 2, states
        with opened(load_settings(home)) as installation:
            with installation.catalogue.read() as view:
                aips = list(view.aips())
            with installation.catalogue.transaction() as tx:
                tx.create_account(NewAccount("1" * 32, "head", "Lan", Role.HEAD), by=MACHINE, at=AT)
                tx.create_account(NewAccount("2" * 32, "agency", "Sở", Role.AGENCY, "H99.77"), by=MACHINE, at=AT)
                head = Author("account:head", "1" * 32)
                tx.decide_mode(aips[0].id, 1, Mode.RESTRICTED, reason="bí mật", by=head, at=AT)
                until = AT.replace(year=2027)
                tx.give_grant(NewGrant("3" * 32, "2" * 32, aips[0].id, 1, "xem", AT, until), by=head, at=AT)
        assert here("verify", aips[0].id, "--deep", "--home", home, "--json").code == 0
        exported = here("secrets", "export", tmp_path / "s.age", "--home", home, "--json").row
        with opened(load_settings(home)) as installation:
            seal_now(installation)
        shutil.move(home / "stores" / "kho-2", tmp_path / "kho-2")
        # The media of the key store are no part of the secrets; at the new machine they are where the settings say.
        for part in ("noi-1", "noi-2", "kek"):
            shutil.move(home / "keys" / part, new / "keys" / part)
        monkeypatch.setattr("sys.stdin", io.StringIO(exported["passphrase"] + "\n"))
        said = here("rebuild", "--from", tmp_path / "kho-2", "--secrets", tmp_path / "s.age", "--home", new, "--json")
        assert said.code in (0, 2), said.err
        assert not [item for item in said.row["problems"] if item["red"]]
        assert said.row["packages"] == len(aips) and said.row["index"].split("/")[0] == str(len(aips))
        different = here("diff", home, new, "--index", "--json")
        assert (different.code, different.row["differences"]) == (0, []), different.row
        assert different.row["index"]["level"]
        assert here("search", "quyết định", "--home", new, "--json").row["hits"]
    with opened(load_settings(new)) as installation, installation.catalogue.read() as view:
        assert {item.state.value for item in view.submissions_in()} == set(states)
        for receipt in view.receipts():
            assert signature_holds(
                json.loads(json.dumps(dict(receipt.document))), installation.key.private.public_key()
            )
        assert view.grant("3" * 32).grant.ordinal == 1
        assert list(view.validation_of(aips[0].id))
