"""An archive of two agencies with a hồ sơ of each kind of access, and in everything of each a word found nowhere else."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from api.accounts import create_account, issue_token
from api.bootstrap import Installation, now, opened
from api.initialising import initialise
from api.settings import load_settings
from api.submitting import carry
from archive.access import Author, Mode, Role, Scope
from archive.catalogue.rights_model import NewGrant
from archive.lifecycle import State
from samples.documents import documents
from samples.hoso import Entry, Hoso
from samples.parcel import bag_of
from samples.pki import create_pki
from samples.seeds import Paragraph
from samples.trust_list import write_trust_list
from samples.workshop import PERSON_AND_AGENCY, Workshop
from tests.cli.shell import ROOT
from tests.servers.elasticsearch import at_server

LOCAL = Author("kiem-thu")
AGENCIES: Mapping[str, tuple[str, str]] = {
    "own": ("H99.12", "Sở Nội vụ tỉnh Bình Minh"),
    "foreign": ("H77.31", "Sở Zqkhac tỉnh Bình Minh"),
}
"""Code and name of the agency the asking agency is of, and of another."""
SHAPES = ("open", "conditional", "restricted", "mixed")
"""A hồ sơ by its mode of use; ``mixed`` is an open one whose second document is restricted."""
ROLES: Mapping[str, tuple[Role, str]] = {
    "agency": (Role.AGENCY, "own"),
    "archivist": (Role.ARCHIVIST, ""),
    "head": (Role.HEAD, ""),
    "auditor": (Role.AUDITOR, ""),
    "administrator": (Role.ADMINISTRATOR, ""),
}
SCOPES: Mapping[str, str] = {
    "agency": "submit read",
    "archivist": "submit read review",
    "head": "read review decide administer",
    "auditor": "read decide administer",
    "administrator": "read administer",
}
"""What a token of the role can be limited to."""


@dataclass(frozen=True)
class Held:
    """One stored hồ sơ. ``whole``: words of the hồ sơ itself; ``hidden``: of the document that alone is restricted."""

    whose: str
    shape: str
    submission_id: str
    aip_id: str

    @property
    def file_id(self) -> str:
        """The hồ sơ of the registry its package opened."""
        return str(uuid.uuid5(uuid.UUID(self.aip_id), "file"))

    def word(self, part: str) -> str:
        return word(self.whose, self.shape, part)

    @property
    def ordinal(self) -> int:
        """The document that shows what the shape is about."""
        return 2 if self.shape == "mixed" else 1

    @property
    def described(self) -> frozenset[str]:
        """Words of its metadata."""
        parts = ("title", "code", "name1", "subject1", *(("name2", "subject2") if self.shape == "mixed" else ()))
        return frozenset(self.word(part) for part in parts)

    @property
    def restricted_described(self) -> frozenset[str]:
        """Words of the metadata of what is restricted in it."""
        if self.shape == "restricted":
            return self.described
        return frozenset(self.word(part) for part in ("name2", "subject2")) if self.shape == "mixed" else frozenset()

    @property
    def restricted_text(self) -> frozenset[str]:
        """Words of the text of what is restricted in it."""
        return frozenset({self.word("text")}) if self.shape in ("restricted", "mixed") else frozenset()


def word(whose: str, shape: str, part: str) -> str:
    """A word of one part of one hồ sơ: in no other place, and no word of any language."""
    return f"zq{whose}{shape}{part}zq"


@dataclass(frozen=True)
class World:
    """A home folder, what it holds, and the secrets of tokens by name of account."""

    home: Path
    held: tuple[Held, ...]
    tokens: Mapping[str, str]
    limited: Mapping[tuple[str, str], str]
    """Tokens by role and the one scope they lack."""
    returned: Mapping[str, str]
    """Ids of submissions that were returned, by whose they are."""

    def of(self, whose: str, shape: str) -> Held:
        return self._by_name[whose, shape]

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], Held]:
        return {(item.whose, item.shape): item for item in self.held}

    def at(self, home: Path) -> World:
        return replace(self, home=home)

    def foreign_words(self, role: str) -> frozenset[str]:
        """What no answer to ``role`` ("" for nobody) may hold: letter case does not count."""
        text = _words(self.held, "restricted_text")
        people = frozenset(username(name) for name in self.tokens if name != role)
        if role in ("head", "auditor"):
            return text
        if role == "archivist":
            return text | _words(self.held, "restricted_described")
        if role == "agency":
            foreign = [item for item in self.held if item.whose == "foreign"]
            return text | _words(foreign, "described") | {AGENCIES["foreign"][0].lower(), "zqkhac"} | people
        described = text | _words(self.held, "described") | {"zqkhac"}
        return described if role == "administrator" else described | people | {AGENCIES["foreign"][0].lower()}


def _words(held: Iterable[Held], name: str) -> frozenset[str]:
    return frozenset().union(*(getattr(item, name) for item in held))


def username(name: str) -> str:
    return f"zq-{name.replace('_', '-')}-zq"


def make_world(folder: Path, search_url: str) -> World:
    """The archive in ``folder/home``, indexed at ``search_url``."""
    workshop = Workshop(create_pki(folder / "pki"))
    write_trust_list(workshop.pki, folder / "trust-list.json")
    home = folder / "home"
    initialise(
        home,
        name="Lưu trữ lịch sử tỉnh Bình Minh",
        code="H99.00",
        trust_list=folder / "trust-list.json",
        agreement=ROOT / "samples" / "agreement.toml",
        public_verification=True,
    )
    at_server(home, search_url)
    configure(home, "workers = 0", "workers = 1")
    configure(home, "free_bytes_reserve = 1073741824", "free_bytes_reserve = 1048576")
    with opened(load_settings(home)) as installation:
        handed = {
            (whose, shape): _hand_in(installation, _hoso(workshop, whose, shape), whose)
            for whose in AGENCIES
            for shape in SHAPES
        }
        broken = {
            whose: _hand_in_bytes(installation, f"không phải hồ sơ {whose}".encode(), whose) for whose in AGENCIES
        }
        assert carry(installation, [*handed.values(), *broken.values()]) == {}
        held = tuple(_stored(installation, *name, submission_id) for name, submission_id in handed.items())
        tokens = _accounts(installation)
        limited = _limited(installation)
        _decide(installation, held)
        installation.follower(installation.search_index(start=False)).follow()
    return World(home, held, tokens, limited, broken)


def configure(home: Path, before: str, after: str) -> None:
    file = home / "luutru.toml"
    text = file.read_text(encoding="utf-8")
    assert before in text, before
    file.write_text(text.replace(before, after), encoding="utf-8")


def _hoso(workshop: Workshop, whose: str, shape: str) -> Hoso:
    agency, name = AGENCIES[whose]
    count = 2 if shape == "mixed" else 1
    entries = tuple(_entry(workshop, whose, shape, at) for at in range(1, count + 1))
    title = f"Hồ sơ {word(whose, shape, 'title')}"
    code = f"{agency}.2025.{word(whose, shape, 'code').upper()}"
    about = {"mode": "02" if shape == "conditional" else "01"}
    return Hoso(code, title, entries, about, {"code": agency, "name": name})


def _entry(workshop: Workshop, whose: str, shape: str, at: int) -> Entry:
    number = 300 + 20 * list(AGENCIES).index(whose) + 4 * SHAPES.index(shape) + at
    document = documents()["cong-van"].with_number(number)
    if shape == "restricted" or at == 2:
        # The text itself is what nobody may see here.
        secret = Paragraph("clause", f"Nội dung {word(whose, shape, 'text')}.")
        page = replace(document.page, body=(*document.page.body, secret))
        document = replace(document, key=f"{document.key}-{whose}-{shape}", page=page)
    content = workshop.signed(document, PERSON_AND_AGENCY)
    subject = f"Về việc {word(whose, shape, f'subject{at}')}"
    return Entry.of(document, content, f"Công văn {word(whose, shape, f'name{at}')}.pdf", subject=subject, mode="01")


def _hand_in(installation: Installation, hoso: Hoso, whose: str) -> str:
    return _hand_in_bytes(installation, bag_of(hoso, "zip").packed("ho-so"), whose, ".zip")


def _hand_in_bytes(installation: Installation, data: bytes, whose: str, name: str = "") -> str:
    owner = AGENCIES[whose][0]
    received = installation.intake().receive_stream([data], name, owner=owner, actor=f"account:{username(whose)}")
    return received.submission.id


def _stored(installation: Installation, whose: str, shape: str, submission_id: str) -> Held:
    with installation.catalogue.read() as reading:
        submission = reading.submission(submission_id)
    assert submission.state is State.STORED, (whose, shape, submission.state, submission.decision)
    return Held(whose, shape, submission_id, submission.aip_id)


def _accounts(installation: Installation) -> dict[str, str]:
    """``role`` and ``role_granted`` of every role, and ``foreign``, the other agency's."""
    names = {
        name: value for role, value in ROLES.items() for name, value in ((role, value), (f"{role}_granted", value))
    }
    names |= {"foreign": (Role.AGENCY, "foreign"), "head_2": (Role.HEAD, ""), "spare": (Role.ARCHIVIST, "")}
    tokens = {}
    for name, (role, whose) in names.items():
        create_account(
            installation.catalogue,
            username=username(name),
            name=f"Tài khoản {username(name)}",
            role=role,
            agency_code=AGENCIES[whose][0] if whose else "",
            by=LOCAL,
            at=now(),
        )
        tokens[name] = token_of(installation, name)
    return tokens


