"""PREMIS 3.0: the package with its events and agents, and one file object for every original and derivative."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO, Any

from lxml import etree

from archive.aip.model import (
    AipContent,
    Derivative,
    Entry,
    Original,
    PremisAgent,
    PremisEvent,
    SignatureInformation,
)
from archive.aip.profile import CREATION_EVENT, object_id
from archive.aip.xmltext import XSI, Builder, document, href_of, time_of

PREMIS = "http://www.loc.gov/premis/v3"
_DSIG = "http://www.w3.org/2000/09/xmldsig#"
_build = Builder(PREMIS)
_with_xsi = Builder(PREMIS, {"xsi": XSI})
_dsig = Builder(_DSIG)


def original_href(path: str) -> str:
    """The identifier of an original's file object: its reference from the root of the AIP_hoso folder."""
    return href_of(f"representations/rep1/data/{path}")


def write_package_premis(file: IO[bytes], content: AipContent, representations: Sequence[str]) -> None:
    """PREMIS.xml: the hồ sơ as intellectual entity, its representations, every event and every agent."""
    urn = object_id(content.aip_id)
    events = _with_creation(content)
    with premis_file(file, "../../schemas/PREMIS.xsd") as xml:
        write_element(xml, _package_object(content, urn, representations, events))
        for name in representations:
            write_element(xml, representation_object(urn, name))
        for event in events:
            write_element(xml, event_element(event, urn))
        for agent in _with_software(content):
            write_element(xml, agent_element(agent))


def write_originals_premis(file: IO[bytes], content: AipContent, entries: Sequence[Entry]) -> None:
    """PREMIS_rep1.xml: one object for each original, with the digests taken while packaging."""
    with premis_file(file, "../../../../schemas/PREMIS.xsd") as xml:
        write_element(xml, representation_object(object_id(content.aip_id), "rep1"))
        for original, entry in zip(content.originals, entries, strict=True):
            write_element(xml, _original_object(original, entry))


def write_derivatives_premis(
    file: IO[bytes], content: AipContent, written: Iterable[tuple[Derivative, str, Entry]]
) -> None:
    """PREMIS_rep2.xml: one object for each derivative (path: from the AIP_hoso folder), tied to its original."""
    with premis_file(file, "../../../../schemas/PREMIS.xsd") as xml:
        write_element(xml, representation_object(object_id(content.aip_id), "rep2"))
        for derivative, path, entry in written:
            write_element(xml, _derivative_object(derivative, path, entry))


def premis_file(file: IO[bytes], schema: str) -> Any:
    location = {f"{{{XSI}}}schemaLocation": f"{PREMIS} {schema}", "version": "3.0"}
    return document(file, f"{{{PREMIS}}}premis", {None: PREMIS, "xsi": XSI, "ds": _DSIG}, location)


def write_element(xml: Any, element: etree._Element) -> None:
    xml.write(element)
    xml.write("\n")


def object_element(category: str, *parts: etree._Element | None) -> etree._Element:
    # The namespaces stand on the element itself so that xsi:type keeps its meaning when it is cut out.
    element = _with_xsi("object")
    element.set(f"{{{XSI}}}type", category)
    for part in parts:
        if part is not None:
            element.append(part)
    return element


def identifier(kind: str, id_type: str, value: str, *extra: etree._Element) -> etree._Element:
    return _build(
        f"{kind}Identifier", _build(f"{kind}IdentifierType", id_type), _build(f"{kind}IdentifierValue", value), *extra
    )


def _package_object(
    content: AipContent, urn: str, representations: Sequence[str], events: Sequence[PremisEvent]
) -> etree._Element:
    profile = content.profile
    return object_element(
        "intellectualEntity",
        identifier("object", "URN", urn),
        _preservation_level(content),
        property_element("rule profile", profile.name),
        property_element("rule profile version", profile.version),
        *(relationship("structural", "includes", "local", f"representations/{name}") for name in representations),
        *(identifier("linkingEvent", "local", event.id) for event in events),
    )


def _preservation_level(content: AipContent) -> etree._Element:
    return _build(
        "preservationLevel",
        _build("preservationLevelType", "bit preservation"),
        _build("preservationLevelValue", "full"),
        _build("preservationLevelRationale", "originals are kept byte for byte as received"),
        _build("preservationLevelDateAssigned", time_of(content.created_at)),
    )


def property_element(name: str, value: str) -> etree._Element:
    return _build(
        "significantProperties",
        _build("significantPropertiesType", name),
        _build("significantPropertiesValue", value),
    )


def representation_object(urn: str, name: str) -> etree._Element:
    kind = "originals as received" if name == "rep1" else "derivative: made by the archive, not signed by the author"
    return object_element(
        "representation",
        identifier("object", "local", f"representations/{name}"),
        property_element("content", kind),
        relationship("structural", "is included in", "URN", urn),
    )


