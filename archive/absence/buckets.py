"""Looking through a bucket: every version of every object, delete markers, and uploads never finished."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from archive.absence.looking import Looked, Sought, Trace
from archive.storage.s3_everything import S3Everything
from archive.storage.s3_settings import S3Settings


class BucketLook:
    """The bucket of ``settings``. ``kept``: whether an object is that of a living package, proven elsewhere: then of all
    its versions only older ones are read, the newest is what audits read."""

    def __init__(self, name: str, settings: S3Settings, *, kept: Callable[[str], bool] = lambda _name: False) -> None:
        self.name = name
        self._all = S3Everything(name, settings)
        self._kept = kept

    def look(self, sought: Sought, looked: Looked) -> Iterator[Trace]:
        newest: set[str] = set()
        for entry in self._all.entries():
            where = entry.name
            if entry.version is not None:
                where += f"?{'marker' if entry.marker else 'version'}={entry.version}"
            if entry.upload is not None:
                where += "?upload"
            yield from sought.name_traces(self.name, where)
            looked.objects += 1
            if entry.marker or entry.upload is not None:
                continue
            if entry.name not in newest and self._kept(entry.name):
                newest.add(entry.name)
                looked.passed_over += 1
                continue

            def pieces(entry: object = entry) -> Iterator[bytes]:
                for piece in self._all.pieces(entry):  # type: ignore[arg-type]
                    looked.size_bytes += len(piece)
                    yield piece

            yield from sought.traces(self.name, where, pieces(), sought.owner(entry.name))
