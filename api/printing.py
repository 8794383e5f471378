"""The views of ``api.views`` on a terminal, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from api.output import columns, facts, line, out, plain, say
from api.words import ANSWERS, COPY_STATES, SEVERITIES, STATES, event_words, fields_in_words
from archive.finding import Answer, Finding, Severity
from archive.fixity import CopyState
from ingest.moment import moment
from schemas.findings import finding_kinds

_MOST_OF_A_KIND = 10
_ORDER = tuple(Severity)


def print_findings(findings: Iterable[Finding]) -> None:
    """The worst first; findings of one kind together, the first few in full, and once what to do about them."""
    ordered = sorted(findings, key=lambda item: (_ORDER.index(item.severity), item.code))
    for (severity, code), group in groupby(ordered, key=lambda item: (item.severity, item.code)):
        same = list(group)
        line(f"  {SEVERITIES[severity]}  [bold]{plain(code)}[/]" + (f"  ({len(same)})" if len(same) > 1 else ""))
        for item in same[:_MOST_OF_A_KIND]:
            named = not item.document or item.document in item.message
            say(plain(item.message if named else f"{item.document}: {item.message}"), 6)
        if len(same) > _MOST_OF_A_KIND:
            say(f"… và {len(same) - _MOST_OF_A_KIND} chỗ khác; xem đủ bằng --json.", 6)
        kind = finding_kinds().get(code)
        if kind and kind.remedy and severity is not Severity.INFO:
            say(f"[dim]→ {plain(kind.remedy)}[/]", 6)


def print_submission(view: Mapping[str, Any]) -> None:
    facts(
        [
            ("Mã đăng ký nộp", view["registration"]),
            ("Trạng thái", STATES[view["state"]]),
            ("Mã hồ sơ", view["file_code"]),
            ("Tiêu đề", view["title"]),
            ("Cơ quan nộp", view["agency"]["name"] or view["agency"]["code"]),
            ("Vào hệ thống", moment(view["entered_at"])),
            ("Thời điểm nhận theo quy định", moment(view["received_legal_at"])),
            ("Mã gói (AIP)", view["aip_id"] if view["state"] == "stored" else None),
            ("Thỏa thuận nộp lưu", f"{view['agreement']['name']} phiên bản {view['agreement']['version']}"),
            ("Giữ nội dung đến", moment(view["remove_after"]) if view["state"] == "returned" else None),
        ]
    )
    if view["findings"]:
        line("[bold]Ghi nhận khi kiểm tra[/]")
        print_findings(Finding.from_json(item) for item in view["findings"])


def print_aip(view: Mapping[str, Any]) -> None:
    say(f"[bold]{plain(view['title'])}[/]")
    facts(
        [
            ("Mã hồ sơ", view["file_code"]),
            ("Mã gói (AIP)", view["aip_id"]),
            ("Mã đăng ký nộp", view["registration"]),
            ("Cơ quan nộp", view["agency"]["name"]),
            ("Bộ quy tắc", view["profile"]),
            ("SHA-256 (gói)", view["sha256"]),
            ("Dung lượng gói (byte)", view["size_bytes"]),
            *(fields_in_words("hoso", {k: v for k, v in view["fields"].items() if k not in ("fileCode", "title")})),
        ]
    )
    line("[bold]Văn bản[/]")
    for row in view["documents"]:
        verdict = ANSWERS[Answer(row["verdict"])] if row["verdict"] else ""
        line(f"  {row['ordinal']}. [bold]{plain(row['number'])}[/]  {plain(row['path'])}  {verdict}")
        if row["title"]:
            say(plain(row["title"]), 5)
        signers = f"Ký: {', '.join(row['signers'])}; " if row["signers"] else ""
        say(f"[dim]{plain(signers)}{row['size_bytes']} byte[/]", 5)
    line("[bold]Bản lưu[/]")
    for copy in view["copies"]:
        state = COPY_STATES[CopyState(copy["state"])]
        line(f"  {plain(copy['store'])}: {state}, đọc lại lần cuối {moment(copy['verified_at'])}")
    line("[bold]Lịch sử[/]")
    columns(
        ("STT", "Thời điểm", "Sự kiện", "Ai", "Mã sự kiện"),
        (
            (str(row["seq"]), moment(row["at"]), plain(event_words(row["event"])), plain(row["actor"]), row["event"])
            for row in view["history"]
        ),
    )


def print_verification(result: Mapping[str, Any]) -> None:
    line(f"{ANSWERS[Answer(result['answer'])]}  {plain(result['file_code'])}  {result['aip_id']}")
    for copy in result["copies"]:
        line(f"  {plain(copy['store'])}: {COPY_STATES[CopyState(copy['state'])]}, {copy['size_bytes'] or 0} byte")
        if copy["sha256"]:
            line(f"      SHA-256 {copy['sha256']}")
        for message in copy["findings"][:_MOST_OF_A_KIND]:
            say(plain(message), 6)
    if result["answer"] != Answer.PASSED.value:
        line(f"  Phải là: {result['expected']['size_bytes']} byte")
        line(f"      SHA-256 {result['expected']['sha256']}")


def print_hits(found: Mapping[str, Any]) -> None:
    out.print(f"{found['total']} kết quả")
    for hit in found["hits"]:
        number = f"{plain(hit['number'])}  " if hit["number"] else ""
        say(f"[bold]{number}{plain(hit['title'])}[/]")
        about = "  ".join(filter(None, (hit["issuer"] or hit["agency"], hit["issued_on"])))
        if about:
            say(plain(about), 3)
        for text in hit["snippets"][:2]:
            say(f"[dim]{plain(text)}[/]", 3)
        what = f"get {hit['aip_id']} {hit['document_id']}" if hit["document_id"] else f"show {hit['aip_id']}"
        line(f"   → luutru {what}")
    if found["after"]:
        line(f"Trang tiếp: --after {plain(found['after'])}")
