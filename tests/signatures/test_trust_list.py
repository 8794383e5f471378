"""The trust list is checked before anything is judged by it, and each fault has its own code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.checks.signatures.trust import TrustListError, load_trust_list
from samples.pki import Pki
from samples.trust_list import trust_list


def test_a_trust_list_is_loaded_with_its_digest_and_once(trust_file: Path) -> None:
    loaded = load_trust_list(trust_file)
    assert (len(loaded.anchors), len(loaded.timestamp_anchors), len(loaded.roles)) == (3, 1, 3)
    assert loaded is load_trust_list(trust_file)
    assert set(loaded.as_json()) == {"profile", "version", "issued", "sha256"}


FAULTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "trust-list.schema": lambda value: value.pop("version"),
    "trust-list.certificate": lambda value: value["anchors"][0].update(certificate="AAAA"),
    "trust-list.digest": lambda value: value["anchors"][0].update(sha256="0" * 64),
    "trust-list.dates": lambda value: value["anchors"][0].update(trusted_from="2049-01-01T00:00:00+00:00"),
    "trust-list.pattern": lambda value: value["roles"][0].update(pattern="("),
}


@pytest.mark.parametrize("code", FAULTS)
def test_a_faulty_trust_list_is_refused_with_its_code(pki: Pki, tmp_path: Path, code: str) -> None:
    value = trust_list(pki)
    FAULTS[code](value)
    path = tmp_path / "trust.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(TrustListError) as caught:
        load_trust_list(path)
    assert caught.value.code == code
    assert str(tmp_path) not in caught.value.message


def test_a_trust_list_that_is_missing_or_no_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrustListError) as caught:
        load_trust_list(tmp_path / "missing.json")
    assert caught.value.code == "trust-list.unreadable"
    (tmp_path / "text.json").write_text("danh sách")
    with pytest.raises(TrustListError) as caught:
        load_trust_list(tmp_path / "text.json")
    assert caught.value.code == "trust-list.not-json"
