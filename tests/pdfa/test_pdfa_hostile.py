"""Hostile PDFs end as named findings within their budget, and the next good file is judged rightly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.finding import Answer, answer_of
from archive.paths import RelPath
from ingest.checks.pdfa import judgement_findings
from ingest.examination_result import DocumentResult
from ingest.verapdf.build import DEFAULT_HOME
from ingest.verapdf.client import Judgement, VeraPool, Verdict, judgement_of, verapdf_pool
from ingest.workers.pool import WorkerPool

Examined = Callable[..., DocumentResult]
UNANSWERED = {"pdfa.timeout", "pdfa.out-of-memory", "pdfa.stack-overflow", "pdfa.worker-died", "pdfa.no-verdict"}


def codes(result: DocumentResult) -> set[str]:
    return {item.code for item in result.findings}


def assert_next_is_judged_rightly(good: Path, examined: Examined) -> None:
    result = examined(good)
    assert (codes(result), result.facts["pdfa"]["compliant"]) == (set(), True)


@pytest.mark.parametrize(
    ("name", "seconds", "expected"),
    [
        ("content_bomb", 3, {"pdfa.timeout", "pdfa.out-of-memory"}),
        ("nested_flate", 4, {"pdfa.timeout", "pdfa.out-of-memory"}),
        ("xmp_bomb", 60, {"pdfa.claim-unreadable"}),
        ("nested_xmp_bomb", 60, {"pdfa.out-of-memory"}),
        ("xmp_entities", 60, {"pdfa.claim-unreadable"}),
        ("deep_array", 60, {"pdfa.stack-overflow", "pdfa.timeout"}),
        ("deep_dictionary", 5, {"pdfa.timeout", "pdfa.stack-overflow", "pdfa.not-compliant"}),
        ("page_tree_loop", 60, {"pdfa.damaged"}),
    ],
)
def test_a_hostile_pdf_is_a_named_finding_and_the_batch_goes_on(
    tmp_path: Path, hostile: ModuleType, good: Path, examined: Examined, name: str, seconds: float, expected: set[str]
) -> None:
    """T41: one bad file never kills the batch, nor does it stay unnamed."""
    result = examined(hostile.HOSTILE[name](tmp_path / "blob"), seconds)
    assert codes(result) & expected, codes(result)
    assert result.answer is not Answer.PASSED
    assert_next_is_judged_rightly(good, examined)


@pytest.mark.parametrize("name", ["form_loop", "outline_chain"])
def test_loops_and_chains_that_break_no_rule_of_pdfa_come_to_an_end(
    tmp_path: Path, hostile: ModuleType, examined: Examined, name: str
) -> None:
    result = examined(hostile.HOSTILE[name](tmp_path / "blob"), 20)
    assert codes(result) <= UNANSWERED


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_pdf_cut_anywhere_or_with_rubbish_before_it_never_passes(
    data: st.DataObject, tmp_path: Path, good: Path, examined: Examined
) -> None:
    whole = good.read_bytes()
    cut = data.draw(st.integers(0, len(whole) - 8))
    rubbish = data.draw(st.binary(min_size=0 if cut else 1, max_size=900).filter(lambda head: b"%" not in head))
    path = tmp_path / "blob"
    path.write_bytes(rubbish + whole[:cut])
    result = examined(path)
    assert not result.facts or result.answer is not Answer.PASSED
    path.write_bytes(b"x" + rubbish + whole)
    assert "pdfa.not-compliant" in codes(examined(path))


@pytest.mark.parametrize("victim", ["veraPDF", "inspector"])
def test_a_worker_that_is_killed_again_and_again_is_a_finding_and_is_replaced(
    tmp_path: Path, hostile: ModuleType, good: Path, examined: Examined, victim: str
) -> None:
    """T41, T45: the document is indeterminate by name, and never passed."""
    stop = threading.Event()
    word = "VeraWorker" if victim == "veraPDF" else "ingest.inspector"

    def hunt() -> None:
        while not stop.wait(0.02):
            for child in psutil.Process().children():
                try:
                    if word in child.cmdline():
                        child.send_signal(signal.SIGKILL)
                except psutil.Error:
                    continue

    bomb = hostile.content_bomb if victim == "veraPDF" else hostile.nested_xmp_bomb
    path = bomb(tmp_path / "blob")
    hunter = threading.Thread(target=hunt)
    hunter.start()
    try:
        found = codes(examined(path, 30))
    finally:
        stop.set()
        hunter.join()
    assert found & {"pdfa.worker-died", "pdfa.tool-unavailable"}
    assert_next_is_judged_rightly(good, examined)


def test_a_worker_killed_once_in_the_midst_of_a_document_costs_no_verdict(good: Path, verapdf: VeraPool) -> None:
    """T41: killed for another's sake, it is asked again in a fresh process."""
    verapdf.judge(good, "2u", timeout_seconds=60)
    worker = verapdf.quick._idle[-1]
    assert worker.pid is not None
    stopped, pid = [], worker.pid
    os.kill(pid, signal.SIGSTOP)
    thread = threading.Thread(target=lambda: stopped.append(verapdf.judge(good, "2u", timeout_seconds=60)))
    thread.start()
    while verapdf.quick._idle:
        time.sleep(0.01)
    time.sleep(0.2)
    os.kill(pid, signal.SIGKILL)
    thread.join()
    assert (stopped[0].verdict, stopped[0].compliant, stopped[0].attempts) == (Verdict.JUDGED, True, 2)


