"""Papers of a round over HTTP: asked for, printed by the worker, signed elsewhere, attached, judged, complete."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pikepdf
import pytest
from sqlalchemy import insert

from api.accounts import issue_token
from api.bootstrap import Installation, now, opened
from api.http.app import create_app
from api.initialising import initialise
from api.round_dossier import dossier_key
from api.round_papers import carry_out_paper_orders
from api.settings import load_settings
from archive.access import Author, Mode
from archive.catalogue.destruction_tables import tombstones
from archive.catalogue.file_writing import add_package, close_file, open_file
from archive.catalogue.paper_orders import order_print, orders_of
from archive.catalogue.paper_particulars import particulars_of
from archive.catalogue.round_reading import papers as attached_papers
from archive.disposal.model import Choice
from archive.disposal.round_state import RoundState
from archive.disposal.words import Outcome
from archive.errors import StoreError
from archive.fsck.own_objects import CLAIMS
from archive.ledger import written_instant
from archive.retention.file import NewFile
from archive.storage.key import Key
from samples.holdings import store_packages
from samples.pki import Pki, create_pki
from samples.signing import add_revocation_data, sign_pdf
from samples.trust_list import write_trust_list
from tests.disposal.world import AT, ND01, TEN_YEARS, World

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
            name: issue_token(installation.catalogue, account.username, label="kiểm thử", by=LOCAL, at=AT).secret
            for name, account in world.people.items()
        }
        app = create_app(installation)
        app.state.service.now = lambda: AT + timedelta(hours=1)
        with TestClient(app) as client:
            yield Papered(installation, client, world, tokens, pki)


PDF = {"Content-Type": "application/pdf"}


def refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


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


def order_of(papered: Papered, round_id: str, order: Any) -> Any:
    return done(papered.ask("auditor", "GET", f"/rounds/{round_id}/papers/orders/{order['id']}"))


def printed(papered: Papered, round_id: str, kind: str = "list") -> bytes:
    done(papered.ask("proposer", "POST", f"/rounds/{round_id}/papers/{kind}", json={"place": "Bình Minh"}), 202)
    papered.worked()
    answer = papered.ask("auditor", "GET", f"/rounds/{round_id}/papers/{kind}")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf", answer.text
    return bytes(answer.content)


def attached(papered: Papered, round_id: str, pdf: bytes, kind: str = "list", **params: Any) -> Any:
    """What came of it."""
    path = f"/rounds/{round_id}/papers/{kind}"
    order = done(papered.ask("proposer", "PUT", path, content=pdf, headers=PDF, params=params), 202)
    papered.worked()
    return order_of(papered, round_id, order)["outcome"]


def codes(outcome: Any) -> set[str]:
    return {item["code"] for item in outcome["findings"]}


def test_a_paper_is_printed_signed_elsewhere_attached_and_good(papered: Papered) -> None:
    files = papered.world.files(3)
    round_id = papered.world.round(files, RoundState.DECIDED, choices={files[2]: Choice(Outcome.EXTEND, 5)})
    path = f"/rounds/{round_id}/papers/list"
    assert state(papered, round_id, "list") == "missing"
    order = done(papered.ask("proposer", "POST", path, json={"place": "Bình Minh"}), 202)
    again = done(papered.ask("proposer", "POST", path, json={"place": "Bình Minh"}), 202)
    assert again["id"] == order["id"], "the same order that waits is told again"
    pdf = printed(papered, round_id)
    assert state(papered, round_id, "list") == "unsigned"
    with pikepdf.open(io.BytesIO(pdf)) as read:
        data = json.loads(read.attachments["giay-to.json"].get_file().read_bytes())
    assert [line["note"] for line in data["paper"]["lines"]] == ["", "", "Giữ lại, kéo dài 5 năm"]
    assert data["list"]["sha256"] == papered.world.get(round_id).list_sha256
    outcome = attached(papered, round_id, signed(pdf, papered.pki), number="214", notation="DM-SNV")
    assert (outcome["findings"], outcome["signature"], outcome["binding"]) == ([], "valid", "embedded")
    items = done(papered.ask("auditor", "GET", f"/rounds/{round_id}/papers"))["items"]
    shown = next(item for item in items if item["kind"] == "list")
    assert (shown["state"], shown["reasons"], shown["paper"]["number"]) == ("good", [], "214/DM-SNV")
    refused(papered.ask("proposer", "POST", path, json={}), 409, "paper.signed-stands")
    done(papered.ask("proposer", "POST", path, json={"anew": True}), 202)
    papered.worked()
    assert state(papered, round_id, "list") == "unsigned", "the last one counts"


def test_what_is_wrong_with_a_paper_is_told_and_nothing_of_it_stays(papered: Papered) -> None:
    round_id = papered.world.round(papered.world.files(1), RoundState.DECIDED)
    other = papered.world.round(papered.world.files(1), RoundState.DECIDED)
    pdf = printed(papered, round_id)
    strange = printed(papered, other)
    assert codes(attached(papered, round_id, pdf)) == {"paper.unsigned"}
    assert codes(attached(papered, round_id, signed(strange, papered.pki))) == {
        "paper.round-other",
        "paper.list-hash-other",
    }
    assert codes(attached(papered, round_id, signed(pdf, papered.pki), "explanation")) == {"paper.kind-other"}
    assert codes(attached(papered, round_id, signed(pdf, papered.pki), signer="Không Có Tên")) >= {
        "paper.signer-missing"
    }
    assert codes(attached(papered, round_id, signed(pdf, papered.pki)[:-600])) & {
        "paper.unreadable",
        "paper.signature-invalid",
        "paper.partly-signed",
        "paper.changed-after-signing",
    }
    assert state(papered, round_id, "list") == "unsigned" and state(papered, round_id, "explanation") == "missing"
    cleared(papered, round_id)
    kept = {str(key) for store in papered.installation.stores for key in store.keys(f"disposal/{round_id}")}
    assert len(kept) == 1, "the printed one alone"


def cleared(papered: Papered, round_id: str) -> None:
    with papered.world.read() as view:
        assert [order.object_key for order in orders_of(view, round_id)] == [""] * len(orders_of(view, round_id))


def test_a_print_that_failed_attaches_nothing_over_the_signed_one_that_came_meanwhile(papered: Papered) -> None:
    round_id = papered.world.round(papered.world.files(1), RoundState.DECIDED)
    pdf = printed(papered, round_id)
    again = done(papered.ask("proposer", "POST", f"/rounds/{round_id}/papers/list", json={"place": "Hà Nội"}), 202)
    papered.world.sql(
        "UPDATE paper_orders SET asked_at = :at WHERE id = :id", at="2099-01-01T00:00:00.000000Z", id=again["id"]
    )
    assert attached(papered, round_id, signed(pdf, papered.pki))["signature"] == "valid"
    assert order_of(papered, round_id, again)["outcome"]["refused"][0]["code"] == "paper.signed-stands"
    assert state(papered, round_id, "list") == "good"
    cleared(papered, round_id)


def test_what_a_store_keeps_of_a_refused_paper_is_asked_for_again_until_it_is_gone(
    papered: Papered, monkeypatch: pytest.MonkeyPatch
) -> None:
    round_id = papered.world.round(papered.world.files(1), RoundState.DECIDED)
    store = papered.installation.stores[-1]

    def away(_self: object, key: Key) -> None:
        raise StoreError("Kho không mở được.", detail=key)

    with monkeypatch.context() as patched:
        patched.setattr(type(store), "remove", away)
        outcome = attached(papered, round_id, b"%PDF-1.7 no paper at all")
        assert outcome["answer"] == "failed"
        (key,) = store.keys(f"disposal/{round_id}")
        with papered.world.read() as view:
            assert CLAIMS["disposal"](view, store.name, [key]) == {key}, "fsck knows whose it is"
    papered.worked()
    assert list(store.keys(f"disposal/{round_id}")) == []
    cleared(papered, round_id)


def test_a_paper_whose_bytes_never_came_is_given_up_and_nothing_of_it_stays(
    papered: Papered, monkeypatch: pytest.MonkeyPatch
) -> None:
    round_id = papered.world.round(papered.world.files(1), RoundState.DECIDED)
    path, pdf = f"/rounds/{round_id}/papers/list", b"%PDF-1.7 no paper at all"

    def full(_self: object, key: Key) -> None:
        raise StoreError("Kho đầy.", detail=key)

    with monkeypatch.context() as patched:
        patched.setattr(type(papered.installation.stores[-1]), "create", full)
        assert papered.ask("proposer", "PUT", path, content=pdf, headers=PDF).status_code >= 500
    papered.world.sql(
        "UPDATE paper_orders SET asked_at = :at WHERE round_id = :id", at=written_instant(now()), id=round_id
    )
    papered.worked()
    with papered.world.read() as view:
        (order,) = orders_of(view, round_id)
    assert order.waits, "it may be on its way"
    again = done(papered.ask("proposer", "PUT", path, content=pdf, headers=PDF), 202)
    assert again["id"] == order.id, "the same bytes again are the same order"
    long_ago = "2020-01-01T00:00:00.000000Z"
    papered.world.sql("UPDATE paper_orders SET size_bytes = 0, asked_at = :at WHERE id = :id", at=long_ago, id=order.id)
    papered.worked()
    outcome = order_of(papered, round_id, {"id": order.id})["outcome"]
    assert outcome["refused"][0]["code"] == "paper.not-received"
    assert list(papered.installation.stores[0].keys(f"disposal/{round_id}")) == []
    cleared(papered, round_id)


def test_what_is_no_pdf_and_what_is_no_paper_is_refused_before_it_is_kept(papered: Papered) -> None:
    round_id = papered.world.round(papered.world.files(1), RoundState.DECIDED)
    path = f"/rounds/{round_id}/papers"
    refused(papered.ask("proposer", "PUT", f"{path}/list", content=b"<html>", headers=PDF), 415, "paper.not-a-pdf")
    text = {"Content-Type": "text/plain"}
    refused(papered.ask("proposer", "PUT", f"{path}/list", content=b"%PDF-", headers=text), 415, "request.media-type")
    refused(papered.ask("proposer", "PUT", f"{path}/photograph", content=b"%PDF-", headers=PDF), 409, "paper.unknown")
    refused(papered.ask("proposer", "POST", f"{path}/photograph", json={}), 409, "paper.unknown")
    refused(papered.ask("proposer", "GET", f"{path}/list"), 404, "paper.missing")
    wrong = {**PDF, "Repr-Digest": "sha-256=:" + "A" * 43 + "=:"}
    assert papered.ask("proposer", "PUT", f"{path}/list", content=b"%PDF-1.7", headers=wrong).status_code == 400
    assert [key for store in papered.installation.stores for key in store.keys(f"disposal/{round_id}")] == []


def test_a_list_printed_before_the_freezing_is_of_no_list_and_the_councils_decision_needs_none(
    papered: Papered,
) -> None:
    round_id = papered.world.round(papered.world.files(2), RoundState.COUNCIL_FORMED)
    for kind in ("list", "council-decision"):
        outcome = attached(papered, round_id, signed(printed(papered, round_id, kind), papered.pki), kind)
        assert outcome["findings"] == [] and outcome["list_sha256"] == ""
        assert state(papered, round_id, kind) == "good"
    papered.world.go_on(round_id, RoundState.FROZEN)
    assert state(papered, round_id, "list") == "other_list"
    assert state(papered, round_id, "council-decision") == "good"


def test_what_has_not_come_to_pass_yet_is_not_printed(papered: Papered) -> None:
    round_id = papered.world.round(papered.world.files(1), RoundState.COUNCIL_FORMED)
    for kind, code in (
        ("council-minutes", "round.state"),
        ("decision", "round.decision-missing"),
        ("destruction-minutes", "round.state"),
        ("hand-over-minutes", "round.decision-missing"),
    ):
        order = done(papered.ask("proposer", "POST", f"/rounds/{round_id}/papers/{kind}", json={}), 202)
        papered.worked()
        assert order_of(papered, round_id, order)["outcome"]["refused"][0]["code"] == code, kind


def test_the_papers_are_complete_only_with_all_of_them_and_every_reason_is_told_at_once(papered: Papered) -> None:
    round_id = papered.world.round(papered.world.files(1), RoundState.DECIDED)
    path = f"/rounds/{round_id}/papers-completion"
    refused(papered.ask("executor", "POST", path), 403, "round.authority-missing")
    answer = papered.ask("proposer", "POST", path)
    refused(answer, 409, "paper.missing")
    kinds = [rule.kind for rule in papered.world.required(round_id, "papers")]
    assert {item["at"].partition(" ")[2] for item in answer.json()["faults"]} == set(kinds)
    for kind in kinds:
        papered.world.paper(round_id, kind)
    assert done(papered.ask("secretary", "POST", path))["state"] == "papers_complete"
    refused(papered.ask("executor", "POST", f"/rounds/{round_id}/minutes", json={}), 409, "round.state")
    refused(papered.ask("proposer", "POST", f"/rounds/{round_id}/dossier", json={}), 409, "round.state")
    dossier = done(papered.ask("auditor", "GET", f"/rounds/{round_id}/dossier"))
    assert (dossier["state"], dossier["aip_id"], dossier["orders"]) == ("papers_complete", None, [])


@pytest.mark.parametrize("at", ["0026-11-20T09:00:00+07:00", "0001-01-01T00:00:00+07:00", "9999-12-31T23:30:00Z"])
def test_an_hour_in_no_year_of_this_archive_is_refused_when_it_is_said(papered: Papered, at: str) -> None:
    round_id = papered.world.round(papered.world.files(1), RoundState.COUNCIL_FORMED)
    for kind, name in (("list", "at"), ("council-minutes", "opened_at")):
        answer = papered.ask("proposer", "POST", f"/rounds/{round_id}/papers/{kind}", json={name: at})
        assert answer.status_code == 422, answer.text


def test_an_order_that_fails_with_what_nobody_foresaw_keeps_no_other_back(papered: Papered) -> None:
    round_id = papered.world.round(papered.world.files(1), RoundState.DECIDED)
    with papered.world.transaction() as tx:
        said = {"at": "not an hour at all"}
        order_print(tx, papered.world.next_id(), round_id, "list", said, by=papered.world.by("proposer"), at=now())
    order = done(papered.ask("proposer", "POST", f"/rounds/{round_id}/papers/explanation", json={}), 202)
    trouble = carry_out_paper_orders(papered.installation, at_once=True)
    assert trouble is not None and trouble.code == "paper-order.defect"
    assert order_of(papered, round_id, order)["outcome"]["ordinal"] == 1, "asked for later, and done"
    with papered.world.read() as view:
        (failed,) = [item for item in orders_of(view, round_id) if item.kind == "list"]
    assert failed.waits and failed.tried_at is not None and failed.problem.startswith("paper-order.defect")
    long_ago = "2020-01-01T00:00:00.000000Z"
    papered.world.sql("UPDATE paper_orders SET asked_at = :at WHERE id = :id", at=long_ago, id=failed.id)
    assert carry_out_paper_orders(papered.installation, at_once=True) is not None
    outcome = order_of(papered, round_id, {"id": failed.id})["outcome"]
    assert outcome["refused"][0]["code"] == "paper-order.defect", "and it is not tried for ever"


def test_formal_parts_inside_a_strange_paper_are_a_real_day_and_plain_text_or_nothing(papered: Papered) -> None:
    round_id = papered.world.round(papered.world.files(1), RoundState.DECIDED)
    pdf = printed(papered, round_id, "submission-statement")
    outcome = attached(
        papered,
        round_id,
        with_head(pdf, {"issued": "2026-02-30", "number": "\ud800", "agency": "a\0b"}),
        "submission-statement",
    )
    assert outcome["findings"] == [] and outcome["ordinal"] == 2
    with papered.world.read() as view:
        known = particulars_of(view, round_id)["submission-statement", 2]
    assert (known.issued, known.number, known.organ) == (None, "\ufffd", "a\ufffdb")


def with_head(pdf: bytes, head: dict[str, str]) -> bytes:
    """The same paper whose data say other formal parts; no keywords, and no hash but the data's own."""
    with pikepdf.open(io.BytesIO(pdf)) as read:
        value = json.loads(read.attachments["giay-to.json"].get_file().read_bytes())
        value["paper"]["head"] |= head
        del read.attachments["giay-to.json"]
        read.attachments["giay-to.json"] = pikepdf.AttachedFileSpec(read, json.dumps(value).encode())
        with read.open_metadata(set_pikepdf_as_editor=False) as meta:
            meta["pdf:Keywords"] = ""
        out = io.BytesIO()
        read.save(out)
    return out.getvalue()


