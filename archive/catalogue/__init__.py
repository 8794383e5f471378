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
from archive.catalogue.symbols import symbol_key
from archive.catalogue.writing import Transaction

__all__ = [
    "AgreementRef",
    "Aip",
    "Catalogue",
    "Copy",
    "Description",
    "Document",
    "Moved",
    "NewSubmission",
    "Place",
    "Reading",
    "Receipt",
    "Received",
    "Revision",
    "Submission",
    "Transaction",
    "ValidationMaterial",
    "symbol_key",
]
