"""Taking markers of hồ sơ that are about to end: the last time anybody reads them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, BinaryIO

from archive.absence.markers import MARKER_BYTES, OF_EACH, Marked, content_markers, first_marker, forms, text_needles
from archive.absence.patterns import Needle, searchable
from archive.catalogue import Aip, Document, Reading
from archive.catalogue.absence_reading import held_elsewhere
from archive.catalogue.file_reading import aips_of, file
from archive.catalogue.returned_reading import returned_words
from archive.errors import LuutruError

OpenContent = Callable[[Aip], BinaryIO]
"""The package's plain tar, whatever it is stored as; closed by whoever asked. Raises LuutruError."""
TextOf = Callable[[Aip, int], bytes | None]
"""The text that was taken from an original, as the index has it; None when there is none. Raises LuutruError."""
KeyTraces = Callable[[str], Collection[bytes]]
"""Parts of the key of a hồ sơ, too short to be used and long enough to be met again wherever it was copied to."""
_NAMED_BY = ("title", "subject", "fullname", "description")
MOST_ORIGINALS = 2_000
"""Of a larger hồ sơ the originals are marked evenly over it: what is left of some is met in any case."""


def marked_file(
    view: Reading,
    file_id: str,
    *,
    opened: OpenContent,
    text_of: TextOf = lambda _aip, _ordinal: None,
    key_traces: KeyTraces = lambda _file_id: (),
    title_stays: bool = False,
) -> Marked:
    """The needles of one hồ sơ, as it stands in ``view``. An original that cannot be read gives none, and is counted.

    ``title_stays``: the decision lets its title stay, so that no word of it is looked for.
    """
    needles: list[Needle] = [Needle(file_id, "key", item) for item in key_traces(file_id) if searchable(item)]
    unread = 0
    held = file(view, file_id)
    needles += text_needles(file_id, held.title if held else "")
    if held:
        for text in returned_words(view, held.agency_code, held.file_code):
            needles += text_needles(file_id, text)
    for aip_id in aips_of(view, file_id):
        aip = view.aip(aip_id)
        if aip is None:
            continue
        submission = view.submission(aip.submission_id)
        for text in (aip.title, submission.source_name):
            needles += text_needles(file_id, text)
        documents = list(_spread(view.documents(aip_id), aip.document_count))
        elsewhere = held_elsewhere(view, [item.sha256 for item in documents], aip_id)
        own = [item for item in documents if item.sha256 not in elsewhere]
        for document in own:
            for text in _words(document):
                needles += text_needles(file_id, text)
        try:
            needles += _content(file_id, aip, own, opened, text_of)
        except (LuutruError, OSError):
            unread += len(own)
    if title_stays and held:
        needles = without_words_of(needles, held.title)
    return Marked(file_id, tuple(dict.fromkeys(needles)), unread)


def without_words_of(needles: Iterable[Needle], title: str) -> list[Needle]:
    """Those that a title that stays does not contain, however it is written."""
    written = forms(title)
    return [item for item in needles if not (item.kind == "text" and any(item.data in form for form in written))]


def _content(
    file_id: str, aip: Aip, documents: Iterable[Document], opened: OpenContent, text_of: TextOf
) -> Iterator[Needle]:
    with opened(aip) as tar:
        for document in documents:
            for marker in content_markers(tar, document.tar_offset, document.size_bytes):
                yield Needle(file_id, "content", marker)
            text = text_of(aip, document.ordinal) or b""
            for part in range(OF_EACH):
                begin = len(text) * (2 * part + 1) // (2 * OF_EACH)
                found = first_marker(text[begin : begin + 32 * MARKER_BYTES])
                if found is not None:
                    yield Needle(file_id, "content", found)


def _words(document: Document) -> Iterator[str]:
    """What an original was called, by its sender and in its metadata."""
    yield document.path.rsplit("/", 1)[-1]
    fields: dict[str, Any] = dict(document.fields)
    for name in _NAMED_BY:
        value = fields.get(name)
        if isinstance(value, str):
            yield value


def _spread(documents: Iterable[Document], count: int) -> Iterator[Document]:
    step = max(1, -(-count // MOST_ORIGINALS))
    for number, document in enumerate(documents):
        if number % step == 0:
            yield document
