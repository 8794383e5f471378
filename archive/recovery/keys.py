"""The public half of an archive's key, out of whichever form of it survived."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from archive.signing import ArchiveKeyError


def public_key_of(pem: bytes) -> Ed25519PublicKey:
    """The public key in ``pem``, or that of the private key in it. Raises ArchiveKeyError."""
    try:
        if b"PRIVATE" in pem:
            private = serialization.load_pem_private_key(pem, password=None)
            found: object = private.public_key() if isinstance(private, Ed25519PrivateKey) else None
        else:
            found = serialization.load_pem_public_key(pem)
    except (ValueError, TypeError) as error:
        raise _unusable() from error
    if not isinstance(found, Ed25519PublicKey):
        raise _unusable()
    return found


def load_public_key(path: Path) -> Ed25519PublicKey:
    """Raises ArchiveKeyError."""
    try:
        return public_key_of(path.read_bytes())
    except OSError as error:
        raise _unusable() from error


def public_pem(public: Ed25519PublicKey) -> bytes:
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _unusable() -> ArchiveKeyError:
    return ArchiveKeyError(
        "Không đọc được khóa công khai của kho lưu trữ.",
        remedy="Nêu tệp archive-ed25519.pub.pem của kho, hoặc mã khóa trên phiếu khôi phục.",
    )
