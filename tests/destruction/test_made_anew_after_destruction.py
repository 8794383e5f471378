"""An archive made anew from one copy after a destruction: checkpoints that thinning let go are no finding, others are."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from api.bootstrap import now, opened
from api.recovering import KEY_FILE, note_return, rebuild_home, source_named
from api.sealing_ledger import seal_now
from api.settings import load_settings
from api.verifying import differences
from api.verifying_ledger import GRACE, ledger_differences
from archive.catalogue.checkpoint_reading import noted_checkpoints
from archive.catalogue.database import open_engine, writing
from archive.checkpoints.lost_numbers import LOST
from archive.checkpoints.reading import numbers_in
from archive.checkpoints.statement import Kind, checkpoint_key
from archive.checkpoints.thinning import thin
from archive.events import Event
from samples.holdings import store_packages
from tests.destruction.whole_archive import WholeArchive, whole_archive


@pytest.fixture
def destroyed(system_tmp: Path, tmp_path: Path) -> Iterator[WholeArchive]:
    """One hồ sơ destroyed between others that were taken in; the store alone has the last whole checkpoint and what followed."""
    with whole_archive(tmp_path, 1) as archive:
        for first in (10, 20):
            list(store_packages(archive.installation.catalogue, archive.work.stores, 1, size_bytes=3000, first=first))
            seal_now(archive.installation)
        archive.begin()
        assert archive.go_on().settled
        list(store_packages(archive.installation.catalogue, archive.work.stores, 1, size_bytes=3000, first=30))
        seal_now(archive.installation)
        yield archive


def anew(archive: WholeArchive, home: Path, store: str = "kho-1") -> Path:
    (policy,) = [item for item in archive.installation.settings.stores if item.name == store]
    key = str(archive.home / KEY_FILE.with_suffix(".pub.pem"))
    rebuild_home(
        home,
        [source_named(str(policy.path))],
        secrets=None,
        key=key,
        read_whole=True,
        progress=lambda _phase, _done, _total: None,
    )
    (home / KEY_FILE).parent.mkdir(exist_ok=True)
    shutil.copy(archive.home / KEY_FILE, home / KEY_FILE)
    return home


def told(home: Path) -> list[tuple[str, str]]:
    """What fsck and the look through the ledger say of this home, both the same of checkpoints."""
    with opened(load_settings(home)) as back:
        found = [(item["code"], item["subject"]) for item in differences(back, with_index=False, deep=False)]
        of_ledger: list[dict[str, Any]] = list(ledger_differences(back, full=True, now=now(), grace=GRACE))
        assert [(item["code"], item["subject"]) for item in of_ledger] == [
            item for item in found if item[0].startswith(("checkpoint.", "ledger."))
        ]
        return found


def test_before_and_after_working_again_the_new_home_has_nothing_to_tell(
    destroyed: WholeArchive, tmp_path: Path
) -> None:
    with destroyed.installation.catalogue.read() as view:
        assert [item.number for item in noted_checkpoints(view, 0)][:3] == [1, 2, 3]
    assert 2 not in set(numbers_in(destroyed.work.stores[0])), "thinned with the rows that told of what is gone"
    home = anew(destroyed, tmp_path / "new")
    assert told(home) == []
    with opened(load_settings(home)) as back:
        note_return(back)
        seal_now(back)
        with back.catalogue.read() as view:
            record = view.record_of("archive", Event.ARCHIVE_CATALOGUE_REBUILT)
            there = {item.number for item in noted_checkpoints(view, 0)}
        assert record is not None
        lost = {number for first, last in record.data[LOST] for number in range(first, last + 1)}
        assert lost == set(range(1, record.data["checkpoint"]["number"])) - there != set()
    assert told(home) == []


def test_a_checkpoint_that_came_back_and_is_gone_again_is_still_named(destroyed: WholeArchive, tmp_path: Path) -> None:
    """What is forgiven is what no copy had, number by number: not whatever is missing in a home made anew."""
    home = anew(destroyed, tmp_path / "new")
    with opened(load_settings(home)) as back, back.catalogue.read() as view:
        came_back = [item.number for item in noted_checkpoints(view, 0)]
        gap = next(number for number in came_back if number > 1)
        url = back.settings.catalogue_url
    for working in (False, True):
        if working:
            with opened(load_settings(home)) as back:
                note_return(back)
                seal_now(back)
        engine = open_engine(url)
        row = {"number": gap}
        with writing(engine) as connection:
            found = connection.execute(text("SELECT * FROM checkpoints WHERE number = :number"), row).mappings().one()
            kept = {str(name): value for name, value in found.items()}
            connection.execute(text("DELETE FROM checkpoints WHERE number = :number"), row)
        assert ("checkpoint.row.changed", str(gap)) in told(home)
        columns = ", ".join(kept)
        values = ", ".join(f":{name}" for name in kept)
        with writing(engine) as connection:
            connection.execute(text(f"INSERT INTO checkpoints ({columns}) VALUES ({values})"), kept)
        engine.dispose()
        assert told(home) == []


def test_made_anew_a_second_time_it_knows_what_was_lost_by_then(destroyed: WholeArchive, tmp_path: Path) -> None:
    home = anew(destroyed, tmp_path / "new")
    with opened(load_settings(home)) as back:
        note_return(back)
        for number, kind in enumerate((Kind.NEWS, Kind.FULL, Kind.FULL), 4):
            list(store_packages(back.catalogue, back.stores, 1, size_bytes=3000, first=10 * number))
            seal_now(back, kind)
        assert thin(back.catalogue, back.stores)
        seal_now(back)
    again = anew(destroyed, tmp_path / "again")
    assert told(again) == []
    with opened(load_settings(again)) as back:
        note_return(back)
    assert told(again) == []


def test_what_a_lock_kept_in_another_store_is_no_finding_either(destroyed: WholeArchive, tmp_path: Path) -> None:
    """Made anew from the one that was thinned; in the other every checkpoint there ever was still lies."""
    locked = tmp_path / "kho-2"
    with destroyed.installation.catalogue.read() as view:
        ever = {item.number: item.document for item in noted_checkpoints(view, 0)}
    thinned = set(ever) - set(numbers_in(destroyed.work.stores[1]))
    assert thinned
    for number in thinned:
        with destroyed.work.stores[1].create(checkpoint_key(number)) as writer:
            writer.write(ever[number])
            writer.commit()
    home = anew(destroyed, tmp_path / "new")
    shutil.copy(destroyed.home / "storage-policy.toml", home / "storage-policy.toml")
    with opened(load_settings(home)) as back:
        assert [store.name for store in back.stores] == ["kho-1", "kho-2"] and locked.is_dir()
    assert told(home) == []
    with opened(load_settings(home)) as back:
        note_return(back)
        seal_now(back)
    assert told(home) == []
