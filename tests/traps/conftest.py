"""What the tests of traps borrow: a test PKI and a judge of signatures, a round at work."""

from __future__ import annotations

from tests.catalogue.conftest import catalogue, new_url, url  # noqa: F401 (fixtures)
from tests.destruction.conftest import work  # noqa: F401 (fixtures)
from tests.signatures.conftest import base, judge, pki, trust_file  # noqa: F401 (fixtures)
