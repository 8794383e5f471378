"""What an asker may know of, as a filter inside the index: no function asks the index without one.

The index may be a moment behind the catalogue. ``hidden`` names what the catalogue has restricted since, so that a stale
entry shows nothing; what it has opened since stays unseen until the index has caught up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from archive.access.modes import Mode
from search.record import index_id

_MOST_TERMS = 50_000
"""Below the 65,536 the index allows (``index.max_terms_count``)."""

Place = tuple[str, int | None]
"""A hồ sơ by the id of its package, with all its documents; or one document of it by its ordinal."""


@dataclass(frozen=True, slots=True)
class Visible:
    """((A mode of ``modes``, of ``owner`` when one is given, and not ``hidden``) or ``granted``) and not ``denied``.

    A grant for a hồ sơ opens all its documents; a grant for a document opens neither its hồ sơ nor its siblings. Hidden
    with a hồ sơ are all its documents; denied is one record alone.
    """

    modes: frozenset[str]
    owner: str | None = None
    granted: tuple[Place, ...] = ()
    hidden: tuple[Place, ...] = ()
    denied: tuple[Place, ...] = ()

    def without(self, places: Iterable[Place]) -> Visible:
        """The same, and these records denied: what the index has wrong."""
        return replace(self, denied=(*self.denied, *places))

    @property
    def everything(self) -> bool:
        return self.modes >= frozenset(Mode) and self.owner is None and not self.hidden and not self.denied

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for askers with the same rights. What is ``hidden`` or ``denied`` comes and goes as the index catches up."""
        return sorted(self.modes), self.owner, sorted(self.granted, key=repr)

    @property
    def single_documents(self) -> bool:
        """Whether a document may be seen whose hồ sơ may not."""
        return any(ordinal is not None for _, ordinal in self.granted)

    @property
    def some_restricted(self) -> bool:
        """Whether a restricted record can be among what is seen."""
        return Mode.RESTRICTED in self.modes or bool(self.granted)

    def sees_hoso_of(self, aip_id: str, owner: str, mode: str) -> bool:
        """Whether the hồ sơ of a document (seen, with this owner and effective mode) may be known of as well.

        A document is at least as strict as its hồ sơ: who may know of all modes up to the document's may know of it.
        """
        if (aip_id, None) in self.granted:
            return True
        if (aip_id, None) in self.hidden or (self.owner is not None and self.owner != owner):
            return False
        order = [str(item) for item in Mode]
        return mode in order and self.modes.issuperset(order[: order.index(mode) + 1])


EVERYTHING = Visible(frozenset(str(mode) for mode in Mode))
"""For the archive's own command line and its audits; never for a request from outside."""


def visible_filter(visible: Visible, *, whole_hoso: bool = False) -> dict[str, Any]:
    """The filter that lets through what ``visible`` says, and nothing else.

    ``whole_hoso`` leaves out documents opened by a grant of their own: for what speaks of the hồ sơ of a document.
    """
    if visible.everything:
        return {"match_all": {}}
    ways = [{"terms": item} for item in _places(visible.granted, documents=not whole_hoso)]
    if visible.modes:
        by_right: dict[str, Any] = {"filter": [{"terms": {"mode": sorted(visible.modes)}}]}
        if visible.owner is not None:
            by_right["filter"].append({"term": {"owner": visible.owner}})
        if visible.hidden:
            by_right["must_not"] = [{"terms": item} for item in _places(visible.hidden)]
        ways.append({"bool": by_right})
    if not ways:
        return {"match_none": {}}
    seen: dict[str, Any] = {"should": ways, "minimum_should_match": 1}
    if visible.denied:
        ids = sorted({index_id(aip_id, None if n is None else str(n)) for aip_id, n in visible.denied})
        seen["must_not"] = [{"terms": {"id": some}} for some in _some(ids)]
    return {"bool": seen}


def of_hoso(clause: dict[str, Any], visible: Visible) -> dict[str, Any]:
    """``clause``, which asks for something of the hồ sơ of a document, kept off documents opened without their hồ sơ."""
    if not visible.single_documents:
        return clause
    return {"bool": {"must": [clause], "filter": [visible_filter(visible, whole_hoso=True)]}}


def _places(places: Sequence[Place], *, documents: bool = True) -> list[dict[str, list[str]]]:
    whole = sorted({aip_id for aip_id, ordinal in places if ordinal is None})
    single = sorted({index_id(aip_id, str(ordinal)) for aip_id, ordinal in places if ordinal is not None})
    return [
        *({"aip_id": some} for some in _some(whole)),
        *({"id": some} for some in (_some(single) if documents else ())),
    ]


def _some(values: list[str]) -> Iterator[list[str]]:
    """As many at a time as one clause may name: however much is hidden, the question stays one the index answers."""
    return (values[start : start + _MOST_TERMS] for start in range(0, len(values), _MOST_TERMS))
