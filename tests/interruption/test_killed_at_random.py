"""kill -9 at random instructions, 200 times in one archive (40 on PostgreSQL): nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from interrupted_homes import Home, Nursery, Offer, Offers, assert_whole

from archive.catalogue import Submission
from archive.lifecycle import State
from tests.servers.homes import VARIABLE, without_work_database

KILLS = int(os.environ.get("LUUTRU_KILLS") or (40 if os.environ.get(VARIABLE) == "postgresql" else 200))
"""Fewer on PostgreSQL: there the kills of every step tell most."""
ROUND_SECONDS = 1.5
"""About what a round takes that nobody interrupts."""
SETTLED_EVERY = 20
FIRST = 501
"""The number of a document that is in the holdings from the beginning."""


def seed() -> int:
    """Given by the environment to run a failure again, else drawn."""
    return int(os.environ.get("LUUTRU_SEED") or random.SystemRandom().randrange(1 << 32))


def kinds(offers: Offers, drawn: random.Random) -> Iterator[Offer]:
    """Submissions without end: most are stored; some are large, signed, secret, damaged or for a person to decide."""
    makers = [
        *[lambda: offers.good("folder")] * 4,
        lambda: offers.good("zip"),
        lambda: offers.good("tar.gz"),
        lambda: offers.good(drawn.choice(("folder", "zip")), noise_bytes=3 << 20),
        lambda: offers.known_elsewhere(FIRST),
        offers.secret,
        lambda: offers.secret("zip"),
        offers.damaged,
    ]
    while True:
        yield drawn.choice(makers)()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_at_random_again_and_again_every_submission_ends_once_and_fsck_is_clean(
    home: Home, nursery: Nursery, offers: Offers, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = seed()
    with capsys.disabled():
        print(f"\nLUUTRU_SEED={chosen}")
    drawn = random.Random(chosen)
    first = Offers(offers.folder / "first", offers.pki, FIRST - 1).good()
    assert home.run("submit", [first.submit])["status"] == 0
    supply, pending = kinds(offers, drawn), list[Offer]()
    submitted: dict[str, Offer] = {str(first.path): first}
    kills = rounds = 0
    where: Counter[str] = Counter()
    left: Counter[str] = Counter()
    began = time.monotonic()
    while kills < KILLS:
        rounds += 1
        assert rounds < 4 * KILLS, "children end before they can be killed"
        # What was not acknowledged is handed in again, as its sender would; what was, some senders forget and repeat.
        known = home.acknowledged()
        pending = [offer for offer in pending if str(offer.path) not in known]
        while len(pending) < drawn.randrange(1, 4):
            pending.append(next(supply))
        if rounds % 40 == 1:
            pending.append(offers.signed())
        repeated = [drawn.choice(list(submitted.values()))] if drawn.random() < 0.2 else []
        submitted |= {str(offer.path): offer for offer in pending}
        # Handing in is short and carrying long: a third of the kills is meant for the one, the rest for the other.
        do = drawn.choice(("receive", "submit", "submit", "work"))
        within = ROUND_SECONDS / 5 if do == "receive" else ROUND_SECONDS / drawn.choice((1, 2, 2))
        delay = drawn.uniform(0.0, within)
        if drawn.random() < 0.05:
            without_work_database(home.folder)
        handed = [] if do == "work" else [offer.submit for offer in (*pending, *repeated)]
        answer = home.run(do, handed, kill_after=delay)
        assert answer["status"] in (0, -signal.SIGKILL), f"round {rounds}: {answer}"
        kills += answer["status"] == -signal.SIGKILL
        where[do] += answer["status"] == -signal.SIGKILL
        left.update(item.state.value for item in home.submissions() if not rests(item))
        if kills % SETTLED_EVERY == 0 and answer["status"]:
            assert home.differences(settled=False) == [], f"after kill {kills}"
            assert home.run("work")["status"] == 0
            assert nursery.orphans() == []
            assert_whole(home)
            with capsys.disabled():
                print(f"{kills} kills, {rounds} rounds, {time.monotonic() - began:.0f} s", flush=True)
    assert home.run("submit", [offer.submit for offer in pending])["status"] == 0
    assert home.run("work")["status"] == 0
    assert_whole(home)
    assert nursery.orphans() == []
    ended = assert_each_once(home, submitted)
    with capsys.disabled():
        print(
            f"{kills} kills {dict(where)} in {rounds} rounds, {time.monotonic() - began:.0f} s; left in {dict(left)}; "
            f"{len(submitted)} submissions: {dict(ended)}"
        )


def rests(item: Submission) -> bool:
    """Whether nothing is left to be done for it without a person."""
    if item.state in (State.STORED, State.REFUSED):
        return item.content_removed_at is not None
    return item.state in (State.IN_REVIEW, State.RETURNED)


def assert_each_once(home: Home, submitted: dict[str, Offer]) -> Counter[str]:
    """Each offer became one submission that ended as it must; whatever id was ever acknowledged is that one's."""
    by_id = {item.id: item for item in home.submissions()}
    told: dict[str, set[str]] = {}
    for row in home.heard():
        assert "error" not in row, row
        told.setdefault(row["path"], set()).add(row["id"])
    assert set(told) == set(submitted)
    for path, ids in told.items():
        assert len(ids) == 1, (path, ids)
        (submission_id,) = ids
        assert by_id[submission_id].state is submitted[path].ends, path
    assert len(by_id) == len(submitted), "something was received twice"
    return Counter(item.state.value for item in by_id.values())
