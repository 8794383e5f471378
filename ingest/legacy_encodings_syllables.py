"""Could these letters be a Vietnamese syllable? Onset, rime and tone by the rules of the script, no word list."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_TONES = {"\u0300": "f", "\u0301": "s", "\u0303": "x", "\u0309": "r", "\u0323": "j"}
_ONSET_TABLE = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"
_RIME_TABLE = """
    a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
    e ec em en eng eo ep et ê êch êm ên ênh êp êt êu
    i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu
    o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong
    op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
    u ua uc ui um un ung up ut uâ uân uâng uât uây uê uêch uênh uơ uôc uôi uôm uôn uông uôt uy uya uych uynh uyn uyp
    uyên uyêt uyt uyu ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu
    y yêm yên yêng yêt yêu
"""
_ONSETS = frozenset(_ONSET_TABLE.split()) | {""}
_RIMES = frozenset(_RIME_TABLE.split())


@lru_cache(maxsize=1 << 16)
def is_syllable(text: str) -> bool:
    """Whether the letters form a well-spelt syllable, in any case; a stop at its end takes only sắc or nặng."""
    letters, tones = [], []
    for char in unicodedata.normalize("NFD", text.casefold()):
        if char in _TONES:
            tones.append(_TONES[char])
        else:
            letters.append(char)
    if len(tones) > 1 or len(letters) > 12:
        return False
    bare = unicodedata.normalize("NFC", "".join(letters))
    if bare.endswith(("c", "ch", "p", "t")) and tones not in (["s"], ["j"]):
        return False
    return any(bare[:length] in _ONSETS and bare[length:] in _RIMES for length in range(min(3, len(bare)) + 1)) or (
        # The i of gi is also the vowel: gì, giếng, gìn.
        bare.startswith("g") and bare[1:2] == "i" and bare[1:] in _RIMES
    )
