"""What archivists ask, in eleven kinds, and what answers it: grades from the papers' attributes, not from their words.

3  what was asked for      2  treats it in a section      1  the same topic, or only part of what was asked
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from bench.relevance.collection import Paper
from bench.relevance.spelling import abbreviated, spelled_out, stripped, tone_on_first, tone_on_second
from bench.relevance.vocabulary import Aspect, vocabulary

Grade = Callable[[Paper], int]

HOMOGRAPHS = (
    "quản lý cơ sở lưu trú du lịch", "thông báo lưu trú", "cho thuê đất", "thu thuế đất", "sản xuất muối", "diệt muỗi",
    "thu viện phí", "thư viện công cộng", "sữa học đường", "sửa chữa trường học", "bảo vệ đê điều", "chăn nuôi dê",
    "phòng chống bão", "cung cấp thông tin cho báo chí", "lấy ý kiến công chúng", "văn phòng công chứng", "mộ liệt sĩ",
    "khai thác mỏ đá", "thủ tục hải quan", "ranh giới giữa hai quận", "tín dụng chính sách", "hàng Việt được tin dùng",
    "quản lý chợ", "xe chở quá tải", "ngăn chặn phá rừng", "nâng cấp bến phà", "quyên góp ủng hộ", "quyền góp vốn",
    "hòa giải ở cơ sở", "cổng thông tin điện tử", "cống thoát nước", "trồng lúa", "dệt lụa", "lừa đảo qua mạng",
)  # fmt: skip
"""Phrases that another word matches, in part or whole, when the diacritics are gone; each begins or holds an aspect."""

COUNTS = {
    "topic": 40, "compound": 32, "number": 40, "agency and topic": 32, "date": 16, "abbreviation": 22, "phrase": 16,
    "person": 16, "question": 24, "tone placement": 16, "homograph": 20,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """One query as typed, and the grade of every paper that has one above 0."""

    kind: str
    text: str
    grades: dict[str, int]


def held_out(aspect: Aspect) -> bool:
    """Whether the aspect's topic belongs to the test split: two thirds of the topics, chosen by their names alone."""
    return zlib.crc32(aspect.topic.encode()) % 3 != 0


def asked(papers: Sequence[Paper], split: str, seed: int) -> list[Asked]:
    """The judged queries of a split (``dev`` or ``test``), the same for the same seed.

    No topic is in both splits. Each query has at least one paper of grade 3.
    """
    aspects = [item for item in vocabulary().aspects if held_out(item) == (split == "test")]
    writer = _Asker(random.Random(f"{split}{seed}"), papers, aspects, split == "test")
    made: dict[str, Asked] = {}
    for kind, count in COUNTS.items():
        rows = writer.of_kind(kind)
        of_kind: dict[str, Asked] = {}
        for text, grade in rows:
            if len(of_kind) == count:
                break
            grades = {paper.id: value for paper in papers if (value := grade(paper)) > 0}
            if 3 in grades.values() and text not in made:
                of_kind[text] = Asked(kind, text, grades)
        made |= of_kind
    return list(made.values())