def test_an_unbuilt_verapdf_leaves_the_document_undecided(tmp_path: Path, good: Path, examined: Examined) -> None:
    """T45: a tool that could not run is never a pass."""
    result = examined(good, verapdf=verapdf_pool(tmp_path / "nowhere", 1))
    assert (codes(result), result.answer) == ({"pdfa.tool-unavailable"}, Answer.INDETERMINATE)


def test_an_original_that_vanished_is_no_verdict(good: Path, tmp_path: Path, inspectors: WorkerPool) -> None:
    from archive.digest import Digests
    from ingest.checks.pdfa import examine
    from ingest.subject import Member

    gone = Member(RelPath("a.pdf"), tmp_path / "gone", Digests(1, "", ""))
    result = examine(gone.path, gone, inspectors=inspectors, verapdf=verapdf_pool(tmp_path, 1))
    assert codes(result) == {"pdfa.no-verdict"}


@pytest.mark.parametrize(
    ("verdict", "code", "answer"),
    [
        (Verdict.ENCRYPTED, "pdfa.encrypted", Answer.FAILED),
        (Verdict.UNPARSEABLE, "pdfa.damaged", Answer.FAILED),
        (Verdict.OUT_OF_MEMORY, "pdfa.out-of-memory", Answer.INDETERMINATE),
        (Verdict.STACK_OVERFLOW, "pdfa.stack-overflow", Answer.INDETERMINATE),
        (Verdict.TIMEOUT, "pdfa.timeout", Answer.INDETERMINATE),
        (Verdict.DIED, "pdfa.worker-died", Answer.INDETERMINATE),
        (Verdict.UNAVAILABLE, "pdfa.tool-unavailable", Answer.INDETERMINATE),
        (Verdict.ERROR, "pdfa.no-verdict", Answer.INDETERMINATE),
    ],
)
def test_every_way_of_not_judging_has_its_code_and_none_of_them_passes(
    verdict: Verdict, code: str, answer: Answer
) -> None:
    """T45: three answers, never two."""
    found = list(judgement_findings(RelPath("a.pdf"), Judgement(verdict, "2u"), {}))
    assert ([item.code for item in found], answer_of(found)) == ([code], answer)


WHOLE = {"flavour": "2u", "compliant": True, "end": "normal", "rules": []}


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "ok", "path": "/a", "results": []},
        {"status": "ok", "path": "/a"},
        {"status": "ok", "path": "/other", "results": [WHOLE]},
        {"status": "ok", "path": "/a", "results": [WHOLE, WHOLE]},
        {"status": "ok", "path": "/a", "results": [WHOLE | {"end": "timeout"}]},
        {"status": "ok", "path": "/a", "results": [WHOLE | {"flavour": "1b"}]},
        {"status": "ok", "path": "/a", "results": [WHOLE | {"compliant": None}]},
        {"status": "ok", "path": "/a", "results": [WHOLE | {"compliant": False}]},
        {"status": "error", "path": "/a", "results": [WHOLE]},
    ],
)
def test_anything_but_one_whole_result_for_this_path_and_flavour_is_no_verdict(answer: dict[str, object]) -> None:
    """T41: an exit code, a half report or another file's result never passes a document."""
    judgement = judgement_of(answer, "/a", "2u")
    assert (judgement.verdict, judgement.compliant) == (Verdict.ERROR, None)


def test_a_verapdf_worker_in_the_midst_of_a_bomb_dies_with_its_parent(tmp_path: Path, hostile: ModuleType) -> None:
    bomb = hostile.content_bomb(tmp_path / "blob")
    parent = textwrap.dedent(
        f"""
        from pathlib import Path
        from ingest.verapdf.client import verapdf_pool
        pool = verapdf_pool(Path({str(DEFAULT_HOME)!r}), 1)
        pool.versions()
        print(pool.quick._idle[0].pid, flush=True)
        pool.judge(Path({str(bomb)!r}), "2u", timeout_seconds=300)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    child = psutil.Process(int(process.stdout.readline()))
    time.sleep(1)
    process.kill()
    process.wait()
    process.stdout.close()
    child.wait(timeout=60)
