"""Places: exact names where every disk keeps them, a folder of its own for each of the others, and none lost."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.dip.model import GivenDocument
from archive.dip.places import Places
from archive.errors import PathRefusedError
from archive.paths import RelPath


def document(ordinal: int, path: str) -> GivenDocument:
    return GivenDocument(ordinal, RelPath(path), 0, 0, hashlib.sha256().hexdigest(), hashlib.sha512().hexdigest())


def placed(*names: str, taken: tuple[str, ...] = (), avoided: str = "") -> list[str]:
    places = Places(taken, avoided)
    return [places.of(document(number, name)) for number, name in enumerate(names, 1)]


@pytest.mark.parametrize(
    "name",
    [
        "Đơn đề nghị số 15.pdf",
        "Phụ lục/Bảng 100%.xlsx",
        "..đặc biệt.txt",
        ".ẩn",
        "a'b;c&d$e(1).pdf",
        "console.txt",
        "com10",
        "x" * 200,
    ],
)
def test_a_name_every_disk_keeps_is_the_place(name: str) -> None:
    assert placed(name) == [name]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("ab:c.pdf", "0000001/ab_c.pdf"),
        ('a<b>"c|d?e*.txt', "0000001/a_b__c_d_e_.txt"),
        ("dòng\r\nmới.txt", "0000001/dòng__mới.txt"),
        ("cuối.", "0000001/cuối"),
        ("cuối ", "0000001/cuối"),
        (" đầu.txt", "0000001/đầu.txt"),
        ("NUL", "0000001/_NUL"),
        ("thư mục./a.txt", "0000001/a.txt"),
        ("lpt1.tar.gz", "0000001/_lpt1.tar.gz"),
        ("báo cáo\u202efdp.exe", "0000001/báo cáo_fdp.exe"),
        ("...", "0000001/_"),
        ("0000009/a.txt", "0000001/0000009/a.txt"),
    ],
)
def test_a_name_windows_would_lose_gets_a_folder_of_its_own(name: str, place: str) -> None:
    assert placed(name) == [place]


def test_names_that_collapse_on_some_disk_do_not_overwrite_each_other() -> None:
    assert placed("Báo cáo.pdf", "BÁO CÁO.PDF", "Ba\u0301o ca\u0301o.pdf") == [
        "Báo cáo.pdf",
        "0000002/BÁO CÁO.PDF",
        "0000003/Ba\u0301o ca\u0301o.pdf",
    ]


def test_a_file_never_stands_where_a_folder_is_needed() -> None:
    assert placed("a", "A/b") == ["a", "0000002/A/b"]
    assert placed("a/b", "A") == ["a/b", "0000002/A"]


def test_the_place_of_another_file_is_not_taken() -> None:
    assert placed("Danh-Muc.csv", "x", taken=("danh-muc.csv",)) == ["0000001/Danh-Muc.csv", "x"]


def test_a_very_long_name_is_shortened_and_keeps_its_extension() -> None:
    (place,) = placed("ễ" * 250 + ".pdf")
    assert place.startswith("0000001/ễễ") and place.endswith(".pdf")
    assert len(place.rpartition("/")[2].encode()) <= 255


@given(
    st.lists(
        st.text(alphabet=st.sampled_from("aAáÁ./:% \u0301con0\n"), min_size=1, max_size=8) | st.text(min_size=1),
        max_size=12,
    )
)
def test_whatever_the_names_no_two_places_collapse_and_all_can_be_written(names: list[str]) -> None:
    kept = []
    for name in names:
        try:
            kept.append(RelPath(name))
        except PathRefusedError:
            continue
    found = placed(*kept, avoided="%")
    collapsed = [RelPath(place).collapsed() for place in found]
    assert len(set(collapsed)) == len(found)
    folders = {place.rpartition("/")[0] for place in collapsed if "/" in place}
    assert not folders & set(collapsed)
    for place in found:
        for segment in place.split("/"):
            assert not set(segment) & set('<>:"|?*\\%\n\r\t\0') and segment == segment.strip(" ").rstrip(".")
