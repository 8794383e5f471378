"""The core of the archive: packages, ledger, catalogue, copies and fixity. Knows nothing of HTTP, search or checks."""
