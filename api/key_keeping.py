"""What people do with the key store: print shares, rehearse them, recover by them, rotate; each told to the ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from api.bootstrap import Installation, now
from api.key_holders import key_store, passphrase_holder
from api.key_share_sheet import ShareSheet, share_sheet
from archive.errors import LuutruError
from archive.events import Event
from archive.keystore.errors import KeysError
from archive.keystore.file_kek import write_kek_file
from archive.keystore.shares import kek_of_shares, printed_shares
from archive.keystore.store import KeyStore
from archive.secrets_backup import write_secret_file


class KeysNotConfiguredError(LuutruError):
    """The settings have no ``[keys]``: this archive seals nothing."""

    code = "keys.not-configured"


def required_keys(installation: Installation) -> KeyStore:
    """Raises KeysNotConfiguredError."""
    if installation.keys is None:
        raise KeysNotConfiguredError(
            "Kho chưa có kho khóa: không gói nào được niêm phong.", remedy="Thêm mục [keys] vào luutru.toml."
        )
    return installation.keys


def print_shares(installation: Installation, folder: Path, *, needed: int, printed: int, actor: str) -> list[Path]:
    """A sheet for each keeper in ``folder``, for their owner's eyes only; to be printed and removed. Never over others.

    The words are in no other place, the ledger among them. Raises SecretsNotWrittenError.
    """
    keys = required_keys(installation)
    texts = printed_shares(keys.kek, needed=needed, printed=printed)
    state, at = keys.state(), now()
    paths = []
    for number, words in enumerate(texts, 1):
        path = folder / f"manh-khoa-{state.generation}-{number}.pdf"
        sheet = ShareSheet(
            installation.settings.archive_name,
            installation.settings.archive_code,
            state.kek_id,
            state.generation,
            number,
            printed,
            needed,
            at,
            words,
        )
        write_secret_file(path, share_sheet(sheet))
        paths.append(path)
    keys.record_shares(needed, printed)
    _tell(
        installation,
        Event.KEYS_SHARES_PRINTED,
        actor,
        {"generation": state.generation, "kek_id": state.kek_id, "needed": needed, "printed": printed},
    )
    return paths


def rehearse_shares(installation: Installation, shares: Sequence[str], *, actor: str) -> dict[str, Any]:
    """Whether these shares give the key that opens: it is rebuilt, a key is unwrapped by it, and it is forgotten again.

    What came of it goes to the ledger, also when they do not; then raises SharesError, KekWrongError.
    """
    keys = required_keys(installation)
    state = keys.state()
    data: dict[str, Any] = {"generation": state.generation, "kek_id": state.kek_id, "shares": len(shares)}
    try:
        opened = keys.opened_by(kek_of_shares(shares, keys.locked))
    except KeysError as error:
        _tell(installation, Event.KEYS_DRILL_COMPLETED, actor, {**data, "passed": False, "code": error.code})
        raise
    _tell(installation, Event.KEYS_DRILL_COMPLETED, actor, {**data, "passed": True, "opened": opened})
    return {**data, "passed": True, "opened": opened}


def recover_kek(installation: Installation, shares: Sequence[str], target: Path, *, actor: str) -> dict[str, Any]:
    """The key-encryption key, out of enough shares, in a new file ``target``. Raises SharesError, KekWrongError."""
    keys = required_keys(installation)
    kek = kek_of_shares(shares, keys.locked)
    keys.opened_by(kek)
    write_kek_file(target, kek)
    data = {"generation": keys.state().generation, "kek_id": kek.id, "shares": len(shares)}
    _tell(installation, Event.KEYS_KEK_RECOVERED, actor, data)
    return data


def rotate_keys(
    installation: Installation,
    *,
    actor: str,
    following: str | None = None,
    reached: Callable[[str], None] = lambda _step: None,
) -> dict[str, Any]:
    """See ``KeyStore.rotate``; the ledger says it was done, and how many keys there were.

    ``following``: the new passphrase, where a passphrase is what keeps the key. The file the settings name for it has to
    hold the new one before the archive is worked with again.
    """
    keys = required_keys(installation)
    settings = installation.settings.keys
    assert settings is not None, "there is a key store, so there are its settings"
    if following is not None:
        keys = key_store(settings, passphrase_holder(settings, following))
    shares = keys.state().shares
    done = keys.rotate(reached=reached)
    data = {
        "generation": done.generation,
        "old_kek_id": done.old_kek_id,
        "kek_id": done.kek_id,
        "keys": done.keys,
        "destroyed": done.destroyed,
        "places": done.places,
        # These sheets are to be collected and destroyed; new ones are to be printed.
        "shares_void": list(shares) if shares else None,
    }
    _tell(installation, Event.KEYS_KEK_ROTATED, actor, data)
    return data


def keys_view(installation: Installation) -> dict[str, Any]:
    """What may be told of the key store; the key-encryption key is not asked for."""
    state = required_keys(installation).state()
    return {
        "store": state.store_id,
        "generation": state.generation,
        "kek_id": state.kek_id,
        "holder": state.holder,
        "keys": state.keys,
        "destroyed": state.destroyed,
        "places": [str(place) for place in state.places],
        "shares": list(state.shares) if state.shares else None,
    }


def checked(installation: Installation, adopt: Path | None = None) -> dict[str, Any]:
    """Every place read through and put right. ``adopt``: one the settings name, on a new medium, becomes a place first.

    Never by itself: an empty folder may be the mount point of a medium that is not there. Raises KeyPlaceError.
    """
    keys = required_keys(installation)
    if adopt is not None:
        keys.add_place(adopt)
    done = keys.check()
    return {"generation": done.head.generation, "records": done.records, "healed": done.healed}


def _tell(installation: Installation, event: Event, actor: str, data: dict[str, Any]) -> None:
    with installation.catalogue.transaction() as tx:
        tx.append(event, "keys", actor=actor, at=now(), data=data)
