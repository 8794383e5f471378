"""Packages made to break out, blow up, reach out or lie, handed in over HTTP and carried to their end."""

from __future__ import annotations

import io
import os
import socket
import struct
import threading
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.submitting import carry
from archive.lifecycle import State
from samples.hoso import as_json
from samples.packing import gzipped, tar_bytes, tar_entry, zip_bytes
from tests.http.peopled import Peopled, Template, peopled

SECRET = "zqnoi-dung-tep-tren-may-chuzq"
NAME = "ho-so"
GOOD = [(f"{NAME}/a.txt", b"a\n")]


class Canary:
    """Listens on loopback; whoever follows an address of a package is heard."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.heard.append(connection.recv(200) or b"somebody")

    def close(self) -> None:
        self._socket.close()


def entities(port: int, secret: Path, body: str = "<a>&laugh;&file;&net;</a>") -> bytes:
    laughs = "".join(
        f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' if level else '<!ENTITY l0 "ha">' for level in range(10)
    )
    return (
        f'<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://127.0.0.1:{port}/dtd" [{laughs}<!ENTITY laugh "&l9;">'
        f'<!ENTITY file SYSTEM "file://{secret}"><!ENTITY net SYSTEM "http://127.0.0.1:{port}/entity">'
        f'<!ENTITY % p SYSTEM "http://127.0.0.1:{port}/parameter">%p;]>{body}'
    ).encode()


def office(kind: str, xml: bytes, port: int) -> bytes:
    """An office file whose every part is ``xml``, with a template elsewhere."""
    away = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" '
        f'Target="http://127.0.0.1:{port}/template" TargetMode="External"/></Relationships>'
    ).encode()
    if kind == "ods":
        parts = [("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", xml)]
        return zip_bytes([*parts, ("META-INF/manifest.xml", xml), ("meta.xml", xml)], compress=False)
    main = "word/document.xml" if kind == "docx" else "xl/workbook.xml"
    folder = main.partition("/")[0]
    return zip_bytes(
        [
            ("[Content_Types].xml", xml),
            ("_rels/.rels", xml),
            (main, xml),
            (f"{folder}/_rels/{Path(main).name}.rels", away),
            ("docProps/core.xml", xml),
            ("xl/sharedStrings.xml", xml),
        ]
    )


def zip_with(name: str, content: bytes = b"x", mode: int = 0o100644) -> bytes:
    out = io.BytesIO(zip_bytes(GOOD))
    with zipfile.ZipFile(out, "a") as archive:
        info = zipfile.ZipInfo("x", (2025, 6, 10, 8, 0, 0))
        info.filename, info.external_attr, info.create_system = name, mode << 16, 3
        archive.writestr(info, content)
    return out.getvalue()


def bomb(megabytes: int = 200) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open(f"{NAME}/so-khong.bin", "w") as entry,
    ):
        for _ in range(megabytes):
            entry.write(bytes(1 << 20))
    return out.getvalue()


def zip64_lie() -> bytes:
    """Sizes of the directory say four gigabytes and more; the extra field that should hold them, nearly all there is."""
    raw = bytearray(zip_bytes(GOOD, compress=False))
    central = raw.index(b"PK\x01\x02")
    struct.pack_into("<II", raw, central + 20, 0xFFFFFFFF, 0xFFFFFFFF)
    return bytes(raw)


def encrypted() -> bytes:
    raw = bytearray(zip_bytes(GOOD))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(signature) + flags] |= 1
    return bytes(raw)


def nested(levels: int) -> bytes:
    content = bomb(140)
    for level in range(levels):
        content = zip_bytes([(f"tang-{level}.zip", content)])
    return zip_bytes([*GOOD, (f"{NAME}/phu-luc.zip", content)])


def polyglot() -> bytes:
    """A PDF to who reads its beginning, a ZIP to who reads its end."""
    pdf = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n"
    return pdf + zip_bytes([(f"{NAME}/../../../thoat.txt", b"x")]) + b"\n%%EOF\n"


PACKAGES: Mapping[str, tuple[bytes, str]] = {
    "a way up": (zip_with(f"{NAME}/../../../thoat-zqthoatzq.txt"), "unpack.name.traversal"),
    "a way up in Windows": (zip_with(f"{NAME}\\..\\..\\thoat-zqthoatzq.txt"), "unpack.name."),
    "from the root": (zip_with("/tmp/thoat-zqthoatzq.txt"), "unpack.name.absolute"),
    "of a drive": (zip_with("C:\\thoat-zqthoatzq.txt"), "unpack.name."),
    "a name with a zero": (zip_with("ho-so/a\x00.txt"), "unpack."),
    "a link in a zip": (zip_with(f"{NAME}/lk", b"/etc/passwd", 0o120777), "unpack.entry.link"),
    "a device in a zip": (zip_with(f"{NAME}/thiet-bi", b"", 0o020666), "unpack.entry.special"),
    "a link in a tar": (
        tar_bytes(GOOD, [tar_entry(f"{NAME}/lk", kind=b"2", link="/etc/passwd")]),
        "unpack.entry.link",
    ),
    "a hard link in a tar": (
        tar_bytes(GOOD, [tar_entry(f"{NAME}/lk", kind=b"1", link="../../../luutru.toml")]),
        "unpack.entry.hard-link",
    ),
    "a link written through": (
        tar_bytes(
            [*GOOD], [tar_entry(f"{NAME}/d", kind=b"2", link="/tmp"), tar_entry(f"{NAME}/d/thoat-zqthoatzq.txt")]
        ),
        "unpack.entry.link",
    ),
    "a name twice": (zip_bytes([*GOOD, *GOOD]), "unpack.name.duplicate"),
    "a bomb": (bomb(), "unpack.limit.ratio"),
    "a bomb in a bomb": (nested(1), "unpack.nested.bomb"),
    "a bomb in a tar": (gzipped(tar_bytes([*GOOD, (f"{NAME}/so-khong.bin", bytes(160 << 20))])), "unpack.limit.ratio"),
    "deeper than any": (nested(6), "unpack.nested."),
    "sizes that lie": (zip64_lie(), "unpack."),
    "locked": (encrypted(), "unpack.zip.encrypted"),
    "two kinds at once": (polyglot(), ""),
    "cut short": (zip_bytes(GOOD)[:-10], "unpack."),
    "a name that escapes a terminal": (zip_with("ho-so/\x1b]0;zq\x07.txt"), ""),
}


@dataclass(frozen=True)
class Carried:
    people: Peopled
    ids: Mapping[str, str]
    canary: Canary
    outside: frozenset[str]

    def shown(self, name: str) -> dict[str, Any]:
        answer = self.people.ask("agency", "GET", f"/submissions/{self.ids[name]}")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    def codes(self, name: str) -> set[str]:
        return {item["code"] for item in self.shown(name)["findings"]}


def around(home: Path) -> frozenset[str]:
    """Everything beside quarantine and stores that a package might have written to."""
    places = [Path("/tmp"), home.parent, home]
    return frozenset(str(item) for place in places for item in place.iterdir() if "thoat" in item.name)


@pytest.fixture(scope="module")
def carried(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carried]:
    """All of them handed in over HTTP, then carried to where they rest, in one pass."""
    folder, canary = tmp_path_factory.mktemp("packages"), Canary()
    secret = folder / "bi-mat.txt"
    secret.write_text(SECRET, encoding="utf-8")
    xml = entities(canary.port, secret)
    record = {"schema": "luutru-submission/1", "file": {"title": "&file;"}, "documents": []}
    hostile = {name: data for name, (data, _code) in PACKAGES.items()} | {
        f"entities in {kind}": zip_bytes([(f"{NAME}/Van ban.{kind}", office(kind, xml, canary.port))])
        for kind in ("docx", "xlsx", "ods")
    }
    hostile |= {
        "entities in an xml": zip_bytes(
            [(f"{NAME}/van-ban.xml", xml), (f"{NAME}/van-ban.fodt", xml), (f"{NAME}/v.svg", xml)]
        ),
        "entities in the list": zip_bytes([(f"{NAME}/Danh mục văn bản.xlsx", office("xlsx", xml, canary.port))]),
        "entities for metadata": zip_bytes(
            [(f"{NAME}/data/metadata.json", xml), (f"{NAME}/bagit.txt", b"BagIt-Version: 1.0\n")]
        ),
        "an address in a bag": zip_bytes(
            [
                (f"{NAME}/bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"),
                (f"{NAME}/fetch.txt", f"http://127.0.0.1:{canary.port}/fetch - data/a.pdf\n".encode()),
                (f"{NAME}/data/metadata.json", as_json(record)),
                (f"{NAME}/manifest-sha256.txt", b"0" * 64 + b"  data/../../../../etc/passwd\n"),
            ]
        ),
        "addresses in a pdf": zip_bytes(
            [
                (
                    f"{NAME}/a.pdf",
                    b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/URI/URI(http://127.0.0.1:"
                    + str(canary.port).encode()
                    + b"/pdf)>>>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
                )
            ]
        ),
    }
    with peopled(template, folder / "people") as people:
        before = around(people.installation.settings.home)
        ids = {}
        for name, data in hostile.items():
            answer = people.ask(
                "agency", "POST", "/submissions", content=data, headers={"Content-Type": "application/octet-stream"}
            )
            assert answer.status_code == 201, (name, answer.text)
            ids[name] = answer.json()["id"]
        assert carry(people.installation, list(ids.values())) == {}
        yield Carried(people, ids, canary, around(people.installation.settings.home) - before)
    canary.close()


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_made_to_break_out_is_returned_by_the_name_of_its_trick(carried: Carried, name: str) -> None:
    shown, code = carried.shown(name), PACKAGES[name][1]
    assert shown["state"] in ("returned", "in_review"), shown["state"]
    assert not code or any(found.startswith(code) for found in carried.codes(name)), carried.codes(name)
    assert (
        shown["aip_id"] is None or carried.people.ask("head", "GET", f"/records/{shown['aip_id']}").status_code == 404
    )


def test_nothing_of_a_package_lies_outside_the_places_it_was_given(carried: Carried) -> None:
    assert carried.outside == frozenset()
    home = carried.people.installation.settings.home
    for folder, _folders, files in os.walk(home):
        for name in files:
            path = Path(folder) / name
            assert not path.is_symlink() and "zqthoatzq" not in name, path
            if "quarantine" in path.parts:
                # Never under a name of its own, never executable, never a way elsewhere.
                assert path.stat().st_mode & 0o111 == 0, path


def test_no_entity_is_expanded_no_file_is_read_and_no_address_is_asked(carried: Carried) -> None:
    assert carried.canary.heard == []
    for name in carried.ids:
        for part in ("", "/reports", "/history", *(["/letter.pdf"] if "entities in the list" in name else [])):
            answer = carried.people.ask("archivist", "GET", f"/submissions/{carried.ids[name]}{part}")
            assert answer.status_code in (200, 404), (name, part)
            assert SECRET.encode() not in answer.content and b"root:x:0" not in answer.content
    for path in (carried.people.installation.settings.home / "quarantine").rglob("*"):
        if path.is_file() and path.stat().st_size < 1 << 20:
            assert SECRET.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    "name", ["entities in docx", "entities in xlsx", "entities in ods", "entities in an xml", "entities in the list"]
)
def test_a_file_with_entities_is_judged_and_never_a_pass(carried: Carried, name: str) -> None:
    shown = carried.shown(name)
    assert shown["state"] in ("returned", "in_review") and shown["findings"], name


def test_what_was_refused_leaves_no_room_taken_beyond_what_was_sent(carried: Carried) -> None:
    """A bomb of 200 MiB costs the disk what it is worth packed."""
    quarantine = carried.people.installation.settings.home / "quarantine"
    sent = len(PACKAGES["a bomb"][0])
    slot = carried.people.installation.quarantine.slot(carried.ids["a bomb"]).transfer.parent
    held = sum(path.stat().st_size for path in slot.rglob("*") if path.is_file())
    assert quarantine in slot.parents and held < sent + (4 << 20)


def test_a_bomb_is_refused_while_others_are_served(carried: Carried) -> None:
    with carried.people.installation.catalogue.read() as reading:
        states = {reading.submission(item).state for item in carried.ids.values()}
    assert State.STORED not in states and carried.people.ask("head", "GET", "/me").status_code == 200