ALLOWED: dict[str, int | str] = {
    "proposer": 202,
    "secretary": 202,
    "chairman": 202,
    "unit": 202,
    "expert": 202,
    "archivist": 202,
    "head": 202,
    "other_head": 202,
    "executor": 202,
    "auditor": "round.authority-missing",
    "admin": "access.forbidden",
}


@pytest.mark.parametrize("who", ALLOWED)
def test_papers_are_for_persons_of_the_round_archivists_and_heads(papered: Papered, who: str) -> None:
    round_id = papered.world.round(papered.world.files(1), RoundState.DECIDED)
    path = f"/rounds/{round_id}/papers/list"
    expected = ALLOWED[who]
    for answer in (
        papered.ask(who, "POST", path, json={}),
        papered.ask(who, "PUT", path, content=b"%PDF-1.7 none", headers=PDF),
    ):
        if isinstance(expected, int):
            assert answer.status_code == expected, answer.text
        else:
            refused(answer, 403, expected)
    papered.worked()
    reading = 403 if who == "admin" else 200
    assert papered.ask(who, "GET", f"/rounds/{round_id}/papers").status_code == reading


def test_an_agency_without_a_duty_in_the_round_does_not_learn_that_there_is_one(papered: Papered) -> None:
    round_id = papered.world.round(papered.world.files(1), RoundState.SUBMITTED)
    for path in ("papers", "papers/list", "dossier"):
        refused(papered.ask("unit", "GET", f"/rounds/{round_id}/{path}"), 404, "record.missing")
    refused(papered.ask("unit", "POST", f"/rounds/{round_id}/papers/list", json={}), 404, "record.missing")


