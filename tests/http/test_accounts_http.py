"""Accounts and one's own things: what administrators may do, what they may not, and what stays each person's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

import pytest

from api.accounts import issue_token
from api.http.routes.saved_searches import FilterName
from api.settings import OidcSettings
from archive.catalogue.sign_in_writing import MOST_SAVED_SEARCHES
from search.facet_counts import FACETS
from tests.http.peopled import FIRST, LOCAL, OWN, Peopled, Template, make_template, peopled


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return make_template(tmp_path_factory.mktemp("people"))


@pytest.fixture
def people(tmp_path: Path, template: Template) -> Iterator[Peopled]:
    with peopled(template, tmp_path) as made:
        yield made


def new(**more: Any) -> dict[str, Any]:
    return {"username": "tran.thi.binh", "name": "Trần Thị Bình", "role": "archivist", **more}


def create(people: Peopled, **more: Any) -> Any:
    return people.ask("administrator", "POST", "/accounts", json=new(**more))


def test_a_new_account_signs_in_with_its_first_password_once_and_then_with_its_own(people: Peopled) -> None:
    made = create(people, with_password=True).json()
    first = made["password"]
    assert people.sign_in("tran.thi.binh", first).json()["code"] == "session.password-change-needed"
    session = people.sign_in("tran.thi.binh", first, new_password=OWN).json()
    me = people.ask(session["token"], "GET", "/me").json()
    assert me["account"] == people.ask("administrator", "GET", f"/accounts/{made['account']['id']}").json()
    assert me["account"]["name"] == "Trần Thị Bình" and me["unconfirmed_rights_changes"] is None
    again = people.ask("administrator", "POST", f"/accounts/{made['account']['id']}/password").json()["password"]
    assert again != first and people.sign_in("tran.thi.binh", OWN).status_code == 401
    assert people.sign_in("tran.thi.binh", again).status_code == 403


def test_only_an_administrator_administers_accounts(people: Peopled) -> None:
    someone = people.ids["archivist"]
    asked: list[tuple[str, str, Any]] = [
        ("GET", "/accounts", None),
        ("POST", "/accounts", new()),
        ("GET", f"/accounts/{someone}", None),
        ("PUT", f"/accounts/{someone}/role", {"role": "head"}),
        ("PUT", f"/accounts/{someone}/active", {"active": False}),
        ("POST", f"/accounts/{someone}/password", None),
        ("PUT", f"/accounts/{someone}/identity", {"subject": "x", "issuer": "https://x.example"}),
        ("GET", f"/accounts/{someone}/tokens", None),
        ("DELETE", f"/accounts/{someone}/tokens", None),
        ("DELETE", f"/accounts/{someone}/tokens/x", None),
    ]
    for method, path, body in asked:
        options = {} if body is None else {"json": body}
        for role in ("agency", "archivist", "head", "auditor"):
            assert people.ask(role, method, path, **options).status_code == 403, (role, method, path)
        assert people.ask(None, method, path, **options).status_code == 401


@pytest.mark.parametrize(
    "more",
    [
        {"username": "аdmin"},
        {"username": "adm\u200bin"},
        {"username": "ａｄｍｉｎ"},
        {"username": "a" * 65},
        {"username": ".a"},
        {"username": "a b"},
        {"name": ""},
        {"name": " \u200b\t"},
        {"name": "a\u0000b"},
        {"name": "x" * 256},
        {"role": "root"},
        {"role": "agency", "agency_code": "H01'--"},
        {"is_admin": True},
    ],
    ids=str,
)
def test_what_is_no_account_is_refused_before_anything_is_made(people: Peopled, more: dict[str, Any]) -> None:
    before = len(people.ledger())
    assert create(people, **more).status_code == 422
    assert len(people.ledger()) == before


def test_names_that_only_look_different_are_one_name(people: Peopled) -> None:
    assert create(people).status_code == 201
    taken = create(people, username="TRAN.THI.BINH")
    assert (taken.status_code, taken.json()["code"]) == (409, "account.exists")


def test_an_agency_has_a_code_and_nobody_else_has_one(people: Peopled) -> None:
    for more in ({"role": "agency"}, {"role": "head", "agency_code": "H01"}):
        assert create(people, **more).json()["code"] == "account.refused"
    assert create(people, role="agency", agency_code="H01.02").status_code == 201


def test_html_in_a_name_stays_a_text_in_json(people: Peopled) -> None:
    name = "<script>alert(1)</script>"
    answer = create(people, name=name)
    assert answer.headers["Content-Type"] == "application/json" and answer.json()["account"]["name"] == name
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_nobody_changes_what_concerns_himself(people: Peopled) -> None:
    own = people.ids["administrator"]
    for method, path, body in (
        ("PUT", "role", {"role": "head"}),
        ("PUT", "active", {"active": False}),
        ("POST", "password", None),
        ("PUT", "identity", {"subject": "x", "issuer": "https://x.example"}),
    ):
        answer = people.ask("administrator", method, f"/accounts/{own}/{path}", **({"json": body} if body else {}))
        assert (answer.status_code, answer.json()["code"]) == (403, "rights.own-change"), path


def test_the_last_head_and_the_last_administrator_stay(people: Peopled) -> None:
    def close(who: str, by: str = "administrator") -> Any:
        return people.ask(by, "PUT", f"/accounts/{people.ids[who]}/active", json={"active": False})

    assert close("head-2").status_code == 200
    assert close("head").json()["code"] == "account.last-of-role"
    demoted = people.ask("administrator", "PUT", f"/accounts/{people.ids['head']}/role", json={"role": "auditor"})
    assert (demoted.status_code, demoted.json()["code"]) == (409, "account.last-of-role")
    assert close("administrator-2").status_code == 200
    assert close("administrator", by="administrator-2").status_code == 401


def test_a_smaller_role_holds_for_tokens_issued_before(people: Peopled) -> None:
    assert people.ask("head-2", "GET", "/ledger").status_code == 200
    changed = people.ask("administrator", "PUT", f"/accounts/{people.ids['head-2']}/role", json={"role": "archivist"})
    assert changed.json()["role"] == "archivist"
    assert people.ask("head-2", "GET", "/ledger").status_code == 403
    assert people.ask("head-2", "GET", "/me").json()["scopes"] == ["read", "review"]


def test_an_administrator_sees_and_revokes_tokens_and_learns_no_secret(people: Peopled) -> None:
    secret = people.ask("archivist", "POST", "/me/tokens", json={"label": "máy quét"}).json()
    path = f"/accounts/{people.ids['archivist']}/tokens"
    shown = people.ask("administrator", "GET", path)
    assert {row["label"] for row in shown.json()["items"]} == {"máy quét", "kiểm thử"}
    assert secret["token"] not in shown.text
    assert people.ask("administrator", "DELETE", f"{path}/{secret['token_id']}").status_code == 204
    assert people.ask(secret["token"], "GET", "/me").status_code == 401
    assert people.ask("archivist", "GET", "/me").status_code == 200
    foreign = f"/accounts/{people.ids['agency']}/tokens/{secret['token_id']}"
    assert people.ask("administrator", "DELETE", foreign).status_code == 404
    assert people.ask("administrator", "DELETE", path).status_code == 204
    assert people.ask("archivist", "GET", "/me").status_code == 401


def test_what_is_not_there_is_404_and_odd_ids_are_refused(people: Peopled) -> None:
    for path in ("/accounts/khong", "/accounts/khong/tokens"):
        assert people.ask("administrator", "GET", path).status_code == 404
    for odd in ("a%00b", "%2e%2e%2fetc", "a'b", "x" * 65):
        assert people.ask("administrator", "GET", f"/accounts/{odd}").status_code in (404, 422)


def test_accounts_are_listed_page_by_page(people: Peopled) -> None:
    names, after = [], ""
    while True:
        page = people.ask("administrator", "GET", "/accounts", params={"limit": 3, "after": after}).json()
        names += [row["username"] for row in page["items"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert names == sorted(people.ids)


def test_an_identity_belongs_to_one_account(tmp_path: Path, template: Template) -> None:
    with peopled(template, tmp_path, OidcSettings("https://dinh-danh.example.vn", "luutru")) as people:
        for who, status in (("archivist", 200), ("auditor", 409)):
            answer = people.ask("administrator", "PUT", f"/accounts/{people.ids[who]}/identity", json={"subject": "1"})
            assert answer.status_code == status
        assert create(people, identity={"subject": "1"}).status_code == 409
        assert create(people, identity={"subject": "2"}).json()["account"]["oidc_issuer"].endswith("example.vn")


def test_without_a_provider_an_identity_names_its_issuer(people: Peopled) -> None:
    assert create(people, identity={"subject": "1"}).json()["code"] == "account.refused"
    assert create(people, identity={"subject": "1", "issuer": "https://x.example"}).status_code == 201


def test_a_token_of_ones_own_is_never_wider_than_the_one_in_use(people: Peopled) -> None:
    narrow = people.ask("head", "POST", "/me/tokens", json={"label": "chỉ đọc", "scopes": ["read"], "days": 1}).json()
    assert narrow["scopes"] == ["read"]
    wider = people.ask(narrow["token"], "POST", "/me/tokens", json={"label": "x", "scopes": ["read", "decide"]})
    assert (wider.status_code, wider.json()["code"]) == (409, "token.refused")
    same = people.ask(narrow["token"], "POST", "/me/tokens", json={"label": "x"}).json()
    assert same["scopes"] == ["read"]
    assert people.ask(narrow["token"], "GET", "/rights-changes").status_code == 200
    assert people.ask(narrow["token"], "POST", "/rights-changes/1/confirm").status_code == 403
    foreign = people.ask("archivist", "POST", "/me/tokens", json={"label": "x", "scopes": ["administer"]})
    assert foreign.status_code == 409


def test_a_token_is_revoked_by_its_owner_alone_and_its_replay_is_refused(people: Peopled) -> None:
    made = people.ask("agency", "POST", "/me/tokens", json={"label": "QLVB"}).json()
    path = f"/me/tokens/{made['token_id']}"
    assert people.ask("archivist", "DELETE", path).status_code == 404
    assert people.ask(made["token"], "GET", "/me").status_code == 200
    assert people.ask("agency", "DELETE", path).status_code == 204
    assert people.ask("agency", "DELETE", path).status_code == 204
    for _ in range(2):
        assert people.ask(made["token"], "GET", "/me").status_code == 401
    rows = {row["id"]: row for row in people.ask("agency", "GET", "/me/tokens").json()["items"]}
    assert rows[made["token_id"]]["live"] is False and rows[made["token_id"]]["revoked_at"]


@pytest.mark.parametrize("body", [{"days": 0}, {"days": 367}, {"scopes": []}, {"scopes": ["all"]}, {"label": " "}])
def test_what_is_no_token_is_refused(people: Peopled, body: dict[str, Any]) -> None:
    assert people.ask("head", "POST", "/me/tokens", json={"label": "x", **body}).status_code == 422


def test_a_password_is_changed_by_who_knows_the_old_one_and_other_tokens_end(people: Peopled) -> None:
    def change(old: str, who: str = "auditor", **more: Any) -> Any:
        return people.ask(who, "POST", "/me/password", json={"old_password": old, "new_password": OWN, **more})

    other = people.ask("auditor", "POST", "/me/tokens", json={"label": "khác"}).json()["token"]
    wrong = change("không phải")
    assert (wrong.status_code, wrong.json()["code"]) == (403, "session.credentials-refused")
    assert change(OWN).status_code == 409
    assert change(FIRST).status_code == 204
    assert people.ask("auditor", "GET", "/me").status_code == 200
    assert people.ask(other, "GET", "/me").status_code == 401
    assert people.sign_in("auditor", OWN).status_code == 201


def test_a_stolen_token_does_not_try_passwords_without_end(people: Peopled) -> None:
    body = {"old_password": "đoán", "new_password": OWN}
    statuses = [people.ask("auditor", "POST", "/me/password", json=body).status_code for _ in range(6)]
    assert statuses == [403] * 5 + [429]


def test_a_token_gives_an_account_without_a_password_no_second_way_in(people: Peopled) -> None:
    create(people)
    with people.installation.catalogue.read() as reading:
        account = reading.account_named("tran.thi.binh")
    assert account is not None and not account.has_password
    token = issue_token(people.installation.catalogue, account.id, label="x", by=LOCAL, at=people.clock.at).secret
    answer = people.ask(token, "POST", "/me/password", json={"old_password": "x", "new_password": OWN})
    assert (answer.status_code, answer.json()["code"]) == (409, "password.refused")


def test_saved_searches_are_ones_own(people: Peopled) -> None:
    query = {
        "q": "nam:2017 qđ",
        "filters": {"kind": ["document"], "year": ["2016", "2017"]},
        "issued_from": "2016-06-01",
        "issued_to": None,
        "sort": "newest",
    }
    body = {"name": "Quyết định 2017", "query": query}
    made = people.ask("archivist", "POST", "/me/searches", json=body)
    assert made.status_code == 201 and made.json()["query"] == query
    asked = urlsplit(made.json()["link"])
    assert asked.path == "/api/v1/search" and parse_qs(asked.query) == {
        "q": ["nam:2017 qđ"],
        "filter": ["kind:document", "year:2016", "year:2017"],
        "from": ["2016-06-01"],
        "sort": ["newest"],
    }
    path = f"/me/searches/{made.json()['id']}"
    assert people.ask("auditor", "GET", path).status_code == 404
    assert people.ask("auditor", "DELETE", path).status_code == 404
    assert people.ask("auditor", "GET", "/me/searches").json() == {"items": []}
    again = people.ask("archivist", "POST", "/me/searches", json=body | {"query": {"q": "khác"}})
    (only,) = people.ask("archivist", "GET", "/me/searches").json()["items"]
    assert only == again.json()
    assert people.ask("archivist", "DELETE", f"/me/searches/{only['id']}").status_code == 204
    assert people.ask("archivist", "GET", f"/me/searches/{only['id']}").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {"q": "x" * 1001},
        {"q": "a\u0000"},
        {"filters": {"Kind": ["x"]}},
        {"filters": {"kind": ["x"] * 51}},
        {"filters": {"document.title": ["x"]}},
        {"issued_from": 1_500_000_000},
        {"filters": {"kind": [{"match_all": {}}]}},
        {"script": "x"},
        {"sort": "_script"},
    ],
    ids=lambda query: next(iter(query)),
)
def test_a_saved_search_holds_nothing_but_a_search(people: Peopled, query: dict[str, Any]) -> None:
    assert people.ask("archivist", "POST", "/me/searches", json={"name": "x", "query": query}).status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        {"q": "nam:hai"},
        {"filters": {"year": ["hai nghìn"]}},
        {"filters": {"year": ["1"] * 40, "kind": ["x"] * 20}},
    ],
)
def test_what_cannot_be_asked_is_not_saved_and_the_reason_is_told(people: Peopled, query: dict[str, Any]) -> None:
    answer = people.ask("archivist", "POST", "/me/searches", json={"name": "x", "query": query})
    assert (answer.status_code, answer.json()["code"]) == (400, "search.query-refused") and answer.json()["title"]


def test_a_saved_search_filters_by_every_facet_there_is() -> None:
    assert set(get_args(FilterName)) == set(FACETS)


def test_saved_searches_have_an_end(people: Peopled) -> None:
    with people.installation.catalogue.transaction() as tx:
        for number in range(MOST_SAVED_SEARCHES):
            tx.save_search(f"{number:032x}", people.ids["head"], f"số {number}", {"q": ""}, at=people.clock.at)
    answer = people.ask("head", "POST", "/me/searches", json={"name": "một nữa", "query": {"q": "x"}})
    assert (answer.status_code, answer.json()["code"]) == (409, "saved-search.refused")
