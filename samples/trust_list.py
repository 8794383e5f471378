"""The demonstration trust list over the test PKI: marked as a test, never a list of the state's real authorities."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from samples.pki import Entity, Pki

TRUST_LIST_VERSION = "2026.1-thu-nghiem"


def trust_list(pki: Pki) -> dict[str, Any]:
    """A trust list (``schemas/trust/trust_list.schema.json``) that knows every authority but the unknown ones."""
    return {
        "format": "luutru-trust-list/1",
        "profile": "Danh sách tin cậy thử nghiệm – không dùng cho tài liệu thật",
        "version": TRUST_LIST_VERSION,
        "issued": "2026-11-01",
        "anchors": [
            _anchor(pki["root_g1"], "state-specialised"),
            _anchor(pki["root_g2"], "state-specialised"),
            _anchor(pki["public_root"], "public"),
        ],
        "timestamp_anchors": [_anchor(pki["root_g2"], "state-specialised")],
        "intermediates": [_certificate(pki[label]) for label in ("agency_ca_g1", "agency_ca_g2", "public_ca", "tsa")],
        "roles": [
            {"role": "person", "attribute": "user_id", "pattern": "^(CCCD|CMND|HC):"},
            {"role": "agency", "attribute": "user_id", "pattern": "^(MDD|MST):"},
            {
                "role": "agency",
                "attribute": "common_name",
                "pattern": "^(Ủy ban nhân dân|Hội đồng nhân dân|Bộ|Sở|Cục|Tổng cục|Ban|Văn phòng|Chi cục|Trung tâm) ",
            },
        ],
    }


def write_trust_list(pki: Pki, path: Path) -> Path:
    path.write_text(json.dumps(trust_list(pki), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path


def _certificate(entity: Entity) -> dict[str, Any]:
    return {
        "name": entity.spec.common_name,
        "sha256": hashlib.sha256(entity.der).hexdigest(),
        "certificate": base64.b64encode(entity.der).decode(),
    }


def _anchor(entity: Entity, anchor_class: str) -> dict[str, Any]:
    return {
        **_certificate(entity),
        "class": anchor_class,
        "trusted_from": entity.spec.not_before.isoformat(),
        "trusted_until": entity.spec.not_after.isoformat(),
    }
