from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ingest.checks.format_excerpt import END_BYTES, excerpt


def test_a_small_file_is_looked_at_itself(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"x" * 100)
    with excerpt(file) as part:
        assert part == file


def test_of_a_large_file_both_ends_are_looked_at_and_nothing_stays_behind(tmp_path: Path) -> None:
    file = tmp_path / "a"
    with file.open("wb") as out:
        out.write(b"HEAD")
        out.seek(3 * END_BYTES)
        out.write(b"TAIL")
    with excerpt(file, over_bytes=1 << 20) as part:
        data = part.read_bytes()
        assert len(data) == 2 * END_BYTES
    assert data.startswith(b"HEAD") and data.endswith(b"TAIL")
    assert not part.exists()


@pytest.mark.parametrize("suffix", [".docx", ".odt", ".xlsx"])
def test_a_large_office_file_keeps_the_members_that_name_its_kind(suffix: str, tmp_path: Path) -> None:
    import subprocess
    import sys

    from samples.documents import documents
    from samples.originals import ORIGINALS

    small = tmp_path / f"small{suffix}"
    small.write_bytes(ORIGINALS[suffix.removeprefix(".")](documents()["cong-van"]))
    large = tmp_path / "large"
    large.write_bytes(small.read_bytes())
    with zipfile.ZipFile(large, "a", zipfile.ZIP_STORED) as archive, archive.open("media/video.bin", "w") as member:
        for _ in range(40):
            member.write(b"\0" * (1 << 20))
    # The identifier lives in processes of its own only.
    script = (
        "import sys, pygfried; from pathlib import Path; from ingest.checks.format_excerpt import excerpt\n"
        "with excerpt(Path(sys.argv[2]), over_bytes=1 << 20) as part:\n"
        "    ids = [pygfried.identify(str(p), detailed=True)['files'][0]['matches'][0]['id'] for p in (sys.argv[1], part)]\n"
        "print(*ids)"
    )
    said = subprocess.run(
        [sys.executable, "-c", script, str(small), str(large)], capture_output=True, text=True, check=True
    )
    whole, part = said.stdout.split()
    assert whole == part != "UNKNOWN"


def test_a_large_file_that_only_begins_like_a_zip_is_read_at_its_ends(tmp_path: Path) -> None:
    file = tmp_path / "a"
    with file.open("wb") as out:
        out.write(b"PK\x03\x04")
        out.seek(3 * END_BYTES)
        out.write(b"TAIL")
    with excerpt(file, over_bytes=1 << 20) as part:
        assert part.read_bytes().endswith(b"TAIL")
