"""Good submissions: what an agency that does everything right sends, in every form the archive takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from samples.documents import documents
from samples.hoso import Entry, Hoso
from samples.lists import csv_list, xlsx_list
from samples.originals import ORIGINALS
from samples.parcel import Form, Parcel, bag_of, listed
from samples.workshop import PERSON_AND_AGENCY, THREE_SIGNATURES, Workshop

ACCEPTED, WITH_FINDINGS = "accepted", "accepted-with-findings"


@dataclass(frozen=True, slots=True)
class Good:
    """One good submission. ``findings`` are what the checks say of it all the same (never an error)."""

    name: str
    title: str
    make: Callable[[Workshop], Parcel]
    outcome: str = ACCEPTED
    findings: tuple[str, ...] = ()


def _signed(workshop: Workshop, key: str, number: int, signers: tuple[str, ...] = PERSON_AND_AGENCY) -> Entry:
    document = documents()[key].with_number(number)
    return Entry.of(document, workshop.signed(document, signers))


def _decisions(workshop: Workshop) -> Hoso:
    seeds = [documents()[f"seed-{number}"] for number in range(5)]
    # What other agencies issued is incoming; each was registered on the day it was signed electronically.
    entries = tuple(
        replace(
            Entry.of(item, workshop.signed(item), arrivalDate="15/04/2025", arrivalNumber=120 + at),
            kind="incoming",
        ).without("priority")
        for at, item in enumerate(seeds)
    )
    about = {"maintenance": "01", "endDate": "31/12/2017", "keyword": "văn bản điện tử; thư điện tử; lưu trữ"}
    return Hoso("H99.12.2025.001", "Tập văn bản về gửi, nhận, lưu trữ văn bản điện tử", entries, about)


def _year_2025(workshop: Workshop) -> Hoso:
    entries = (
        _signed(workshop, "cong-van", 15),
        _signed(workshop, "to-trinh", 16),
        _signed(workshop, "bao-cao", 17, THREE_SIGNATURES),
        _signed(workshop, "bien-ban", 18, THREE_SIGNATURES),
        _signed(workshop, "thong-bao", 19),
        _signed(workshop, "ke-hoach", 20),
    )
    return Hoso("H99.12.2025.002", "Hồ sơ triển khai lưu trữ tài liệu điện tử năm 2025", entries)


def _correspondence(workshop: Workshop) -> Hoso:
    keys = ("giay-moi", "huong-dan", "chuong-trinh", "phuong-an", "quy-che", "cong-dien", "quyet-dinh")
    entries = tuple(_signed(workshop, key, 31 + at) for at, key in enumerate(keys))
    return Hoso("H99.12.2025.003", "Công tác văn thư, lưu trữ điện tử của Sở Nội vụ năm 2025", entries)


def _office(workshop: Workshop) -> Hoso:
    report = documents()["bao-cao"]
    entries = [_signed(workshop, "to-trinh", 41)]
    for at, suffix in enumerate(("docx", "odt", "fodt", "xlsx"), 42):
        document = report.with_number(at)
        path = f"Dự thảo/{document.name.removesuffix('.pdf')}.{suffix}"
        entries.append(Entry.of(document, ORIGINALS[suffix](document), path, numberOfPage=2))
    return Hoso("H99.12.2025.004", "Dự thảo và số liệu của báo cáo quý I năm 2025", tuple(entries))


def _scans(workshop: Workshop) -> Hoso:
    entries = []
    for at, (key, suffix) in enumerate((("cong-dien", "tiff"), ("quy-dinh", "jpg"), ("cong-van", "png")), 51):
        document = documents()[key].with_number(at)
        entry = Entry.of(
            document,
            ORIGINALS[suffix](document),
            f"{document.name.removesuffix('.pdf')}.{suffix}",
            confidenceLevel="02",
            format="01",
        )
        entries.append(entry.without("process"))
    about = {"confidenceLevel": "02", "paperFileCode": "H99.12.2025.G07", "numberOfPaper": 3, "format": "01"}
    return Hoso("H99.12.2025.005", "Văn bản giấy đã số hóa của Sở Nội vụ năm 2025", tuple(entries), about)


def _pair(code: str, number: int, title: str) -> Callable[[Workshop], Hoso]:
    def make(workshop: Workshop) -> Hoso:
        entries = (_signed(workshop, "thong-bao", number), _signed(workshop, "quy-dinh", number + 1))
        return Hoso(code, title, entries)

    return make


def _bag(make: Callable[[Workshop], Hoso], form: Form, version: str = "1.0") -> Callable[[Workshop], Parcel]:
    return lambda workshop: bag_of(make(workshop), form, version=version)


def _with_xlsx(make: Callable[[Workshop], Hoso], form: Form) -> Callable[[Workshop], Parcel]:
    return lambda workshop: listed(hoso := make(workshop), "Danh mục văn bản.xlsx", xlsx_list(hoso), form)


def _with_csv(make: Callable[[Workshop], Hoso]) -> Callable[[Workshop], Parcel]:
    return lambda workshop: listed(hoso := make(workshop), "Danh mục văn bản.csv", csv_list(hoso))


def _old_profile(workshop: Workshop) -> Hoso:
    hoso = _pair("H99.12.2025.009", 91, "Thông báo và quy định, lập theo quy định trước ngày 01/7/2025")(workshop)
    return replace(hoso, profile="ND01-TT02")


GOOD: tuple[Good, ...] = (
    Good("quyet-dinh", "Năm văn bản đến, mỗi văn bản hai chữ ký; gói BagIt dạng thư mục", _bag(_decisions, "folder")),
    Good("trien-khai-2025", "Sáu văn bản đi, hai và ba chữ ký; gói BagIt dạng ZIP", _bag(_year_2025, "zip")),
    Good("van-thu-2025", "Bảy văn bản đi; gói BagIt dạng TAR", _bag(_correspondence, "tar")),
    Good("du-thao", "Văn bản ký số kèm DOCX, ODT, FODT, XLSX; gói BagIt dạng TAR.GZ", _bag(_office, "tar.gz")),
    Good("so-hoa", "Văn bản giấy số hóa: TIFF, JPEG, PNG; gói BagIt dạng thư mục", _bag(_scans, "folder")),
    Good(
        "danh-muc-xlsx",
        "Thư mục thường kèm danh mục .xlsx",
        _with_xlsx(_pair("H99.12.2025.006", 61, "Thông báo và quy định, đợt một"), "folder"),
    ),
    Good(
        "danh-muc-csv",
        "Thư mục thường kèm danh mục .csv",
        _with_csv(_pair("H99.12.2025.007", 71, "Thông báo và quy định, đợt hai")),
    ),
    Good(
        "danh-muc-zip",
        "Tệp ZIP thường kèm danh mục .xlsx",
        _with_xlsx(_pair("H99.12.2025.008", 81, "Thông báo và quy định, đợt ba"), "zip"),
    ),
    Good(
        "bagit-0-97",
        "Gói BagIt theo phiên bản cũ 0.97",
        _bag(_pair("H99.12.2025.010", 96, "Thông báo và quy định, đợt bốn"), "folder", "0.97"),
    ),
    Good(
        "quy-tac-cu",
        "Dữ liệu đặc tả theo quy định cũ (TT 02/2019)",
        _bag(_old_profile, "zip"),
        WITH_FINDINGS,
        ("metadata.profile.other",),
    ),
)
