"""The query language: what was typed as a tree, or an explanation of what is wrong with it and where.

    thư điện tử "chữ ký số"          words and phrases, all of them                 Words
    -dự thảo   KHÔNG dự   NOT dự     without these                                  Without
    UBND HOẶC HĐND   OR   |          one of them                                    OneOf
    so:15/2017 co-quan:"UBND tỉnh"   in a field; names as in ``search.field_names``   Field
    (a HOẶC b) nam:2017              parentheses group                               All, OneOf

Most text means nothing but words. A colon begins a field only between a name and a value with no space: «V/v: abc»,
«10:30» and addresses are words. A dash excludes only before a word and after a space, never inside a number and
notation («15/2014/QĐ -UBND»). Parentheses group only where something else is an operator. A word operator stands in
capitals, and within text all in capitals only HOẶC and OR are one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from search.errors import QueryRefusedError
from search.field_names import known

LONGEST_QUERY = 1000
"""Characters in NFC; as much as ``search.question`` reads."""

MOST_PARTS = 32
"""Fields, exclusions and alternatives in one query; words are not counted."""

DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Words:
    """Free words; phrases among them in plain quotation marks."""

    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """``name`` as typed, ``value`` without quotes; ``start`` and ``value_start`` count from 0 in the NFC text."""

    name: str
    value: str
    quoted: bool
    start: int
    value_start: int


@dataclass(frozen=True, slots=True)
class Without:
    node: Node


@dataclass(frozen=True, slots=True)
class All:
    """At most one of ``nodes`` is Words; none is All."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    nodes: tuple[Node, ...]


Node = Words | Field | Without | All | OneOf


