"""Bench (a): PDF/A, our workers against one veraPDF process a file: CPU seconds a file, both on the same documents.

Ours is the whole check as ingest runs it: claim read by pikepdf in an inspector, verdict by a warm veraPDF worker, start-up
of all processes and the parent's own work counted. The rival is veraPDF's command line as it comes, one process a file, on
an even sample of the same files. CPU seconds (user and system, children included) are counted because wall time depends on
what else the machine does.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import resource
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import pikepdf
import weasyprint

from archive.digest import file_digests
from archive.paths import RelPath
from bench.result import Measured, report
from ingest.checks.pdfa import examine
from ingest.inspector.client import inspector_pool
from ingest.subject import Member
from ingest.verapdf.build import DEFAULT_HOME, build
from ingest.verapdf.client import verapdf_pool
from ingest.verapdf.jdk import find_java

BAR = 60.0
MODELS = 20
_WORDS = re.findall(
    r"\w+",
    "ủy ban nhân dân thành phố quyết định ban hành quy chế quản lý văn bản hồ sơ lưu trữ điện tử cơ quan tổ chức thực hiện "
    "nhiệm vụ theo thẩm quyền trách nhiệm thi hành kể từ ngày ký chánh văn phòng giám đốc sở nội vụ căn cứ luật nghị định",
)


class Spent:
    """CPU and wall seconds of a block, its reaped children included."""

    cpu = wall = 0.0


@contextmanager
def spent() -> Iterator[Spent]:
    result, started, before = Spent(), perf_counter(), cpu_seconds()
    yield result
    result.cpu, result.wall = cpu_seconds() - before, perf_counter() - started


def cpu_seconds() -> float:
    uses = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def decision(source: random.Random, number: int) -> str:
    """A decision of one to four pages with national motto, number, articles and signature block."""
    articles = "".join(
        f"<p><b>Điều {n}.</b> {' '.join(source.choices(_WORDS, k=source.randint(20, 90)))}.</p>"
        for n in range(1, source.randint(6, 40))
    )
    return (
        f'<html lang="vi"><head><title>Quyết định số {number}/QĐ-UBND</title>'
        "<style>@page{size:A4;margin:20mm} body{font-family:'Noto Serif';font-size:13pt} h1{text-align:center}</style></head>"
        "<body><p><b>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</b><br>Độc lập - Tự do - Hạnh phúc</p>"
        f"<p>Số: {number}/QĐ-UBND</p><h1>QUYẾT ĐỊNH</h1>{articles}<p><b>TM. ỦY BAN NHÂN DÂN</b><br>CHỦ TỊCH</p></body></html>"
    )


def documents(folder: Path, count: int, seed: int) -> list[Path]:
    """``count`` valid PDF/A-2u: some twenty set by WeasyPrint, the others these under identifiers of their own."""
    source = random.Random(seed)
    models = []
    for number in range(min(MODELS, count)):
        path = folder / f"model-{number}.pdf"
        weasyprint.HTML(string=decision(source, number + 1)).write_pdf(path, pdf_variant="pdf/a-2u")
        models.append(path)
    paths = []
    for number in range(count):
        path = folder / f"{number:06}"
        with pikepdf.open(models[number % len(models)]) as pdf:
            pdf.trailer.ID = pikepdf.Array([source.randbytes(16), source.randbytes(16)])
            pdf.save(path, fix_metadata_version=False)
        paths.append(path)
    return paths


def ours(paths: Sequence[Path], workers: int) -> Spent:
    """The check over all files; every verdict must be right."""
    members = [Member(RelPath(f"{path.name}.pdf"), path, file_digests(path)) for path in paths]
    with spent() as result:
        inspectors, verapdf = inspector_pool(workers), verapdf_pool(DEFAULT_HOME, workers)

        def judged(member: Member) -> bool:
            seen = examine(member.path, member, inspectors=inspectors, verapdf=verapdf)
            return not seen.findings and seen.facts["pdfa"]["compliant"] is True

        with ThreadPoolExecutor(workers) as threads:
            right = sum(threads.map(judged, members))
        inspectors.close()
        verapdf.close()
    if right != len(paths):
        raise SystemExit(f"{len(paths) - right} of {len(paths)} valid documents were not judged valid")
    return result


def rival(paths: Sequence[Path]) -> Spent:
    """One veraPDF command-line process a file, one after another, as the tool comes."""
    java, jar = find_java(), build(DEFAULT_HOME).folder / "verapdf-cli.jar"
    with spent() as result:
        for path in paths:
            shown = subprocess.run(
                [str(java), "-jar", str(jar), "--flavour", "2u", "--nonpdfext", str(path)],
                capture_output=True,
                text=True,
                check=False,
            )
            if 'isCompliant="true"' not in shown.stdout:
                raise SystemExit(f"the rival did not judge: {shown.stdout[-500:]}{shown.stderr[-500:]}")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1_000)
    parser.add_argument("--sample", type=int, default=30, help="files given to the rival")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=20_250_601)
    given = parser.parse_args()
    build(DEFAULT_HOME)
    with tempfile.TemporaryDirectory() as name:
        paths = documents(Path(name), given.files, given.seed)
        kept = paths[:: max(1, len(paths) // given.sample)][: given.sample]
        theirs = rival(kept)
        mine = ours(paths, given.workers)
        average = sum(path.stat().st_size for path in paths) / len(paths)
    each, other = mine.cpu / len(paths), theirs.cpu / len(kept)
    report(
        Measured(
            name="(a) PDF/A: our workers against one veraPDF process a file",
            ours=f"{each * 1000:.1f} ms CPU a file",
            rival=f"{other * 1000:.0f} ms CPU a file",
            ratio=other / each,
            bar=BAR,
            meaning="times fewer CPU seconds a file",
            notes=(
                f"{len(paths)} PDF/A-2u of {average / 1024:.0f} KiB on average, every verdict right; "
                f"rival measured on {len(kept)} of the same files.",
                f"Ours is structure and verdict together, start-up of {given.workers} + {given.workers} workers included: "
                f"{mine.wall:.1f} s wall, {len(paths) / mine.wall * 3600:,.0f} documents an hour.",
                f"Wall time of the rival: {theirs.wall / len(kept):.2f} s a file.",
            ),
        )
    )


if __name__ == "__main__":
    main()
