"""Help and usage errors in Vietnamese: the command-line library writes them in English."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:  # Named in the signatures that are overridden, and exported under no other name.
    from typer._click import Context, HelpFormatter

_SYNOPSIS = (
    ("[OPTIONS]", "[TÙY CHỌN]"),
    ("COMMAND [ARGS]...", "LỆNH [THAM SỐ]…"),
    ("...", "…"),
    ("{", ""),
    ("}", ""),
)
_DESCRIPTIONS = (
    ("Show this message and exit.", "In hướng dẫn này."),
    ("[required]", "[bắt buộc]"),
    ("; required]", "; bắt buộc]"),
    ("[default: ", "[mặc định: "),
)
_TYPES = re.compile(r" <(?:list\[)?(str|Path|path|int)(?: range)?\]?>")
_TYPE_NAMES = {"str": "<chữ>", "Path": "<đường dẫn>", "path": "<đường dẫn>", "int": "<số>"}
_ERRORS = (
    (r"No such command (.+?)\.(?: Did you mean .+)?", r"Không có lệnh \1."),
    (r"No such option: (.+?)\.?(?: \(Possible options: .+\)| Did you mean .+)?", r"Không có tùy chọn \1."),
    (r"Missing (?:argument|parameter)\s*'?([^'.]*)'?\..*", r"Thiếu tham số \1."),
    (r"Missing option\s*'?([^'.]*)'?\..*", r"Thiếu tùy chọn \1."),
    (r"Missing command\.", "Thiếu tên lệnh."),
    (r"Option (.+) requires (?:an argument|\d+ arguments)\.", r"Tùy chọn \1 cần một giá trị."),
    (r"Option (.+) does not take a value\.", r"Tùy chọn \1 không nhận giá trị."),
    (r"Got unexpected extra argument\(?s?\)? \((.+)\)", r"Thừa tham số: \1."),
    (r"Invalid value for (.+?): Input should be less than or equal to (.+)", r"Giá trị của \1 không được quá \2."),
    (r"Invalid value for (.+?): Input should be greater than or equal to (.+)", r"Giá trị của \1 không được dưới \2."),
    (r"Invalid value for (.+?): Input should be a valid integer.*", r"Giá trị của \1 phải là số nguyên."),
    (r"Invalid value for (.+?): (.+)", r"Giá trị của \1 không hợp lệ: \2"),
    (r"Invalid value: (.+)", r"\1"),
)


def _replaced(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for english, vietnamese in pairs:
        text = text.replace(english, vietnamese)
    return text


def _write_usage(command: TyperCommand | TyperGroup, ctx: Context, formatter: HelpFormatter) -> None:
    pieces = (_replaced(piece, _SYNOPSIS) for piece in command.collect_usage_pieces(ctx))
    formatter.write_usage(ctx.command_path, " ".join(pieces), prefix="Cách dùng: ")


def _write_parameters(command: TyperCommand | TyperGroup, ctx: Context, formatter: HelpFormatter) -> None:
    for kind, title in (("argument", "Tham số"), ("option", "Tùy chọn")):
        records = [
            record
            for parameter in command.get_params(ctx)
            if parameter.param_type_name == kind and (record := parameter.get_help_record(ctx)) is not None
        ]
        if records:
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (_named(name) if kind == "option" else _TYPES.sub("", name), _replaced(text, _DESCRIPTIONS))
                        for name, text in records
                    ]
                )


def _named(option: str) -> str:
    return _TYPES.sub(lambda found: f" {_TYPE_NAMES[found[1]]}", option)


class Command(TyperCommand):
    """A command whose help is Vietnamese throughout."""

    def format_usage(self, ctx: Context, formatter: HelpFormatter) -> None:
        _write_usage(self, ctx, formatter)

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        _write_parameters(self, ctx, formatter)


class Group(TyperGroup):
    """The list of commands, in Vietnamese, each with its whole first sentence, in the order of work."""

    def format_usage(self, ctx: Context, formatter: HelpFormatter) -> None:
        _write_usage(self, ctx, formatter)

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        _write_parameters(self, ctx, formatter)
        named = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Lệnh"):
            formatter.write_dl([(name, command.help or "") for name, command in named if command is not None])


def usage_error(error: typer.TyperException) -> str:
    """What is wrong with the command line; the library's own words where we have none."""
    message = " ".join(error.format_message().split())
    for english, vietnamese in _ERRORS:
        if found := re.fullmatch(english, message):
            return found.expand(vietnamese)
    return message
