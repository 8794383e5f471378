"""What a hồ sơ is known by is what its intent sealed, whoever else adds to the file."""

from __future__ import annotations

from pathlib import Path

from archive.absence.markers import Marked, MarkerFile, text_needles


def test_a_process_that_was_taken_over_overwrites_no_needles(tmp_path: Path) -> None:
    markers = MarkerFile(tmp_path / "round.jsonl")
    whole = Marked("f1", tuple(text_needles("f1", "Tài liệu đầy đủ của hồ sơ số 1")))
    other = Marked("f2", tuple(text_needles("f2", "Tài liệu đầy đủ của hồ sơ số 2")))
    markers.add([whole, other])
    markers.add([Marked("f1", (), 0)])
    assert markers.read({"f1": whole.seal})["f1"] == whole
    assert markers.read({"f1": Marked("f1", (), 0).seal})["f1"].needles == ()
    assert markers.read()["f1"].needles == (), "not begun: what was taken last"
    assert markers.read({"f1": whole.seal})["f2"] == other


def test_of_needles_nobody_sealed_the_last_are_given_and_meet_no_seal(tmp_path: Path) -> None:
    markers = MarkerFile(tmp_path / "round.jsonl")
    sealed = Marked("f1", tuple(text_needles("f1", "Tài liệu đầy đủ của hồ sơ số 1")))
    markers.add([Marked("f1", ()), Marked("f1", (), 3)])
    assert markers.read({"f1": sealed.seal})["f1"].unread == 3