def test_papers_that_name_a_restricted_file_are_for_persons_of_the_round_heads_and_auditors(papered: Papered) -> None:
    world, installation = papered.world, papered.installation
    (held,) = store_packages(installation.catalogue, list(installation.stores), 1, size_bytes=2000)
    with world.transaction() as tx:
        new = NewFile(
            held.submission_id, "H01.02", "H01.R1", "Hồ sơ thanh tra", ND01, "1", ended_year=2010, period=TEN_YEARS
        )
        open_file(tx, new, actor="luutru", at=AT)
        add_package(tx, new.id, held.aip_id, actor="luutru", at=AT)
        close_file(tx, new.id, ended_year=2010, actor="luutru", at=AT)
    round_id = world.round([new.id], RoundState.DECIDED)
    printed(papered, round_id)
    path = f"/rounds/{round_id}/papers/list"
    assert papered.ask("archivist", "GET", path).status_code == 200
    with world.transaction() as tx:
        tx.decide_mode(held.aip_id, None, Mode.RESTRICTED, reason="Kiểm thử", by=world.by("head"), at=AT)
    refused(papered.ask("archivist", "GET", path), 403, "access.forbidden")
    for who in ("proposer", "secretary", "head", "auditor"):
        assert papered.ask(who, "GET", path).status_code == 200, who


