"""A process that works in a temporary folder of ours, told where, until it is ended: ``python held_folder.py <tmp>``."""

from __future__ import annotations

import sys
import tempfile

from archive.temporary import temporary_folder

if __name__ == "__main__":
    tempfile.tempdir = sys.argv[1]
    with temporary_folder("held") as folder:
        (folder / "record").write_bytes(b"what somebody is working with")
        print(folder, flush=True)
        sys.stdin.read()
