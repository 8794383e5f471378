"""Bech32 (BIP 173) as age writes identities and recipients with it: 32 bytes as a text that finds its own typing errors."""

from __future__ import annotations

_SIGNS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECK_SIGNS = 6


def encoded(prefix: str, data: bytes) -> str:
    """``data`` behind ``prefix`` in small letters."""
    values = _regrouped(data, 8, 5)
    check = _polymod([*_expanded(prefix), *values, *[0] * _CHECK_SIGNS]) ^ 1
    values += [(check >> 5 * (_CHECK_SIGNS - 1 - place)) & 31 for place in range(_CHECK_SIGNS)]
    return prefix + "1" + "".join(_SIGNS[value] for value in values)


def decoded(prefix: str, text: str) -> bytes:
    """What ``encoded`` was given; letters all small or all great. Raises ValueError, which never quotes the text."""
    small = text.lower()
    if text not in (small, text.upper()) or not small.startswith(prefix + "1"):
        raise ValueError("not of this kind")
    values = [_SIGNS.find(sign) for sign in small[len(prefix) + 1 :]]
    if -1 in values or len(values) <= _CHECK_SIGNS or _polymod([*_expanded(prefix), *values]) != 1:
        raise ValueError("mistyped")
    return bytes(_regrouped(values[:-_CHECK_SIGNS], 5, 8, rest=False))


def _expanded(prefix: str) -> list[int]:
    return [ord(sign) >> 5 for sign in prefix] + [0] + [ord(sign) & 31 for sign in prefix]


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATORS):
            if top >> place & 1:
                check ^= generator
    return check


def _regrouped(values: bytes | list[int], from_bits: int, to_bits: int, *, rest: bool = True) -> list[int]:
    """The same bits in groups of another size. Without ``rest`` what is left over must be less than a group of zeros."""
    gathered = held = 0
    groups: list[int] = []
    for value in values:
        gathered = gathered << from_bits | value
        held += from_bits
        while held >= to_bits:
            held -= to_bits
            groups.append(gathered >> held & ((1 << to_bits) - 1))
        gathered &= (1 << held) - 1
    if rest and held:
        groups.append(gathered << (to_bits - held) & ((1 << to_bits) - 1))
    elif not rest and (held >= from_bits or gathered):
        raise ValueError("mistyped")
    return groups