def test_what_was_printed_before_the_list_was_submitted_is_for_persons_of_the_round_heads_and_auditors(
    papered: Papered,
) -> None:
    round_id = papered.world.round(papered.world.files(2), RoundState.DRAWN_UP)
    path = f"/rounds/{round_id}/papers/list"
    printed(papered, round_id)
    refused(papered.ask("archivist", "GET", path), 403, "access.forbidden")
    with papered.world.read() as view:
        (early,) = attached_papers(view, round_id)
    papered.world.sql(
        "UPDATE round_papers SET attached_at = :at WHERE round_id = :id", at="2020-01-01T00:00:00.000000Z", id=round_id
    )
    papered.world.go_on(round_id, RoundState.SUBMITTED)
    refused(papered.ask("archivist", "GET", path, params={"ordinal": early.ordinal}), 403, "access.forbidden")
    for who in ("proposer", "head", "auditor"):
        assert papered.ask(who, "GET", path, params={"ordinal": early.ordinal}).status_code == 200, who
    done(papered.ask("proposer", "POST", path, json={"place": "Hà Nội"}), 202)
    papered.worked()
    assert papered.ask("archivist", "GET", path).status_code == 200
    refused(papered.ask("archivist", "GET", path, params={"ordinal": early.ordinal}), 403, "access.forbidden")


