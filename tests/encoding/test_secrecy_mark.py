"""Marks of secrecy are seen where they stand alone, and nowhere in prose."""

import unicodedata
from pathlib import Path

import pytest

import samples
from ingest.checks.secrecy import mark_of_value, secrecy_mark

SEEDS = sorted(Path(samples.__path__[0]).joinpath("seeds").glob("*.txt"))
HEAD = "ỦY BAN NHÂN DÂN\nTHÀNH PHỐ HẢI PHÒNG\n{}\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nQUYẾT ĐỊNH\n"


@pytest.mark.parametrize(
    ("stamp", "mark"),
    [
        ("MẬT", "MẬT"),
        ("TỐI MẬT", "TỐI MẬT"),
        ("TUYỆT MẬT", "TUYỆT MẬT"),
        ("  M Ậ T  ", "MẬT"),
        ("T Ố I  M Ậ T", "TỐI MẬT"),
        ("T U Y Ệ T   M Ậ T", "TUYỆT MẬT"),
        ("[MẬT]", "MẬT"),
        ("*** TỐI MẬT ***", "TỐI MẬT"),
        ("| TUYỆT MẬT |", "TUYỆT MẬT"),
        ("TOI MAT", "TỐI MẬT"),
        ("TUYET MAT", "TUYỆT MẬT"),
        ("TỐI-MẬT", "TỐI MẬT"),
        ("MÂT", "MẬT"),
        ("M\nẬ\nT", "MẬT"),
        ("Số: 12/QĐ-UBND     MẬT", "MẬT"),
        ("Số: 12/QĐ-UBND\tTỐI MẬT", "TỐI MẬT"),
        ("MẬT Số: 5/BC", "MẬT"),
        ("TỐI MẬT CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "TỐI MẬT"),
        ("ỦY BAN NHÂN DÂN TUYỆT MẬT", "TUYỆT MẬT"),
        ("Hải Phòng, ngày 05 tháng 6 năm 2025 MẬT", "MẬT"),
        ("Độ mật: Tối mật", "TỐI MẬT"),
        ("Mức độ mật: MẬT", "MẬT"),
        ("MËT", "MẬT"),
        ("TèI MËT", "TỐI MẬT"),
        ("TUYEÄT MAÄT", "TUYỆT MẬT"),
        ("BÁO CÁO (MẬT)", "MẬT"),
        ("MẬT\nTUYỆT MẬT", "TUYỆT MẬT"),
    ],
)
def test_a_stamp_in_the_head_is_seen_in_every_form(stamp: str, mark: str) -> None:
    assert secrecy_mark(HEAD.format(stamp)) == mark
    assert secrecy_mark(unicodedata.normalize("NFD", HEAD.format(stamp))) == mark


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bí mật nhà nước",
        "an toàn và bảo mật",
        "văn bản đóng dấu mật",
        "văn bản đã đóng dấu MẬT được quản lý riêng",
        "Mật",
        "QUY CHẾ BẢO VỆ BÍ MẬT NHÀ NƯỚC",
        "QUYẾT ĐỊNH BAN HÀNH DANH MỤC BÍ\nMẬT",
        "MẬT KHẨU",
        "ỦY BAN NHÂN DÂN TỈNH BAN HÀNH DANH MỤC BÍ MẬT",
        "DANH MỤC BÍ MẬT NHÀ NƯỚC ĐỘ TỐI MẬT",
        "văn bản đã đóng dấu MẬT",
        "MẬT được quản lý riêng",
        "BÍ MẬT",
        "MẤT",
        "MẮT",
        "MAT",
        "MẶT TRẬN",
        "MẬT ONG RỪNG",
        "mật ong",
        "(mật)",
        "Phụ lục (các độ Mật, Tối mật, Tuyệt mật)",
        "Độ mật: Không",
    ],
)
def test_prose_and_other_words_are_no_stamp(text: str) -> None:
    assert secrecy_mark(HEAD.format(text)) is None


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.stem)
def test_decisions_that_speak_of_secrecy_bear_no_mark(seed: Path) -> None:
    text = seed.read_text(encoding="utf-8")
    assert secrecy_mark(text) is None
    assert secrecy_mark(text.upper()) is None


@pytest.mark.parametrize(
    ("value", "mark"),
    [
        ("Mật", "MẬT"),
        ("tối mật", "TỐI MẬT"),
        (" Tuyệt  mật ", "TUYỆT MẬT"),
        ("(Mật)", "MẬT"),
        ("Báo cáo quý\nTỐI MẬT", "TỐI MẬT"),
        ("Báo cáo về bí mật nhà nước", None),
        ("Công khai", None),
        ("03", None),
    ],
)
def test_a_value_that_is_a_mark_is_seen_in_any_case(value: str, mark: str | None) -> None:
    assert mark_of_value(value) == mark
