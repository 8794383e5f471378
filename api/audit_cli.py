"""``luutru audit``: every copy read again, now; what was found, and how much of the archive was read how lately."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.bootstrap import opened
from api.journal import logged
from api.output import plain, say
from api.settings import home_folder, load_settings

Home = Annotated[
    Path | None, typer.Option("--home", help="Thư mục của kho (mặc định: biến LUUTRU_HOME, rồi ./luutru-data).")
]
Json = Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON, mỗi dòng một giá trị.")]


def audit(
    store: Annotated[list[str] | None, typer.Option(help="Chỉ kho này; nêu nhiều lần được. Mặc định: mọi kho.")] = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Mở cả gói: đối chiếu từng tệp với bản kê và PREMIS, cùng một lần đọc.")
    ] = False,
    attributes: Annotated[
        bool,
        typer.Option("--attributes", help="Chỉ hỏi mã băm do máy chủ S3 khai; yếu hơn, không tính là đã kiểm tra."),
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Đọc nhiều nhất bấy nhiêu bản lưu mỗi kho rồi dừng.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Đọc lại từ đầu mọi bản lưu, không tiếp tục đợt còn dở.")
    ] = False,
    status: Annotated[
        bool, typer.Option("--status", help="Không đọc gì: mức bao quát, bản quá hạn, các đợt gần nhất.")
    ] = False,
    report: Annotated[str | None, typer.Option(metavar="ĐỢT", help="Lấy biên bản của đợt kiểm tra này.")] = None,
    target: Annotated[
        Path | None, typer.Option("-o", "--output", help="Tệp ghi biên bản: .pdf hoặc .json (với --report).")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Đọc lại mọi bản lưu và đối chiếu với nhật ký; đợt còn dở được tiếp tục. Mã thoát 0 chỉ khi tất cả nguyên vẹn."""
    from api.audit_shown import audit_stores, chosen, show_status
    from api.auditing import Asked, report_of
    from api.cli import actor
    from archive.audit import Depth

    if deep and attributes:
        raise typer.BadParameter("--deep và --attributes không dùng cùng nhau")
    if (report is None) != (target is None):
        raise typer.BadParameter("--report và --output đi cùng nhau")
    if target is not None and target.suffix not in (".pdf", ".json"):
        raise typer.BadParameter("--output là tệp .pdf hoặc .json")
    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        if report is not None and target is not None:
            target.write_bytes(report_of(installation, report, target.suffix))
            if not as_json:
                say(f"Đã ghi biên bản vào {plain(target)}.")
            return
        stores = chosen(installation, store)
        if status:
            raise typer.Exit(show_status(installation, stores, as_json))
        depth = Depth.DEEP if deep else Depth.ATTRIBUTES if attributes else Depth.FULL
        asked = Asked(depth=depth, anew=everything, limit=limit)
        code = audit_stores(installation, stores, asked, actor=actor(), as_json=as_json)
    raise typer.Exit(code)
