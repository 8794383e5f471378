"""Key shares that a rotation made void: a loss of the key-encryption key would now be a loss of everything sealed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from api.bootstrap import Installation
from api.key_shares import Shares, shares_standing
from api.watching.watch import Watch
from archive.alerts import Severity, Standing

CODE = "keys.shares-void"
_TEXTS = {
    Shares.VOID: "Khóa bọc khóa đã thay (đời {generation}): các mảnh khóa đã in không còn dùng được, chưa in mảnh mới.",
    Shares.UNTRIED: "Mảnh khóa mới của đời {generation} đã in nhưng chưa diễn tập ghép lại.",
}


def _look(installation: Installation, at: datetime) -> Sequence[Standing]:
    """Raises KeysError when no place of the key store is there."""
    if installation.keys is None:
        return []
    state = installation.keys.state()
    with installation.catalogue.read() as view:
        shares = shares_standing(view, state.kek_id)
    text = _TEXTS.get(shares)
    if text is None:
        return []
    data = {"generation": state.generation, "kek_id": state.kek_id, "shares": shares.value}
    return [Standing(CODE, "keys", Severity.YELLOW, text.format(generation=state.generation), data)]


WATCH = Watch("keys", frozenset({CODE}), _look)