def understood(text: str) -> Node:
    """The tree of ``text``; Words("") for nothing. Raises QueryRefusedError that says what is wrong and where."""
    clean = unicodedata.normalize("NFC", text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8"))
    if len(clean) > LONGEST_QUERY:
        raise QueryRefusedError(
            f"Câu tìm kiếm dài {len(clean)} ký tự; nhiều nhất là {LONGEST_QUERY} ký tự.",
            remedy="Rút gọn câu tìm kiếm, chỉ giữ những từ đặc trưng.",
            position=LONGEST_QUERY,
        )
    tokens = _settled(list(_tokens(clean)))
    if not any(token.kind in _STRUCTURE for token in tokens):
        return Words(clean.strip())
    return _Parser(tokens, len(clean)).whole()


class _Kind(Enum):
    WORD = auto()
    PHRASE = auto()
    FIELD = auto()
    NOT = auto()
    OR = auto()
    AND = auto()
    OPEN = auto()
    CLOSE = auto()


_STRUCTURE = frozenset({_Kind.FIELD, _Kind.NOT, _Kind.OR})
_OPERATORS = {
    "HOẶC": _Kind.OR,
    "HOĂC": _Kind.OR,
    "OR": _Kind.OR,
    "KHÔNG": _Kind.NOT,
    "NOT": _Kind.NOT,
    "AND": _Kind.AND,
}
_QUOTES = '"“”„«»'
_PHRASE = re.compile(rf"[{_QUOTES}]([^{_QUOTES}]*)[{_QUOTES}]")
_NAME = re.compile(r"([^\W\d_][\w.\-]*[^\W_]):(?=\S)(?!//)")
_TWO_WORD_NAME = re.compile(r"([^\W\d_]+) ([^\W\d_]+):(?=\S)")
_RUN = re.compile(rf"[^\s{_QUOTES}()|]+")
_VALUE = re.compile(rf"[^\s{_QUOTES}()|]+")
_NUMBER_BEFORE_DASH = re.compile(r"\d\S*/\s*[^\W\d_]+$")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: _Kind
    text: str
    start: int
    field: Field | None = None


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        character = text[at]
        if character.isspace():
            at += 1
        elif character in "()|":
            kind = {"(": _Kind.OPEN, ")": _Kind.CLOSE, "|": _Kind.OR}[character]
            yield _Token(kind, character, at)
            at += 1
        elif character in _QUOTES:
            phrase = _PHRASE.match(text, at)
            if phrase and re.search(r"\w", phrase[1]):
                yield _Token(_Kind.PHRASE, f'"{phrase[1].strip()}"', at)
            at = phrase.end() if phrase else at + 1
        elif _excludes(text, at):
            yield _Token(_Kind.NOT, character, at)
            at += 1
        elif (named := _field(text, at)) is not None:
            found, at = named
            yield _Token(_Kind.FIELD, found.name, found.start, found)
        else:
            run = _RUN.match(text, at)
            word = run.group() if run else character
            yield _Token(_OPERATORS.get(word, _Kind.WORD), word, at)
            at += len(word)


def _excludes(text: str, at: int) -> bool:
    if text[at] not in "-−" or at + 1 >= len(text) or not (text[at + 1].isalnum() or text[at + 1] in _QUOTES + "("):
        return False
    before = text[:at]
    if before and not (before[-1].isspace() or before[-1] in "(|"):
        return False
    return _NUMBER_BEFORE_DASH.search(before.rstrip()) is None


def _field(text: str, at: int) -> tuple[Field, int] | None:
    """The field that begins here, and where it ends; a name of two words is one («cơ quan:…»)."""
    two = _TWO_WORD_NAME.match(text, at)
    if two and known(f"{two[1]}-{two[2]}"):
        name, end = f"{two[1]}-{two[2]}", two.end()
    elif one := _NAME.match(text, at):
        name, end = one[1], one.end()
    else:
        return None
    if text[end] in _QUOTES:
        phrase = _PHRASE.match(text, end)
        if phrase is None:
            raise _refused(f"Giá trị của trường «{name}» thiếu dấu ngoặc kép đóng.", end)
        return Field(name, phrase[1].strip(), True, at, end + 1), phrase.end()
    value = _VALUE.match(text, end)
    if value is None:
        raise _refused(
            f"Sau «{name}:» phải là một giá trị; nhiều giá trị thì viết {name}:a HOẶC {name}:b.",
            end,
        )
    return Field(name, value.group(), False, at, end), value.end()


def _settled(tokens: list[_Token]) -> list[_Token]:
    """Word operators that are none, as words again: KHÔNG, NOT and AND within a text all in capitals."""
    words = "".join(token.text for token in tokens if token.kind is _Kind.WORD)
    spoken = any(character.islower() for character in words)
    settled = []
    for place, token in enumerate(tokens):
        after = tokens[place + 1].kind if place + 1 < len(tokens) else _Kind.WORD
        plain = token.text in _OPERATORS and token.kind is not _Kind.OR and not spoken and after is _Kind.WORD
        settled.append(_Token(_Kind.WORD, token.text, token.start) if plain else token)
    return settled


class _Parser:
    """alternatives := all (OR all)* ; all := (NOT* one)+ ; one := word | phrase | field | ( alternatives )"""

    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens = tokens
        self._at = 0
        self._end = end
        self._parts = 0

    def whole(self) -> Node:
        node = self._alternatives(0)
        if (token := self._peek()) is not None:
            raise _refused("Thừa dấu ngoặc đóng «)».", token.start)
        return node

    def _alternatives(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise _refused(f"Ngoặc và phép loại trừ lồng nhau quá {DEEPEST} lớp.", self._place())
        nodes = [self._all(depth)]
        while (token := self._taken(_Kind.OR)) is not None:
            self._count(token)
            nodes.append(self._all(depth, after=token))
        return nodes[0] if len(nodes) == 1 else OneOf(tuple(nodes))

    def _all(self, depth: int, after: _Token | None = None) -> Node:
        nodes: list[Node] = []
        while (token := self._peek()) is not None and token.kind not in (_Kind.OR, _Kind.CLOSE):
            if token.kind is _Kind.AND:
                self._at += 1
                continue
            nodes.append(self._one(depth))
        if not nodes:
            before = after or self._peek()
            what = f"«{before.text}»" if before is not None else "ngoặc mở"
            raise _refused(f"Thiếu điều kiện ở cạnh {what}.", self._place())
        return _joined(nodes)

    def _one(self, depth: int) -> Node:
        token = self._tokens[self._at]
        self._at += 1
        if token.kind is _Kind.NOT:
            return self._without(token, depth)
        if token.kind is _Kind.OPEN:
            node = self._alternatives(depth + 1)
            if self._taken(_Kind.CLOSE) is None:
                raise _refused("Thiếu dấu ngoặc đóng «)» cho dấu ngoặc mở này.", token.start)
            return node
        if token.field is not None:
            self._count(token)
            return token.field
        return Words(token.text)

    def _without(self, token: _Token, depth: int) -> Node:
        self._count(token)
        following = self._peek()
        if following is None or following.kind in (_Kind.OR, _Kind.CLOSE, _Kind.AND):
            raise _refused(f"Sau «{token.text}» thiếu điều cần loại trừ.", token.start)
        if depth >= DEEPEST:
            raise _refused(f"Ngoặc và phép loại trừ lồng nhau quá {DEEPEST} lớp.", token.start)
        return Without(self._one(depth + 1))

    def _count(self, token: _Token) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise _refused(f"Câu tìm kiếm có quá {MOST_PARTS} điều kiện.", token.start)

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _taken(self, kind: _Kind) -> _Token | None:
        token = self._peek()
        if token is None or token.kind is not kind:
            return None
        self._at += 1
        return token

    def _place(self) -> int:
        token = self._peek()
        return self._end if token is None else token.start


def _joined(nodes: list[Node]) -> Node:
    """One node of all: groups that add nothing opened, free words put together in their order."""
    flat: list[Node] = []
    for node in nodes:
        flat += node.nodes if isinstance(node, All) else (node,)
    words = " ".join(node.text for node in flat if isinstance(node, Words))
    others = tuple(node for node in flat if not isinstance(node, Words))
    together = (*((Words(words),) if words else ()), *others)
    return together[0] if len(together) == 1 else All(together)


def _refused(message: str, position: int) -> QueryRefusedError:
    return QueryRefusedError(
        f"{message} (Vị trí {position + 1}.)",
        remedy="Sửa câu tìm kiếm; muốn tìm đúng nguyên văn thì đặt trong dấu ngoặc kép.",
        position=position,
    )
