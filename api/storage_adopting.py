"""Making a storage policy stand: asked for by ``luutru storage adopt``, or found newer at the start of work."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Any

from api.bootstrap import Installation, now
from api.settings_storage import LEGACY_NOTE
from api.stores import initialised_store
from archive.catalogue.policy_reading import adopted_policy
from archive.catalogue.policy_writing import adopt
from archive.policy_adoption import may_follow
from archive.storage_policy import StoragePolicy
from archive.storage_policy_reading import read_policy

ACTOR = "luutru"
_log = logging.getLogger(__name__)


def adopt_at_start(installation: Installation) -> None:
    """The policy of the file stands: it did already, or it is the first, or its version rose.

    Raises PolicyChangedError and PolicyRefusedError (``archive.policy_adoption``): then nothing is stored.
    """
    if installation.settings.policy_from_old_stores:
        _log.warning(LEGACY_NOTE)
    if adopt_policy(installation, actor=ACTOR):
        _log.info("storage policy version %s adopted", installation.policy.version)


def adopt_policy(
    installation: Installation,
    *,
    actor: str,
    moved: Collection[str] = (),
    policy: StoragePolicy | None = None,
    data: Mapping[str, Any] | None = None,
) -> bool:
    """Whether ``policy`` (the file's, unless given) was adopted now; False when it stood already.

    New stores are made on their media first. Raises PolicyChangedError, PolicyRefusedError, StoreError.
    """
    policy = policy or installation.policy
    home = installation.settings.home
    with installation.catalogue.read() as view:
        if not may_follow(view, policy, home, moved=moved):
            return False
        standing = adopted_policy(view)
        known = set(read_policy(standing.text, home).names) if standing else set()
        empty = next(iter(view.aips()), None) is None
    for store in policy.stores:
        # The stores of an archive that holds something are never made anew: an empty place is a medium that is away.
        if store.name not in known and (standing is not None or empty):
            initialised_store(store, home)
    with installation.catalogue.transaction() as tx:
        if not may_follow(tx, policy, home, moved=moved):
            return False
        adopt(tx, policy, actor=actor, at=now(), data=data or {})
    return True


def write_policy(installation: Installation, policy: StoragePolicy) -> None:
    """The exact text of ``policy`` in the policy's file, whole or as it was."""
    file = installation.settings.policy_file
    part = file.with_suffix(".part")
    part.write_text(policy.text, encoding="utf-8")
    part.rename(file)
