"""Text from outside as any column takes it: PostgreSQL keeps no NUL, and counts the letters of what it gives a length."""

from __future__ import annotations

LONGEST_FILE_CODE = 255


def kept_text(text: str, longest: int | None = None) -> str:
    """The text with a mark in place of each NUL, and, when it is too long, of its end.

    The whole stays in the metadata as it was received. What was marked equals no true code: nobody comes to own
    a record by a code that was cut to theirs.
    """
    text = text.replace("\0", "\ufffd")
    return text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"
