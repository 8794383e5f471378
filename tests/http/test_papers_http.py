"""Papers of a round over HTTP: asked for, printed by the worker, signed elsewhere, attached, judged, complete."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pikepdf
import pytest

from api.accounts import issue_token
from api.bootstrap import Installation, now, opened
from api.http.app import create_app
from api.initialising import initialise
from api.round_papers import carry_out_paper_orders
from api.settings import load_settings
from archive.access import Author
from archive.disposal.model import Choice
from archive.disposal.round_state import RoundState
from archive.disposal.words import Outcome
from samples.pki import Pki, create_pki
from samples.signing import add_revocation_data, sign_pdf
from samples.trust_list import write_trust_list
from tests.disposal.world import AT, World

with warnings.catch_warnings():
    # It would rather have another client below it than the one the service itself uses.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

LOCAL = Author("kiem-thu")


@dataclass
class Papered:
    installation: Installation
    client: TestClient
    world: World
    tokens: dict[str, str]
    pki: Pki

    def ask(self, who: str, method: str, path: str, **options: Any) -> Any:
        headers = {**options.pop("headers", {}), "Authorization": f"Bearer {self.tokens[who]}"}
        return self.client.request(method, f"/api/v1{path}", headers=headers, **options)

    def worked(self) -> None:
        trouble = carry_out_paper_orders(self.installation, at_once=True)
        assert trouble is None, (trouble.code, trouble.message, trouble.detail)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return create_pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def papered(tmp_path_factory: pytest.TempPathFactory, pki: Pki) -> Iterator[Papered]:
    home = tmp_path_factory.mktemp("papers-http") / "home"
    initialise(home, name="Lưu trữ lịch sử tỉnh Bình Minh", code="H99.12")
    trust = write_trust_list(pki, home.parent / "trust.json")
    with opened(replace(load_settings(home), trust_list=trust, workers=1)) as installation:
        world = World(installation.catalogue)
        tokens = {
            name: issue_token(installation.catalogue, account.username, label="kiểm thử", by=LOCAL, at=now()).secret
            for name, account in world.people.items()
        }
        with TestClient(create_app(installation)) as client:
            yield Papered(installation, client, world, tokens, pki)


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def signed(pdf: bytes, pki: Pki) -> bytes:
    for label in ("person", "agency"):
        pdf = sign_pdf(pdf, pki, label, at=AT, timestamp=True)
    return add_revocation_data(pdf, pki, ["person", "agency", "tsa"], AT)


def state(papered: Papered, round_id: str, kind: str) -> str:
    items = done(papered.ask("auditor", "GET", f"/rounds/{round_id}/papers"))["items"]
    return str(next(item["state"] for item in items if item["kind"] == kind))


def test_a_paper_is_printed_signed_elsewhere_attached_and_good(papered: Papered) -> None:
    files = papered.world.files(3)
    round_id = papered.world.round(files, RoundState.DECIDED, choices={files[2]: Choice(Outcome.EXTEND, 5)})
    path = f"/rounds/{round_id}/papers/list"
    assert state(papered, round_id, "list") == "missing"
    order = done(papered.ask("proposer", "POST", path, json={"place": "Bình Minh"}), 202)
    assert done(papered.ask("proposer", "POST", path, json={"place": "Bình Minh"}), 202)["id"] == order["id"]
    papered.worked()
    assert state(papered, round_id, "list") == "unsigned"
    answer = papered.ask("auditor", "GET", path)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert len(pdf.pages) >= 1
    order = done(
        papered.ask(
            "proposer",
            "PUT",
            path,
            content=signed(answer.content, papered.pki),
            headers={"Content-Type": "application/pdf"},
        ),
        202,
    )
    papered.worked()
    shown = done(papered.ask("proposer", "GET", f"/rounds/{round_id}/papers/orders/{order['id']}"))
    assert shown["outcome"]["findings"] == [], shown
    assert state(papered, round_id, "list") == "good"
