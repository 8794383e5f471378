"""Bags by plain hashing: written after RFC 8493 alone, so that samples are a witness the archive's own code is not."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

ALGORITHMS = ("sha256", "sha512")
Files = dict[str, bytes]
"""Path inside the bag → bytes."""


def bag_files(
    payload: Mapping[str, bytes],
    info: Mapping[str, str],
    *,
    version: str = "1.0",
    algorithms: Sequence[str] = ALGORITHMS,
) -> Files:
    """Every file of a bag around ``payload`` (paths without ``data/``). Payload-Oxum is added to ``info``."""
    files: Files = {f"data/{path}": content for path, content in payload.items()}
    oxum = f"{sum(len(content) for content in payload.values())}.{len(payload)}"
    lines = [f"{label}: {value}" for label, value in {**info, "Payload-Oxum": oxum}.items()]
    files["bagit.txt"] = f"BagIt-Version: {version}\nTag-File-Character-Encoding: UTF-8\n".encode()
    files["bag-info.txt"] = ("\n".join(lines) + "\n").encode("utf-8")
    for algorithm in algorithms:
        files[f"manifest-{algorithm}.txt"] = _manifest(files, algorithm, payload=True)
    return with_tag_manifests(files, algorithms)


def with_tag_manifests(files: Mapping[str, bytes], algorithms: Sequence[str] = ALGORITHMS) -> Files:
    """``files`` with tag manifests that are right for the tag files as they are now."""
    kept = {path: content for path, content in files.items() if not path.startswith("tagmanifest-")}
    for algorithm in algorithms:
        kept[f"tagmanifest-{algorithm}.txt"] = _manifest(kept, algorithm, payload=False)
    return kept


def _manifest(files: Mapping[str, bytes], algorithm: str, *, payload: bool) -> bytes:
    listed = sorted(
        path for path in files if path.startswith("data/") == payload and not path.startswith("tagmanifest-")
    )
    return "".join(f"{hashlib.new(algorithm, files[path]).hexdigest()}  {_escaped(path)}\n" for path in listed).encode(
        "utf-8"
    )


def _escaped(path: str) -> str:
    return path.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
