"""What was typed, taken apart; and on the real index, which record comes first."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest

from search.index import SearchIndex
from search.question import highlighted_query, parsed, score_query
from tests.search.holdings import document, hoso

Fill = Callable[..., SearchIndex]


def ranked(index: SearchIndex, text: str) -> list[str]:
    answer = index.client.search(index=index.alias, query=score_query(parsed(text)), size=50)
    return [hit["_source"].get("document_id", hit["_id"]) for hit in answer["hits"]["hits"]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cho tôi hỏi muốn biết về nuôi con nuôi thì xem văn bản nào?", "về nuôi con nuôi"),
        ("cho toi hoi nuoi con nuoi nhu the nao", "nuoi con nuoi"),
        ("văn bản nào quy định về đê điều", "quy định về đê điều"),
        ("ông Võ Quốc Minh", "Võ Quốc Minh"),
        ("bà mẹ Việt Nam anh hùng", "bà mẹ Việt Nam anh hùng"),
        ("công tác tìm kiếm cứu nạn", "công tác tìm kiếm cứu nạn"),
        ("có không gian xanh", "có không gian xanh"),
        ("văn bản nào", "văn bản nào"),
        ("thế nào ?", "thế nào ?"),
        ("ứng phó với bão gió", "ứng phó với bão gió"),
        (unicodedata.normalize("NFD", "cho tôi hỏi đê điều ở đâu"), "đê điều"),
        ('"như thế nào"', "như thế nào"),
    ],
)
def test_a_question_is_searched_for_without_what_it_is_wrapped_in(text: str, words: str) -> None:
    assert parsed(text).words == words


def test_a_question_knows_whether_it_has_diacritics() -> None:
    assert parsed("đê").accented and not parsed("de dieu").accented


def test_nothing_typed_matches_everything_and_marks_nothing() -> None:
    assert parsed(' "" ').empty
    assert score_query(parsed("")) == {"match_all": {}} and highlighted_query(parsed("")) == {"match_none": {}}


def test_compound_words_come_before_the_same_syllables_apart(filled: Fill) -> None:
    apart = document("apart", "Công an tác động đến văn hóa; thư viện công bố tác phẩm, văn nghệ, thư từ. " * 4)
    together = document(
        "together", "Quy định về công tác văn thư của cơ quan. " + "Nội dung khác không liên quan. " * 12
    )
    index = filled(hoso("a", apart, together))
    assert ranked(index, "công tác văn thư") == ["together", "apart"]
    assert ranked(index, "cong tac van thu") == ["together", "apart"]


@pytest.mark.parametrize(
    ("right", "wrong", "query"),
    [
        ("cơ sở lưu trữ", "cơ sở lưu trú", "lưu trữ"),
        ("thuê đất", "thuế đất", "thuê đất"),
        ("công chứng viên", "công chúng viên", "công chứng"),
        ("sản xuất muối", "sản xuất muỗi", "muối"),
        ("hoà giải viên", "hóa giải viên", "hòa giải"),
    ],
)
def test_of_two_words_that_differ_in_a_mark_the_one_typed_comes_first(
    filled: Fill, right: str, wrong: str, query: str
) -> None:
    index = filled(hoso("a", document("wrong", f"{wrong} " * 9), document("right", f"Về {right} tại địa phương")))
    assert ranked(index, query) == ["right", "wrong"]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("cải cách hành chính", "CCHC"), ("CCHC", "cải cách hành chính"), ("cải cách hành chính", "cchc"),
        ("Thủ tướng Chính phủ", "TTg"), ("trường THPT chuyên", "trung học phổ thông"), ("Ban chấp hành Trung ương", "TW"),
        ("phòng cháy và chữa cháy", "PCCC"), ("Quyết định của tỉnh", "QĐ"), ("Văn phòng Chính phủ", "vpcp"),
        ("quản lí đê điều", "quản lý đê điều"), ("bác sĩ gia đình", "bác sỹ"), ("ngày 05 tháng 6", "ngày 5 tháng 6"),
    ],
)  # fmt: skip
def test_other_spellings_of_the_same_are_found(filled: Fill, text: str, query: str) -> None:
    assert "d" in ranked(filled(hoso("a", document("d", text, subject="x"), document("e", "khác", subject="y"))), query)


def test_a_number_spoken_finds_the_document_that_bears_it_before_what_cites_it(filled: Fill) -> None:
    bearing = document("bearing", "Nội dung.", codeNumber="15", codeNotation="2017/QĐ-UBND", issuedDate="2017-03-02")
    citing = document("citing", "Thực hiện Quyết định số 15 năm 2017 của Ủy ban nhân dân tỉnh. " * 9, codeNumber="3")
    index = filled(hoso("a", bearing, citing))
    for query in (
        "số 15 năm 2017 của UBND",
        "quyết định số 15 năm 2017 của Ủy ban nhân dân tỉnh",
        "QĐ 15/2017/UBND",
        "qd ubnd 15",
        "Quyết định 15/2017",
    ):
        assert ranked(index, query)[0] == "bearing", query


def test_a_name_is_found_with_its_form_of_address(filled: Fill) -> None:
    index = filled(hoso("a", document("d", "Võ Quốc Minh ký"), document("e", "ông Võ Văn Quốc, bà Minh")))
    assert ranked(index, "ông Võ Quốc Minh")[0] == "d"


def test_a_long_question_is_not_lost_on_words_that_no_text_has(filled: Fill) -> None:
    right = document("right", "Tu bổ đê điều trước mùa lũ trên các tuyến sông.", subject="Bảo vệ đê điều")
    other = document("other", "Báo cáo gần đây về tình hình nộp báo cáo của các cơ quan, ra sao cũng được.")
    index = filled(hoso("a", right, other))
    assert ranked(index, "cho tôi hỏi văn bản nào quy định về bảo vệ đê điều như thế nào")[0] == "right"
