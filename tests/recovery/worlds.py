"""A small archive with people, rights, packages and waiting submissions, sealed into its stores; and what is left of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from archive.access import Author, Mode, Role, Scope
from archive.catalogue import Catalogue, NewAccount, NewGrant, NewToken, Receipt
from archive.checkpoints.sealing import seal
from archive.checkpoints.statement import Kind
from archive.events import Event
from archive.recovery.diff import differences
from archive.recovery.rebuilding import Rebuilding, Rebuilt
from archive.signing import ArchiveKey, create_key
from archive.storage import DirectoryStore, Store
from samples.holdings import ARCHIVE, Held, store_packages

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "catalogue"))
from builders import receive, sha

AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
MACHINE = Author("user:root")


@dataclass
class World:
    """``url`` gives the address of one more empty database."""

    folder: Path
    url: Callable[[], str]
    packages: int = 5
    far: Store | None = None
    catalogue: Catalogue = field(init=False)
    stores: list[Store] = field(init=False)
    key: ArchiveKey = field(init=False)
    held: list[Held] = field(init=False)
    clock: datetime = AT
    opened: list[Catalogue] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.catalogue = self.open(self.url())
        self.stores = [DirectoryStore.initialise(name, self.folder / name) for name in ("kho-1", "kho-2")]
        if self.far is not None:
            self.stores.append(self.far)
        self.key = create_key(self.folder / "keys" / "archive-ed25519.pem")
        self.held = []
        self.add(self.packages)
        self.people()

    def open(self, url: str) -> Catalogue:
        self.opened.append(Catalogue.open(url))
        return self.opened[-1]

    def close(self) -> None:
        for catalogue in self.opened:
            catalogue.close()

    @property
    def public(self) -> tuple[Ed25519PublicKey, ...]:
        return (self.key.private.public_key(),)

    def now(self) -> datetime:
        self.clock += timedelta(seconds=1)
        return self.clock

    def add(self, count: int) -> list[Held]:
        first = len(self.held) + 1
        made = list(store_packages(self.catalogue, self.stores, count, size_bytes=4000, first=first))
        self.held += made
        for held in made:
            with self.catalogue.transaction() as tx:
                seq, digest = tx.ledger_end() or (0, "")
                document = self.key.signed({"submission": held.submission_id, "ledger": {"seq": seq, "hash": digest}})
                tx.issue_receipt(Receipt(held.submission_id, seq, digest, self.now(), document), actor="luutru")
        return made

    def people(self) -> None:
        """Accounts of all roles, a token, a decided mode, a grant, a returned submission, and one that waits."""
        held = self.held[0]
        with self.catalogue.transaction() as tx:
            for number, role in enumerate(Role, 1):
                code = "H99.34" if role is Role.AGENCY else ""
                tx.create_account(
                    NewAccount(f"{number:032x}", f"{role.value}1", "Trần Thị Lan", role, code), by=MACHINE, at=AT
                )
            head = tx.account_named("head1")
            agency = tx.account_named("agency1")
            assert head is not None and agency is not None
            tx.set_password(head.id, "$argon2id$mật", by=MACHINE, at=AT)
            tx.issue_token(
                NewToken("a" * 32, head.id, "thử", sha("secret"), frozenset({Scope.READ}), AT + timedelta(days=90)),
                by=MACHINE,
                at=AT,
            )
            author = Author(head.actor, head.id)
            tx.decide_mode(
                held.aip_id, None, Mode.RESTRICTED, reason="bí mật", decision_number="1/QĐ", by=author, at=AT
            )
            tx.give_grant(
                NewGrant("b" * 32, agency.id, held.aip_id, None, "xem", AT, AT + timedelta(days=5), "2/QĐ"),
                by=author,
                at=AT,
            )
            tx.append(Event.RECORD_DESCRIPTION_SHOWN, held.aip_id, actor="user:root", at=AT)
            waiting = receive(tx, 901)
            tx.move(waiting.id, Event.SUBMISSION_CHECKS_COMPLETED, actor="luutru", at=AT)
            tx.record_report(waiting.id, "bag", {"answer": "passed", "số": 1.5, "nhiều": [True, None, "ă"]})
            returned = receive(tx, 902)
            tx.move(returned.id, Event.SUBMISSION_CHECKS_COMPLETED, actor="luutru", at=AT)
            tx.move(
                returned.id,
                Event.SUBMISSION_DECISION_RETURNED,
                actor="luutru",
                at=AT,
                decision={"lý do": "thiếu"},
                remove_after=AT,
            )

    def seal(self, kind: Kind = Kind.NEWS, stores: Sequence[Store] | None = None) -> None:
        seal(self.catalogue, stores or self.stores, self.key, ARCHIVE, now=self.now(), kind=kind)

    def rebuilding(self, *stores: Store, name: str = "new", url: str = "", **options: object) -> Rebuilding:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        catalogue = self.open(url or self.url())
        return Rebuilding(
            catalogue,
            stores or self.stores[:1],
            self.public,
            folder,
            self.now,
            threads=2,
            **options,  # type: ignore[arg-type]
        )

    def path(self, store: int, held: Held) -> Path:
        return self.folder / f"kho-{store}" / held.key

    def told(self, rebuilding: Rebuilding) -> list[tuple[str, tuple[object, ...], str, tuple[str, ...]]]:
        return [
            (item.table, item.key, item.side.value, item.columns)
            for item in differences(self.catalogue, rebuilding.catalogue)
        ]


def codes(rebuilt: Rebuilt) -> list[tuple[str, str]]:
    return [(item.code, item.subject) for item in rebuilt.problems]
