"""Traps that belong to no area of their own: what was fallen into elsewhere is tried here on the real thing."""

from __future__ import annotations

import io
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from archive.aip.model import Derivative
from archive.aip.reader import AipReader
from archive.aip.writer import write_aip
from archive.bag.files import FolderFiles
from archive.bag.judge import Judgement, judged
from archive.catalogue import tables as t
from archive.catalogue.audit_tables import audit_findings
from archive.digest import file_digests
from archive.errors import CatalogueError
from archive.events import Event
from archive.finding import Answer
from samples.pki import Pki
from samples.signing import sign_pdf
from tests.aip.contents import aip_content
from tests.bag.bags import bag
from tests.destruction.round_at_work import ACTOR, RoundAtWork
from tests.signatures.conftest import Judge

SIGNED_AT = datetime(2026, 5, 20, 3, 0, tzinfo=UTC)
PATIENCE_SECONDS = 120.0


def test_T8_a_signed_original_lies_in_its_package_as_it_was_signed_whatever_was_derived_from_it(
    judge: Judge, base: bytes, pki: Pki, tmp_path: Path
) -> None:
    signed = sign_pdf(base, pki, at=SIGNED_AT, timestamp=True, embed_revocation=True)
    content = aip_content(tmp_path, ("Quyết định.pdf",))
    original = content.originals[0]
    original.blob.write_bytes(signed)
    derived = Derivative(original.path, base, tool="một bản chuyển đổi không còn chữ ký")
    content = replace(
        content,
        originals=(replace(original, digests=file_digests(original.blob)),),
        derivatives=(derived,),
    )
    out = io.BytesIO()
    write_aip(content, out)
    reader = AipReader(out)
    assert original.blob.read_bytes() == signed, "what was handed in is not touched either"
    kept = reader.read(f"representations/rep1/data/{original.path}")
    assert kept == signed and judge(kept).all_passed


def test_T11_what_was_found_of_a_package_outlives_it_and_nobody_changes_it(work: RoundAtWork) -> None:
    work.take_in(1)
    (held,) = work.destroyed
    finding = {
        "run_id": "lần-1",
        "object_key": str(held.key),
        "store": "a",
        "aip_id": held.aip_id,
        "state": "mismatch",
        "found_at": work.at,
        "size_bytes": 1,
        "sha256": None,
        "detail": "",
        "findings": [],
    }
    with work.catalogue.transaction() as tx:
        verified = tx.append(
            Event.AIP_FIXITY_VERIFIED, held.aip_id, actor=ACTOR, at=work.at, data={"aip_id": held.aip_id}
        )
        tx.rows(insert(audit_findings).values(finding))
    assert work.begin() == []
    assert work.run().settled
    with work.catalogue.read() as view:
        assert view.aip(held.aip_id) is None
        assert view.record_of(held.aip_id, Event.AIP_FIXITY_VERIFIED) == verified
        rows = view.rows(select(audit_findings.c.state).where(audit_findings.c.aip_id == held.aip_id)).scalars()
        assert list(rows) == ["mismatch"]
    c = t.ledger.c
    for change in (delete(t.ledger).where(c.seq == verified.seq), update(t.ledger).where(c.seq == 1).values(body="x")):
        with pytest.raises((DBAPIError, CatalogueError)), work.catalogue.transaction() as tx:
            tx.rows(change)


def test_T27_bags_judged_by_many_threads_at_once_all_come_to_an_end(tmp_path: Path) -> None:
    for path, data in bag({f"data/{number}.bin": bytes([number]) * 300_000 for number in range(24)}).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    ended: list[Judgement] = []
    threads = [
        threading.Thread(target=lambda: ended.append(judged(FolderFiles(tmp_path))), daemon=True) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert not any(thread.is_alive() for thread in threads)
    assert [item.answer for item in ended] == [Answer.PASSED] * len(threads)


@pytest.mark.parametrize("name", [f"{'đ' * 83}.pdf", f"{'x' * 79}.pdf", f"{'Quyết định ' * 7}123456.pdf", "ỳ" * 80])
def test_T32_names_of_83_characters_and_of_255_bytes_come_out_as_they_went_in(name: str, tmp_path: Path) -> None:
    assert len(name) <= 87 and len(name.encode()) <= 255
    content = aip_content(tmp_path, (name,))
    out = io.BytesIO()
    write_aip(content, out)
    assert AipReader(out).read(f"representations/rep1/data/{name}") == content.originals[0].blob.read_bytes()
