"""How file plans, inventories, delivery minutes (NĐ 30/2020/NĐ-CP Phụ lục V) and the regular reports are worded."""

from __future__ import annotations

from archive.papers.records import (
    ActivityReport,
    AgencyFigures,
    DeliveryMinutes,
    DocumentInventory,
    FilePlan,
    TransferInventory,
    report_due,
)
from ingest.papers.blocks import Block, Column, Composed, Facts, Group, Heading, Row, Table, Text
from ingest.papers.execution_papers import party
from ingest.papers.frame import short_date
from ingest.papers.wording import amount, bases, size, terms_of

_PERIODS = {"first-half": "6 tháng đầu năm", "second-half": "6 tháng cuối năm", "year": "Năm"}


def file_plan(paper: FilePlan) -> Composed:
    columns = (
        Column("Số và ký hiệu hồ sơ", 16),
        Column("Đề mục và tiêu đề hồ sơ", 42),
        Column(terms_of(paper.profile).period, 13, "center"),
        Column("Người lập hồ sơ", 16),
        Column("Ghi chú", 13),
    )
    rows: list[Row] = [
        (line.file_code, line.title, line.period, line.responsible, line.note) if line.file_code else Group(line.title)
        for line in paper.lines
    ]
    count = sum(1 for line in paper.lines if line.file_code)
    version = f" (ban hành lần {paper.version})" if paper.version > 1 else ""
    return Composed(
        "DANH MỤC HỒ SƠ",
        f"Năm {paper.year}{version}",
        [Table(columns, rows, numbered_heads=True), Text(f"Danh mục hồ sơ này có {amount(count)} hồ sơ.")],
        landscape=True,
    )


def transfer_inventory(paper: TransferInventory) -> Composed:
    columns = (
        Column("TT", 6, "center"),
        Column("Số, ký hiệu hồ sơ", 16),
        Column("Tiêu đề hồ sơ", 38),
        Column("Thời gian tài liệu", 12, "center"),
        Column(terms_of(paper.profile).period, 10, "center"),
        Column("Số tờ, trang", 9, "center"),
        Column("Ghi chú", 9),
    )
    rows: list[Row] = [
        (line.ordinal, line.file_code, line.title, line.time_span, line.period, line.extent, line.note)
        for line in paper.lines
    ]
    return Composed(
        "MỤC LỤC HỒ SƠ, TÀI LIỆU NỘP LƯU",
        " – ".join(filter(None, (f"Phông {paper.fonds}", paper.years))),
        [Table(columns, rows, numbered_heads=True), Text(f"Mục lục này gồm {amount(len(rows))} hồ sơ.")],
        landscape=True,
    )


def document_inventory(paper: DocumentInventory) -> Composed:
    columns = (
        Column("TT", 6, "center"),
        Column("Số, ký hiệu văn bản", 15),
        Column("Ngày tháng văn bản", 11, "center"),
        Column("Tên loại và trích yếu nội dung văn bản", 34),
        Column("Tác giả văn bản", 16),
        Column("Tờ số, trang số", 9, "center"),
        Column("Ghi chú", 9),
    )
    rows: list[Row] = [
        (line.ordinal, line.notation, line.issued, line.subject, line.author, line.pages, line.note)
        for line in paper.lines
    ]
    return Composed(
        "MỤC LỤC VĂN BẢN, TÀI LIỆU",
        f"Hồ sơ {paper.file_code}: {paper.title}",
        [
            Facts([(terms_of(paper.profile).period, paper.period)]),
            Table(columns, rows, numbered_heads=True),
            Text(f"Mục lục này gồm {amount(len(rows))} văn bản."),
        ],
        landscape=True,
    )


