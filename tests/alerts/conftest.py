"""Catalogues of both kinds, as the tests of the catalogue have them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location(
    "catalogue_fixtures", Path(__file__).parent.parent / "catalogue" / "conftest.py"
)
assert _spec is not None and _spec.loader is not None
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)

postgresql, new_url, url, catalogue = (
    getattr(_fixtures, name) for name in ("postgresql", "new_url", "url", "catalogue")
)
