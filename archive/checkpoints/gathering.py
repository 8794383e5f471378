"""The bytes of one part from wherever they are still whole: a store, or, of the ledger, the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.checkpoint_reading import ledger_rows_between
from archive.checkpoints.drafting import LineFile
from archive.checkpoints.errors import CheckpointPartError
from archive.checkpoints.placing import proven_pieces
from archive.checkpoints.statement import Part, PartKind
from archive.errors import StoreError
from archive.storage.store import Store
from archive.temporary import temporary_folder


@contextmanager
def whole_part(catalogue: Catalogue, sources: Sequence[Store], part: Part) -> Iterator[Path]:
    """A file with exactly the bytes that were signed, from the first of ``sources`` that has them; gone afterwards.

    Raises CheckpointPartError when nobody has them any more.
    """
    with temporary_folder("part") as folder:
        path = folder / "part"
        for source in sources:
            try:
                with path.open("wb") as file:
                    for piece in proven_pieces(source, part):
                        file.write(piece)
                break
            except (StoreError, CheckpointPartError):
                continue
        else:
            _from_catalogue(catalogue, path, part)
        yield path


def _from_catalogue(catalogue: Catalogue, path: Path, part: Part) -> None:
    if part.kind is PartKind.LEDGER:
        with LineFile(path) as file, catalogue.read() as view:
            for row in ledger_rows_between(view, part.first - 1, part.last):
                file.add(row.body.encode("utf-8"))
        if file.sha256 == part.sha256:
            return
    raise CheckpointPartError(
        f"Không còn bản nguyên vẹn nào của {part.key} để chép sang kho khác.",
        remedy="Chạy «luutru ledger seal --span full» để niêm phong lại toàn bộ.",
    )
