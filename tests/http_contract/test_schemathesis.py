"""Schemathesis over the whole OpenAPI, every check, as every role and as nobody: no 5xx, nothing undocumented, nothing foreign."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.http_contract.fuzzing import Outcome, carried_out, schema_of, served
from tests.http_contract.rights_table import ROUTES
from tests.http_contract.world import ROLES, World
from tests.servers.homes import copied_home

EXAMPLES = int(os.environ.get("LUUTRU_SCHEMATHESIS_EXAMPLES", "15"))
"""Per operation and phase; more of them look deeper and take longer."""
SEED = 20261121

_REFUSED = ["400", "401", "403", "404", "405", "406", "409", "415", "422", "428", "429"]
_TAKEN = ["2xx", "3xx", "401", "403", "404", "409", "429"]
CHECKS: dict[str, Any] = {
    # Not as by default also 5xx: neither good nor bad data may end in one.
    "negative_data_rejection": {"expected-statuses": _REFUSED},
    "positive_data_acceptance": {"expected-statuses": _TAKEN},
}
OPERATIONS: list[dict[str, Any]] = [
    {
        # The words of a query follow a grammar, and a place in a list means something only to who gave it out:
        # neither can be said in a schema. What does not follow them is explained with 400.
        "include-operation-id": [
            "search_records",
            "suggest_searches",
            "export_search",
            "list_records",
            "list_submissions",
            "list_review_queue",
            "list_files",
            "list_due_files",
            "list_holds",
            "list_period_reviews",
            "list_open_ended_files",
            "list_rounds",
            "list_round_candidates",
            "list_round_lines",
            "add_round_lines",
            "list_tombstones",
            "list_activity_reports",
            "read_destruction",
        ],
        "checks": {"positive_data_acceptance": {"expected-statuses": [*_TAKEN, "400"]}},
    },
    {
        # A list with one row more than it may have can be larger than any body may be.
        "include-operation-id": ["import_file_plan", "adopt_schedule"],
        "checks": {"negative_data_rejection": {"expected-statuses": [*_REFUSED, "413"]}},
    },
    {
        # The same words; and how many values there are in all, over all filters: a schema can bound each list alone.
        "include-operation-id": ["save_search"],
        "checks": {"positive_data_acceptance": {"expected-statuses": [*_TAKEN, "400", "422"]}},
    },
    {
        # No schema says between which years an instant lies.
        "include-operation-id": ["order_paper", "make_minutes", "order_dossier"],
        "checks": {"positive_data_acceptance": {"expected-statuses": [*_TAKEN, "422"]}},
    },
    {
        # Nor that bytes are a PDF file.
        "include-operation-id": ["attach_paper"],
        "checks": {"positive_data_acceptance": {"expected-statuses": [*_TAKEN, "400", "415"]}},
    },
    {
        # A submission has its receipt when it is stored, not when it is handed in.
        "include-operation-id": ["read_receipt", "read_receipt_pdf", "read_letter_pdf"],
        "checks": {"ensure_resource_availability": {"enabled": False}},
    },
    {
        # Nobody carries what is handed in here: its events come to an end after many minutes only.
        "include-operation-id": ["follow_submission"],
        "request-timeout": 1.0,
    },
    {
        # tus 1.0.0 asks for 412 where its version is not stated, 460 for a digest that does not fit, and of two fields
        # one (400): a schema cannot ask for one of two.
        "include-operation-id": ["create_upload", "ask_upload", "continue_upload", "end_upload"],
        "checks": {
            "missing_required_header": {"expected-statuses": [*_REFUSED, "412"]},
            "negative_data_rejection": {"expected-statuses": [*_REFUSED, "412", "413", "460"]},
            "positive_data_acceptance": {"expected-statuses": [*_TAKEN, "400", "413", "460"]},
        },
    },
]


def settings(world: World, role: str) -> dict[str, Any]:
    """Where ids are asked for, mostly those of what is there; otherwise whatever Schemathesis thinks of."""
    ids = {
        "aip_id": [item.aip_id for item in world.held],
        "submission_id": [item.submission_id for item in world.held] + list(world.returned.values()),
        "file_id": [item.file_id for item in world.held],
        "ordinal": [1, 2],
    }
    return {
        "seed": SEED,
        # How many values generation threw away says nothing of the service.
        "suppress-health-check": ["filter_too_much", "too_slow", "data_too_large", "large_base_example"],
        "dictionaries": {name: {"values": known} for name, known in ids.items()},
        "parameters": {f"path.{name}": {"dictionary": name, "probability": 0.7} for name in ids},
        "generation": {"deterministic": True, "max-examples": EXAMPLES, "no-shrink": True, "database": "none"},
        "checks": CHECKS,
        "operations": OPERATIONS,
        "phases": phases(role),
    }


def phases(role: str) -> dict[str, Any]:
    """All of them, less what is the same for everybody and has been seen once.

    Which methods an address takes is told before anybody is asked who he is: one role tries all the others. Nobody is
    turned away from all but a few routes: values at the edges of every parameter are left to those who get in.
    """
    if not role:
        return {"coverage": {"enabled": False}}
    return {} if role == "agency" else {"coverage": {"unexpected-methods": ["trace"]}}


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("role", [*ROLES, ""], ids=[*ROLES, "nobody"])
def test_the_service_keeps_to_its_openapi_and_shows_nothing_foreign(
    role: str, made_world: World, tmp_path: Path
) -> None:
    copied_home(made_world.home, tmp_path / "home")
    world = made_world.at(tmp_path / "home")
    with served(world) as (address, installation):
        schema = schema_of(world, address, installation, role, settings(world, role))
        outcome = carried_out(schema, world.foreign_words(role))
    assert outcome.operations == set(ROUTES)
    assert not outcome.told(), outcome.told()
    assert not unanswered(role, outcome), "what the role may was never done"


BY_CHANCE = frozenset(
    {
        "POST /api/v1/grants",
        "POST /api/v1/files",
        "POST /api/v1/files/{file_id}/reopening",
        "POST /api/v1/files/{file_id}/period",
        "POST /api/v1/files/{file_id}/paper",
    }
)
"""Done only by who names an account, a package and a time within the next year at once, or a hồ sơ and its period in words: no
schema says which there are. That it is done when it is asked rightly is shown by ``test_access_table``."""


def unanswered(role: str, outcome: Outcome) -> list[str]:
    """Routes whose answer the role gets by the table, but never got: whatever was tried there proves little."""
    missing = []
    for route, row in ROUTES.items():
        if route in BY_CHANCE or row.ok >= 300 or (row.roles is not None and role not in row.roles.split()):
            continue
        if row.cells is not None and "ok" not in {said for (who, _, _), said in row.cells.items() if who == role}:
            continue
        if not any(200 <= status < 300 for status in outcome.statuses[route]):
            missing.append(f"{route}: {sorted(outcome.statuses[route])}")
    return missing