class _Asker:
    def __init__(self, drawn: random.Random, papers: Sequence[Paper], aspects: Sequence[Aspect], test: bool) -> None:
        self._drawn = drawn
        self._short = vocabulary().short
        self._kinds = dict(vocabulary().kinds)
        self._by_id = {item.id: item for item in aspects}
        half = [paper for paper in papers if (zlib.crc32(paper.id.encode()) % 3 != 0) == test]
        self._papers = drawn.sample(half, len(half))
        self._about = [paper for paper in self._papers if paper.aspect in self._by_id]
        self._aspects = drawn.sample(aspects, len(aspects))

    def of_kind(self, kind: str) -> Iterator[tuple[str, Grade]]:
        """Endless or long enough: queries of a kind with the function that grades a paper for them."""
        return {
            "topic": self._topics,
            "compound": self._compounds,
            "number": self._numbers,
            "agency and topic": self._placed,
            "date": self._dated,
            "abbreviation": self._abbreviated,
            "phrase": self._phrases,
            "person": self._persons,
            "question": self._questions,
            "tone placement": self._toned,
            "homograph": self._homographs,
        }[kind]()

    def _topics(self) -> Iterator[tuple[str, Grade]]:
        for item in self._aspects:
            yield self._drawn.choice(item.phrases), partial(_about, item)

    def _compounds(self) -> Iterator[tuple[str, Grade]]:
        for item in self._aspects:
            terms = [term for term in item.terms if 2 <= len(term.split()) <= 4]
            if terms:
                yield self._drawn.choice(terms), partial(_about, item)

    def _phrases(self) -> Iterator[tuple[str, Grade]]:
        for item in reversed(self._aspects):
            terms = [term for term in (*item.terms, *item.phrases) if 2 <= len(term.split()) <= 5 and "," not in term]
            if terms:
                yield f'"{self._drawn.choice(terms)}"', partial(_about, item)

    def _questions(self) -> Iterator[tuple[str, Grade]]:
        forms = (
            "văn bản nào quy định về {}",
            "tìm các văn bản chỉ đạo việc {} trong những năm qua",
            "cơ quan nào chịu trách nhiệm về {} và thực hiện như thế nào",
            "cho tôi hỏi muốn biết về {} thì xem văn bản nào",
            "báo cáo gần đây về tình hình {} ra sao",
        )
        for item in self._aspects[::-1] * 2:
            yield self._drawn.choice(forms).format(self._drawn.choice(item.phrases)), partial(_about, item)

    def _toned(self) -> Iterator[tuple[str, Grade]]:
        for item in self._aspects * 3:
            text = self._drawn.choice((*item.phrases, *item.terms))
            other = tone_on_second(text)
            if other != tone_on_first(text) and len(text.split()) > 1:
                yield other, partial(_about, item)
        names = [paper for paper in self._about if tone_on_second(paper.place.name) != tone_on_first(paper.place.name)]
        for paper in names:
            yield from self._at_place(paper, tone_on_second)

    def _homographs(self) -> Iterator[tuple[str, Grade]]:
        for text in self._drawn.sample(HOMOGRAPHS, len(HOMOGRAPHS)):
            for item in self._aspects:
                if any(text.lower() in phrase.lower() for phrase in (*item.phrases, *item.terms)):
                    yield text, partial(_about, item)
                    break

    def _placed(self) -> Iterator[tuple[str, Grade]]:
        for paper in self._about:
            yield from self._at_place(paper, str)

    def _at_place(self, paper: Paper, spelt: Callable[[str], str]) -> Iterator[tuple[str, Grade]]:
        item = self._by_id[str(paper.aspect)]
        who = self._drawn.choice(
            (f"{paper.issuer} ", f"{paper.place.name} ", f"{paper.place.district or paper.place.province} ")
        )
        yield spelt(who + self._drawn.choice(item.phrases)), partial(_about_at, item, paper)

    def _abbreviated(self) -> Iterator[tuple[str, Grade]]:
        """Subjects typed short first, then agencies and kinds; the papers write as their writers do."""
        for item in self._aspects:
            for phrase in item.phrases:
                short = abbreviated(phrase, self._short)
                if short != phrase:
                    yield short, partial(_about, item)
        for position, paper in enumerate(self._about):
            item = self._by_id[str(paper.aspect)]
            phrase = self._drawn.choice(item.phrases)
            if position % 2:
                yield f"{abbreviated(paper.issuer, self._short)} {phrase}", partial(_about_at, item, paper)
            else:
                issuer = spelled_out(paper.issuer, self._short)
                yield f"{paper.kind} {issuer} {phrase}", partial(_kind_about_at, item, paper)

    def _numbers(self) -> Iterator[tuple[str, Grade]]:
        forms: Sequence[Callable[[Paper], str]] = (
            lambda p: f"{p.number:02}/{p.notation}",
            lambda p: f"{p.number}/{p.issued.year}",
            lambda p: f"{stripped(p.kind).lower()} {p.organ.lower()} {p.number} {p.issued.year}",
            lambda p: f"{p.kind} {p.number}/{p.issued.year}/{p.organ}",
            lambda p: f"số {p.number} năm {p.issued.year} của {p.issuer}",
            lambda p: f"{self._kinds[p.kind].lower()} số {p.number}/{p.notation}",
            lambda p: f"{p.number} / {p.notation.replace('-', ' - ')}",
            lambda p: f"{self._kinds[p.kind].lower()} {p.number} năm {p.issued.year} {p.place.name}",
        )
        for position, paper in enumerate(paper for paper in self._papers if paper.kind != "CV"):
            form = position % len(forms)
            yield forms[form](paper), partial(_numbered, paper, form)

    def _dated(self) -> Iterator[tuple[str, Grade]]:
        forms: Sequence[Callable[[Paper], str]] = (
            lambda p: f"ngày {p.issued.day} tháng {p.issued.month} năm {p.issued.year}",
            lambda p: f"{p.issued.day}/{p.issued.month}/{p.issued.year}",
            lambda p: f"{p.issued.day:02}.{p.issued.month:02}.{p.issued.year}",
            lambda p: f"ngày {p.issued.day:02}-{p.issued.month:02}-{p.issued.year}",
        )
        for position, paper in enumerate(self._about):
            item = self._by_id[str(paper.aspect)]
            day = forms[position % len(forms)](paper)
            what = self._drawn.choice((f"{self._kinds[paper.kind].lower()} ", f"{self._drawn.choice(item.phrases)} "))
            named = what.strip() == self._kinds[paper.kind].lower()
            yield what + day, partial(_dated, None if named else item, paper, named)

    def _persons(self) -> Iterator[tuple[str, Grade]]:
        for position, paper in enumerate(paper for paper in self._papers if paper.person):
            name = str(paper.person) if position % 2 else paper.signer
            yield (
                self._drawn.choice((name, f"ông {name}", f"{name} ký" if not position % 2 else name)),
                partial(_person, name),
            )


