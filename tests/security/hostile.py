"""A hồ sơ whose every field of free text is an attack on whoever shows it: a browser, a spreadsheet, a line of headers."""

from __future__ import annotations

from typing import Any

from api.bootstrap import Installation
from api.submitting import carry
from archive.lifecycle import State
from samples.documents import AGENCY_CODE, documents
from samples.hoso import Entry, Hoso
from samples.parcel import bag_of
from samples.workshop import PERSON_AND_AGENCY, Workshop

MARKUP = "<script>alert('zqxss')</script><img src=x onerror=\"alert(1)\">&lt;b&gt;${7*7}{{7*7}}"
FORMULA = "=cmd|' /C calc'!A0"
HOSTILE = f'{FORMULA} {MARKUP} "; x="\u202e'
"""Begins as a formula, goes on as a page, ends out of its quotes and turned round."""
SHORT = '=1"<b>zqxss</b>'
"""As much of it as a code of 20 characters has room for."""
NAME = "=1+1 <b>zqxss&amp;\"'; x=y.pdf"

_LONG = {"title", "description", "subject", "organName", "autograph"}
_OF_HOSO = ("title", "description", "keyword", "creator", "paperFileCode", "inforSign", "fileNotation")
_OF_DOCUMENT = ("subject", "organName", "description", "keyword", "autograph", "inforSign", "codeNotation")


def attack(name: str) -> str:
    return HOSTILE if name in _LONG else SHORT


def hostile_hoso(workshop: Workshop) -> Hoso:
    document = documents()["cong-van"].with_number(397)
    fields: dict[str, Any] = {name: attack(name) for name in _OF_DOCUMENT}
    fields["signerInfo"] = {"position": SHORT, "fullName": SHORT}
    entry = Entry.of(document, workshop.signed(document, PERSON_AND_AGENCY), NAME, **fields)
    about = {name: attack(name) for name in _OF_HOSO}
    agency = {"code": AGENCY_CODE, "name": HOSTILE}
    return Hoso(f"{AGENCY_CODE}.2025.ZQXSS", HOSTILE, (entry,), about, agency)


def hand_in(installation: Installation, workshop: Workshop) -> str:
    """The id of its submission: stored."""
    data = bag_of(hostile_hoso(workshop), "zip").packed("ho-so")
    received = installation.intake().receive_stream(
        [data], f"{HOSTILE}\r\nSet-Cookie: a=b.zip", owner=AGENCY_CODE, actor="account:zq-agency-zq"
    )
    assert carry(installation, [received.submission.id]) == {}
    with installation.catalogue.read() as reading:
        submission = reading.submission(received.submission.id)
    assert submission.state is State.STORED, submission.decision
    return submission.id
