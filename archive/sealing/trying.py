"""What a thief with every key would try: whether any of them opens what lies there, whichever key it says it needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from archive.sealing.errors import SealedDamagedError, SealedKeyWrongError
from archive.sealing.header import VERSION_LINE, Header, read_header
from archive.sealing.identity import Identity


def opened_by_any(file: BinaryIO, identities: Iterable[Identity]) -> bool:
    """Whether the content of ``file`` can be had, at least in part: it is not sealed, or one of these gives its file key.

    A header whose MAC is wrong, out of which the file key comes all the same, keeps no thief from reading. Raises
    SealedDamagedError for a header nobody can read: of such an object nothing is known.
    """
    begins = file.read(len(VERSION_LINE))
    if begins != VERSION_LINE:
        return bool(begins)
    file.seek(0)
    header = read_header(file)
    return any(_gives(header, identity) for identity in identities)


def _gives(header: Header, identity: Identity) -> bool:
    try:
        header.file_key(identity)
    except SealedKeyWrongError:
        return False
    except SealedDamagedError:
        return True  # the file key came out; it is only the rest of the header that is not as it was written
    return True
