"""How hand-over, destruction and its certificate are worded: what was done, what was not, and nothing claimed beyond."""

from __future__ import annotations

from archive.papers.execution import Certificate, DestructionMinutes, HandingParty, HandoverMinutes, PlaceOutcome
from ingest.papers.blocks import Block, Column, Composed, Facts, Heading, Row, Table, Text
from ingest.papers.disposal_papers import bound
from ingest.papers.frame import short_date
from ingest.papers.wording import amount, bases, brief, clock, size, terms_of

STATES = {
    "absent": "Đã tìm lại, không còn",
    "locked": "Còn bản mã bị khóa trên phương tiện; khóa giải mã đã hủy",
    "residue": "Đã hủy; phương tiện có thể còn khối cũ",
}


def handover_minutes(paper: HandoverMinutes) -> Composed:
    terms = terms_of(paper.profile)
    return Composed(
        "BIÊN BẢN",
        "Bàn giao tài liệu hủy",
        [
            *bases((*terms.bases, paper.decision)),
            Text(f"Hôm nay, {clock(paper.at)}, chúng tôi gồm:"),
            *party("Bên giao", paper.giver),
            *party("Bên nhận", paper.receiver),
            Text("Hai bên thống nhất bàn giao tài liệu hết giá trị để hủy như sau:"),
            Facts(
                [
                    ("Phông", paper.fonds),
                    ("Số hồ sơ", amount(paper.files)),
                    ("Số tài liệu", amount(paper.documents)),
                    ("Dung lượng", size(paper.size_bytes)),
                    ("Tình trạng", paper.condition),
                ]
            ),
            Text(bound(paper.bound_to), "bound"),
            Text(
                "Bên nhận chỉ được hủy toàn bộ các hồ sơ thuộc Danh mục nêu trên, không được hủy hồ sơ nào khác. "
                "Biên bản được lập thành hai bản có giá trị như nhau, mỗi bên giữ một bản."
            ),
        ],
    )


def destruction_minutes(paper: DestructionMinutes) -> Composed:
    terms = terms_of(paper.profile)
    return Composed(
        "BIÊN BẢN",
        "Hủy tài liệu hết giá trị",
        [
            *bases((*terms.bases, paper.decision, paper.handover)),
            Text(f"Từ {clock(paper.begun_at)} đến {clock(paper.ended_at)}, chúng tôi gồm:"),
            *(block for side in paper.executors for block in party("Người thực hiện hủy", side)),
            *(block for side in paper.witnesses for block in party("Người chứng kiến", side)),
            Text("đã tiến hành hủy tài liệu hết giá trị như sau:"),
            Facts(
                [
                    ("Phông", paper.fonds),
                    ("Số hồ sơ đã hủy", amount(paper.files)),
                    ("Số tài liệu đã hủy", amount(paper.documents)),
                    ("Dung lượng", size(paper.size_bytes)),
                ]
            ),
            Text(bound(paper.bound_to), "bound"),
            Heading("1. Cách hủy"),
            *(Text(f"- {item}") for item in paper.method),
            Heading("2. Việc đã làm và chưa làm tại từng nơi"),
            _places(paper.places),
            Heading("3. Những điều không khẳng định"),
            *_limits(paper.reservations),
            Text("Biên bản được lập ngay sau khi việc hủy đã được kiểm chứng và được những người có tên ký xác nhận."),
        ],
    )


def certificate(paper: Certificate) -> Composed:
    rows: list[Row] = [
        (
            line.ordinal,
            line.file_code,
            line.title or "(không giữ tiêu đề)",
            "\n".join(f"{aip_id}\n{sha256}" for aip_id, sha256 in line.packages),
            brief(line.destroyed_at),
        )
        for line in paper.lines
    ]
    columns = (
        Column("TT", 5, "center"),
        Column("Số, ký hiệu hồ sơ", 14),
        Column("Tiêu đề hồ sơ", 25),
        Column("Gói lưu trữ và SHA-256 của gói đã hủy", 44),
        Column("Hủy lúc", 12, "center"),
    )
    return Composed(
        "GIẤY CHỨNG NHẬN HỦY TÀI LIỆU",
        f"Số {paper.number}",
        [
            Text(
                f"{paper.archive_name} chứng nhận {amount(len(paper.lines))} hồ sơ sau đây đã bị hủy theo {paper.decision}, "
                f"ký ngày {short_date(paper.decided_on)}, và đã được tìm lại ở mọi nơi có thể còn bởi một bộ phận kiểm chứng "
                "độc lập với bộ phận thực hiện hủy."
            ),
            Text(bound(paper.bound_to), "bound"),
            Facts(
                [
                    ("Bộ phận kiểm chứng", paper.verifier),
                    ("Số khóa giải mã đã hủy", amount(paper.keys_destroyed)),
                    ("Thay khóa bọc sau đợt hủy", "" if paper.rotated_at is None else clock(paper.rotated_at)),
                    ("Thời điểm cấp", clock(paper.issued_at)),
                ]
            ),
            Heading("1. Việc đã làm và chưa làm tại từng nơi"),
            _places(paper.places),
            Heading("2. Những điều không chứng nhận"),
            *_limits(paper.limits),
            Heading("3. Hồ sơ đã hủy"),
            Table(columns, rows, numbered_heads=True),
        ],
        landscape=True,
    )


def party(label: str, side: HandingParty) -> list[Block]:
    """One side as minutes name it."""
    position = f", {side.position}" if side.position else ""
    return [Text(f"{label}: {side.unit}, đại diện là Ông/Bà {side.representative}{position};")]


def _places(places: tuple[PlaceOutcome, ...]) -> Table:
    columns = (
        Column("TT", 5, "center"),
        Column("Nơi", 17),
        Column("Đã làm", 22),
        Column("Chưa làm, lý do", 20),
        Column("Kiểm chứng", 19),
        Column("Kết quả", 17),
    )
    rows: list[Row] = [
        (
            number,
            "\n".join(filter(None, (place.name, place.medium))),
            "\n".join(f"- {item}" for item in place.done) or "Không",
            "\n".join(f"- {item}" for item in place.not_done) or "Không có",
            f"{place.searched}\n{brief(place.checked_at)}",
            STATES[place.state] + (f"\nKhóa đến {short_date(place.locked_until)}" if place.locked_until else ""),
        )
        for number, place in enumerate(places, 1)
    ]
    return Table(columns, rows)


def _limits(items: tuple[str, ...]) -> list[Block]:
    return [Text(f"- {item}") for item in items] or [Text("Không có.")]
