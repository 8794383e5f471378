"""A made collection of administrative texts, each with what it is about known by construction.

A paper's *latent* attributes are drawn first (aspect, second aspect, place, kind, number, date, people), the text is
written from them afterwards. Judgements look at the attributes alone, never at the text.

    40 %  routine: about no aspect at all (invitations, rosters, personnel), made of fillers
    60 %  about one aspect; a third of these treat a second one in a section; one in eight has a title that says nothing
    all   speak in passing of other things, hold words that share syllables with other terms, cite earlier papers
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from typing import Any

from bench.relevance.spelling import abbreviated, stripped, tone_on_first, tone_on_second
from bench.relevance.vocabulary import Aspect, Place, Vocabulary, initials, vocabulary

_FIRST_DAY = date(2009, 1, 1)
_DAYS = 5500


@dataclass(frozen=True, slots=True)
class Paper:
    """One text and what it is about; ``person`` is whom it concerns, ``signer`` who signed."""

    id: str
    aspect: str | None
    second: str | None
    topic: str | None
    place: Place
    kind: str
    number: int
    year_in_notation: bool
    organ: str
    issued: date
    issuer: str
    signer: str
    person: str | None
    title: str
    text: str

    @property
    def notation(self) -> str:
        sign = f"{self.kind}-{self.organ}" if self.kind != "CV" else f"{self.organ}-VP"
        return f"{self.issued.year}/{sign}" if self.year_in_notation else sign

    @property
    def number_and_notation(self) -> str:
        return f"{self.number:02}/{self.notation}"


def papers(count: int, seed: int) -> Iterator[Paper]:
    """``count`` papers, the same for the same seed."""
    writer = _Writer(random.Random(seed), vocabulary())
    for number in range(count):
        yield writer.paper(f"p{number:06}")


class _Writer:
    def __init__(self, drawn: random.Random, words: Vocabulary) -> None:
        self._drawn = drawn
        self._words = words
        self._cited: list[str] = []
        self._kinds = dict(words.kinds)
        self._long = {brief: long for long, brief in words.short}
        self._seeds = _sentences_of_seeds()
        self._sharing = _words_by_syllable(words)
        names = words.people
        self._people = [
            " ".join((drawn.choice(names["surnames"]), drawn.choice(names["middles"]), drawn.choice(names["given"])))
            for _ in range(600)
        ]
        weights = [1 / (1 + position) ** 0.35 for position in range(len(words.aspects))]
        drawn.shuffle(weights)
        self._weights = weights

    def paper(self, identity: str) -> Paper:
        drawn, words = self._drawn, self._words
        aspect = drawn.choices(words.aspects, self._weights)[0] if drawn.random() < 0.6 else None
        second = drawn.choice(words.aspects) if aspect and drawn.random() < 0.33 else None
        second = None if second is aspect else second
        place = drawn.choice(words.provinces if drawn.random() < 0.45 else words.districts)
        kind = drawn.choice(list(self._kinds))
        issuer, organ = self._issuer(aspect, place)
        issued = _FIRST_DAY + timedelta(days=drawn.randrange(_DAYS))
        person = drawn.choice(self._people) if aspect is None and drawn.random() < 0.3 else None
        made: dict[str, Any] = {
            "id": identity,
            "aspect": aspect.id if aspect else None,
            "second": second.id if second else None,
            "topic": aspect.topic if aspect else None,
            "place": place,
            "kind": kind,
            "number": drawn.randint(1, 90) if drawn.random() < 0.5 else drawn.randint(91, 3999),
            "year_in_notation": kind in ("QĐ", "NQ", "CT") and drawn.random() < 0.7,
            "organ": organ,
            "issued": issued,
            "issuer": issuer,
            "signer": drawn.choice(self._people),
            "person": person,
        }
        title = self._title(aspect, place, person)
        bare = Paper(title=title, text="", **made)
        text = self._text(bare, aspect, second)
        self._cited.append(
            f"{self._kinds[kind]} số {bare.number_and_notation} ngày {_spelled(issued, drawn)} của {issuer}"
        )
        title, text = self._in_one_hand(title, text)
        return Paper(title=title, text=text, **made)

    # -- what is said ----------------------------------------------------------------------------------------------

    def _issuer(self, aspect: Aspect | None, place: Place) -> tuple[str, str]:
        if aspect is not None and place.district is None and self._drawn.random() < 0.5:
            return f"{aspect.office.removesuffix(' tỉnh')} tỉnh {place.province}", initials(aspect.office)
        if self._drawn.random() < 0.12:
            return f"Hội đồng nhân dân {place.name}", "HĐND"
        return f"Ủy ban nhân dân {place.name}", "UBND"

    def _title(self, aspect: Aspect | None, place: Place, person: str | None) -> str:
        drawn, turns = self._drawn, self._words.turns
        if aspect is None:
            if person is not None:
                return "Về việc " + drawn.choice(turns["personal"]).format(person=f"ông (bà) {person}")
            return f"{drawn.choice(turns['routine'])} của {place.name}"
        if drawn.random() < 0.12:
            return drawn.choice(turns["vague"])
        where = drawn.choice((f" trên địa bàn {place.name}", f" tại {place.name}", ""))
        return f"Về việc {drawn.choice(turns['actions'])} {drawn.choice(aspect.phrases)}{where}"

    def _text(self, paper: Paper, aspect: Aspect | None, second: Aspect | None) -> str:
        drawn = self._drawn
        head = [
            f"{paper.issuer.upper()}\nSố: {paper.number_and_notation}",
            f"{paper.place.district or paper.place.province}, ngày {_spelled(paper.issued, drawn)}",
            f"{self._kinds[paper.kind].upper()}\n{paper.title}",
        ]
        for _ in range(min(len(self._cited), drawn.randint(0, 3))):
            head.append(f"Căn cứ {drawn.choice(self._cited)};")
        body: list[str] = []
        if aspect is not None:
            body += self._about(aspect, paper, drawn.randint(3, 6))
        if paper.person is not None:
            body.append(
                f"Điều 1. Nay quyết định đối với ông (bà) {paper.person} kể từ ngày {_spelled(paper.issued, drawn)}."
            )
        body += [self._other("passing") for _ in range(drawn.randint(1, 3))]
        body += [self._scattered() for _ in range(drawn.randint(0, 2))]
        body += drawn.sample(self._seeds, drawn.randint(1, 3))
        body += drawn.sample(self._words.turns["filler"], drawn.randint(2, 4))
        drawn.shuffle(body)
        if second is not None:
            body.insert(len(body) // 2, "\n".join(self._section(second, paper)))
        numbered = [f"{place}. {sentence}" for place, sentence in enumerate(body, 1)]
        tail = f"Nơi nhận:\n- Như trên;\n- Lưu: VT.\n{paper.signer}"
        return "\n".join((*head, *numbered, tail))

    def _about(self, aspect: Aspect, paper: Paper, count: int) -> list[str]:
        turns = self._drawn.sample(self._words.turns["about"], count)
        return [self._filled(turn, aspect, paper) for turn in turns]

    def _section(self, aspect: Aspect, paper: Paper) -> list[str]:
        turns = self._drawn.sample(self._words.turns["second"], 2)
        return [self._filled(turn, aspect, paper) for turn in turns]

    def _filled(self, turn: str, aspect: Aspect, paper: Paper) -> str:
        drawn = self._drawn
        return turn.format(
            agency=paper.issuer,
            action=drawn.choice(self._words.turns["actions"][:2]),
            phrase=drawn.choice(aspect.phrases),
            term=drawn.choice(aspect.terms),
            term2=drawn.choice(aspect.terms),
            place=paper.place.name,
            person=drawn.choice(self._people),
            office=aspect.office,
            number=drawn.randint(2, 900),
            percent=drawn.randint(2, 95),
            day=_spelled(paper.issued + timedelta(days=drawn.randint(5, 90)), drawn),
        )

    def _other(self, turns: str) -> str:
        aspect = self._drawn.choice(self._words.aspects)
        return self._drawn.choice(self._words.turns[turns]).format(term=self._drawn.choice(aspect.terms))

    def _scattered(self) -> str:
        """Words that hold the syllables of some term one by one, so that the term itself is not meant."""
        drawn = self._drawn
        term = drawn.choice(drawn.choice(self._words.aspects).terms)
        others = [drawn.choice(self._sharing[syllable]) for syllable in term.lower().split()]
        drawn.shuffle(others)
        return drawn.choice(self._words.turns["scattered"]).format(words=", ".join(others))

    # -- how it is written -----------------------------------------------------------------------------------------

    def _in_one_hand(self, title: str, text: str) -> tuple[str, str]:
        """Every writer has one way: of placing tones, of shortening, of encoding; one in thirty types no diacritics."""
        drawn = self._drawn
        place_tones = tone_on_second if drawn.random() < 0.4 else tone_on_first
        short = drawn.random() < 0.45
        bare, decomposed = drawn.random() < 0.033, drawn.random() < 0.05

        def written(part: str) -> str:
            part = place_tones(abbreviated(part, self._words.short) if short else part)
            if bare:
                return stripped(part)
            return unicodedata.normalize("NFD", part) if decomposed else part

        return written(title), written(text)


def _spelled(day: date, drawn: random.Random) -> str:
    if drawn.random() < 0.4:
        return (
            f"{day.day:02}/{day.month:02}/{day.year}" if drawn.random() < 0.6 else f"{day.day}/{day.month}/{day.year}"
        )
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return f"{day.day:02} tháng {month} năm {day.year}"


def _sentences_of_seeds() -> list[str]:
    """Sentences of real decisions, of a length that reads as one item."""
    lines = [
        line.strip()
        for entry in sorted(resources.files("samples").joinpath("seeds").iterdir(), key=lambda item: item.name)
        if entry.name.endswith(".txt")
        for line in entry.read_text(encoding="utf-8").splitlines()
    ]
    lines = [re.sub(r"^(\d+\.|[a-zđ]\)|-|\*+|Điều \d+\.)\s*", "", line) for line in lines]
    return sorted({line for line in lines if 60 <= len(line) <= 260})


def _words_by_syllable(words: Vocabulary) -> dict[str, list[str]]:
    """For each syllable of a term the two-syllable words that hold it, the term's own excepted where there are others."""
    pairs = {
        f"{first} {second}"
        for source in (
            *(phrase for item in words.aspects for phrase in (*item.phrases, *item.terms)),
            *_sentences_of_seeds(),
        )
        for clause in re.split(r"[^\w\s]", source.lower())
        for first, second in zip(clause.split(), clause.split()[1:], strict=False)
        if first.isalpha() and second.isalpha()
    }
    found: dict[str, list[str]] = {}
    terms = {term.lower() for item in words.aspects for term in item.terms}
    for pair in sorted(pairs - terms):
        for syllable in pair.split():
            found.setdefault(syllable, []).append(pair)
    for term in sorted(terms):
        for syllable in term.split():
            found.setdefault(syllable, [syllable])
    return found