def _original_object(original: Original, entry: Entry) -> etree._Element:
    href = original_href(original.path)
    return object_element(
        "file",
        identifier("object", "local", href),
        characteristics(entry, original.pronom, original.format_name, original.format_version, original.media_type),
        _build("originalName", original.path),
        storage(href),
        *(_signature(item) for item in original.signatures),
        relationship("structural", "is part of", "local", "representations/rep1"),
    )


def _derivative_object(derivative: Derivative, path: str, entry: Entry) -> etree._Element:
    return object_element(
        "file",
        identifier("object", "local", href_of(path)),
        property_element("made by", derivative.tool) if derivative.tool else None,
        characteristics(entry, derivative.pronom, "", "", derivative.media_type),
        storage(href_of(path)),
        relationship("derivation", "has source", "local", original_href(derivative.of)),
    )


def characteristics(entry: Entry, pronom: str, name: str, version: str, media_type: str) -> etree._Element:
    return _build(
        "objectCharacteristics",
        _build("compositionLevel", "0"),
        *(
            _build("fixity", _build("messageDigestAlgorithm", algorithm), _build("messageDigest", digest))
            for algorithm, digest in (("SHA-256", entry.sha256), ("SHA-512", entry.sha512))
            if digest
        ),
        _build("size", str(entry.size_bytes)),
        _build(
            "format",
            _build(
                "formatDesignation",
                _build("formatName", name or media_type),
                _build("formatVersion", version) if version else None,
            ),
            _build("formatRegistry", _build("formatRegistryName", "PRONOM"), _build("formatRegistryKey", pronom))
            if pronom
            else None,
            _build("formatNote", media_type),
        ),
    )


def storage(href: str) -> etree._Element:
    return _build(
        "storage",
        _build(
            "contentLocation",
            _build("contentLocationType", "path in the package"),
            _build("contentLocationValue", href),
        ),
    )


def _signature(item: SignatureInformation) -> etree._Element:
    key = (
        _build("keyInformation", _dsig("X509Data", _dsig("X509Certificate", item.certificate)))
        if item.certificate
        else None
    )
    return _build(
        "signatureInformation",
        _build(
            "signature",
            _build("signatureEncoding", item.encoding),
            _build("signer", item.signer) if item.signer else None,
            _build("signatureMethod", item.method),
            _build("signatureValue", item.value),
            _build("signatureValidationRules", item.validation_rules),
            *(_build("signatureProperties", text) for text in item.properties),
            key,
        ),
    )


def relationship(kind: str, subtype: str, id_type: str, value: str) -> etree._Element:
    return _build(
        "relationship",
        _build("relationshipType", kind),
        _build("relationshipSubType", subtype),
        identifier("relatedObject", id_type, value),
    )


def event_element(event: PremisEvent, urn: str) -> etree._Element:
    note = (
        _build("eventOutcomeDetail", _build("eventOutcomeDetailNote", event.outcome_note))
        if event.outcome_note
        else None
    )
    return _build(
        "event",
        identifier("event", "local", event.id),
        _build("eventType", event.type),
        _build("eventDateTime", time_of(event.at)),
        _build("eventDetailInformation", _build("eventDetail", event.detail)) if event.detail else None,
        _build("eventOutcomeInformation", _build("eventOutcome", event.outcome), note),
        *(identifier("linkingAgent", "local", agent, _build("linkingAgentRole", role)) for agent, role in event.agents),
        *(
            identifier(
                "linkingObject",
                "local" if path else "URN",
                original_href(path) if path else urn,
                _build("linkingObjectRole", role),
            )
            for path, role in event.objects
        ),
    )


def agent_element(agent: PremisAgent) -> etree._Element:
    return _build(
        "agent",
        identifier("agent", "local", agent.id),
        _build("agentName", agent.name),
        _build("agentType", agent.type),
        _build("agentVersion", agent.version) if agent.version else None,
        _build("agentNote", agent.note) if agent.note else None,
    )


def _with_creation(content: AipContent) -> tuple[PremisEvent, ...]:
    """The given events, and the making of this very package when the caller did not record it."""
    if any(event.type == CREATION_EVENT for event in content.events):
        return tuple(content.events)
    made = PremisEvent(
        id=f"{content.aip_id}/creation",
        type=CREATION_EVENT,
        at=content.created_at,
        outcome="success",
        detail=f"{content.profile.name} {content.profile.version}",
        agents=((content.software, "executing program"),),
    )
    return (*content.events, made)


def _with_software(content: AipContent) -> tuple[PremisAgent, ...]:
    if any(agent.id == content.software for agent in content.agents):
        return tuple(content.agents)
    own = PremisAgent(content.software, content.software, "software", content.software_version)
    return (*content.agents, own)
