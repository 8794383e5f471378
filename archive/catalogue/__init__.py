"""What the archive knows, in SQL: a projection of packages and ledger, and the place the ledger itself is kept in."""

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.model import (
    AgreementRef,
    Aip,
    Copy,
    Description,
    Document,
    Moved,
    NewSubmission,
    Place,
    Receipt,
    Received,
    Revision,
    Submission,
    ValidationMaterial,
)
from archive.catalogue.reading import Reading
from archive.catalogue.rights_model import (
    Account,
    Authenticated,
    ChangeKind,
    DecidedMode,
    GivenGrant,
    NewAccount,
    NewGrant,
    NewToken,
    RightsChange,
    SavedSearch,
    Token,
)
from archive.catalogue.symbols import symbol_key
from archive.catalogue.writing import Transaction

__all__ = [
    "Account",
    "AgreementRef",
    "Aip",
    "Authenticated",
    "Catalogue",
    "ChangeKind",
    "Copy",
    "DecidedMode",
    "Description",
    "Document",
    "GivenGrant",
    "Moved",
    "NewAccount",
    "NewGrant",
    "NewSubmission",
    "NewToken",
    "Place",
    "Reading",
    "Receipt",
    "Received",
    "Revision",
    "RightsChange",
    "SavedSearch",
    "Submission",
    "Token",
    "Transaction",
    "ValidationMaterial",
    "symbol_key",
]
