"""Proves a dossier of destruction from its own package and the archive's public key; the destroyed data is not needed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from archive.aip import layout
from archive.aip.model import AipUnreadableError
from archive.aip.reader import AipReader
from archive.canonical import canonical_json
from archive.finding import Answer, Finding, answer_of, finding
from archive.papers.dossier import DATA_FILE, DOSSIER_SCHEMA, LEAST_YEARS, frozen_list_sha256, years_later
from archive.signing import signature_holds
from schemas.disposal_rules import DisposalRules, PaperRule, disposal_rules

_COUNCIL = frozenset({"chairman", "secretary", "unit", "expert"})
_MOST_DATA_BYTES = 256 << 20
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class DossierVerdict:
    """``answer`` is passed only when everything was there and held; ``facts`` says what was proven of."""

    findings: tuple[Finding, ...]
    answer: Answer
    facts: Mapping[str, Any] = field(default_factory=dict)


def verify_dossier(package: BinaryIO, keys: Collection[Ed25519PublicKey]) -> DossierVerdict:
    """The verdict on the AIP in ``package`` (a plain tar), by the archive's public keys of then.

    Proves: the list gives its hash again; every paper has its digest, its valid signature as judged, and this list; each
    outcome was voted for by more than half of the council with its quorum; whoever was destroyed was to be; the
    certificate is the archive's and names them all; the dossier is kept long enough. Raises nothing for bad content.
    """
    try:
        reader = AipReader(package)
        document = _document(reader)
        statement = document["statement"]
        if statement["schema"] != DOSSIER_SCHEMA:
            return _verdict([finding("dossier.data.unreadable", reason=f"schema {statement['schema']!r}")])
        found = [] if _held(document, keys) else [finding("dossier.data.signature")]
        found += _Proof(reader, statement, keys).findings()
    except FileNotFoundError:
        return _verdict([finding("dossier.data.missing")])
    except (AipUnreadableError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        return _verdict([finding("dossier.data.unreadable", reason=type(error).__name__)])
    facts = {
        "aip_id": reader.aip_id,
        "round_code": statement["round_code"],
        "list_sha256": statement["list_sha256"],
        "lines": len(statement["lines"]),
        "destroyed": len(statement["destroyed"]),
        "papers": len(statement["papers"]),
        "keep_until": statement["keep_until"],
    }
    return _verdict(found, facts)


def _verdict(found: Sequence[Finding], facts: Mapping[str, Any] | None = None) -> DossierVerdict:
    return DossierVerdict(tuple(found), answer_of(found), facts or {})


def _document(reader: AipReader) -> dict[str, Any]:
    path = f"{layout.tree_path(reader.aip_id)}/{layout.SUBMISSION}/{DATA_FILE}"
    if not reader.has(path):
        raise FileNotFoundError(path)
    if reader.entry(path).size_bytes > _MOST_DATA_BYTES:
        raise ValueError("too large")
    with reader.open(path) as file:
        value = json.load(file)
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


def _held(document: Mapping[str, Any], keys: Collection[Ed25519PublicKey]) -> bool:
    return any(signature_holds(document, key) for key in keys)


class _Proof:
    def __init__(self, reader: AipReader, statement: Mapping[str, Any], keys: Collection[Ed25519PublicKey]) -> None:
        self._reader, self._said, self._keys = reader, statement, keys
        self._rules: DisposalRules = disposal_rules(statement["profile"])
        self._list: str = statement["list_sha256"]

    def findings(self) -> list[Finding]:
        return [
            *self._frozen(),
            *self._papers(),
            *self._persons(),
            *self._votes(),
            *self._destroyed(),
            *self._certificate(),
            *self._keeping(),
        ]

    def _frozen(self) -> Iterator[Finding]:
        found = frozen_list_sha256(self._said)
        if found != self._list:
            yield finding("dossier.list.altered", found=found, stated=self._list)
        if self._said["decision"]["list_sha256"] != self._list:
            yield finding("dossier.decision.other-list", found=self._said["decision"]["list_sha256"])

    def _papers(self) -> Iterator[Finding]:
        stored = {str(document.path): document for document in self._reader.documents()}
        by_rule: dict[str, Mapping[str, Any]] = {}
        for paper in self._said["papers"]:
            by_rule[paper["rule"]] = paper
            name = paper["file_name"]
            if name not in stored:
                yield finding("dossier.paper.missing", name)
            elif self._digest(name) != (paper["sha256"], paper["size_bytes"]):
                yield finding("dossier.paper.altered", name)
            judged = paper["judgement"]
            if paper["list_sha256"] and paper["list_sha256"] != self._list:
                yield finding("dossier.paper.other-list", name, found=paper["list_sha256"])
            elif judged is not None and (judged["list_sha256"] or self._list) != self._list:
                yield finding("dossier.paper.other-list", name, found=judged["list_sha256"])
        for rule in self._rules.papers:
            if self._needed(rule):
                yield from self._required(rule, by_rule.get(rule.kind))

    def _required(self, rule: PaperRule, paper: Mapping[str, Any] | None) -> Iterator[Finding]:
        if paper is None:
            yield finding("dossier.paper.required-missing", title=rule.title)
            return
        state = (paper["judgement"] or {}).get("signature", "unsigned")
        if rule.signed and state != "valid":
            yield finding("dossier.paper.not-valid", paper["file_name"], state=state)
        if rule.list_bound and not paper["list_sha256"]:
            yield finding("dossier.paper.other-list", paper["file_name"], found="")

    def _needed(self, rule: PaperRule) -> bool:
        historical, submitting = bool(self._said["historical"]), bool(self._said["submitting"])
        return {
            "always": True,
            "historical": historical,
            "submitting": submitting or historical,
            "optional": False,
        }[rule.needed]

    def _digest(self, name: str) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        with self._reader.open_document(name) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
        return digest.hexdigest(), size

    def _persons(self) -> Iterator[Finding]:
        duties: dict[str, list[str]] = {}
        for person in self._said["persons"]:
            duties.setdefault(person["account_id"], []).append(person["duty"])
        for held in duties.values():
            if len(set(held)) > 1:
                yield finding("dossier.persons.same", duties=", ".join(sorted(set(held))))

    def _votes(self) -> Iterator[Finding]:
        """By the last session in which anybody voted on a line, as the council's own rule has it."""
        members = {person["account_id"] for person in self._said["persons"] if person["duty"] in _COUNCIL}
        part, of = self._rules.quorum
        by_line: dict[int, list[Mapping[str, Any]]] = {}
        for vote in self._said["votes"]:
            by_line.setdefault(vote["line"], []).append(vote)
        for line in self._said["lines"]:
            votes = by_line.get(line["ordinal"], [])
            last = max((vote["session"] for vote in votes), default=0)
            cast = {vote["account_id"]: (vote["outcome"], vote["years"]) for vote in votes if vote["session"] == last}
            if cast.keys() - members:
                yield finding("dossier.votes.stranger", line=line["ordinal"])
            if not members or len(cast.keys() & members) * of < len(members) * part:
                yield finding("dossier.votes.no-quorum", line=line["ordinal"], cast=len(cast), members=len(members))
            choices = Counter(choice for account, choice in cast.items() if account in members)
            if choices[line["outcome"], line["extend_years"]] * 2 <= len(members):
                yield finding("dossier.votes.no-majority", line=line["ordinal"], outcome=line["outcome"])

    def _destroyed(self) -> Iterator[Finding]:
        decided = {line["file_id"]: line for line in self._said["lines"] if line["outcome"] == "destroy"}
        gone = {item["file_id"]: item for item in self._said["destroyed"]}
        for file_id, item in gone.items():
            if file_id not in decided or decided[file_id]["ordinal"] != item["line"]:
                yield finding("dossier.destroyed.unlisted", file_code=item["file_code"])
        spared = {item["file_id"] for item in self._said["spared"]}
        for file_id, line in decided.items():
            if (file_id in gone) is (file_id in spared):
                yield finding("dossier.destroyed.missing", line=line["ordinal"])

    def _certificate(self) -> Iterator[Finding]:
        certificate = self._said["certificate"]
        if not certificate:
            yield finding("dossier.certificate.missing")
            return
        if not _held(certificate, self._keys):
            yield finding("dossier.certificate.signature")
        said = certificate["statement"]
        named = set(_texts(said))
        if self._list not in named or not {self._said["round_id"], self._said["round_code"]} & named:
            yield finding("dossier.certificate.other-list")
        if "lines_sha256" in said:
            yield from self._certified(said)
            return
        for item in self._said["destroyed"]:
            packages = {aip_id for aip_id, _ in item["packages"]}
            if not ({item["file_id"], item["file_code"]} & named or (packages and packages <= named)):
                yield finding("dossier.certificate.incomplete", file_code=item["file_code"])

    def _certified(self, said: Mapping[str, Any]) -> Iterator[Finding]:
        """The certificate has the digest of what was destroyed, line by line: exactly the hồ sơ of this dossier."""
        lines = self._said["certified"]
        digest = hashlib.sha256(b"".join(canonical_json(line) + b"\n" for line in lines)).hexdigest()
        if digest != said["lines_sha256"] or said["files"] != len(lines):
            yield finding("dossier.certificate.other-list")
        certified = {(line["file_id"], line["line"]) for line in lines}
        gone = {(item["file_id"], item["line"]): item["file_code"] for item in self._said["destroyed"]}
        for known in sorted(gone.keys() ^ certified):
            yield finding("dossier.certificate.incomplete", file_code=gone.get(known, known[0]))

    def _keeping(self) -> Iterator[Finding]:
        years = max(LEAST_YEARS, self._rules.dossier_years)
        until = date.fromisoformat(self._said["keep_until"])
        if until < years_later(date.fromisoformat(self._said["destroyed_on"]), years):
            yield finding("dossier.keeping.short", until=until.isoformat(), years=years)


def _texts(value: Any) -> Iterator[str]:
    """Every text anywhere in a JSON value: how a certificate is laid out is its issuer's matter."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
