"""The metadata of a hồ sơ: read strictly from JSON or from a list of documents, kept as submitted."""

from archive.agency_code import AgencyCode
from ingest.metadata.lists import read_list
from ingest.metadata.parsing import as_submission, parse_metadata
from ingest.metadata.values import iso_date, normalised, normalised_value

__all__ = [
    "AgencyCode",
    "as_submission",
    "iso_date",
    "normalised",
    "normalised_value",
    "parse_metadata",
    "read_list",
]