def delivery_minutes(paper: DeliveryMinutes) -> Composed:
    packages: list[Row] = [(number, name, sha256) for number, (name, sha256) in enumerate(paper.packages, 1)]
    shown: list[Block] = (
        [
            Heading("Gói tin giao nộp"),
            Table((Column("TT", 7, "center"), Column("Tên gói tin", 35), Column("SHA-256", 58)), packages),
        ]
        if packages
        else []
    )
    paper_twins = (
        f"Tài liệu giấy giao kèm: {amount(paper.paper_files)} hồ sơ"
        + (f", {paper.paper_metres} mét giá" if paper.paper_metres else "")
        if paper.paper_files
        else "Không có tài liệu giấy giao kèm"
    )
    return Composed(
        "BIÊN BẢN",
        "Giao nhận hồ sơ, tài liệu",
        [
            *bases(terms_of(paper.profile).transfer_bases),
            Text("Chúng tôi gồm:"),
            *party("Bên giao", paper.giver),
            *party("Bên nhận", paper.receiver),
            Text("Thống nhất lập biên bản giao nhận hồ sơ, tài liệu với những nội dung sau:"),
            Facts(
                [
                    ("1. Tên khối tài liệu giao nộp", paper.block),
                    ("2. Thời gian của hồ sơ, tài liệu", paper.time_span),
                    ("3. Tổng số hồ sơ điện tử", amount(paper.files)),
                    ("    Tổng số tệp tin trong hồ sơ", amount(paper.documents)),
                    ("    Dung lượng", size(paper.size_bytes)),
                    ("4. Tài liệu giấy", paper_twins),
                    ("5. Tình trạng tài liệu giao nộp", paper.condition),
                    ("6. Mục lục hồ sơ nộp lưu kèm theo (SHA-256)", paper.inventory_sha256),
                ]
            ),
            *shown,
            Text("Biên bản này được lập thành hai bản; bên giao giữ một bản, bên nhận giữ một bản."),
        ],
    )


def activity_report(paper: ActivityReport) -> Composed:
    figures = paper.agencies
    total = AgencyFigures(
        "",
        "Cộng",
        *(
            sum(getattr(item, name) for item in figures)
            for name in (
                "received", "returned", "stored", "files_held", "due", "on_hold", "in_round", "transferred", "destroyed",
            )
        ),
    )  # fmt: skip
    columns = (
        Column("Cơ quan", 26),
        Column("Nhận nộp lưu", 8, "right"),
        Column("Trả lại", 7, "right"),
        Column("Vào kho", 8, "right"),
        Column("Hồ sơ đang giữ", 10, "right"),
        Column("Đến hạn xem xét", 9, "right"),
        Column("Đang giữ theo lệnh", 8, "right"),
        Column("Trong đợt hủy", 8, "right"),
        Column("Giao lưu trữ lịch sử", 8, "right"),
        Column("Đã hủy", 8, "right"),
    )
    checks = paper.checks
    year = paper.until.year
    due = paper.due or report_due(paper.period, year)
    return Composed(
        "BÁO CÁO",
        f"Công tác lưu trữ điện tử – {_PERIODS[paper.period]} {year}",
        [
            Text(
                f"Số liệu từ ngày {short_date(paper.since)} đến hết ngày {short_date(paper.until)}; "
                f"hạn gửi báo cáo: ngày {short_date(due)}."
            ),
            Heading("1. Theo cơ quan"),
            Table(columns, [_figures(item) for item in (*figures, total)]),
            Heading("2. Lý do trả lại"),
            Table(
                (Column("Lý do", 80), Column("Số lần", 20, "right")),
                [(reason, amount(count)) for reason, count in paper.returned_for],
                empty="Không có lần nộp nào bị trả lại.",
            ),
            Heading("3. Kiểm tra và sao lưu"),
            Facts(
                [
                    ("Bản lưu đã đọc lại toàn bộ", amount(checks.copies_read)),
                    ("Bản lưu phát hiện lỗi", amount(checks.copies_bad)),
                    ("Bản lưu đã khôi phục", amount(checks.copies_repaired)),
                    ("Lần sao lưu theo quy định", amount(checks.backups)),
                    ("Lần diễn tập khôi phục", amount(checks.drills)),
                ]
            ),
            Heading("4. Nhận xét, kiến nghị"),
            *([Text(item) for item in paper.remarks] or [Text("Không có.")]),
        ],
        landscape=True,
        addressed_to=paper.addressed_to,
    )


def _figures(item: AgencyFigures) -> Row:
    name = f"{item.agency_name} ({item.agency_code})" if item.agency_code else item.agency_name
    counts = (
        item.received, item.returned, item.stored, item.files_held, item.due, item.on_hold, item.in_round, item.transferred,
        item.destroyed,
    )  # fmt: skip
    return (name, *(amount(count) for count in counts))
