"""Stores on their way to another medium: what was copied there already no place of a hồ sơ knows of yet."""

from __future__ import annotations

from dataclasses import dataclass

from archive.catalogue import Catalogue
from archive.catalogue.policy_reading import open_moves
from archive.destruction.place import Outcome, tried
from archive.errors import LuutruError


class MoveOpenError(LuutruError):
    """A store is being moved: until that has ended, or was given up, two media hold what one is asked for."""

    code = "destruction.move-open"


@dataclass(frozen=True)
class Moves:
    """Nothing is done here but to wait: the move itself leaves nothing of what has ended on the new medium."""

    catalogue: Catalogue
    name: str = "moves"

    def finish(self, round_id: str) -> Outcome:
        return tried(self._require_none)

    def _require_none(self) -> None:
        with self.catalogue.read() as view:
            stores = [move.store for move in open_moves(view)]
        if stores:
            raise MoveOpenError(
                f"Đang chuyển kho sang phương tiện khác: {', '.join(stores)}.",
                remedy="Làm xong việc chuyển («luutru storage move»); hệ thống thử lại.",
            )
