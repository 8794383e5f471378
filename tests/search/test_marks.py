"""Which of the marks of a hit are shown."""

from __future__ import annotations

from search.marks import meant

RUN = "<mark>Công</mark> <mark>tác</mark> <mark>văn</mark> <mark>thư</mark>, lưu trữ"


def test_a_syllable_of_a_compound_is_not_marked_where_it_stands_alone() -> None:
    found = meant({"title": [RUN], "all": [RUN + "; <mark>Cong</mark> khai", "<mark>Công</mark> khai"]})
    assert found == {"title": (RUN,), "all": (RUN + "; Cong khai",)}


def test_a_word_that_stands_in_no_run_keeps_its_mark() -> None:
    text = "<mark>quyết</mark> <mark>định</mark> của <mark>Huế</mark>"
    assert meant({"text": [text, "ở <mark>Huế</mark>"]}) == {"text": (text, "ở <mark>Huế</mark>")}


def test_scattered_words_keep_all_their_marks() -> None:
    fragments = {"text": ["<mark>công</mark> ty", "<mark>thư</mark> viện"]}
    assert meant(fragments) == {"text": ("<mark>công</mark> ty", "<mark>thư</mark> viện")}


def test_what_was_escaped_stays_escaped() -> None:
    text = "&lt;b&gt;<mark>a&amp;b</mark> <mark>c</mark> &lt;script&gt; <mark>a&amp;b</mark>!"
    assert meant({"text": [text]}) == {
        "text": ("&lt;b&gt;<mark>a&amp;b</mark> <mark>c</mark> &lt;script&gt; a&amp;b!",)
    }


def test_a_field_left_without_marks_goes() -> None:
    assert meant({"title": [RUN], "text": ["<mark>thư</mark> viện"]}) == {"title": (RUN,)}
