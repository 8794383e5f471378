"""``python -m tests.faults [--faults N] [--seed S] [--write]``: the whole campaign; --write keeps docs/reliability.md."""

from __future__ import annotations

import sys

# Elsewhere, for the processes it starts: none of them finds what stands in a __main__.
from tests.faults.whole_campaign import main

if __name__ == "__main__":
    sys.exit(main())
