"""Hồ sơ of the registry before the access rules: whose they are, and the modes of use of the packages they are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from api.http.gate import Asked
from api.http.problems import unknown
from api.http.targets import Judge
from archive.access import Mode, Operation, Role, Target, Verdict
from archive.access.modes import strictest
from archive.catalogue import Reading
from archive.catalogue.destruction_model import Tombstone
from archive.catalogue.destruction_reading import tombstones_by_id
from archive.catalogue.file_list_reading import aips_of_files
from archive.catalogue.file_reading import agency_codes, file
from archive.catalogue.pieces import pieces
from archive.retention.file import File

_AT_ONCE = 500


@dataclass(frozen=True)
class FileJudge:
    """Answers of the rules for a whole page of hồ sơ. ``own``: every code of the asker's agency."""

    asked: Asked
    packages: Judge
    aips: Mapping[str, tuple[str, ...]]
    own: frozenset[str]
    gone: Mapping[str, Tombstone]
    """Of those whose destruction has begun: their packages are forgotten, and nobody may know more of them for that."""

    @classmethod
    def of(cls, reading: Reading, asked: Asked, held: Iterable[File]) -> FileJudge:
        file_ids = [item.id for item in held]
        aips = aips_of_files(reading, file_ids)
        packages = Judge.of(reading, asked, ((aip_id, None) for ids in aips.values() for aip_id in ids))
        gone: dict[str, Tombstone] = {}
        for some in pieces(file_ids, _AT_ONCE):
            gone |= tombstones_by_id(reading, some)
        return cls(asked, packages, aips, own_codes(reading, asked), gone)

    def target(self, held: File) -> Target:
        """As strict as the strictest package nobody granted to who asks; of one without any, conditional;
        of one that is destroyed, as it was when that began."""
        owner = _owner(self.asked, held.agency_code, self.own)
        if held.id in self.gone:
            return Target(owner, self.gone[held.id].mode)
        found = [self.packages.target(aip_id, None) for aip_id in self.aips.get(held.id, ())]
        whole = [target for target in found if target is not None]
        closed = [target.mode for target in whole if not target.granted]
        if whole and not closed:
            return Target(owner, strictest([target.mode for target in whole]), granted=True)
        return Target(owner, strictest(closed) if closed else Mode.CONDITIONAL)

    def knows(self, held: File) -> bool:
        return self.asked.verdict(self.target(held)) is Verdict.ALLOWED


def as_reader(asked: Asked) -> Asked:
    """The same asker, asking of each hồ sơ whether it may be known of: what stands behind lists about something else."""
    return replace(asked, operation=Operation.FILE_READ)


def own_codes(reading: Reading, asked: Asked) -> frozenset[str]:
    """Every code of the agency the account is of; none for other roles."""
    code = asked.who.agency_code if asked.who.role is Role.AGENCY else ""
    return frozenset(agency_codes(reading, code)) if code else frozenset()


def found_file(reading: Reading, asked: Asked, file_id: str) -> File:
    """The hồ sơ, when who asks may do to it what they ask for. What may not be known of is answered as what is not there."""
    held = file(reading, file_id)
    if held is None:
        raise unknown()
    asked.require(FileJudge.of(reading, asked, [held]).target(held), file_id)
    return held


def known_files(reading: Reading, asked: Asked, held: Collection[File]) -> list[File]:
    """Those of a page that may be known of, in their order."""
    judge = FileJudge.of(reading, asked, held)
    return [item for item in held if judge.knows(item)]


def agency_asked(reading: Reading, asked: Asked, code: str) -> str:
    """The agency a list or a figure is about ("" for all): an agency's account is only ever told of its own."""
    if asked.who.role is Role.AGENCY:
        code = code or asked.who.agency_code
        if not code:
            raise unknown()
    if code:
        owner = _owner(asked, code, own_codes(reading, asked))
        asked.require(Target(owner, Mode.OPEN), f"agency:{code}")
    return code


def _owner(asked: Asked, code: str, own: frozenset[str]) -> str:
    return asked.who.agency_code if code in own else code
