"""Who gets what, written out by hand: the rules as a reader of the law would have them, not as the code has them.

``ok``: what was asked for. ``403``: may be known of, may not be done. ``purpose``: 403 until a purpose is stated.
``404``: may not be known of. Columns: a hồ sơ of the asker's agency, then of another; each open, conditional, restricted,
and open with one restricted document (``mixed``), which then is the document asked for. ``_granted`` has a grant for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.http_contract.world import AGENCIES, SHAPES

COLUMNS = tuple((whose, shape) for whose in AGENCIES for shape in SHAPES)

_METADATA_OF_HOSO = """
agency                  ok       ok       ok       ok         404      404      404      404
agency_granted          ok       ok       ok       ok         ok       ok       ok       ok
archivist               ok       ok       404      ok         ok       ok       404      ok
archivist_granted       ok       ok       ok       ok         ok       ok       ok       ok
head                    ok       ok       ok       ok         ok       ok       ok       ok
head_granted            ok       ok       ok       ok         ok       ok       ok       ok
auditor                 ok       ok       ok       ok         ok       ok       ok       ok
auditor_granted         ok       ok       ok       ok         ok       ok       ok       ok
administrator           403      403      403      403        403      403      403      403
"""

_METADATA_OF_DOCUMENT = """
agency                  ok       ok       ok       ok         404      404      404      404
agency_granted          ok       ok       ok       ok         ok       ok       ok       ok
archivist               ok       ok       404      404        ok       ok       404      404
archivist_granted       ok       ok       ok       ok         ok       ok       ok       ok
head                    ok       ok       ok       ok         ok       ok       ok       ok
head_granted            ok       ok       ok       ok         ok       ok       ok       ok
auditor                 ok       ok       ok       ok         ok       ok       ok       ok
auditor_granted         ok       ok       ok       ok         ok       ok       ok       ok
administrator           403      403      403      403        403      403      403      403
"""

_CONTENT = """
agency                  ok       ok       403      403        404      404      404      404
agency_granted          ok       ok       ok       ok         ok       ok       ok       ok
archivist               ok       purpose  404      404        ok       purpose  404      404
archivist_granted       ok       ok       ok       ok         ok       ok       ok       ok
head                    ok       purpose  403      403        ok       purpose  403      403
head_granted            ok       ok       ok       ok         ok       ok       ok       ok
auditor                 ok       ok       403      403        ok       ok       403      403
auditor_granted         ok       ok       ok       ok         ok       ok       ok       ok
administrator           403      403      403      403        403      403      403      403
"""

_WHOLE_PACKAGE = """
agency                  ok       ok       403      403        404      404      404      404
agency_granted          ok       ok       ok       ok         ok       ok       ok       ok
archivist               ok       purpose  404      403        ok       purpose  404      403
archivist_granted       ok       ok       ok       ok         ok       ok       ok       ok
head                    ok       purpose  403      403        ok       purpose  403      403
head_granted            ok       ok       ok       ok         ok       ok       ok       ok
auditor                 ok       ok       403      403        ok       ok       403      403
auditor_granted         ok       ok       ok       ok         ok       ok       ok       ok
administrator           403      403      403      403        403      403      403      403
"""

_WHAT_IS_ALLOWED_OF_IT = """
agency                  ok       ok       403      ok         404      404      404      404
agency_granted          ok       ok       ok       ok         ok       ok       ok       ok
archivist               ok       purpose  404      ok         ok       purpose  404      ok
archivist_granted       ok       ok       ok       ok         ok       ok       ok       ok
head                    ok       purpose  403      ok         ok       purpose  403      ok
head_granted            ok       ok       ok       ok         ok       ok       ok       ok
auditor                 ok       ok       403      ok         ok       ok       403      ok
auditor_granted         ok       ok       ok       ok         ok       ok       ok       ok
administrator           403      403      403      403        403      403      403      403
"""

_SUBMISSION = """
agency                  ok       ok       ok       ok         404      404      404      404
agency_granted          ok       ok       ok       ok         404      404      404      404
archivist               ok       ok       ok       ok         ok       ok       ok       ok
archivist_granted       ok       ok       ok       ok         ok       ok       ok       ok
head                    ok       ok       ok       ok         ok       ok       ok       ok
head_granted            ok       ok       ok       ok         ok       ok       ok       ok
auditor                 ok       ok       ok       ok         ok       ok       ok       ok
auditor_granted         ok       ok       ok       ok         ok       ok       ok       ok
administrator           403      403      403      403        403      403      403      403
"""

_SUBMISSION_AND_WHAT_IS_IN_IT = """
agency                  ok       ok       ok       ok         404      404      404      404
agency_granted          ok       ok       ok       ok         404      404      404      404
archivist               ok       ok       404      404        ok       ok       404      404
archivist_granted       ok       ok       ok       ok         ok       ok       ok       ok
head                    ok       ok       ok       ok         ok       ok       ok       ok
head_granted            ok       ok       ok       ok         ok       ok       ok       ok
auditor                 ok       ok       ok       ok         ok       ok       ok       ok
auditor_granted         ok       ok       ok       ok         ok       ok       ok       ok
administrator           403      403      403      403        403      403      403      403
"""

_REVIEW = """
agency                  403      403      403      403        403      403      403      403
agency_granted          403      403      403      403        403      403      403      403
archivist               ok       ok       ok       ok         ok       ok       ok       ok
archivist_granted       ok       ok       ok       ok         ok       ok       ok       ok
head                    ok       ok       ok       ok         ok       ok       ok       ok
head_granted            ok       ok       ok       ok         ok       ok       ok       ok
auditor                 403      403      403      403        403      403      403      403
auditor_granted         403      403      403      403        403      403      403      403
administrator           403      403      403      403        403      403      403      403
"""

_DECISION_ON_RIGHTS = """
agency                  403      403      403      403        403      403      403      403
agency_granted          403      403      403      403        403      403      403      403
archivist               403      403      403      403        403      403      403      403
archivist_granted       403      403      403      403        403      403      403      403
head                    ok       ok       ok       ok         ok       ok       ok       ok
head_granted            ok       ok       ok       ok         ok       ok       ok       ok
auditor                 403      403      403      403        403      403      403      403
auditor_granted         403      403      403      403        403      403      403      403
administrator           403      403      403      403        403      403      403      403
"""

_RIGHTS_AS_RECORDED = """
agency                  403      403      403      403        403      403      403      403
agency_granted          403      403      403      403        403      403      403      403
archivist               403      403      403      403        403      403      403      403
archivist_granted       403      403      403      403        403      403      403      403
head                    ok       ok       ok       ok         ok       ok       ok       ok
head_granted            ok       ok       ok       ok         ok       ok       ok       ok
auditor                 ok       ok       ok       ok         ok       ok       ok       ok
auditor_granted         ok       ok       ok       ok         ok       ok       ok       ok
administrator           403      403      403      403        403      403      403      403
"""

_FILE_OF_THE_REGISTRY = """
agency                  ok       ok       ok       ok         404      404      404      404
agency_granted          ok       ok       ok       ok         404      404      404      404
archivist               ok       ok       404      ok         ok       ok       404      ok
archivist_granted       ok       ok       ok       ok         ok       ok       ok       ok
head                    ok       ok       ok       ok         ok       ok       ok       ok
head_granted            ok       ok       ok       ok         ok       ok       ok       ok
auditor                 ok       ok       ok       ok         ok       ok       ok       ok
auditor_granted         ok       ok       ok       ok         ok       ok       ok       ok
administrator           403      403      403      403        403      403      403      403
"""

_KEEPING_OF_A_FILE = """
agency                  403      403      403      403        403      403      403      403
agency_granted          403      403      403      403        403      403      403      403
archivist               ok       ok       404      ok         ok       ok       404      ok
archivist_granted       ok       ok       ok       ok         ok       ok       ok       ok
head                    ok       ok       ok       ok         ok       ok       ok       ok
head_granted            ok       ok       ok       ok         ok       ok       ok       ok
auditor                 403      403      403      403        403      403      403      403
auditor_granted         403      403      403      403        403      403      403      403
administrator           403      403      403      403        403      403      403      403
"""

Cells = Mapping[tuple[str, str, str], str]
"""Person, whose, shape → the answer."""


def _read(text: str) -> Cells:
    cells = {}
    for line in text.strip().splitlines():
        person, *answers = line.split()
        assert len(answers) == len(COLUMNS), line
        cells |= {(person, *column): answer for column, answer in zip(COLUMNS, answers, strict=True)}
    return cells


METADATA_OF_HOSO = _read(_METADATA_OF_HOSO)
METADATA_OF_DOCUMENT = _read(_METADATA_OF_DOCUMENT)
CONTENT = _read(_CONTENT)
WHOLE_PACKAGE = _read(_WHOLE_PACKAGE)
WHAT_IS_ALLOWED_OF_IT = _read(_WHAT_IS_ALLOWED_OF_IT)
SUBMISSION = _read(_SUBMISSION)
SUBMISSION_AND_WHAT_IS_IN_IT = _read(_SUBMISSION_AND_WHAT_IS_IN_IT)
SUBMISSION_AND_WHAT_IS_IN_IT_DRAWN = {
    cell: answer
    for cell, answer in SUBMISSION_AND_WHAT_IS_IN_IT.items()
    if cell[0] not in ("agency_granted", "head_granted", "auditor_granted")
}
"""The same for letters, each of which takes a while to draw: those whom a grant gives nothing here are left out."""
REVIEW = _read(_REVIEW)
DECISION_ON_RIGHTS = _read(_DECISION_ON_RIGHTS)
RIGHTS_AS_RECORDED = _read(_RIGHTS_AS_RECORDED)
FILE_OF_THE_REGISTRY = _read(_FILE_OF_THE_REGISTRY)
KEEPING_OF_A_FILE = _read(_KEEPING_OF_A_FILE)

EVERYBODY = "agency archivist head auditor administrator"
READERS = "agency archivist head auditor"
STAFF = "archivist head auditor"
OVERSEERS = "head auditor administrator"
"""Who looks after the copies, or after those who do."""


@dataclass(frozen=True)
class Row:
    """One route: its operation, the scope a token needs for it ("" for any), and who gets what.

    ``cells`` for a route about one record; else ``roles``, those who may, or None for a route without an account.
    ``ok``: the status of what is allowed, here. ``purpose``: the operation knows of purposes of use.
    """

    operation: str
    scope: str
    cells: Cells | None = None
    roles: str | None = None
    ok: int = 200
    purpose: bool = False


ROUTES: Mapping[str, Row] = {
    # without an account
    "GET /api/v1/health": Row("health.read", "", ok=503),
    "GET /api/v1/verify/{sha256}": Row("presence.verify", ""),
    "POST /api/v1/verify": Row("presence.verify", ""),
    "POST /api/v1/session": Row("session.open", "", ok=401),
    "GET /api/v1/session/oidc/login": Row("session.open", "", ok=404),
    "GET /api/v1/session/oidc/callback": Row("session.open", "", ok=404),
    # one's own
    "DELETE /api/v1/session": Row("own-account.use", "", roles=EVERYBODY, ok=204),
    "GET /api/v1/me": Row("own-account.use", "", roles=EVERYBODY),
    "GET /api/v1/me/tokens": Row("own-account.use", "", roles=EVERYBODY),
    "POST /api/v1/me/tokens": Row("own-account.use", "", roles=EVERYBODY, ok=201),
    "DELETE /api/v1/me/tokens/{token_id}": Row("own-account.use", "", roles=EVERYBODY, ok=404),
    "POST /api/v1/me/password": Row("own-account.use", "", roles=EVERYBODY, ok=409),
    "GET /api/v1/me/searches": Row("own-account.use", "", roles=EVERYBODY),
    "POST /api/v1/me/searches": Row("own-account.use", "", roles=EVERYBODY, ok=201),
    "GET /api/v1/me/searches/{search_id}": Row("own-account.use", "", roles=EVERYBODY, ok=404),
    "DELETE /api/v1/me/searches/{search_id}": Row("own-account.use", "", roles=EVERYBODY, ok=404),
    # submissions
    "POST /api/v1/submissions": Row("submission.hand-in", "submit", roles="agency archivist", ok=201),
    "GET /api/v1/submissions": Row("submission.read", "read", roles=READERS),
    "GET /api/v1/submissions/{submission_id}": Row("submission.read", "read", SUBMISSION),
    "GET /api/v1/submissions/{submission_id}/progress": Row("submission.read", "read", SUBMISSION, ok=204),
    "GET /api/v1/submissions/{submission_id}/receipt": Row("submission.read", "read", SUBMISSION_AND_WHAT_IS_IN_IT),
    "GET /api/v1/submissions/{submission_id}/receipt.pdf": Row(
        "submission.read", "read", SUBMISSION_AND_WHAT_IS_IN_IT_DRAWN
    ),
    "GET /api/v1/submissions/{submission_id}/letter.pdf": Row(
        "submission.read", "read", SUBMISSION_AND_WHAT_IS_IN_IT_DRAWN
    ),
    "GET /api/v1/submissions/{submission_id}/reports": Row("submission.read", "read", SUBMISSION_AND_WHAT_IS_IN_IT),
    "GET /api/v1/submissions/{submission_id}/history": Row("submission.read", "read", SUBMISSION_AND_WHAT_IS_IN_IT),
    "OPTIONS /api/v1/uploads": Row("submission.hand-in", "submit", roles="agency archivist", ok=204),
    "POST /api/v1/uploads": Row("submission.hand-in", "submit", roles="agency archivist", ok=201),
    "HEAD /api/v1/uploads/{upload_id}": Row("submission.hand-in", "submit", roles="agency archivist", ok=404),
    "PATCH /api/v1/uploads/{upload_id}": Row("submission.hand-in", "submit", roles="agency archivist", ok=404),
    "DELETE /api/v1/uploads/{upload_id}": Row("submission.hand-in", "submit", roles="agency archivist", ok=404),
    "GET /api/v1/review": Row("submission.review", "review", roles="archivist head"),
    "POST /api/v1/review/{submission_id}": Row("submission.review", "review", REVIEW, ok=409),
    # hồ sơ and documents
    "GET /api/v1/search": Row("record.search", "read", roles=READERS),
    "GET /api/v1/search/suggest": Row("record.search", "read", roles=READERS),
    "POST /api/v1/search/export": Row("list.export", "read", roles=READERS),
    "GET /api/v1/records": Row("record.read", "read", roles=READERS),
    "GET /api/v1/records/{aip_id}": Row("record.read", "read", METADATA_OF_HOSO),
    "GET /api/v1/records/{aip_id}/history": Row("record.read", "read", METADATA_OF_HOSO),
    "GET /api/v1/records/{aip_id}/documents": Row("record.read", "read", METADATA_OF_HOSO),
    "GET /api/v1/records/{aip_id}/documents/{ordinal}": Row("record.read", "read", METADATA_OF_DOCUMENT),
    "GET /api/v1/records/{aip_id}/documents/{ordinal}/verdicts": Row("record.read", "read", METADATA_OF_DOCUMENT),
    "GET /api/v1/records/{aip_id}/documents/{ordinal}/signature-report": Row(
        "record.read", "read", METADATA_OF_DOCUMENT
    ),
    "GET /api/v1/records/{aip_id}/documents/{ordinal}/similar": Row("record.search", "read", METADATA_OF_DOCUMENT),
    "GET /api/v1/records/{aip_id}/documents/{ordinal}/content": Row("content.read", "read", CONTENT, purpose=True),
    "HEAD /api/v1/records/{aip_id}/documents/{ordinal}/content": Row("content.read", "read", CONTENT, purpose=True),
    "GET /api/v1/records/{aip_id}/documents/{ordinal}/text": Row("content.read", "read", CONTENT, purpose=True),
    "GET /api/v1/records/{aip_id}/documents/{ordinal}/thumbnail": Row("content.read", "read", CONTENT, purpose=True),
    "GET /api/v1/records/{aip_id}/documents/{ordinal}/pages/{page}": Row("content.read", "read", CONTENT, purpose=True),
    "GET /api/v1/records/{aip_id}/package": Row("aip.copy", "read", WHOLE_PACKAGE, purpose=True),
    "HEAD /api/v1/records/{aip_id}/package": Row("aip.copy", "read", WHOLE_PACKAGE, purpose=True),
    "POST /api/v1/records/{aip_id}/dip": Row("dip.export", "read", WHAT_IS_ALLOWED_OF_IT, purpose=True),
    "GET /api/v1/records/{aip_id}/zip": Row("dip.export", "read", WHAT_IS_ALLOWED_OF_IT, purpose=True),
    # rights
    "GET /api/v1/records/{aip_id}/mode": Row("ledger.read", "read", RIGHTS_AS_RECORDED),
    "GET /api/v1/records/{aip_id}/documents/{ordinal}/mode": Row("ledger.read", "read", RIGHTS_AS_RECORDED),
    "PUT /api/v1/records/{aip_id}/mode": Row("mode.decide", "decide", DECISION_ON_RIGHTS),
    "PUT /api/v1/records/{aip_id}/documents/{ordinal}/mode": Row("mode.decide", "decide", DECISION_ON_RIGHTS),
    "GET /api/v1/grants": Row("grant.read", "decide", roles="head auditor"),
    "POST /api/v1/grants": Row("grant.decide", "decide", DECISION_ON_RIGHTS, ok=201),
    "GET /api/v1/grants/{grant_id}": Row("grant.read", "decide", roles="head auditor", ok=404),
    "POST /api/v1/grants/{grant_id}/withdrawal": Row("grant.decide", "decide", roles="head", ok=404),
    "GET /api/v1/rights-changes": Row("rights-change.read", "read", roles="head auditor administrator"),
    "POST /api/v1/rights-changes/{change_id}/confirm": Row("rights-change.confirm", "decide", roles="head", ok=404),
    "GET /api/v1/ledger": Row("ledger.read", "read", roles="head auditor"),
    # accounts and operations
    "GET /api/v1/accounts": Row("account.administer", "administer", roles="administrator"),
    "POST /api/v1/accounts": Row("account.administer", "administer", roles="administrator", ok=201),
    "GET /api/v1/accounts/{account_id}": Row("account.administer", "administer", roles="administrator"),
    "PUT /api/v1/accounts/{account_id}/role": Row("account.administer", "administer", roles="administrator"),
    "PUT /api/v1/accounts/{account_id}/active": Row("account.administer", "administer", roles="administrator"),
    "POST /api/v1/accounts/{account_id}/password": Row("account.administer", "administer", roles="administrator"),
    "PUT /api/v1/accounts/{account_id}/identity": Row("account.administer", "administer", roles="administrator"),
    "GET /api/v1/accounts/{account_id}/tokens": Row("account.administer", "administer", roles="administrator"),
    "DELETE /api/v1/accounts/{account_id}/tokens": Row(
        "account.administer", "administer", roles="administrator", ok=204
    ),
    "DELETE /api/v1/accounts/{account_id}/tokens/{token_id}": Row(
        "account.administer", "administer", roles="administrator", ok=404
    ),
    "GET /api/v1/metrics": Row("metrics.read", "administer", roles="auditor administrator"),
    "GET /api/v1/audits": Row("audit.read", "read", roles=OVERSEERS),
    "GET /api/v1/audits/{run_id}": Row("audit.read", "read", roles=OVERSEERS, ok=404),
    "GET /api/v1/audits/{run_id}/report": Row("audit.read", "read", roles=OVERSEERS, ok=404),
    "GET /api/v1/audits/{run_id}/report.pdf": Row("audit.read", "read", roles=OVERSEERS, ok=404),
    "GET /api/v1/fixity": Row("audit.read", "read", roles=OVERSEERS),
    "GET /api/v1/incidents": Row("audit.read", "read", roles=OVERSEERS),
    "GET /api/v1/incidents/{incident_id}": Row("audit.read", "read", roles=OVERSEERS, ok=404),
    "GET /api/v1/stores": Row("audit.read", "read", roles=OVERSEERS),
    "GET /api/v1/backups": Row("audit.read", "read", roles=OVERSEERS),
    "GET /api/v1/jobs": Row("audit.read", "read", roles=OVERSEERS),
    "GET /api/v1/alerts": Row("audit.read", "read", roles=OVERSEERS),
    "POST /api/v1/alerts/{number}/acknowledgement": Row(
        "alert.acknowledge", "administer", roles="head administrator", ok=404
    ),
    # the registry of hồ sơ, danh mục, schedules, review tasks, holds
    "GET /api/v1/files": Row("file.read", "read", roles=READERS),
    "GET /api/v1/due-files": Row("file.read", "read", roles=READERS),
    "GET /api/v1/open-ended-files": Row("file.read", "read", roles=READERS),
    "POST /api/v1/files": Row("file.keep", "review", roles="archivist head", ok=201),
    "GET /api/v1/files/{file_id}": Row("file.read", "read", FILE_OF_THE_REGISTRY),
    "POST /api/v1/files/{file_id}/closing": Row("file.keep", "review", KEEPING_OF_A_FILE, ok=409),
    "POST /api/v1/files/{file_id}/reopening": Row("file.keep", "review", KEEPING_OF_A_FILE),
    "POST /api/v1/files/{file_id}/period": Row("file.keep", "review", KEEPING_OF_A_FILE),
    "POST /api/v1/files/{file_id}/event": Row("file.keep", "review", KEEPING_OF_A_FILE, ok=409),
    "POST /api/v1/files/{file_id}/paper": Row("file.keep", "review", KEEPING_OF_A_FILE),
    "POST /api/v1/files/{file_id}/transfer": Row("file.keep", "review", KEEPING_OF_A_FILE, ok=409),
    "GET /api/v1/agencies": Row("plan.read", "read", roles=READERS),
    "PUT /api/v1/agencies/{code}": Row("file.keep", "review", roles="archivist head", ok=409),
    "GET /api/v1/fonds": Row("plan.read", "read", roles=READERS),
    "PUT /api/v1/fonds/{code}": Row("file.keep", "review", roles="archivist head", ok=409),
    "GET /api/v1/file-plans": Row("plan.read", "read", roles=READERS),
    "POST /api/v1/file-plans": Row("plan.import", "submit", roles="agency archivist", ok=409),
    "GET /api/v1/file-plans/{plan_id}": Row("plan.read", "read", roles=READERS, ok=404),
    "POST /api/v1/file-plans/{plan_id}/approval": Row("plan.approve", "decide", roles="head", ok=404),
    "POST /api/v1/file-plans/{plan_id}/lines/{ordinal}/file": Row(
        "file.keep", "review", roles="archivist head", ok=404
    ),
    "GET /api/v1/schedules": Row("schedule.read", "read", roles=READERS),
    "POST /api/v1/schedules": Row("schedule.adopt", "decide", roles="head", ok=409),
    "GET /api/v1/schedules/{schedule_id}": Row("schedule.read", "read", roles=READERS, ok=404),
    "GET /api/v1/period-reviews": Row("period-review.read", "read", roles=STAFF),
    "POST /api/v1/period-reviews/{review_id}/decision": Row("period-review.decide", "decide", roles="head", ok=404),
    "GET /api/v1/holds": Row("hold.read", "read", roles=STAFF),
    "POST /api/v1/holds": Row("hold.place", "review", roles="archivist head", ok=404),
    "GET /api/v1/holds/{hold_id}": Row("hold.read", "read", roles=STAFF, ok=404),
    "GET /api/v1/holds/{hold_id}/files": Row("hold.read", "read", roles=STAFF, ok=404),
    "POST /api/v1/holds/{hold_id}/release": Row("hold.release", "decide", roles="head", ok=404),
    "GET /api/v1/retention-reports/due": Row("retention-report.read", "read", roles=READERS),
    "GET /api/v1/retention-reports/held": Row("retention-report.read", "read", roles=READERS),
    "GET /api/v1/retention-reports/in-round": Row("retention-report.read", "read", roles=READERS),
    "GET /api/v1/retention-reports/destroyed": Row("retention-report.read", "read", roles=READERS),
    "GET /api/v1/retention-reports/activity": Row("retention-report.read", "read", roles=READERS),
    "GET /api/v1/retention-reports/table": Row("retention-report.read", "read", roles=READERS),
    "GET /api/v1/activity-reports": Row("activity-report.read", "read", roles=STAFF),
    "GET /api/v1/activity-reports/{report_id}": Row("activity-report.read", "read", roles=STAFF, ok=404),
    "GET /api/v1/activity-reports/{report_id}/report.pdf": Row("activity-report.read", "read", roles=STAFF, ok=404),
    "POST /api/v1/activity-reports/{report_id}/sending": Row(
        "activity-report.keep", "review", roles="archivist head", ok=404
    ),
    "GET /api/v1/rounds": Row("round.read", "read", roles=READERS),
    "POST /api/v1/rounds": Row("round.propose", "review", roles="archivist", ok=409),
    "GET /api/v1/rounds/{round_id}": Row("round.read", "read", roles=READERS, ok=404),
    "GET /api/v1/rounds/{round_id}/readiness": Row("round.read", "read", roles=READERS, ok=404),
    "GET /api/v1/rounds/{round_id}/candidates": Row("round.read", "read", roles=READERS, ok=404),
    "GET /api/v1/rounds/{round_id}/lines": Row("round.read", "read", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/lines": Row("round.act", "review", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/lines/removal": Row("round.act", "review", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/submit": Row("round.act", "review", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/abandon": Row("round.act", "review", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/sessions": Row("round.act", "review", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/sessions/reopening": Row("round.act", "review", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/votes": Row("round.act", "review", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/conclusion": Row("round.act", "review", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/opinion": Row("round.act", "review", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/no-opinion": Row("round.act", "review", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/freeze": Row("round.act", "review", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/kept-lines": Row("round.act", "review", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/hand-over": Row("round.act", "review", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/start": Row("round.act", "review", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/completion": Row("round.act", "review", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/council": Row("round.decide", "decide", roles="head", ok=404),
    "POST /api/v1/rounds/{round_id}/decisions": Row("round.decide", "decide", roles="head", ok=404),
    "POST /api/v1/rounds/{round_id}/executor": Row("round.decide", "decide", roles="head", ok=404),
    "POST /api/v1/rounds/{round_id}/set-aside": Row("round.decide", "decide", roles="head", ok=404),
    "GET /api/v1/rounds/{round_id}/papers": Row("round.read", "read", roles=READERS, ok=404),
    "GET /api/v1/rounds/{round_id}/papers/{kind}": Row("round.read", "read", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/papers/{kind}": Row("round.act", "review", roles=READERS, ok=404),
    "PUT /api/v1/rounds/{round_id}/papers/{kind}": Row("round.act", "review", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/papers-completion": Row("round.act", "review", roles=READERS, ok=404),
    "GET /api/v1/rounds/{round_id}/papers/orders/{order_id}": Row("round.read", "read", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/minutes": Row("round.act", "review", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/dossier": Row("round.act", "review", roles=READERS, ok=404),
    "GET /api/v1/rounds/{round_id}/dossier": Row("round.read", "read", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/destruction": Row("round.act", "review", roles=READERS, ok=404),
    "GET /api/v1/rounds/{round_id}/destruction": Row("round.read", "read", roles=READERS, ok=404),
    "POST /api/v1/rounds/{round_id}/absence": Row("absence.verify", "review", roles=STAFF, ok=404),
    "GET /api/v1/rounds/{round_id}/absence": Row("round.read", "read", roles=READERS, ok=404),
    "GET /api/v1/rounds/{round_id}/certificate": Row("round.read", "read", roles=READERS, ok=404),
    "GET /api/v1/tombstones": Row("tombstone.read", "read", roles=READERS),
    "GET /api/v1/tombstones/{file_id}": Row("tombstone.read", "read", roles=READERS, ok=404),
}
