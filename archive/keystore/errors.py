"""What can go wrong with keys. No message and no detail ever holds one."""

from __future__ import annotations

from archive.errors import LuutruError


class KeysError(LuutruError):
    """The key store could not do what was asked."""

    code = "keys.failed"


class KeyMissingError(KeysError):
    """No key of this id was ever made."""

    code = "keys.key-missing"


class KeyDestroyedError(KeysError):
    """The key was destroyed, for ever: it is neither given out nor made anew."""

    code = "keys.key-destroyed"


class KeyPlaceError(KeysError):
    """A place of the key store is not there, or does not take what is written."""

    code = "keys.place-failed"


class KeysDamagedError(KeysError):
    """No place has a whole copy of what was asked for."""

    code = "keys.damaged"


class KeysDivergedError(KeysError):
    """Two places have different whole records where there can be only one: a person has to look."""

    code = "keys.places-diverged"


class KeysBusyError(KeysError):
    """Another process held the key store for longer than the waiting time; nothing was written."""

    code = "keys.busy"


class KekMissingError(KeysError):
    """The key-encryption key is not to be had: medium not inserted, passphrase not given, token not there."""

    code = "keys.kek-missing"


class KekWrongError(KeysError):
    """What was offered is a key-encryption key, or a passphrase, but not the one this key store is wrapped by."""

    code = "keys.kek-wrong"


class KekUnchangedError(KeysError):
    """A rotation needs another key-encryption key or passphrase than the one that stands."""

    code = "keys.kek-unchanged"


class KekNotDestroyedError(KeysError):
    """The new key-encryption key stands, the old one could not be destroyed: the rotation is not finished."""

    code = "keys.kek-not-destroyed"


class SharesError(KeysError):
    """The shares typed in do not give the key-encryption key."""

    code = "keys.shares-refused"
