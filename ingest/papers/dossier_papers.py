"""How the index of a dossier of destruction is worded."""

from __future__ import annotations

from archive.papers.dossier_index import DossierIndex
from ingest.papers.blocks import Column, Composed, Facts, Row, Table, Text
from ingest.papers.disposal_papers import bound
from ingest.papers.frame import short_date


def dossier_index(paper: DossierIndex) -> Composed:
    columns = (
        Column("TT", 5, "center"),
        Column("Tên giấy tờ", 22),
        Column("Số, ký hiệu; ngày", 15),
        Column("Tên tệp và SHA-256", 38),
        Column("Người, cơ quan ký số", 20),
    )
    rows: list[Row] = [
        (
            item.ordinal,
            item.name,
            "\n".join(filter(None, (item.notation, item.issued))),
            f"{item.file_name}\n{item.sha256}",
            "\n".join(item.signers) or "Không ký số",
        )
        for item in paper.papers
    ]
    return Composed(
        "MỤC LỤC HỒ SƠ HỦY TÀI LIỆU",
        f"Hồ sơ {paper.file_code}",
        [
            Text(bound(paper.bound_to), "bound"),
            Facts(
                [
                    ("Ngày hủy xong", short_date(paper.destroyed_on)),
                    ("Bảo quản ít nhất đến", short_date(paper.keep_until)),
                    ("SHA-256 của dữ liệu hồ sơ hủy (ho-so-huy.json)", paper.data_sha256),
                ]
            ),
            Table(columns, rows, numbered_heads=True),
        ],
        landscape=True,
    )
