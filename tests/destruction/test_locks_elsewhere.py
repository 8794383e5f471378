"""What a lock keeps in a place that is no store of the policy cannot be tried: it is said, and the look goes on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from api.bootstrap import Installation
from api.proving_absence import NotLookedError, Opening
from archive.catalogue.destruction_model import TombstonePackage
from archive.storage.key import Key


@pytest.mark.parametrize("place", ["quarantine@máy-1", "kho-9"])
def test_a_place_nobody_can_open_is_not_looked_at(place: str) -> None:
    opening = Opening(cast(Installation, SimpleNamespace(stores=(), keys=None)))
    key = Key("aip/ab/cd/0b9c2f5e-0000-4000-8000-000000000000.tar")
    package = TombstonePackage("0b9c2f5e-0000-4000-8000-000000000000", "f", "s", "1", key, 1, "0" * 64, "0" * 64)
    with pytest.raises(NotLookedError):
        opening.opens(place, package)
