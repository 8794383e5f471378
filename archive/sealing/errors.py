"""What can be wrong with a sealed object. All are errors of the copy in a store: another copy may be whole."""

from __future__ import annotations

from archive.errors import StoreError


class SealedDamagedError(StoreError):
    """Cut short, changed, reordered, or no age file at all: what was asked for is not authentic, and was not given out."""

    code = "sealed.damaged"


class SealedKeyWrongError(StoreError):
    """The header is whole, and this key does not open it."""

    code = "sealed.key-wrong"


class SealedKeyMissingError(StoreError):
    """The object is sealed and its key is not to be had here: no key store, not opened, or without this key."""

    code = "sealed.key-missing"


class SealedKeyDestroyedError(StoreError):
    """The object is still there, and its key was destroyed for ever: nobody can open it."""

    code = "sealed.key-destroyed"


def damaged(detail: str) -> SealedDamagedError:
    return SealedDamagedError(
        "Bản lưu đã niêm phong bị hỏng hoặc bị sửa: nội dung không xác thực được.",
        remedy="Khôi phục từ bản lưu khác.",
        detail=detail,
    )


def key_wrong(detail: str) -> SealedKeyWrongError:
    return SealedKeyWrongError(
        "Khóa của hồ sơ không mở được bản lưu này.",
        remedy="Kiểm tra kho khóa và bản lưu; không xóa gì trước khi biết nguyên nhân.",
        detail=detail,
    )


def key_missing(detail: str) -> SealedKeyMissingError:
    return SealedKeyMissingError(
        "Bản lưu đã niêm phong, chưa có khóa để đọc.",
        remedy="Mở kho khóa (mục [keys] trong luutru.toml) rồi làm lại.",
        detail=detail,
    )
