"""The archive's own key: Ed25519 over canonical JSON, so that a receipt can be checked by anyone with the public half."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from archive.canonical import canonical_json
from archive.errors import LuutruError

ALGORITHM = "Ed25519"


class ArchiveKeyError(LuutruError):
    """The archive's key is missing, unreadable, or not an Ed25519 key."""

    code = "archive-key.unusable"


@dataclass(frozen=True, slots=True)
class ArchiveKey:
    """Signs what the archive promises. The private half stays in this object and in its file (mode 0600)."""

    private: Ed25519PrivateKey

    @property
    def key_id(self) -> str:
        """SHA-256 of the public key's DER (SubjectPublicKeyInfo), hexadecimal."""
        return key_id(self.private.public_key())

    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def signed(self, statement: Mapping[str, Any]) -> dict[str, Any]:
        """``{"statement", "signature"}``: an RFC 8032 signature over the RFC 8785 bytes of ``statement``."""
        value = self.private.sign(canonical_json(statement))
        return {
            "statement": dict(statement),
            "signature": {
                "algorithm": ALGORITHM,
                "canonicalization": "RFC 8785",
                "key_id": self.key_id,
                "public_key": self.public_pem().decode("ascii"),
                "value": base64.b64encode(value).decode("ascii"),
            },
        }


def key_id(public: Ed25519PublicKey) -> str:
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def create_key(path: Path) -> ArchiveKey:
    """A new key in a new file readable by its owner only, durable before it is used. Never overwrites one."""
    key = ArchiveKey(Ed25519PrivateKey.generate())
    pem = key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, pem)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    public = path.with_suffix(".pub.pem")
    public.write_bytes(key.public_pem())
    return key


def load_key(path: Path) -> ArchiveKey:
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ArchiveKeyError(
            "Không đọc được khóa ký của kho lưu trữ.",
            remedy="Khôi phục tệp khóa từ bản sao lưu; không tạo khóa mới nếu đã cấp biên nhận.",
            detail=str(error),
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise ArchiveKeyError("Khóa ký của kho lưu trữ không phải Ed25519.")
    return ArchiveKey(private)


def load_public_key(path: Path) -> Ed25519PublicKey:
    """The public half, as ``public_pem`` writes it. Raises ArchiveKeyError."""
    try:
        public = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise ArchiveKeyError(
            "Không đọc được khóa công khai của kho lưu trữ.",
            remedy="Nêu tệp khóa công khai (PEM) của kho.",
            detail=str(error),
        ) from error
    if not isinstance(public, Ed25519PublicKey):
        raise ArchiveKeyError("Khóa công khai của kho lưu trữ không phải Ed25519.")
    return public


def signature_holds(document: Mapping[str, Any], public: Ed25519PublicKey | None = None) -> bool:
    """Whether the signature of a signed statement holds; with ``public``, only that key counts, else the one inside."""
    try:
        signature = document["signature"]
        if signature["algorithm"] != ALGORITHM:
            return False
        if public is None:
            loaded = serialization.load_pem_public_key(signature["public_key"].encode("ascii"))
            if not isinstance(loaded, Ed25519PublicKey):
                return False
            public = loaded
        if signature["key_id"] != key_id(public):
            return False
        public.verify(base64.b64decode(signature["value"], validate=True), canonical_json(document["statement"]))
    except (InvalidSignature, KeyError, ValueError, TypeError, AttributeError):
        return False
    return True
