"""Vietnamese in older encodings is recognised; Vietnamese, English and French as they are meant are not touched."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import samples
from ingest.legacy_encodings import legacy_reading
from ingest.legacy_encodings_syllables import is_syllable

SEEDS = sorted(Path(samples.__path__[0]).joinpath("seeds").glob("*.txt"))

_TCVN3 = dict(
    zip(
        "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
        "¡¢£¤¥¦§¨©ª«¬\u00ad®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ",
        strict=True,
    )
)
_VNI_PAIRS = {
    "a": ("áàảãạăắằẳẵặâấầẩẫậ", "ùøûõïêéèúüëâáàåãä"),
    "e": ("éèẻẽẹêếềểễệ", "ùøûõïâáàåãä"),
    "o": ("óòỏõọôốồổỗộ", "ùøûõïâáàåãä"),
    "ô": ("ớờởỡợ", "ùøûõï"),
    "u": ("úùủũụ", "ùøûõï"),
    "ö": ("ứừửữự", "ùøûõï"),
    "y": ("ýỳỷỹ", "ùøûõ"),
}
_VNI = {
    letter: base + mark
    for base, (letters, marks) in _VNI_PAIRS.items()
    for letter, mark in zip(letters, marks, strict=True)
}
_VNI |= dict(zip("đơưíìỉĩịỵ", "ñôöíìæóòî", strict=True))
_VNI |= {letter.upper(): written.upper() for letter, written in _VNI.items()}


def tcvn3(text: str) -> str:
    """As the .Vn fonts carried it: capitals with marks are small letters in the capital font."""
    return "".join(_TCVN3.get(char) or _TCVN3.get(char.lower(), char) for char in text)


def vni(text: str) -> str:
    return "".join(_VNI.get(char, char) for char in text)


TITLES = (
    "Hồ sơ về việc gửi, nhận văn bản điện tử qua hệ thống thư điện tử thành phố",
    "QUYẾT ĐỊNH VỀ VIỆC BAN HÀNH QUY CHẾ",
    "Công văn",
    "Hà Nội",
    "Nguyễn Văn Ước",
    "Ủy ban nhân dân thành phố Hải Phòng",
    "Báo cáo tổng kết năm 2013",
)


@pytest.mark.parametrize("title", TITLES)
def test_tcvn3_carried_as_latin_letters_is_recognised_and_read(title: str) -> None:
    reading = legacy_reading(tcvn3(title))
    assert reading is not None
    assert reading.scheme == "TCVN3"
    assert reading.text.lower() == title.lower()


@pytest.mark.parametrize("title", TITLES)
def test_vni_carried_as_latin_letters_is_recognised_and_read(title: str) -> None:
    reading = legacy_reading(vni(title))
    assert reading is not None
    assert (reading.scheme, reading.text) == ("VNI", title)


@pytest.mark.parametrize("title", TITLES)
def test_utf8_read_as_windows_1252_is_recognised_and_read(title: str) -> None:
    raw = title.encode()
    carried = "".join(bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in raw)
    reading = legacy_reading(carried)
    if any("\u1ea0" <= char <= "\u1ef9" or char in "ăĂđĐơƠưƯ" for char in title):
        assert reading is not None
        assert (reading.scheme, reading.text) == ("UTF-8/cp1252", title)
    else:
        assert reading is None or reading.text == title


def test_viqr_is_recognised_and_read() -> None:
    reading = legacy_reading("Quye^'t ddi.nh ve^` vie^.c ban ha`nh quy che^'")
    assert reading is not None
    assert (reading.scheme, reading.text) == ("VIQR", "Quyết định về việc ban hành quy chế")


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.stem)
def test_every_line_of_the_real_decisions_is_unicode_and_recognised_in_each_older_encoding(seed: Path) -> None:
    text = seed.read_text(encoding="utf-8")
    assert legacy_reading(text) is None
    assert [line for line in text.splitlines() if legacy_reading(line)] == []
    for encode, scheme in ((tcvn3, "TCVN3"), (vni, "VNI")):
        reading = legacy_reading(encode(text))
        assert reading is not None
        assert reading.scheme == scheme
        long_lines = [line for line in text.splitlines() if len(line) > 60]
        missed = [line for line in long_lines if legacy_reading(encode(line)) is None]
        assert missed == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Annual report 2025, sections 1-4 (final). Don't change e.g. the i.e. and a.m. o'clock?",
        "L'été dernier, où étiez-vous ? Déjà vu à Noël, naïve garçon, cœur, français, hôtel, maïs, haïr.",
        "« Bonjour », dit-il ; © 2024 Société Générale ® – 5 µm, 10 µm², 20 °C",
        "Größe über Öl, Straße, Müller, Ärger, fußball, schön, für, können",
        "El niño comió piñas; ¿qué pasó? ¡Olé! corazón, canción, mañana",
        "Là cá, và hoà thuê cà phê, tôi đi làm",
        "á à ã é è ê í ì ó ò ô õ ú ù ý",
        "Công ty TNHH Café Noël – Số 12/QĐ-UBND",
        "C:\\Users\\x; a^2 + b^2 = c^2; x~y; what?? no... (a+b)",
        "Cộng hòa xã hội chủ nghĩa Việt Nam",
        "Đặng Hữu Ước",
        "Lê, Trà, Hòa, Tô, Lý, Hà",
    ],
)
def test_text_that_is_what_it_seems_is_never_taken_for_an_older_encoding(text: str) -> None:
    assert legacy_reading(text) is None


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(text: str) -> None:
    legacy_reading(text)


@pytest.mark.parametrize(
    "word", ["nghiêng", "gì", "giếng", "quyết", "khuya", "QUỐC", "ở", "ý", "thuở", "khuỷu", "rượu"]
)
def test_well_spelt_syllables_pass(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["", "ộtộ", "cafộ", "tôt", "hcọ", "été", "sß", "nạve", "quyềt", "x1"])
def test_impossible_syllables_fail(word: str) -> None:
    assert not is_syllable(word)
