"""``luutru storage`` add, retire, move: the parts put together for one installation."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

from api.bootstrap import Installation, now
from api.jobs.catch_up import caught_up
from api.policy_editing import with_next_version, with_place, with_store
from api.storage_adopting import adopt_policy, write_policy
from api.stores import initialised_store
from archive.catalogue.policy_model import MediumMove
from archive.catalogue.policy_reading import unfilled
from archive.moving import Moving
from archive.retiring import Retirement
from archive.storage_policy import PolicyError, PolicyRefusedError, StoragePolicy
from archive.storage_policy_reading import read_policy

MOST_ROUNDS = 1_000_000


def add_store(
    installation: Installation, *, name: str, path: str, location: str, medium: str, required: bool, actor: str
) -> StoragePolicy:
    """The policy with one more directory store, adopted and written into its file; its copies are awaited from now on."""
    installation.require_policy()
    text = with_next_version(installation.policy.text, installation.policy.version + 1)
    text = with_store(text, name=name, path=path, location=location, medium=medium, required=required)
    policy = read_policy(text, installation.settings.home)
    adopt_policy(installation, actor=actor, policy=policy)
    write_policy(installation, policy)
    return policy


def catch_up_now(installation: Installation, stopping: Callable[[], bool]) -> int:
    """Everything awaited that can be had now is there when this returns; how many copies were added."""
    work, added = caught_up(installation), 0
    for _ in range(MOST_ROUNDS):
        some = work.run(stopping)
        added += some
        with installation.catalogue.read() as view:
            filling = bool(unfilled(view))
        if stopping() or (not some and not filling):
            break
    return added


def retire_store(
    installation: Installation, name: str, *, actor: str, progress: Callable[[int], None], stopping: Callable[[], bool]
) -> MediumMove | None:
    """``archive.retiring.Retirement`` of this installation's store."""
    installation.require_policy()
    return Retirement(
        installation.catalogue,
        installation.policy,
        installation.stores,
        name,
        actor,
        now,
        _new_id,
        progress,
        stopping,
    ).run()


def move_store(
    installation: Installation,
    name: str,
    *,
    to: str | None,
    location: str | None,
    medium: str | None,
    draft: Path | None,
    actor: str,
    progress: Callable[[int], None],
    stopping: Callable[[], bool],
) -> MediumMove | None:
    """The store moved to the folder ``to``, or to where the policy in the file ``draft`` puts it.

    When it passed, the new policy stands and is in the policy's file.
    """
    installation.require_policy()
    home = installation.settings.home
    old = installation.policy
    before = old.store(name)
    if before is None:
        raise PolicyRefusedError(f"Chính sách lưu trữ không có kho «{name}».", remedy="Xem «luutru storage».")
    if to is not None:
        text = with_next_version(old.text, old.version + 1)
        policy = read_policy(with_place(text, name, path=to, location=location, medium=medium), home)
    else:
        policy = read_policy(_drafted(draft), home)
    target = policy.store(name)
    if target is None:
        raise PolicyRefusedError(f"Bản chính sách mới không có kho «{name}».", remedy="Sửa bản chính sách mới.")
    if target.place == before.place:
        raise PolicyRefusedError(f"Nơi mới của kho «{name}» trùng nơi cũ.", remedy="Nêu nơi khác.")
    new = initialised_store(target, home)
    done = Moving(
        installation.catalogue,
        old,
        policy,
        name,
        next(store for store in installation.stores if store.name == name),
        new,
        [store for store in installation.stores if store.name != name],
        home,
        actor,
        now,
        _new_id,
        progress,
        stopping,
    ).run()
    if done is not None and done.report is not None and done.report["passed"]:
        write_policy(installation, policy)
    return done


def _drafted(draft: Path | None) -> str:
    if draft is None:
        raise PolicyError("Chưa nêu nơi mới của kho.", remedy="Nêu --to THƯ-MỤC, hoặc --policy TỆP.")
    try:
        return draft.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise PolicyError(f"Không đọc được {draft}: {error}", remedy="Kiểm tra tệp.") from error


def _new_id() -> str:
    return uuid.uuid4().hex
