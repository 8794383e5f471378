"""The service ``make demo`` ends with: started beside its own clamd, three people with tokens, and lines to call it by."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from api import output
from api.accounts import create_account, find_account, issue_token, revoke_token
from api.bootstrap import Installation, now, opened
from api.output import out, plain
from api.running import running
from api.serving import serve
from api.settings import CLAMD_VARIABLE, load_settings
from archive.access import Role
from archive.access.author import Author
from archive.errors import LuutruError

PORT = 8080
_DAYS = 7
_WAIT_SECONDS = 120.0
_PEOPLE = (
    ("co-quan", Role.AGENCY, "Cơ quan nộp trình diễn"),
    ("luu-tru-vien", Role.ARCHIVIST, "Văn thư lưu trữ trình diễn"),
    ("kiem-toan", Role.AUDITOR, "Kiểm toán trình diễn"),
)


def started(home: Path) -> str:
    """The address of the service of ``home``, running in the background from now on; its log is ``serve.log`` there."""
    with (home / "serve.log").open("ab") as log:
        subprocess.Popen(
            [sys.executable, "-m", "api.demo_service", str(home)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + _WAIT_SECONDS
    with output.progress("Khởi động dịch vụ", None):
        while (found := running(home)) is None:
            if time.monotonic() > deadline:
                raise LuutruError("Dịch vụ trình diễn không khởi động được.", remedy=f"Xem {home / 'serve.log'}.")
            time.sleep(0.2)
    return found.address


def tokens(installation: Installation) -> Mapping[Role, str]:
    """A fresh token for each of the three people; those of an earlier demonstration are worth nothing any more."""
    from samples.documents import AGENCY_CODE

    author, found = Author("demo"), {}
    for username, role, name in _PEOPLE:
        agency = AGENCY_CODE if role is Role.AGENCY else ""
        with installation.catalogue.read() as reading:
            known = reading.account_named(username)
        if known is None:
            create_account(
                installation.catalogue,
                username=username,
                name=name,
                role=role,
                agency_code=agency,
                by=author,
                at=now(),
            )
        with installation.catalogue.read() as reading:
            earlier = [item for item in reading.tokens(find_account(reading, username).id) if item.live(now())]
        for item in earlier:
            revoke_token(installation.catalogue, item.id, by=author, at=now())
        found[role] = issue_token(
            installation.catalogue, username, label="trình diễn", days=_DAYS, by=author, at=now()
        ).secret
    return found


def fresh_parcel(samples: Path, home: Path) -> Path:
    """A hồ sơ no archive has seen: one newly signed document in a zipped bag, for the line that submits."""
    from samples.documents import AGENCY_CODE
    from samples.hoso import Entry, Hoso
    from samples.many import document_of, make_signed_pdfs
    from samples.parcel import bag_of
    from samples.pki import create_pki

    number = int(time.time()) % 800_000 + 100_000
    pki = create_pki(samples / "pki")
    (home / "nop-thu").mkdir(exist_ok=True)
    pdf = make_signed_pdfs(home / "nop-thu", 1, 2, pki=pki, first_number=number)[0]
    document = document_of(pdf)
    hoso = Hoso(
        f"{AGENCY_CODE}.2025.T{number}",
        f"Hồ sơ nộp thử {number}",
        (Entry.of(document, pdf.read_bytes()),),
    )
    target = home / "nop-thu.zip"
    target.write_bytes(bag_of(hoso, "zip").packed())
    pdf.unlink()
    return target


def say_how_to_call(
    address: str, people: Mapping[Role, str], stored: Mapping[str, Any], sha256: str, parcel: Path
) -> None:
    """Three tokens and lines that work as they are pasted."""
    api, aip = f"{address}/api/v1", stored["aip_id"]
    out.rule("Dịch vụ đang chạy", align="left")
    out.print(f"{plain(api)}  (tài liệu: {plain(api)}/openapi.json; dừng: luutru stop)", soft_wrap=True)
    lines = (
        f"export API={api}",
        f"export CO_QUAN={people[Role.AGENCY]}",
        f"export LUU_TRU={people[Role.ARCHIVIST]}",
        f"export KIEM_TOAN={people[Role.AUDITOR]}",
        "curl -s $API/health",
        'curl -s -G -H "Authorization: Bearer $LUU_TRU" $API/search --data-urlencode "q=công tác văn thư" -d facet=year -d size=3',
        f'curl -s -H "Authorization: Bearer $LUU_TRU" $API/records/{aip}',
        f'curl -s -OJ -H "Authorization: Bearer $LUU_TRU" $API/records/{aip}/documents/1/content',
        f'curl -s -i -H "Authorization: Bearer $CO_QUAN" -F file=@{os.path.relpath(parcel)} $API/submissions',
        'curl -s -H "Authorization: Bearer $CO_QUAN" "$API/submissions?limit=1"',
        'curl -s -H "Authorization: Bearer $KIEM_TOAN" "$API/ledger?limit=3"',
        f"curl -s $API/verify/{sha256}",
    )
    for line in lines:
        out.print(f"  {line}", soft_wrap=True, markup=False, highlight=False)


def _free_port() -> int:
    """8080, or any free one when somebody else has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return 0
    return PORT


def main(home: Path) -> None:
    """The background process: clamd with the demonstration signatures, and the service that uses it."""
    from samples.clamd import clamd_program, running_clamd

    with ExitStack() as stack:
        settings = load_settings(home)
        if clamd_program() is not None:
            clamd = stack.enter_context(running_clamd(home / "clamd"))
            # The worker process reads the settings anew; this it inherits.
            os.environ[CLAMD_VARIABLE] = str(clamd)
            settings = load_settings(home)
        installation = stack.enter_context(opened(settings))
        serve(installation, host="127.0.0.1", port=_free_port())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
