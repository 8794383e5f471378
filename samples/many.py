"""Many signed documents fast, for measurements: each has a number, bytes and signatures of its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from samples.documents import AGENCY_CODE, Document, documents
from samples.hoso import Entry, Hoso
from samples.parcel import bag_of
from samples.pki import Pki, create_pki
from samples.workshop import PERSON_AND_AGENCY, THREE_SIGNATURES, Workshop, signing_time

_SIGNERS: dict[int, tuple[str, ...]] = {
    0: (),
    1: ("person",),
    2: PERSON_AND_AGENCY,
    3: THREE_SIGNATURES,
}
FIRST_NUMBER = 100_000


@dataclass(frozen=True, slots=True)
class _Task:
    pki: Path
    key: str
    number: int
    signatures: int
    target: Path


def make_signed_pdfs(
    folder: Path,
    count: int,
    signatures: int = 3,
    *,
    pki: Pki,
    seed: int = 1,
    processes: int = 2,
    first_number: int = FIRST_NUMBER,
    progress: Callable[[int], None] = lambda _done: None,
) -> list[Path]:
    """``count`` PDF/A-2u files ``<number>.<kind>.pdf`` in ``folder``, each with 0–3 signatures, time stamps and
    revocation data embedded; no two are alike. One that is there already is kept.

    Kinds are drawn with ``seed``; numbers run from ``first_number``: the same call gives the same names. Documents are
    printed once a kind; signing takes the time, so ``processes`` share it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = random.Random(seed)
    keys = sorted(key for key in documents() if not key.startswith("seed-"))
    tasks = []
    for number in range(first_number, first_number + count):
        key = drawn.choice(keys)
        tasks.append(_Task(pki.folder, key, number, signatures, folder / f"{number}.{key}.pdf"))
    missing = [task for task in tasks if not task.target.exists()]
    for key in {task.key for task in missing}:
        documents()[key].printed()
    done = len(tasks) - len(missing)
    progress(done)
    for _ in _each(missing, processes):
        done += 1
        progress(done)
    return [task.target for task in tasks]


def make_hoso(folder: Path, pdfs: Sequence[Path], index: int) -> Path:
    """A bag ``folder/ho-so-<index>`` of PDFs made by ``make_signed_pdfs``, with right metadata; ``index`` makes its code
    unique."""
    code = f"{AGENCY_CODE}.2025.N{index:05}"
    entries = tuple(Entry.of(document, path.read_bytes()) for path in pdfs for document in (document_of(path),))
    hoso = Hoso(code, f"Hồ sơ đo lường số {index}", entries)
    return bag_of(hoso).write(folder, f"ho-so-{index:05}")


def document_of(path: Path) -> Document:
    """The document a file of ``make_signed_pdfs`` was made from, by its name."""
    number, key, _ = path.name.split(".")
    return documents()[key].with_number(int(number))


def _each(tasks: Sequence[_Task], processes: int) -> Iterable[object]:
    if processes < 2 or len(tasks) < 8:
        yield from map(_sign, tasks)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_sign, tasks, chunksize=4)


def _sign(task: _Task) -> None:
    document = documents()[task.key].with_number(task.number)
    printed = document.printed()
    content = printed.pdf
    if task.signatures:
        # Days of their own, as in real life: else all would share one list of revoked certificates.
        at = signing_time(document) + timedelta(days=task.number % 28)
        content = _workshop(task.pki).signed_as(printed, _SIGNERS[task.signatures], at=at)
    temporary = task.target.with_name(f".{task.target.name}.part")
    temporary.write_bytes(content)
    temporary.replace(task.target)


@cache
def _workshop(folder: Path) -> Workshop:
    return Workshop(create_pki(folder))
