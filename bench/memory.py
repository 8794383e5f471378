"""Bench (e): resident memory while one document of 4 GiB goes all the way, every process of ours counted."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from pathlib import Path

import psutil

from api.bootstrap import opened
from api.initialising import initialise
from api.settings import load_settings
from api.submitting import carry, hand_in
from api.views import submission_view
from bench.result import Measured, report
from samples.pki import create_pki
from samples.trust_list import write_trust_list

BAR_MIB = 400.0


class Watch(threading.Thread):
    """The highest resident memory (RSS) seen at one moment, summed over this process and its children: pages they share
    are counted in each, so the true figure is a little lower."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.highest = 0
        self.of_each: dict[str, int] = {}
        self.stop = threading.Event()

    def run(self) -> None:
        me = psutil.Process()
        while not self.stop.wait(0.1):
            total = 0
            for process in [me, *me.children(recursive=True)]:
                try:
                    size = process.memory_info().rss
                    name = "main" if process.pid == me.pid else " ".join(process.cmdline()[:3])[-24:]
                except (psutil.NoSuchProcess, psutil.AccessDenied):
                    continue
                total += size
                self.of_each[name] = max(self.of_each.get(name, 0), size)
            self.highest = max(self.highest, total)


def big_tiff(path: Path, size_bytes: int) -> None:
    """A grey TIFF of one strip, its picture filled with bytes that do not compress."""
    import struct

    width = 65_536
    height = (size_bytes - 4096) // width
    entries = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
        (273, 4, 1, 4096), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, width * height),
    ]  # fmt: skip
    head = b"II*\0" + struct.pack("<IH", 8, len(entries))
    head += b"".join(struct.pack("<HHII", *entry) for entry in entries) + b"\0\0\0\0"
    block = os.urandom(1 << 20)
    with path.open("wb") as file:
        file.write(head.ljust(4096, b"\0"))
        left = width * height
        while left:
            left -= file.write(block[:left])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gib", type=float, default=4.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-memory-") as name:
        folder = Path(name)
        package = folder / "ho-so"
        package.mkdir()
        size_bytes = int(given.gib * (1 << 30)) - 4096
        big_tiff(package / "ban-do.tif", size_bytes)
        _describe(package)
        trust_list = write_trust_list(create_pki(folder / "pki"), folder / "trust-list.json")
        initialise(
            folder / "home",
            name="Kho đo bộ nhớ",
            code="H99.12",
            trust_list=trust_list,
            agreement=Path("samples/agreement.toml"),
        )
        watch = Watch()
        watch.start()
        begun = time.perf_counter()
        with opened(load_settings(folder / "home")) as installation:
            handed = hand_in(installation, [package], client_key=None, received=lambda: None)
            if handed[0].submission is None:
                raise SystemExit(handed[0].error)
            submission = handed[0].submission.id
            carry(installation, [submission])
            view = submission_view(installation, submission)
            state = view["state"]
        seconds = time.perf_counter() - begun
        watch.stop.set()
        watch.join()
        if state != "stored":
            raise SystemExit(f"not stored: {state} {view['codes']}")
    highest = watch.highest / (1 << 20)
    each = ", ".join(f"{name}: {size >> 20} MiB" for name, size in watch.of_each.items())
    report(
        Measured(
            "(e) Memory while ingesting one document of 4 GiB",
            f"{highest:.0f} MiB",
            f"{BAR_MIB:.0f} MiB allowed",
            highest,
            BAR_MIB,
            "MiB resident at the most",
            [
                f"one TIFF of {given.gib:g} GiB, from folder to two verified copies in {seconds:.0f} s",
                f"sum of RSS over all our processes; the most of each: {each}",
            ],
            at_most=True,
        )
    )


def _describe(package: Path) -> None:
    fields = {
        "fileCode": "H99.12.2025.BD1", "title": "Bản đồ quy hoạch", "maintenance": "01", "mode": "01", "language": "01",
        "startDate": "01/01/2025", "endDate": "31/12/2025", "totalDoc": 1, "numberOfPaper": 1, "numberOfPage": 1,
        "riskRecovery": 0,
    }  # fmt: skip
    document = {
        "path": "ban-do.tif", "kind": "other", "docOrdinal": 1, "typeName": "30", "issuedDate": "05/06/2025",
        "organName": "Sở Nội vụ tỉnh Bình Minh", "subject": "Bản đồ quy hoạch tỉnh", "language": "01", "numberOfPage": 1,
        "mode": "01", "confidenceLevel": "02",
    }  # fmt: skip
    record = {
        "schema": "luutru-submission/1",
        "profile": "LLT2024-TT05",
        "agency": {"code": "H99.12", "name": "Sở Nội vụ tỉnh Bình Minh"},
        "file": fields,
        "documents": [document],
    }
    (package / "metadata.json").write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
