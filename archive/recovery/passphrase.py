"""A recovery passphrase people can write down and type: 140 random bits in seven groups, each with its own check sign.

    7K3QD-0M9XA-…     four signs of Crockford's base 32 and a check sign, seven times, joined by hyphens

The check sign finds any one wrong sign, any two that changed places, and a group in the wrong place. The printed text is
itself the passphrase age is given, so that ``age --decrypt`` opens the file without this program.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from archive.errors import LuutruError

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS = 7
_SIGNS_A_GROUP = 4
_BITS = 5
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_BETWEEN = str.maketrans("", "", " -\t\r\n–—.,")
_REDUCE = 0b100101  # x^5 + x^2 + 1: arithmetic over 32 elements


class PassphraseError(LuutruError):
    """What was typed is no recovery passphrase; ``group`` says which group is wrong, None when it is the length."""

    code = "secrets.passphrase-mistyped"

    def __init__(self, message: str, *, remedy: str = "", group: int | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.group = group


def new_passphrase(sign: Callable[[], int] = lambda: secrets.randbelow(len(SIGNS))) -> str:
    """A new passphrase; ``sign`` gives each of its 28 random signs as a number below 32."""
    return "-".join(_group([sign() for _ in range(_SIGNS_A_GROUP)], number) for number in range(GROUPS))


def typed_passphrase(text: str) -> str:
    """The passphrase meant by ``text``: letter case, blanks and hyphens do not count, O is 0, I and L are 1.

    Raises PassphraseError, which never quotes what was typed.
    """
    signs = text.upper().translate(_BETWEEN).translate(_READ_AS)
    length = _SIGNS_A_GROUP + 1
    if len(signs) != GROUPS * length:
        raise PassphraseError(
            f"Mật khẩu khôi phục có {GROUPS * length} ký tự; vừa nhập {len(signs)}.",
            remedy="Nhập đủ các nhóm như in trên phiếu khôi phục.",
        )
    groups = [signs[at : at + length] for at in range(0, len(signs), length)]
    for number, group in enumerate(groups):
        values = [SIGNS.find(letter) for letter in group[:-1]]
        if -1 in values or _group(values, number) != group:
            raise PassphraseError(
                f"Nhóm thứ {number + 1} của mật khẩu khôi phục bị nhập sai.",
                remedy="So lại nhóm đó với phiếu khôi phục.",
                group=number + 1,
            )
    return "-".join(groups)


def _group(values: list[int], number: int) -> str:
    """Powers of x weigh the places, so that no single sign and no exchange of two leaves the check as it is."""
    check = number
    for place, value in enumerate(values, 1):
        weighed = value
        for _ in range(place):
            weighed <<= 1
            if weighed >> _BITS:
                weighed ^= _REDUCE
        check ^= weighed
    return "".join(SIGNS[value] for value in (*values, check))
