"""User names: one spelling for each, so that no two accounts look alike."""

from __future__ import annotations

import re
import unicodedata

from archive.access.errors import AccountRefusedError
from archive.access.principal import Role

LONGEST_AGENCY_CODE = 64
_USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?")


def folded_username(text: str) -> str:
    """``text`` as it would be looked up: Unicode form, letter case and blanks around it do not count."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def is_username(name: str) -> bool:
    """Whether an account could have this (folded) name; nothing else is ever looked up."""
    return _USERNAME.fullmatch(name) is not None


def username_of(text: str) -> str:
    """The user name ``text`` stands for: 1–64 of ``a-z 0-9 . _ @ -``. Raises AccountRefusedError."""
    name = folded_username(text)
    if not is_username(name):
        raise AccountRefusedError(
            "Tên đăng nhập không hợp lệ.",
            remedy="Dùng 1–64 chữ cái không dấu, chữ số và các dấu . _ @ -, bắt đầu và kết thúc bằng chữ hoặc số.",
        )
    return name


def agency_code_of(role: Role, text: str) -> str:
    """The agency's code as the account keeps it: needed for an agency, refused for every other role."""
    code = unicodedata.normalize("NFC", text).strip()
    if role is Role.AGENCY and not 0 < len(code) <= LONGEST_AGENCY_CODE:
        raise AccountRefusedError(
            "Tài khoản của cơ quan nộp lưu phải có mã cơ quan (không quá 64 ký tự).",
            remedy="Nêu mã định danh của cơ quan, ví dụ H01.02.",
        )
    if role is not Role.AGENCY and code:
        raise AccountRefusedError(
            "Chỉ tài khoản của cơ quan nộp lưu mới có mã cơ quan.", remedy="Bỏ mã cơ quan hoặc chọn vai trò «agency»."
        )
    return code