def test_a_file_hidden_from_somebody_stays_hidden_once_its_destruction_has_begun_in_any_round(papered: Papered) -> None:
    world = papered.world
    files = world.files(2)
    round_id = world.round(files, RoundState.DECIDED)
    printed(papered, round_id)
    shown = done(papered.ask("archivist", "GET", f"/rounds/{round_id}/lines"))["items"]
    assert len(shown) == 2
    with world.transaction() as tx:
        tx.rows(insert(tombstones).values(**TOMBSTONE, file_id=files[0], round_id="f" * 32))
    (shown,) = done(papered.ask("archivist", "GET", f"/rounds/{round_id}/lines"))["items"]
    assert shown["file_id"] == files[1]
    refused(papered.ask("archivist", "GET", f"/files/{files[0]}"), 404, "record.missing")
    refused(papered.ask("archivist", "GET", f"/rounds/{round_id}/papers/list"), 403, "access.forbidden")
    for who in ("proposer", "head", "auditor"):
        assert len(done(papered.ask(who, "GET", f"/rounds/{round_id}/lines"))["items"]) == 2, who


TOMBSTONE = {
    "line": 1,
    "agency_code": "H01.02",
    "file_code": "H01.02.1",
    "title": "Hồ sơ thanh tra",
    "decision_number": "1/QĐ",
    "list_sha256": "0" * 64,
    "period_text": "10 năm",
    "packages": 1,
    "documents": 1,
    "size_bytes": 1,
    "intended_at": AT,
    "intended_seq": 1,
    "needles": 0,
    "mode": Mode.RESTRICTED.value,
}


