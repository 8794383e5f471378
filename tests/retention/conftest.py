"""A catalogue in each database."""

from __future__ import annotations

from tests.catalogue.conftest import catalogue, new_url, url  # noqa: F401 (fixtures)
