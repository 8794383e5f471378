"""Whether hồ sơ fit the round they are listed in: its agency, its rule profile, and the archive they lie in.

Which papers a round needs depends on what whoever opened it said of it; so that is held against the hồ sơ themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, literal_column, select

from archive.catalogue.file_reading import agency_codes
from archive.catalogue.reading import Reading
from archive.catalogue.retention_tables import files
from archive.disposal.model import Round
from archive.disposal.papers import needed_of
from archive.disposal.refusals import Reason, reason
from archive.disposal.words import ArchiveKind
from archive.retention.file import File
from archive.retention.file_state import FileState
from schemas.rule_profiles import rule_profiles


def fit_reasons(view: Reading, of: Round, held: Iterable[tuple[File, FileState]]) -> Mapping[str, list[Reason]]:
    """Why each of these hồ sơ does not fit the round, by id; one that fits is absent. With each the state it came from."""
    own = frozenset(agency_codes(view, of.agency_code)) if of.agency_code else None
    handing_in: dict[str, bool] = {}
    found: dict[str, list[Reason]] = {}
    for item, came_from in held:
        wrong = [] if own is None or item.agency_code in own else [reason("line.other-agency", item.id)]
        if _newer(item.profile, of.profile):
            wrong.append(reason("line.other-profile", item.id))
        if came_from is FileState.TRANSFERRED and of.archive_kind is not ArchiveKind.HISTORICAL:
            wrong.append(reason("line.other-archive", item.id))
        elif not needed_of(of, "submitting"):
            if item.agency_code not in handing_in:
                handing_in[item.agency_code] = _hands_in(view, item.agency_code)
            if handing_in[item.agency_code]:
                wrong.append(reason("line.agency-hands-in", item.id))
        if wrong:
            found[item.id] = wrong
    return found


def _newer(profile: str, than: str) -> bool:
    """Whether a profile came into force after the other: what was made under it does not go by the older one's papers."""
    known = rule_profiles()
    return profile in known and than in known and known[profile].in_force_from > known[than].in_force_from


def _hands_in(view: Reading, agency_code: str) -> bool:
    """Whether a historical archive has taken hồ sơ of this agency: then it is in the list of those that hand in.

    Also one that stands in a round of that archive now, or was destroyed in it.
    """
    c = files.c
    taken: ColumnElement[bool] = literal_column("transferred_at IS NOT NULL")  # in the words of its index
    asked = select(c.id).where(c.agency_code.in_(agency_codes(view, agency_code)), taken).limit(1)
    return view.rows(asked).first() is not None