def token_of(installation: Installation, name: str) -> str:
    """The secret of another token of the account."""
    return issue_token(installation.catalogue, username(name), label="kiểm thử", by=LOCAL, at=now()).secret


def _limited(installation: Installation) -> dict[tuple[str, str], str]:
    made = {}
    for role, text in SCOPES.items():
        scopes = frozenset(Scope(item) for item in text.split())
        for lacking in scopes:
            issued = issue_token(
                installation.catalogue,
                username(role),
                label=f"không {lacking}",
                scopes=scopes - {lacking},
                by=LOCAL,
                at=now(),
            )
            made[role, lacking.value] = issued.secret
    return made


def account_id(installation: Installation, name: str) -> str:
    with installation.catalogue.read() as reading:
        account = reading.account_named(username(name))
    assert account is not None, name
    return account.id


def head(installation: Installation) -> Author:
    return Author(f"account:{username('head')}", account_id(installation, "head"))


def _decide(installation: Installation, held: Iterable[Held]) -> None:
    """What is restricted becomes so by a decision; who is granted anything is granted every hồ sơ."""
    by = Author(f"account:{username('head_2')}", account_id(installation, "head_2"))
    granted = [account_id(installation, f"{role}_granted") for role in ROLES if role != "administrator"]
    with installation.catalogue.transaction() as tx:
        for item in held:
            if item.shape in ("restricted", "mixed"):
                ordinal = 2 if item.shape == "mixed" else None
                tx.decide_mode(item.aip_id, ordinal, Mode.RESTRICTED, reason="Kiểm thử", by=by, at=now())
            for person in granted:
                new = NewGrant(
                    id=uuid.uuid4().hex,
                    account_id=person,
                    aip_id=item.aip_id,
                    ordinal=None,
                    reason="Kiểm thử",
                    valid_from=now() - timedelta(minutes=1),
                    valid_until=now() + timedelta(days=1),
                )
                tx.give_grant(new, by=by, at=now())