def _about(item: Aspect, paper: Paper) -> int:
    if paper.aspect == item.id:
        return 3
    if paper.second == item.id:
        return 2
    return 1 if paper.topic == item.topic else 0


def _about_at(item: Aspect, model: Paper, paper: Paper) -> int:
    """Of the aspect and from the place; elsewhere, or from the place with another subject of the topic, is part of it."""
    about = _about(item, paper)
    if about >= 2 and paper.place == model.place:
        return about
    return 1 if about >= 2 else 0


def _kind_about_at(item: Aspect, model: Paper, paper: Paper) -> int:
    grade = _about_at(item, model, paper)
    return grade if grade < 2 or paper.kind == model.kind else grade - 1


def _numbered(model: Paper, form: int, paper: Paper) -> int:
    if paper.number != model.number:
        return 0
    year, kind, organ = paper.issued.year == model.issued.year, paper.kind == model.kind, paper.organ == model.organ
    if form == 0:
        return 3 if paper.number_and_notation == model.number_and_notation else 0
    if form in (5, 6):
        return 3 if kind and paper.notation == model.notation else 0
    if not year:
        return 0
    if form == 1:
        return 3
    if form == 4:
        return 3 if paper.issuer == model.issuer else 1 if organ else 0
    if form == 7:
        return (3 if paper.place == model.place else 1) if kind else 0
    return 3 if kind and organ else 0


def _dated(item: Aspect | None, model: Paper, named: bool, paper: Paper) -> int:
    if paper.issued != model.issued:
        return 0
    if named:
        return 3 if paper.kind == model.kind else 1
    return 1 if item is None else 3 if _about(item, paper) == 3 else 1


def _person(name: str, paper: Paper) -> int:
    return 3 if name in (paper.person, paper.signer) else 0


def kinds_of(queries: Iterable[Asked]) -> dict[str, list[int]]:
    """The positions of the queries of each kind."""
    found: dict[str, list[int]] = {}
    for position, query in enumerate(queries):
        found.setdefault(query.kind, []).append(position)
    return found
