"""The one file of a multipart form (``curl -F``), taken out of the stream as it passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.http.incoming import name_given
from api.http.problems import ProblemError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

LONGEST_OTHER_FIELDS = 64 << 10


class OneFile:
    """Fed with blocks of the form, it gives the bytes of its only file. Other fields are passed over, within bounds."""

    def __init__(self, content_type: str) -> None:
        """Raises ProblemError for a form without a boundary."""
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if not boundary:
            raise _broken("thiếu boundary")
        self.name = ""
        self._files = 0
        self._in_file = False
        self._ended = False
        self._other = 0
        self._pieces: list[bytes] = []
        self._field = self._value = b""
        self._disposition = ""
        callbacks = {
            "on_part_begin": self._part_begins,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data,
            "on_end": self._end,
        }
        try:
            self._parser = MultipartParser(boundary, cast("MultipartCallbacks", callbacks))
        except FormParserError as error:
            raise _broken("boundary quá dài") from error

    def feed(self, block: bytes) -> bytes:
        """What of the file is in the next block. Raises ProblemError for what is no form, and for a second file."""
        self._pieces = []
        try:
            self._parser.write(block)
        except FormParserError as error:
            raise _broken("không đúng cấu trúc") from error
        return b"".join(self._pieces)

    def finish(self) -> None:
        """Raises ProblemError unless the form came to its end with a file in it: half a form is no submission."""
        if not self._ended:
            raise _broken("chưa kết thúc")
        if not self._files:
            raise _broken("không có tệp nào")

    def _part_begins(self) -> None:
        self._disposition = ""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._disposition = self._value.decode("latin-1")
        self._field = self._value = b""

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._in_file = b"filename" in options or "filename*" in self._disposition.lower()
        if self._in_file:
            self._files += 1
            if self._files > 1:
                raise _broken("có nhiều hơn một tệp")
            self.name = name_given(self._disposition)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._pieces.append(data[start:end])
            return
        self._other += end - start
        if self._other > LONGEST_OTHER_FIELDS:
            raise _broken("các trường khác quá dài")

    def _end(self) -> None:
        self._ended = True


def _broken(how: str) -> ProblemError:
    return ProblemError(
        400,
        "request.form-broken",
        f"Biểu mẫu multipart không dùng được: {how}.",
        remedy="Gửi đúng một tệp: curl -F file=@goi.zip … ; hoặc gửi thẳng nội dung tệp: curl --data-binary @goi.zip …",
    )
