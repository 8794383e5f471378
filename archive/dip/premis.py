"""PREMIS 3.0 of a DIP: what was given, with its digests, from which package, and that it was compared. Nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from archive.aip.model import AgentRole, Entry, PremisAgent, PremisEvent
from archive.aip.premis import (
    agent_element,
    characteristics,
    event_element,
    identifier,
    object_element,
    premis_file,
    property_element,
    relationship,
    representation_object,
    storage,
    write_element,
)
from archive.aip.profile import CREATION_EVENT, object_id
from archive.aip.xmltext import Builder, href_of
from archive.dip.model import DipRequest, GivenDocument, GivenFrom

_build = Builder("http://www.loc.gov/premis/v3")


def write_dip_premis(file: IO[bytes], source: GivenFrom, request: DipRequest, document_count: int) -> None:
    """PREMIS.xml: the DIP, the AIP it was made from, its making and the comparison of what is in it."""
    urn = object_id(request.dip_id)
    events = _events(request, document_count)
    with premis_file(file, "../../schemas/PREMIS.xsd") as xml:
        write_element(
            xml,
            object_element(
                "intellectualEntity",
                identifier("object", "URN", urn),
                *(property_element(name, value) for name, value in _properties(source, request) if value),
                relationship("structural", "includes", "local", "representations/rep1"),
                relationship("derivation", "has source", "URN", object_id(source.aip_id)),
                *(identifier("linkingEvent", "local", event.id) for event in events),
            ),
        )
        write_element(xml, representation_object(urn, "rep1"))
        for event in events:
            write_element(xml, event_element(event, urn))
        write_element(
            xml,
            agent_element(PremisAgent(request.software, request.software, "software", request.software_version)),
        )


def write_documents_premis(
    file: IO[bytes], urn: str, documents: Sequence[GivenDocument], entries: Sequence[Entry], below: int
) -> None:
    """PREMIS_rep1.xml: one object for each document given; paths of ``entries`` from ``below`` characters on."""
    with premis_file(file, "../../../../schemas/PREMIS.xsd") as xml:
        write_element(xml, representation_object(urn, "rep1"))
        for document, entry in zip(documents, entries, strict=True):
            href = href_of(f"representations/rep1/{entry.path[below:]}")
            write_element(
                xml,
                object_element(
                    "file",
                    identifier("object", "local", href),
                    characteristics(
                        entry, document.pronom, document.format_name, document.format_version, document.media_type
                    ),
                    _build("originalName", document.path),
                    storage(href),
                    relationship("structural", "is part of", "local", "representations/rep1"),
                ),
            )


def _properties(source: GivenFrom, request: DipRequest) -> tuple[tuple[str, str], ...]:
    return (
        ("file code", source.file_code),
        ("request", request.request_id),
        ("purpose", request.purpose.value),
        ("recipient", request.recipient),
    )


def _events(request: DipRequest, document_count: int) -> tuple[PremisEvent, ...]:
    agents: tuple[tuple[str, AgentRole], ...] = ((request.software, "executing program"),)
    compared = PremisEvent(
        id=f"{request.dip_id}/fixity",
        type="fixity check",
        at=request.made_at,
        outcome="success",
        detail=f"SHA-256 of {document_count} documents compared, while they were read, with that taken at receipt",
        agents=agents,
    )
    made = PremisEvent(
        id=f"{request.dip_id}/creation",
        type=CREATION_EVENT,
        at=request.made_at,
        outcome="success",
        detail=f"dissemination information package for request {request.request_id}",
        agents=agents,
    )
    return compared, made
