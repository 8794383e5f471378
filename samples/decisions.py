"""The five seed texts as the decisions and the directive they are, with what each says of itself."""

from __future__ import annotations

from datetime import date

from samples.documents import Document
from samples.layout import Annex, Page, SignatureBlock
from samples.seeds import Seed, seed

_COMMITTEE = "TM. ỦY BAN NHÂN DÂN"


def decisions() -> tuple[Document, ...]:
    """``seed-0`` … ``seed-4``. Number and date of Hải Phòng 2013 are not in its text, nor are two signers: see
    ``assigned``."""
    return (_hai_phong_2013(), _khanh_hoa_2017(), _bien_hoa_2011(), _ha_noi_2013(), _hai_phong_2009())


def _decision(
    source: Seed,
    agency: str,
    place: str,
    number: str,
    notation: str,
    issued: date,
    subject: str,
    signature: SignatureBlock,
    annex_subject: str = "",
    assigned: frozenset[str] = frozenset(),
) -> Document:
    day = f"{issued.day:02}/{issued.month:02}/{issued.year}"
    annex = None
    if source.annex:
        attached = f"(Kèm theo Quyết định số {number}/{notation} ngày {day} của {agency})"
        annex = Annex("QUY ĐỊNH", annex_subject, attached, source.annex)
    page = Page(
        superior="",
        agency=agency,
        number=number,
        notation=notation,
        place=place,
        issued=issued,
        kind="QUYẾT ĐỊNH",
        subject=subject,
        body=source.opening,
        recipients=source.recipients,
        signature=signature,
        authority=agency.upper(),
        annex=annex,
    )
    return Document(f"seed-{int(source.name)}", page, "02", number, issued, assigned=assigned)


def _hai_phong_2013() -> Document:
    return _decision(
        seed(0),
        "Ủy ban nhân dân thành phố Hải Phòng",
        "Hải Phòng",
        "1415",
        "QĐ-UBND",
        date(2013, 7, 22),
        "Về việc gửi, nhận văn bản qua hệ thống thư điện tử thành phố",
        SignatureBlock("", "Chủ tịch", (_COMMITTEE,)),
        assigned=frozenset({"codeNumber", "codeNotation", "issuedDate", "position"}),
    )


def _khanh_hoa_2017() -> Document:
    subject = "trao đổi, lưu trữ, xử lý văn bản điện tử trong hoạt động của cơ quan nhà nước tỉnh Khánh Hòa"
    return _decision(
        seed(1),
        "Ủy ban nhân dân tỉnh Khánh Hòa",
        "Khánh Hòa",
        "22",
        "2017/QĐ-UBND",
        date(2017, 11, 27),
        f"Ban hành Quy định {subject}",
        SignatureBlock("Nguyễn Đức Tài", "Phó Chủ tịch", (_COMMITTEE, "KT. CHỦ TỊCH")),
        annex_subject=subject[0].upper() + subject[1:],
        assigned=frozenset({"position"}),
    )


def _bien_hoa_2011() -> Document:
    subject = (
        "gửi, nhận văn bản điện tử và quản lý, sử dụng hộp thư điện tử trong hoạt động của các cơ quan, ban, ngành, "
        "đoàn thể và UBND 30 phường, xã trên địa bàn thành phố Biên Hòa"
    )
    return _decision(
        seed(2),
        "Ủy ban nhân dân thành phố Biên Hòa",
        "Biên Hòa",
        "04",
        "2011/QĐ-UBND",
        date(2011, 9, 29),
        f"Ban hành quy định về {subject}",
        SignatureBlock("Nguyễn Phú Cường", "Chủ tịch", (_COMMITTEE,)),
        annex_subject=subject[0].upper() + subject[1:],
    )


def _ha_noi_2013() -> Document:
    subject = "trao đổi, lưu trữ, xử lý văn bản điện tử trong hoạt động của cơ quan nhà nước Thành phố Hà Nội"
    return _decision(
        seed(3),
        "Ủy ban nhân dân Thành phố Hà Nội",
        "Hà Nội",
        "57",
        "2013/QĐ-UBND",
        date(2013, 12, 17),
        f"Về việc ban hành Quy định {subject}",
        SignatureBlock("", "Chủ tịch", (_COMMITTEE,)),
        annex_subject=subject[0].upper() + subject[1:],
        assigned=frozenset({"position"}),
    )


def _hai_phong_2009() -> Document:
    page = Page(
        superior="",
        agency="Ủy ban nhân dân thành phố Hải Phòng",
        number="09",
        notation="CT-UBND",
        place="Hải Phòng",
        issued=date(2009, 5, 8),
        kind="CHỈ THỊ",
        subject="Về việc tăng cường sử dụng hệ thống thư điện tử trong hoạt động của cơ quan nhà nước thành phố "
        "Hải Phòng",
        body=seed(4).opening,
        recipients=seed(4).recipients,
        signature=SignatureBlock("Hoàng Văn Kể", "Phó Chủ tịch", (_COMMITTEE, "KT. CHỦ TỊCH")),
    )
    return Document("seed-4", page, "03", "09", date(2009, 5, 8))