def test_a_package_that_does_not_prove_itself_never_becomes_the_dossier_of_a_round(papered: Papered) -> None:
    world, installation = papered.world, papered.installation
    round_id = world.round(world.files(1), RoundState.DECIDED)
    world.sql("UPDATE rounds SET state = 'minutes_made' WHERE id = :id", id=round_id)
    (held,) = store_packages(installation.catalogue, list(installation.stores), 1, size_bytes=2000, seed=7)
    order = done(papered.ask("executor", "POST", f"/rounds/{round_id}/dossier", json={}), 202)
    world.sql(
        "UPDATE submissions SET client_key = :key, owner = '' WHERE id = :id",
        key=dossier_key(order["id"]),
        id=held.submission_id,
    )
    papered.worked()
    outcome = order_of(papered, round_id, order)["outcome"]
    assert (outcome["aip_id"], outcome["state"]) == (held.aip_id, "stored")
    assert {item["code"] for item in outcome["findings"]} <= {"dossier.data.missing", "dossier.data.unreadable"}
    told = done(papered.ask("auditor", "GET", f"/rounds/{round_id}/dossier"))
    assert (told["state"], told["aip_id"]) == ("minutes_made", None)
    again = done(papered.ask("executor", "POST", f"/rounds/{round_id}/dossier", json={}), 202)
    assert again["id"] != order["id"], "it can be asked for again"
    papered.worked()
    assert order_of(papered, round_id, again)["outcome"]["refused"], "of this round there is nothing to make one of"


@pytest.mark.parametrize("key", [dossier_key("0" * 32), dossier_key("0" * 32).replace(" ", "\t")])
def test_no_sender_can_say_the_archives_own_word_for_a_dossier(papered: Papered, key: str) -> None:
    answer = papered.ask(
        "archivist",
        "POST",
        "/submissions",
        content=b"PK",
        headers={"Content-Type": "application/zip", "Idempotency-Key": key},
    )
    assert answer.status_code == 422, answer.text
