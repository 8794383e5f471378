"""The way of a real package: written once to two stores, read back, recorded, and found right by fsck."""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from archive.aip.model import AipContent, Original, Party, RuleProfile
from archive.aip.writer import write_aip
from archive.catalogue import Aip, Catalogue, Copy, Document
from archive.copies import read_back, write_everywhere
from archive.digest import digests_of
from archive.events import Event
from archive.fsck import fsck
from archive.paths import RelPath
from archive.storage import DirectoryStore, aip_key

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "catalogue"))
from builders import ACTOR, AT, accept, receive


def test_a_package_on_its_whole_way_agrees_with_the_catalogue_until_that_is_changed(tmp_path: Path) -> None:
    stores = [DirectoryStore.initialise(name, tmp_path / name) for name in ("a", "b")]
    texts = {"Tờ trình số 1.pdf": b"%PDF-1.4 mot", "phụ lục/bảng 2.pdf": b"%PDF-1.4 hai"}
    originals = []
    for ordinal, (name, data) in enumerate(texts.items(), 1):
        (tmp_path / f"{ordinal}").write_bytes(data)
        originals.append(Original(RelPath(name), tmp_path / f"{ordinal}", digests_of([data]), ordinal, {}))
    with Catalogue.open(f"sqlite:///{tmp_path / 'c.sqlite'}") as catalogue:
        with catalogue.transaction() as tx:
            submission = receive(tx)
            accept(tx, submission)
        content = AipContent(
            submission.aip_id,
            AT,
            RuleProfile("LLT2024-TT05", "1"),
            Party("000.00.00.H26", "Lưu trữ lịch sử"),
            Party("000.00.12.H26", "Sở Nội vụ"),
            {"title": "Hồ sơ đê điều"},
            originals,
        )
        key = aip_key(submission.aip_id)
        aip = write_everywhere(stores, key, lambda out: write_aip(content, out))
        results = read_back(stores, key, aip.sha256, aip.size_bytes, layout_sha256=aip.layout_sha256)
        assert all(result.ok for result in results)
        with catalogue.transaction() as tx:
            tx.record_aip(
                Aip(
                    aip.aip_id, submission.id, "H01", "Hồ sơ đê điều", "LLT2024-TT05", "1", key,
                    aip.size_bytes, aip.sha256, AT, layout_sha256=aip.layout_sha256,
                ),
                (
                    Document(
                        aip.aip_id, item.ordinal, item.path, entry.size_bytes,
                        entry.sha256 or "", entry.sha512 or "", entry.offset,
                    )
                    for item, entry in zip(originals, aip.originals, strict=True)
                ),
            )  # fmt: skip
            data = {
                "aip_id": aip.aip_id,
                "sha256": aip.sha256,
                "size_bytes": aip.size_bytes,
                "layout_sha256": aip.layout_sha256,
            }
            tx.move(submission.id, Event.AIP_PACKAGE_WRITTEN, actor=ACTOR, at=AT, data=data)
        with catalogue.transaction() as tx:
            tx.record_copies(Copy(aip.aip_id, result.store, result.state, AT) for result in results)
            tx.move(submission.id, Event.AIP_COPIES_VERIFIED, actor=ACTOR, at=AT, data={"aip_id": aip.aip_id})
        assert list(fsck(catalogue, stores)) == []
        with catalogue.read() as view:
            for document in view.documents(aip.aip_id):
                held = b"".join(stores[1].read(key, document.tar_offset, document.size_bytes))
                assert held == texts[document.path]
                assert hashlib.sha512(held).hexdigest() == document.sha512
        with closing(sqlite3.connect(tmp_path / "c.sqlite")) as connection:
            connection.execute("UPDATE documents SET sha512 = 'x' WHERE ordinal = 2")
            connection.commit()
        (difference,) = fsck(catalogue, stores)
        assert (difference.code, difference.details["fields"]) == ("document.row.changed", "sha512")
