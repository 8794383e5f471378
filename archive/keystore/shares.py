"""The key-encryption key as m-of-n printed shares (SLIP-39): words people can write, read aloud and type.

Each share is 33 English words with a checksum of their own. Fewer than ``needed`` say nothing at all about the key.
"""

from __future__ import annotations

from collections.abc import Sequence

from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.wordlist import WORDLIST

from archive.keystore.errors import SharesError
from archive.keystore.kek import Kek, LockedKek, the_one

MOST = 16
_WORDS = frozenset(WORDLIST)


def printed_shares(kek: Kek, *, needed: int, printed: int) -> tuple[str, ...]:
    """``printed`` texts, any ``needed`` of which give the key back. Raises ValueError for numbers that make no sense."""
    if not 2 <= needed <= printed <= MOST:
        raise ValueError("at least two shares are needed, and not more than are printed")
    (group,) = generate_mnemonics(1, [(needed, printed)], kek.exported(), iteration_exponent=0)
    return tuple(group)


def typed_share(text: str) -> str:
    """The share meant by ``text``: letter case, line ends and the numbers of words do not count.

    Raises SharesError, which names the place of a wrong word and never quotes it.
    """
    words = [word for word in text.lower().replace(".", " ").split() if not word.isdigit()]
    for number, word in enumerate(words, 1):
        if word not in _WORDS:
            raise SharesError(
                f"Từ thứ {number} của mảnh khóa không có trong bảng từ.", remedy="So lại từ đó với phiếu in."
            )
    share = " ".join(words)
    try:
        Share.from_mnemonic(share)
    except MnemonicError:
        raise SharesError(
            "Mảnh khóa vừa nhập sai hoặc thiếu từ (tổng kiểm tra không đúng).",
            remedy="So lại từng từ với phiếu in.",
        ) from None
    return share


def needed_shares(share: str) -> int:
    """How many shares are needed, as each of them says."""
    return int(Share.from_mnemonic(share).member_threshold)


def kek_of_shares(shares: Sequence[str], locked: LockedKek) -> Kek:
    """The key-encryption key of ``locked`` out of enough shares. Raises SharesError, KekWrongError (of an older key)."""
    texts = [typed_share(share) for share in shares]
    if len(set(texts)) < len(texts):
        raise SharesError("Một mảnh khóa được nhập hai lần.", remedy="Nhập mỗi mảnh một lần.")
    if texts and len(texts) < (needed := needed_shares(texts[0])):
        raise SharesError(f"Cần {needed} mảnh khóa; mới có {len(texts)}.", remedy="Nhập thêm mảnh của người giữ khác.")
    try:
        # More than are needed is no fault of the people who came.
        secret = combine_mnemonics(texts[: needed_shares(texts[0])] if texts else texts)
    except (MnemonicError, ValueError):
        raise SharesError(
            "Các mảnh khóa không thuộc cùng một lần in.", remedy="Dùng các phiếu của cùng một lần in, mới nhất."
        ) from None
    return the_one(Kek(secret), locked)
