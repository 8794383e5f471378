"""Time is bounded: a file that takes too long is indeterminate, never a pass, and never holds up the batch."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from ingest.checks.signatures.deadline import Deadline, DeadlinePassedError
from samples.pki import Pki
from samples.pki_entities import utc
from samples.signing import sign_pdf

SIGNED_AT = utc(2025, 3, 10, 2)


def test_a_long_file_whose_analysis_runs_out_of_time_is_indeterminate(
    judge: Any, pki: Pki, base: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyhanko.sign.diff_analysis import StandardDiffPolicy

    def endless(*_args: Any, **_options: Any) -> Any:
        while True:
            time.sleep(0.01)

    one = sign_pdf(base, pki, "person", at=SIGNED_AT, timestamp=True)
    two = sign_pdf(one, pki, "agency", at=SIGNED_AT + timedelta(minutes=1), timestamp=True)
    monkeypatch.setattr(StandardDiffPolicy, "review_file", endless)
    seen = judge(two, deadline_seconds=1.0)
    assert "signatures.timeout" in seen.codes
    assert not seen.all_passed


def test_no_time_at_all_is_indeterminate(judge: Any, pki: Pki, base: bytes) -> None:
    seen = judge(sign_pdf(base, pki, at=SIGNED_AT), deadline_seconds=0.0)
    assert seen.codes == {"signatures.timeout"}


def test_the_deadline_breaks_through_handlers_of_exceptions() -> None:
    with pytest.raises(DeadlinePassedError), Deadline(0.05).enforced():
        while True:
            try:
                time.sleep(0.01)
            except Exception:
                continue


def test_a_deadline_that_is_not_set_never_passes() -> None:
    with Deadline(None).enforced():
        assert not Deadline(None).passed
