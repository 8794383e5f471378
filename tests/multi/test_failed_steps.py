"""A step that fails is told as what it is, whoever else may carry submissions."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from api.bootstrap import opened
from api.settings import load_settings
from api.working import carrying
from archive.catalogue.catalogue import Catalogue
from archive.errors import CatalogueBusyError
from ingest.claims import Claims
from tests.multi.processes import eventually


def test_a_failed_step_is_not_called_taken_over(home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = tmp_path / "a.txt"
    source.write_text("Về việc tu bổ đê điều", encoding="utf-8")
    with opened(load_settings(home)) as installation:
        submission = installation.intake().receive(source).submission
        shutil.rmtree(installation.settings.quarantine / submission.id)
        with caplog.at_level(logging.WARNING), carrying(installation, installation.steps()) as (carrier, _):
            carrier.hand_in([submission.id])

            def failed() -> bool:
                found = carrier._dbos.list_workflows(workflow_id_prefix=submission.id, status="ERROR")
                return bool(found)

            eventually(failed)
            assert carrier.problems[submission.id].code == "ingest.content-missing"
    assert "taken over" not in caplog.text


def test_a_claim_that_could_not_be_asked_for_is_not_called_taken_over(
    home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "a.txt"
    source.write_text("Về việc tu bổ đê điều", encoding="utf-8")
    with opened(load_settings(home)) as installation:
        if not installation.settings.database.shared:
            pytest.skip("one machine claims nothing")
        submission = installation.intake().receive(source).submission

        def busy(self: Catalogue) -> NoReturn:
            raise CatalogueBusyError("Danh mục đang bận.")

        held = Claims.held

        @contextmanager
        def asked(self: Claims, submission_id: str, attempt: int) -> Iterator[None]:
            with monkeypatch.context() as context:
                context.setattr(Catalogue, "transaction", busy)
                with held(self, submission_id, attempt):
                    yield

        monkeypatch.setattr(Claims, "held", asked)
        with caplog.at_level(logging.WARNING), carrying(installation, installation.steps()) as (carrier, _):
            carrier.hand_in([submission.id])
            eventually(lambda: submission.id in carrier.problems)
            assert carrier.problems[submission.id].code == CatalogueBusyError.code
    assert "taken over" not in caplog.text
