"""Records of two owners in all three modes; each has words, a number, an issuer and a signer that no other has."""

from __future__ import annotations

from dataclasses import dataclass

from search.record import IndexableAip
from search.visibility import Visible
from tests.search.holdings import document, hoso

SECRET = {
    "hp": "alpha",
    "hp/1": "bravo",
    "hp/2": "charlie",
    "hp/3": "delta",
    "ct": "echo",
    "ct/1": "foxtrot",
    "ct/2": "golf",
    "kn": "hotel",
    "kn/1": "india",
    "kn/2": "juliett",
}
"""By index id: the word that stands in this record alone."""


@dataclass(frozen=True, slots=True)
class Record:
    id: str
    aip_id: str
    ordinal: int | None
    owner: str
    mode: str
    year: int | None


RECORDS = (
    Record("hp", "hp", None, "HP", "open", None),
    Record("hp/1", "hp", 1, "HP", "open", 2001),
    Record("hp/2", "hp", 2, "HP", "conditional", 2002),
    Record("hp/3", "hp", 3, "HP", "restricted", 2003),
    Record("ct", "ct", None, "CT", "conditional", None),
    Record("ct/1", "ct", 1, "CT", "conditional", 2004),
    Record("ct/2", "ct", 2, "CT", "restricted", 2005),
    Record("kn", "kn", None, "HP", "restricted", None),
    Record("kn/1", "kn", 1, "HP", "restricted", 2006),
    Record("kn/2", "kn", 2, "HP", "restricted", 2007),
)


def shelves() -> list[IndexableAip]:
    aips = []
    for whole in (item for item in RECORDS if item.ordinal is None):
        documents = [
            document(
                str(item.ordinal),
                f"Toàn văn chung về đê điều. Riêng {SECRET[item.id]} thôi.",
                subject=f"Bảo vệ đê điều {SECRET[item.id]}",
                codeNumber=str(item.year),
                codeNotation=f"{SECRET[item.id].upper()}-UBND",
                organName=f"Ủy ban {SECRET[item.id]}",
                issuedDate=f"{item.year}-05-06",
                typeName="02",
                own_mode=item.mode if item.aip_id != "kn" else "open",
                signers=(f"Nguyễn {SECRET[item.id]}",),
            )
            for item in RECORDS
            if item.aip_id == whole.aip_id and item.ordinal is not None
        ]
        aips.append(
            hoso(
                whole.aip_id,
                *documents,
                owner=whole.owner,
                own_mode=whole.mode,
                title=f"Hồ sơ đê điều {SECRET[whole.id]}",
                fileCode=f"{whole.owner}.{SECRET[whole.id]}",
                organId=f"P-{whole.owner}",
            )
        )
    return aips


def seen_by(visible: Visible) -> set[str]:
    """The ids this asker may know of, found without the index."""
    return {
        item.id
        for item in RECORDS
        if (item.aip_id, None) in visible.granted
        or (item.aip_id, item.ordinal) in visible.granted
        or (
            item.mode in visible.modes
            and visible.owner in (None, item.owner)
            and (item.aip_id, None) not in visible.hidden
            and (item.aip_id, item.ordinal) not in visible.hidden
        )
    }
