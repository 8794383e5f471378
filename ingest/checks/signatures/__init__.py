"""Every signature of every PDF under a versioned trust list: never "valid" wrongly, and never more than was proven."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingest.checks.signatures.examination import examine, findings_of

__all__ = ["examine", "facts", "findings_of"]


def facts(path: Path, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Facts about every signature of the PDF at ``path``: see ``inspection.facts``."""
    # pyHanko takes half a second to import; only workers need it.
    from ingest.checks.signatures.inspection import facts as inspect

    return inspect(path, options)
