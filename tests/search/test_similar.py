"""More like this: by title and text, of the same kind, never itself; by title alone for what is restricted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from search.index import SearchIndex
from search.similar import RecordUnknownError, siblings, similar
from search.visibility import EVERYTHING
from tests.search.holdings import document, hoso

Fill = Callable[..., SearchIndex]


def test_the_likest_comes_first_and_the_record_itself_not_at_all(filled: Fill) -> None:
    index = filled(
        hoso(
            "a",
            document("1", "trồng rừng phòng hộ ven biển", subject="Kế hoạch bảo vệ đê điều"),
            document("2", "trồng rừng phòng hộ ven biển", subject="Báo cáo bảo vệ đê điều"),
            document("3", "ngân sách", subject="Kế hoạch bảo vệ rừng"),
            document("4", "họp giao ban", subject="Giấy mời"),
        )
    )
    like = [hit.document_id for hit in similar(index, "a", "1", EVERYTHING)]
    assert like[0] == "2" and "1" not in like and None not in like


def test_of_a_restricted_record_only_the_title_is_compared(filled: Fill) -> None:
    index = filled(
        hoso(
            "a",
            document("1", "mật khẩu két sắt ở đây", subject="Biên bản bàn giao", own_mode="restricted"),
            document("2", "mật khẩu két sắt ở đây", subject="Giấy mời"),
            document("3", "khác hẳn", subject="Biên bản bàn giao"),
        )
    )
    assert [hit.document_id for hit in similar(index, "a", "1", EVERYTHING)] == ["3"]


def test_a_hoso_is_like_other_hoso(filled: Fill) -> None:
    index = filled(*(hoso(name, title="Tập quyết định về đê điều") for name in "abc"))
    assert [hit.aip_id for hit in similar(index, "a", None, EVERYTHING)] == ["b", "c"]


def test_a_record_that_is_not_there_is_unknown(filled: Fill) -> None:
    index = filled(hoso("a", document("1")))
    for aip_id, document_id in (("a", "9"), ("x", None), ("", None)):
        with pytest.raises(RecordUnknownError):
            similar(index, aip_id, document_id, EVERYTHING)


def test_the_documents_of_a_hoso_are_paged(filled: Fill) -> None:
    index = filled(hoso("a", *(document(str(n), codeNumber=str(n)) for n in range(1, 6))), hoso("b", document("1")))
    first = siblings(index, "a", EVERYTHING, size=3)
    rest = siblings(index, "a", EVERYTHING, size=3, after=first.after)
    assert [hit.document_id for hit in (*first.hits, *rest.hits)] == ["1", "2", "3", "4", "5"]
