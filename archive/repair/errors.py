"""What can keep a copy from being healed."""

from __future__ import annotations

from archive.errors import LuutruError


class DigestUnprovenError(LuutruError):
    """Ledger and catalogue do not agree about the bytes of a package: nothing may be healed by either of them."""

    code = "repair.digest-unproven"


class SealContradictedError(DigestUnprovenError):
    """The ledger's record about a package is not the one that was sealed, or nothing shows that it is."""

    code = "repair.seal-contradicted"


class RepairStoppedError(LuutruError):
    """The work was told to end in the midst of a copy; nothing was changed, and the next run takes it up."""

    code = "repair.stopped"


class StoreUnknownError(LuutruError):
    """No store of this archive has this name."""

    code = "store.missing"


class PackageUnknownError(LuutruError):
    """No package has this id."""

    code = "aip.missing"


class IncidentMissingError(LuutruError):
    """No incident has this id, or it is closed already."""

    code = "incident.missing"
