"""Small documents of many kinds, of an invented department: an opening sentence of ours, then words of the seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from samples.documents import AGENCY_NAME, Document
from samples.layout import NUMBER_PLACE, Page, SignatureBlock
from samples.seeds import Paragraph, seed

_DIRECTOR = SignatureBlock("Nguyễn Văn An", "Giám đốc")
_PROVINCE = "Ủy ban nhân dân tỉnh Bình Minh"
_SOURCES = {
    0: "Quyết định của Ủy ban nhân dân thành phố Hải Phòng về việc gửi, nhận văn bản qua hệ thống thư điện tử thành phố",
    1: "Quyết định số 22/2017/QĐ-UBND của Ủy ban nhân dân tỉnh Khánh Hòa",
    2: "Quyết định số 04/2011/QĐ-UBND của Ủy ban nhân dân thành phố Biên Hòa",
    3: "Quyết định số 57/2013/QĐ-UBND của Ủy ban nhân dân Thành phố Hà Nội",
}
_TABLE = (
    ("TT", "Nội dung báo cáo", "Số lượng", "Ghi chú"),
    ("1", "Văn bản đi phát hành dưới dạng điện tử, có ký số", "1.284", ""),
    ("2", "Văn bản đến tiếp nhận trên hệ thống", "3.517", "Đã trừ văn bản trùng"),
    ("3", "Hồ sơ điện tử đã kết thúc, đủ điều kiện nộp lưu", "96", "Danh mục kèm theo"),
)


@dataclass(frozen=True, slots=True)
class _Small:
    key: str
    type_code: str
    kind: str
    notation: str
    issued: date
    subject: str
    opening: str
    source: int
    articles: tuple[int, ...]
    addressed_to: str = ""
    table: tuple[tuple[str, ...], ...] = ()
    recipients: tuple[str, ...] = ("- Như trên;", "- Ban Giám đốc Sở;", "- Lưu: VT, VTLT.")


_ALL = "Các phòng, đơn vị thuộc Sở"
_PUBLIC = ("- Các phòng, đơn vị thuộc Sở;", "- Trang thông tin điện tử của Sở;", "- Lưu: VT, VTLT.")
_SMALL = (
    _Small(
        "cong-van",
        "22",
        "",
        "SNV-VTLT",
        date(2025, 3, 4),
        "thời điểm gửi, nhận văn bản điện tử",
        "Để thống nhất cách tính thời điểm gửi, nhận văn bản, Sở Nội vụ trích gửi các đơn vị tham khảo nội dung",
        1,
        (10, 11),
        _ALL,
    ),
    _Small(
        "to-trinh",
        "15",
        "TỜ TRÌNH",
        "TTr-SNV",
        date(2025, 3, 11),
        "Về việc ban hành quy định lưu trữ văn bản điện tử",
        "Sở Nội vụ kính trình Ủy ban nhân dân tỉnh xem xét, ban hành quy định với các nội dung sau, tham khảo",
        1,
        (13,),
        _PROVINCE,
    ),
    _Small(
        "bao-cao",
        "14",
        "BÁO CÁO",
        "BC-SNV",
        date(2025, 3, 18),
        "Kết quả gửi, nhận và lưu trữ văn bản điện tử quý I năm 2025",
        "Sở Nội vụ báo cáo kết quả thực hiện, đối chiếu với yêu cầu tại",
        1,
        (14,),
        table=_TABLE,
        recipients=("- UBND tỉnh (để b/c);", "- Ban Giám đốc Sở;", "- Lưu: VT, VTLT."),
    ),
    _Small(
        "bien-ban",
        "20",
        "BIÊN BẢN",
        "BB-SNV",
        date(2025, 3, 20),
        "Họp về việc nộp lưu hồ sơ điện tử vào Lưu trữ hiện hành",
        "Cuộc họp đã nghiên cứu, thảo luận và thống nhất áp dụng các nội dung sau của",
        3,
        (11,),
    ),
    _Small(
        "thong-bao",
        "07",
        "THÔNG BÁO",
        "TB-SNV",
        date(2025, 3, 25),
        "Về quản lý, sử dụng hộp thư điện tử cá nhân",
        "Sở Nội vụ thông báo để công chức, viên chức biết và thực hiện, theo tinh thần của",
        2,
        (8,),
        recipients=_PUBLIC,
    ),
    _Small(
        "ke-hoach",
        "10",
        "KẾ HOẠCH",
        "KH-SNV",
        date(2025, 4, 2),
        "Tập huấn nghiệp vụ lưu trữ tài liệu điện tử năm 2025",
        "Nội dung tập huấn bám sát các nhiệm vụ nêu tại",
        1,
        (18, 19),
        recipients=_PUBLIC,
    ),
    _Small(
        "giay-moi",
        "26",
        "GIẤY MỜI",
        "GM-SNV",
        date(2025, 4, 8),
        "Dự hội nghị triển khai lưu trữ tài liệu điện tử",
        "Sở Nội vụ trân trọng kính mời các đơn vị dự hội nghị, trao đổi về nội dung quy định tại",
        3,
        (4, 5),
        _ALL,
    ),
    _Small(
        "huong-dan",
        "08",
        "HƯỚNG DẪN",
        "HD-SNV",
        date(2025, 4, 15),
        "Trao đổi văn bản điện tử qua hệ thống thư điện tử công vụ",
        "Sở Nội vụ hướng dẫn các đơn vị thực hiện trên cơ sở quy định tại",
        1,
        (8,),
        recipients=_PUBLIC,
    ),
    _Small(
        "chuong-trinh",
        "09",
        "CHƯƠNG TRÌNH",
        "CTr-SNV",
        date(2025, 4, 22),
        "Công tác văn thư, lưu trữ điện tử năm 2025",
        "Chương trình gồm các nhóm nhiệm vụ sau, tham khảo",
        3,
        (13, 14),
        recipients=_PUBLIC,
    ),
    _Small(
        "phuong-an",
        "11",
        "PHƯƠNG ÁN",
        "PA-SNV",
        date(2025, 4, 29),
        "Bảo đảm an toàn khi sử dụng hệ thống thư điện tử công vụ",
        "Phương án được xây dựng theo các yêu cầu tại",
        2,
        (7, 9),
        recipients=_PUBLIC,
    ),
    _Small(
        "quy-che",
        "04",
        "QUY CHẾ",
        "QC-SNV",
        date(2025, 5, 6),
        "Tiếp nhận và xử lý văn bản đến dưới dạng điện tử",
        "Quy chế này vận dụng các nội dung sau của",
        3,
        (8, 9),
        recipients=_PUBLIC,
    ),
    _Small(
        "cong-dien",
        "23",
        "CÔNG ĐIỆN",
        "CĐ-SNV",
        date(2025, 5, 13),
        "Về việc kiểm tra hộp thư điện tử công vụ hằng ngày",
        "Giám đốc Sở Nội vụ yêu cầu các đơn vị thực hiện ngay các nội dung sau, theo",
        0,
        (2, 3),
        recipients=_PUBLIC,
    ),
    _Small(
        "quyet-dinh",
        "02",
        "QUYẾT ĐỊNH",
        "QĐ-SNV",
        date(2025, 5, 20),
        "Về việc giao nhiệm vụ công bố danh mục văn bản trao đổi dưới dạng điện tử",
        "Giao Phòng Văn thư - Lưu trữ công bố danh mục, tham khảo",
        1,
        (4, 5),
        recipients=_PUBLIC,
    ),
    _Small(
        "quy-dinh",
        "05",
        "QUY ĐỊNH",
        "QyĐ-SNV",
        date(2025, 5, 27),
        "Kiểm tra, báo cáo việc sử dụng hộp thư điện tử",
        "Quy định này vận dụng các nội dung sau của",
        2,
        (10, 11),
        recipients=_PUBLIC,
    ),
    _Small(
        "thong-cao",
        "06",
        "THÔNG CÁO",
        "TC-SNV",
        date(2025, 6, 3),
        "Về giá trị pháp lý của văn bản điện tử",
        "Sở Nội vụ giới thiệu để cơ quan, tổ chức và công dân được biết nội dung của",
        0,
        (4, 6),
        recipients=_PUBLIC,
    ),
)


def small_documents() -> tuple[Document, ...]:
    """One document of each kind, of one or two pages, each with a place for its number."""
    return tuple(_document(number, item) for number, item in enumerate(_SMALL, 11))


def _document(number: int, item: _Small) -> Document:
    page = Page(
        superior=_PROVINCE.upper(),
        agency=AGENCY_NAME,
        number=NUMBER_PLACE,
        notation=item.notation,
        place="Bình Minh",
        issued=item.issued,
        kind=item.kind,
        subject=item.subject,
        body=(Paragraph("clause", f"{item.opening} {_SOURCES[item.source]}:"), *_cut(item.source, item.articles)),
        recipients=item.recipients,
        signature=SignatureBlock("Nguyễn Văn An", "Chủ trì") if item.key == "bien-ban" else _DIRECTOR,
        addressed_to=item.addressed_to,
        table=item.table,
        second_signature=SignatureBlock("Trần Thị Bích Ngọc", "Thư ký") if item.key == "bien-ban" else None,
    )
    return Document(item.key, page, item.type_code, str(number), item.issued)


def _cut(source: int, articles: Sequence[int]) -> list[Paragraph]:
    """The articles without their numbers: in another document they would be out of place."""
    found = []
    for number in articles:
        head, *rest = seed(source).article(number)
        found.append(Paragraph("article", head.text.partition(". ")[2]))
        found += rest
    return found
