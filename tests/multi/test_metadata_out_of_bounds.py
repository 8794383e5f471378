"""Metadata with values no column takes as they are: a submission comes to its end on either database, never to a standstill."""

from __future__ import annotations

import random
from dataclasses import astuple, replace
from pathlib import Path

from api.bootstrap import opened
from api.settings import load_settings
from api.submitting import carry, hand_in
from archive.access.names import LONGEST_AGENCY_CODE
from archive.kept_text import LONGEST_FILE_CODE
from archive.lifecycle import State
from samples.documents import documents
from samples.hoso import Entry, Hoso
from samples.originals import docx_of
from samples.parcel import bag_of

LONG = "".join(random.Random(1).choices("ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽế", k=4000))
"""More than an index entry of PostgreSQL holds, and no repetition to be compressed."""


def hoso(**fields: str) -> Hoso:
    document = documents()["bao-cao"].with_number(7001)
    entry = Entry.of(document, docx_of(document), "báo cáo.docx", numberOfPage=2)
    return Hoso("H99.12.2025.G7001", "Hồ sơ có trị số quá cỡ", (entry.with_fields(**fields),))


ODD = (
    replace(hoso(), agency={"code": "H99." + "9" * 300, "name": "Sở Nội vụ"}),
    replace(hoso(), agency={"code": "H99.12", "name": "Sở\0Nội vụ"}),
    replace(hoso(), agency={"code": "H99\0.12", "name": "Sở Nội vụ"}),
    replace(hoso(), code="H99.12.2025." + "G" * 400),
    replace(hoso(), code="H99.12.2025.G7\0"),
    replace(hoso(), title="Hồ sơ \0 rỗng"),
    # Under the older rules too long a value is told and taken in.
    replace(hoso(organName=LONG), profile="ND01-TT02"),
    hoso(codeNotation="BC\0-SNV"),
)


def test_a_value_too_long_or_with_a_null_brings_nothing_to_a_standstill(home: Path, tmp_path: Path) -> None:
    paths = [bag_of(made, "zip").write(tmp_path / f"{number}") for number, made in enumerate(ODD)]
    with opened(load_settings(home)) as installation:
        handed = hand_in(installation, paths, client_key=None, received=lambda: None)
        ids = [row.submission.id for row in handed if row.submission is not None]
        assert len(ids) == len(ODD), handed
        assert carry(installation, ids) == {}
        with installation.catalogue.read() as reading:
            ended = [reading.submission(submission_id) for submission_id in ids]
            waiting = [item.id for item in ended if item.state is State.IN_REVIEW]
        for submission_id in waiting:
            installation.steps().accept(submission_id, actor="person:kiem-thu", reason="Kiểm thử")
        assert carry(installation, waiting) == {}
        with installation.catalogue.read() as reading:
            ended = [reading.submission(submission_id) for submission_id in ids]
    for made, submission in zip(ODD, ended, strict=True):
        described = submission.description
        assert submission.state in (State.RETURNED, State.STORED)
        assert len(described.agency_code) <= LONGEST_AGENCY_CODE and len(described.file_code) <= LONGEST_FILE_CODE
        assert "\0" not in "".join(astuple(described))
        assert described.agency_code != "H99.12" or made.agency["code"] == "H99.12", "cut to the code of somebody else"
    assert {item.state for item in ended[-2:]} == {State.STORED}, "what documents say of themselves is taken in"
