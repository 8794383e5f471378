"""EAD.xml and EAD_doc_*.xml of TT 05/2025: flat ``simpledc`` records in the order of the table, and XSDs."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lxml import etree

from archive.aip.model import Original
from archive.aip.profile import EAD_ROOT, document_code
from archive.aip.xmltext import XSI, text_of
from schemas.fields import Field, fields_of

_ISO_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")


def file_ead(record: Mapping[str, Any]) -> bytes:
    """EAD.xml of the hồ sơ: the fields of the AIP variant that have a value."""
    return written_record("hoso", "AIP", record, "../../schemas/EAD.xsd")


def document_ead(record: Mapping[str, Any], original: Original) -> bytes:
    """EAD_doc of one document; arcFileCode, arcDocCode and docOrdinal follow from its place when absent."""
    file_code = text_form("string", record.get("fileCode", ""))
    placed = {
        "fileCode": file_code,
        "docCode": document_code(file_code, original.ordinal),
        "docOrdinal": original.ordinal,
    }
    given = {name: value for name, value in original.fields.items() if not is_empty(value)}
    return written_record("document", "AIP", placed | given, "../../../../schemas/EAD_doc.xsd")


def schema_text(table: str, package: str = "AIP") -> bytes:
    """The XSD of EAD.xml (``hoso``; of a DIP ``request``) or EAD_doc (``document``), made from the field table.

    It fixes names and order, not presence, codes or length: whether an incomplete record may enter is the checks' and
    the policy's matter, and a package must be able to say truthfully what was accepted.
    """
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">',
        f'  <xs:element name="{EAD_ROOT}">',
        "    <xs:complexType>",
        "      <xs:sequence>",
    ]
    for name, item in _columns(table, package):
        length = item.rules["tt05"].length
        limit = f", {length}" if length else ""
        codes = f", mã: {item.codes}" if item.codes else ""
        lines += [
            f'        <xs:element name="{name}" type="xs:string" minOccurs="0">',
            f'          <xs:annotation><xs:documentation xml:lang="vi">{item.label} ({item.type}{limit}{codes})'
            "</xs:documentation></xs:annotation>",
            "        </xs:element>",
        ]
    lines += ["      </xs:sequence>", "    </xs:complexType>", "  </xs:element>", "</xs:schema>", ""]
    return "\n".join(lines).encode("utf-8")


def _columns(table: str, package: str) -> Iterator[tuple[str, Field]]:
    for item in fields_of(table):
        name = item.name_in("tt05", package)
        if name is not None:
            yield name, item


def written_record(table: str, package: str, values: Mapping[str, Any], schema: str) -> bytes:
    """One flat record: those of ``values`` that the package type has a name for, in the order of the table."""
    root = etree.Element(EAD_ROOT, nsmap={"xsi": XSI})
    root.set(f"{{{XSI}}}noNamespaceSchemaLocation", schema)
    for name, item in _columns(table, package):
        value = values.get(item.name)
        if not is_empty(value):
            etree.SubElement(root, name).text = text_of(text_form(item.type, value))
    etree.indent(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"


def text_form(kind: str, value: Any) -> str:
    """A value as TT 05 writes it: dates dd/mm/yyyy (mm/yyyy, yyyy), booleans 1 and 0, lists with commas."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (list, tuple)):
        return ", ".join(text_form(kind, item) for item in value)
    if isinstance(value, Mapping):
        return ".".join(text_form("string", item) for item in value.values() if not is_empty(item))
    text = str(value)
    if kind == "date" and (iso := _ISO_DATE.fullmatch(text)):
        return "/".join(part for part in reversed(iso.groups()) if part)
    return text


def is_empty(value: Any) -> bool:
    """Whether a field with this value counts as not filled in."""
    return value is None or value == "" or value == [] or value == {}


def write_schemas(folder: Path) -> None:
    """Make the XSDs of ``folder`` anew, after a change of the field table."""
    (folder / "EAD.xsd").write_bytes(schema_text("hoso"))
    (folder / "EAD_doc.xsd").write_bytes(schema_text("document"))
    (folder / "EAD_dip.xsd").write_bytes(schema_text("request", "DIP"))
    (folder / "EAD_doc_dip.xsd").write_bytes(schema_text("document", "DIP"))


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]))
