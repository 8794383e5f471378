"""Corner cases of RFC 8493, each a valid bag with one thing changed, and what the judge must say to it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from bags import DECLARATION, MemoryFiles, bag, digest, manifest, with_tagmanifest

from archive.bag.judge import judged
from archive.finding import Severity
from schemas.findings import finding_kinds

Files = dict[str, bytes]
PASSED: tuple[str, ...] = ()
NFC, NFD = "data/Đơn đề nghị.pdf", unicodedata.normalize("NFD", "data/Đơn đề nghị.pdf")


def changed(**changes: bytes | None) -> Files:
    """The plain bag with files replaced, added or (None) removed; ``_`` stands for ``.`` and ``__`` for ``-``."""
    files = bag()
    for key, data in changes.items():
        name = key.replace("__", "-").replace("_", ".")
        if data is None:
            del files[name]
        else:
            files[name] = data
    return files


def declared(data: bytes) -> Files:
    return changed(bagit_txt=data)


def info(text: str, version: str = "1.0") -> Files:
    return {**bag(version=version), "bag-info.txt": text.encode()}


def listed(text: str, payload: Files | None = None, version: str = "1.0") -> Files:
    payload = {"data/a.txt": b"a"} if payload is None else payload
    return {**bag(payload, version=version), "manifest-sha512.txt": text.encode()}


def line(path: str, data: bytes = b"a", gap: str = "  ") -> str:
    return f"{digest(data)}{gap}{path}\n"


A = line("data/a.txt")
Case = tuple[Callable[[], Files], tuple[str, ...]]

CASES: dict[str, Case] = {
    # 2.1.1 bagit.txt
    "a plain bag": (bag, PASSED),
    "no bagit.txt": (lambda: changed(bagit_txt=None), ("bag.declaration.missing",)),
    "space before the colon": (lambda: declared(DECLARATION.replace(b"n:", b"n :")), ("bag.declaration.malformed",)),
    "two spaces after the colon": (
        lambda: declared(DECLARATION.replace(b": 1", b":  1")),
        ("bag.declaration.malformed",),
    ),
    "no space after the colon": (lambda: declared(DECLARATION.replace(b": 1", b":1")), ("bag.declaration.malformed",)),
    "space at the end of a line": (
        lambda: declared(DECLARATION.replace(b"1.0", b"1.0 ")),
        ("bag.declaration.malformed",),
    ),
    "three lines": (lambda: declared(DECLARATION + b"Extra: x\n"), ("bag.declaration.malformed",)),
    "an empty third line": (lambda: declared(DECLARATION + b"\n"), ("bag.declaration.malformed",)),
    "one line": (lambda: declared(b"BagIt-Version: 1.0\n"), ("bag.declaration.malformed",)),
    "lines swapped": (
        lambda: declared(b"Tag-File-Character-Encoding: UTF-8\nBagIt-Version: 1.0\n"),
        ("bag.declaration.malformed",),
    ),
    "lower-case label": (lambda: declared(DECLARATION.replace(b"BagIt", b"bagit")), ("bag.declaration.malformed",)),
    "no end of line at the end": (lambda: declared(DECLARATION.rstrip()), PASSED),
    "CRLF in bagit.txt": (lambda: declared(DECLARATION.replace(b"\n", b"\r\n")), PASSED),
    "CR in bagit.txt": (lambda: declared(DECLARATION.replace(b"\n", b"\r")), PASSED),
    "BOM in bagit.txt": (lambda: declared(b"\xef\xbb\xbf" + DECLARATION), ("bag.declaration.bom",)),
    "an unknown version": (lambda: declared(DECLARATION.replace(b"1.0", b"2.0")), ("bag.declaration.version-unknown",)),
    "a version without minor": (lambda: declared(DECLARATION.replace(b"1.0", b"1")), ("bag.declaration.malformed",)),
    "an old version": (lambda: bag(version="0.96"), ("bag.declaration.version-old",)),
    "an unknown encoding": (
        lambda: declared(DECLARATION.replace(b"UTF-8", b"XYZ-9")),
        ("bag.declaration.encoding-unknown",),
    ),
    "an encoding that is none": (
        lambda: declared(DECLARATION.replace(b"UTF-8", b"hex")),
        ("bag.declaration.encoding-unknown",),
    ),
    "an empty bagit.txt": (lambda: declared(b""), ("bag.declaration.malformed",)),
    # 2.1.2 payload directory
    "no data directory": (lambda: bag({}), ("bag.payload.no-directory", "bag.manifest.empty")),
    "Data instead of data": (
        lambda: {**bag({}), "Data/a.txt": b"a"},
        ("bag.payload.no-directory", "bag.manifest.empty"),
    ),
    "a file named data": (lambda: {**bag({}), "data": b""}, ("bag.payload.no-directory", "bag.manifest.empty")),
    # 2.1.3 payload manifest
    "no manifest": (lambda: changed(manifest__sha512_txt=None), ("bag.manifest.none",)),
    "only a tag manifest": (
        lambda: {
            "bagit.txt": DECLARATION,
            "data/a.txt": b"a",
            "tagmanifest-sha512.txt": manifest({"bagit.txt": DECLARATION}),
        },
        ("bag.manifest.none",),
    ),
    "upper-case digests": (lambda: listed(f"{digest(b'a').upper()}  data/a.txt\n"), PASSED),
    "a single space": (lambda: listed(line("data/a.txt", gap=" ")), PASSED),
    "a tab": (lambda: listed(line("data/a.txt", gap="\t")), PASSED),
    "many spaces and tabs": (lambda: listed(line("data/a.txt", gap=" \t  ")), PASSED),
    "CRLF in a manifest": (lambda: listed(A.replace("\n", "\r\n")), PASSED),
    "CR in a manifest": (lambda: listed(A.replace("\n", "\r")), PASSED),
    "no end of line in a manifest": (lambda: listed(A.rstrip("\n")), PASSED),
    "a BOM in a manifest": (lambda: listed("\ufeff" + A), ("bag.manifest.bom",)),
    "a comment in a manifest": (lambda: listed("# sums\n" + A), ("bag.manifest.line",)),
    "garbage in a manifest": (lambda: listed(A + "xyz data/a.txt\n"), ("bag.manifest.line",)),
    "a digest alone": (lambda: listed(A + digest(b"a") + "\n"), ("bag.manifest.line",)),
    "a blank line in a manifest": (lambda: listed(A + "\n"), ("bag.manifest.blank-line",)),
    "a digest cut short": (lambda: listed(digest(b"a")[:-2] + "  data/a.txt\n"), ("bag.manifest.checksum-form",)),
    "another algorithm's digest": (
        lambda: listed(f"{digest(b'a', 'sha256')}  data/a.txt\n"),
        ("bag.manifest.checksum-form",),
    ),
    "a wrong digest": (lambda: listed(line("data/a.txt", b"other")), ("bag.payload.changed",)),
    "a missing payload file": (lambda: listed(A + line("data/b.txt")), ("bag.payload.missing",)),
    "an unlisted payload file": (lambda: {**bag(), "data/extra.txt": b"e"}, ("bag.payload.unlisted",)),
    "an unlisted empty payload file": (lambda: {**bag(), "data/extra.txt": b""}, ("bag.payload.unlisted",)),
    "a tag file in a payload manifest": (
        lambda: listed(A + line("bagit.txt", DECLARATION)),
        ("bag.manifest.outside-payload",),
    ),
    "a name beginning like data": (lambda: listed(A + line("data2/a.txt")), ("bag.manifest.outside-payload",)),
    "dots inside a path": (
        lambda: listed(line("data/x/../a.txt")),
        ("bag.manifest.path", "bag.payload.unlisted"),
    ),
    "dots out of the bag": (lambda: listed(A + line("../outside.txt")), ("bag.manifest.path",)),
    "dots out of data": (lambda: listed(A + line("data/../bagit.txt")), ("bag.manifest.path",)),
    "an absolute path": (lambda: listed(A + line("/etc/passwd")), ("bag.manifest.path",)),
    "a home directory": (lambda: listed(A + line("~/a.txt")), ("bag.manifest.path",)),
    "another user's home": (lambda: listed(A + line("~root/a.txt")), ("bag.manifest.path",)),
    "a tilde inside data": (lambda: bag({"data/~a.txt": b"a"}), PASSED),
    "a drive letter": (lambda: listed(A + line("C:/a.txt")), ("bag.manifest.path",)),
    "a backslash": (lambda: listed(A + line("data\\a.txt")), ("bag.manifest.path",)),
    "a doubled slash": (lambda: listed(A + line("data//a.txt")), ("bag.manifest.path",)),
    "a dot segment": (lambda: listed(line("data/./a.txt")), ("bag.manifest.path", "bag.payload.unlisted")),
    "a directory listed": (lambda: listed(A + line("data/b/")), ("bag.manifest.path",)),
    "a leading ./": (lambda: listed(line("./data/a.txt")), ("bag.manifest.dot-slash",)),
    "an asterisk of md5sum": (lambda: listed(line("*data/a.txt", gap=" ")), ("bag.manifest.asterisk",)),
    "listed twice alike": (lambda: listed(A + A), ("bag.manifest.duplicate",)),
    "listed twice differently": (lambda: listed(A + line("data/a.txt", b"z")), ("bag.manifest.duplicate",)),
    "listed twice alike in 0.97": (lambda: listed(A + A, version="0.97"), ("bag.manifest.duplicate-same",)),
    "listed twice differently in 0.97": (
        lambda: listed(A + line("data/a.txt", b"z"), version="0.97"),
        ("bag.manifest.duplicate",),
    ),
    "a name with spaces inside": (lambda: bag({"data/a  b c.txt": b"a"}), PASSED),
    "a name ending in a space": (lambda: bag({"data/a.txt ": b"a"}), PASSED),
    "a name with U+0085 and U+2028": (lambda: bag({"data/a\x85b\u2028c.txt": b"a"}), PASSED),
    "a name with a vertical tab": (lambda: bag({"data/a\x0bb\x0cc.txt": b"a"}), PASSED),
    "a line break encoded": (lambda: listed(line("data/a%0Ab%0D.txt"), {"data/a\nb\r.txt": b"a"}), PASSED),
    "a line break encoded in lower case": (lambda: listed(line("data/a%0ab.txt"), {"data/a\nb.txt": b"a"}), PASSED),
    "a percent sign encoded": (lambda: listed(line("data/50%25.txt"), {"data/50%.txt": b"a"}), PASSED),
    "an encoded encoding": (lambda: listed(line("data/%250A.txt"), {"data/%0A.txt": b"a"}), PASSED),
    "a bare percent sign": (lambda: listed(line("data/50%.txt"), {"data/50%.txt": b"a"}), ("bag.manifest.percent",)),
    "a space encoded needlessly": (
        lambda: listed(line("data/a%20b.txt"), {"data/a b.txt": b"a"}),
        ("bag.manifest.percent", "bag.payload.missing", "bag.payload.unlisted"),
    ),
    "a bare percent sign in 0.97": (lambda: listed(line("data/50%.txt"), {"data/50%.txt": b"a"}, "0.97"), PASSED),
    "a line break encoded in 0.97": (lambda: listed(line("data/a%0Ab"), {"data/a\nb": b"a"}, "0.97"), PASSED),
    "a file named %0A in 0.97": (lambda: listed(line("data/a%0Ab"), {"data/a%0Ab": b"a"}, "0.97"), PASSED),
    "an empty manifest beside a payload": (lambda: listed(""), ("bag.manifest.empty", "bag.payload.unlisted")),
    "equal contents under two names (T33)": (lambda: bag({"data/a": b"same", "data/b": b"same"}), PASSED),
    "an 83-character name (T32)": (lambda: bag({f"data/{'đ' * 83}.pdf": b"a"}), PASSED),
    # several manifests
    "two manifests": (lambda: bag(algorithms=("sha256", "sha512")), PASSED),
    "a file missing from one of two": (
        lambda: {
            **bag(algorithms=("sha256", "sha512")),
            "manifest-sha256.txt": manifest({"data/a.txt": b"a"}, "sha256"),
        },
        ("bag.payload.unlisted",),
    ),
    "a file missing from one of two in 0.97": (
        lambda: {
            **bag(version="0.97", algorithms=("sha256", "sha512")),
            "manifest-sha256.txt": manifest({"data/a.txt": b"a"}, "sha256"),
        },
        PASSED,
    ),
    "one of two digests wrong": (
        lambda: {
            **bag({"data/a.txt": b"a"}, algorithms=("sha256", "sha512")),
            "manifest-sha256.txt": manifest({"data/a.txt": b"z"}, "sha256"),
        },
        ("bag.payload.changed",),
    ),
    # 2.4 algorithms
    "md5": (lambda: bag(algorithms=("md5",)), ("bag.manifest.algorithm-weak",)),
    "sha1": (lambda: bag(algorithms=("sha1",)), ("bag.manifest.algorithm-weak",)),
    "sha224": (lambda: bag(algorithms=("sha224",)), PASSED),
    "sha384": (lambda: bag(algorithms=("sha384",)), PASSED),
    "sha3256": (lambda: bag(algorithms=("sha3256",)), PASSED),
    "blake2b": (lambda: bag(algorithms=("blake2b",)), PASSED),
    "manifest-SHA256.txt": (
        lambda: {"manifest-SHA256.txt": manifest({"data/a": b"a"}, "sha256"), "data/a": b"a", "bagit.txt": DECLARATION},
        ("bag.manifest.algorithm-spelling",),
    ),
    "an unknown algorithm alone": (
        lambda: {"manifest-foo9.txt": b"abcd  data/a\n", "data/a": b"a", "bagit.txt": DECLARATION},
        ("bag.manifest.algorithm-unknown",),
    ),
    "one algorithm in two manifests": (
        lambda: {**bag(), "manifest-SHA512.txt": bag()["manifest-sha512.txt"]},
        ("bag.manifest.algorithm-spelling", "bag.manifest.algorithm-twice", "bag.name.case-collision"),
    ),
    # 2.2.1 tag manifest
    "a tag manifest": (lambda: with_tagmanifest(bag()), PASSED),
    "a tag manifest without a payload manifest": (
        lambda: with_tagmanifest(bag(), without="manifest-sha512.txt"),
        ("bag.tagmanifest.manifest-unlisted",),
    ),
    "a tag manifest without a payload manifest in 0.97": (
        lambda: with_tagmanifest(bag(version="0.97"), without="manifest-sha512.txt"),
        ("bag.tagmanifest.manifest-unlisted-old",),
    ),
    "a tag manifest that omits another tag file": (lambda: with_tagmanifest(bag(), without="bagit.txt"), PASSED),
    "a tag manifest listing a tag manifest": (
        lambda: with_tagmanifest(with_tagmanifest(bag(), "sha256")),
        ("bag.tagmanifest.lists-tagmanifest",),
    ),
    "a tag manifest listing a tag manifest in 0.97": (
        lambda: with_tagmanifest(with_tagmanifest(bag(version="0.97"), "sha256")),
        ("bag.tagmanifest.lists-tagmanifest-old",),
    ),
    "a payload file in a tag manifest": (
        lambda: {**bag(), "tagmanifest-sha512.txt": with_tagmanifest(bag())["tagmanifest-sha512.txt"] + A.encode()},
        ("bag.tagmanifest.payload-file",),
    ),
    "a changed tag file": (
        lambda: {**with_tagmanifest({**bag(), "note.txt": b"1"}), "note.txt": b"2"},
        ("bag.tagfile.changed",),
    ),
    "a missing tag file": (
        lambda: {k: v for k, v in with_tagmanifest({**bag(), "note.txt": b"1"}).items() if k != "note.txt"},
        ("bag.tagfile.missing",),
    ),
    "an unlisted tag file": (lambda: {**with_tagmanifest(bag()), "notes/any.bin": b"\xff"}, PASSED),
    # 2.2.2 bag-info.txt
    "bag-info.txt": (lambda: info("Source-Organization: Sở Nội vụ\nPayload-Oxum: 2.2\n"), PASSED),
    "an empty bag-info.txt": (lambda: info(""), PASSED),
    "a folded value": (lambda: info("A: one\n  two\n\tthree\nPayload-Oxum: 2.2\n"), PASSED),
    "a repeated label": (lambda: info("Contact-Name: a\nContact-Name: b\n"), PASSED),
    "a label that should stand once": (lambda: info("Bag-Size: 1 B\nbag-size: 2 B\n"), ("bag.info.repeated",)),
    "a line without colon": (lambda: info("nonsense\n"), ("bag.info.line",)),
    "a first line that continues nothing": (lambda: info("  x: y\n"), ("bag.info.line",)),
    "white space before the colon": (lambda: info("Label : value\n"), ("bag.info.line",)),
    "white space before the colon in 0.97": (lambda: info("Label : value\n", "0.97"), PASSED),
    "no white space after the colon": (lambda: info("Label:value\n"), ("bag.info.line",)),
    "no white space after the colon in 0.97": (lambda: info("Label:value\n", "0.97"), PASSED),
    "two spaces after the colon in bag-info": (lambda: info("Label:  value\n"), ("bag.info.padding",)),
    "a colon in the value": (lambda: info("Label: a:b: c\n"), PASSED),
    "a label without value": (lambda: info("Label:\n"), ("bag.info.value-empty",)),
    "a blank line in bag-info": (lambda: info("A: b\n\nC: d\n"), ("bag.info.blank-line",)),
    "a BOM in bag-info": (lambda: info("\ufeffA: b\n"), ("bag.tag.bom",)),
    "Payload-Oxum wrong in bytes": (lambda: info("Payload-Oxum: 3.2\n"), ("bag.info.oxum-mismatch",)),
    "Payload-Oxum wrong in files": (lambda: info("Payload-Oxum: 2.3\n"), ("bag.info.oxum-mismatch",)),
    "Payload-Oxum not N.N": (lambda: info("Payload-Oxum: two\n"), ("bag.info.oxum-form",)),
    "Payload-Oxum with a sign": (lambda: info("Payload-Oxum: +2.2\n"), ("bag.info.oxum-form",)),
    "Payload-Oxum in other digits": (lambda: info("Payload-Oxum: ２.２\n"), ("bag.info.oxum-form",)),
    "Payload-Oxum twice": (lambda: info("Payload-Oxum: 2.2\nPayload-Oxum: 2.2\n"), ("bag.info.oxum-repeated",)),
    "payload-oxum in lower case, wrong": (lambda: info("payload-oxum: 9.9\n"), ("bag.info.oxum-mismatch",)),
    "a Bagging-Date that is none": (lambda: info("Bagging-Date: 01/02/2026\n"), ("bag.info.date-form",)),
    "bag-info.txt in another encoding": (lambda: changed(bag__info_txt=b"A: \xe9\xff\n"), ("bag.tag.undecodable",)),
    "package-info.txt in 0.95": (
        lambda: {**bag(version="0.95"), "package-info.txt": b"Payload-Oxum: 9.9\n"},
        ("bag.declaration.version-old", "bag.info.oxum-mismatch"),
    ),
    "UTF-16 tag files": (
        lambda: {
            **changed(bagit_txt=DECLARATION.replace(b"UTF-8", b"UTF-16")),
            "manifest-sha512.txt": bag()["manifest-sha512.txt"].decode().encode("utf-16"),
            "bag-info.txt": "Tên: Đơn\n".encode("utf-16"),
        },
        PASSED,
    ),
    "ISO-8859-1 tag files": (
        lambda: {
            "bagit.txt": DECLARATION.replace(b"UTF-8", b"ISO-8859-1"),
            "data/é.txt": b"a",
            "manifest-sha512.txt": line("data/é.txt").encode("latin-1"),
        },
        PASSED,
    ),
    "a manifest not in the declared encoding": (
        lambda: {**bag(), "manifest-sha512.txt": b"\xff\xfe\xfa"},
        ("bag.tag.undecodable",),
    ),
    # 2.2.3 fetch.txt
    "a file to be fetched": (
        lambda: {**listed(A + line("data/far.bin")), "fetch.txt": b"https://example.org/far 1 data/far.bin\n"},
        ("bag.fetch.refused",),
    ),
    "a file fetched already": (
        lambda: {**bag(), "fetch.txt": b"https://example.org/a - data/a.txt\n"},
        ("bag.fetch.resolved",),
    ),
    "a file to be fetched that no manifest lists": (
        lambda: {**bag(), "fetch.txt": b"https://example.org/far 1 data/far.bin\n"},
        ("bag.fetch.refused", "bag.fetch.unlisted"),
    ),
    "a tag file to be fetched": (
        lambda: {**bag(), "fetch.txt": b"https://example.org/x 1 bag-info.txt\n"},
        ("bag.fetch.tag-file",),
    ),
    "a length that is no number": (
        lambda: {**bag(), "fetch.txt": b"https://example.org/x big data/a.txt\n"},
        ("bag.fetch.length",),
    ),
    "a malformed fetch line": (lambda: {**bag(), "fetch.txt": b"data/a.txt\n"}, ("bag.fetch.line",)),
    "a fetch path out of the bag": (
        lambda: {**bag(), "fetch.txt": b"https://example.org/x 1 data/../../x\n"},
        ("bag.fetch.path",),
    ),
    # 6 names
    "a manifest in NFC, a file in NFD (T37)": (lambda: listed(line(NFC), {NFD: b"a"}), ("bag.name.normalised",)),
    "a manifest in NFD, a file in NFC (T37)": (lambda: listed(line(NFD), {NFC: b"a"}), ("bag.name.normalised",)),
    "one file listed in both forms": (
        lambda: listed(line(NFC) + line(NFD), {NFC: b"a"}),
        ("bag.manifest.duplicate-normalised",),
    ),
    "two files in both forms, each listed": (
        lambda: bag({NFC: b"a", NFD: b"b"}),
        ("bag.name.unicode-collision",),
    ),
    "a third form that could mean either": (
        lambda: listed(line("data/ờ\u031b.txt"), {"data/o\u031b\u0300.txt": b"a", "data/ờ.txt": b"a"}),
        ("bag.payload.missing", "bag.payload.unlisted", "bag.name.unicode-collision"),
    ),
    "names that differ in case": (lambda: bag({"data/A.txt": b"a", "data/a.txt": b"b"}), ("bag.name.case-collision",)),
    "a case that differs from the file's": (
        lambda: listed(line("data/A.txt")),
        ("bag.payload.missing", "bag.payload.unlisted"),
    ),
    ".DS_Store": (lambda: bag({"data/.DS_Store": b"x", "data/a": b"a"}), ("bag.payload.system-file",)),
    "Thumbs.db": (lambda: bag({"data/s/Thumbs.db": b"x"}), ("bag.payload.system-file",)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_corner_case_is_judged_as_expected(name: str) -> None:
    make, expected = CASES[name]
    judgement = judged(MemoryFiles(make()))
    assert {item.code for item in judgement.findings} == set(expected), [item.message for item in judgement.findings]
    severities = {finding_kinds()[code].severity for code in expected}
    worst = "failed" if "error" in severities else "indeterminate" if "indeterminate" in severities else "passed"
    assert judgement.answer == worst


def test_there_are_at_least_seventy_cases() -> None:
    assert len(CASES) >= 70


def test_an_empty_payload_is_valid_when_the_directory_is_there() -> None:
    judgement = judged(MemoryFiles(bag({}), directories=("data",)))
    assert judgement.answer == "passed"


def test_a_directory_link_is_named_and_not_followed() -> None:
    judgement = judged(MemoryFiles(bag(), links=("data/d",)))
    assert [(item.code, item.document) for item in judgement.findings] == [("bag.file.irregular", "data/d")]


def test_all_faults_are_named_not_only_the_first() -> None:
    files = {**bag(), "data/x": b"", "fetch.txt": b"bad\n", "bag-info.txt": b"Payload-Oxum: x\n", "data/a.txt": b"z"}
    codes = {item.code for item in judged(MemoryFiles(files)).findings}
    assert codes == {"bag.payload.unlisted", "bag.fetch.line", "bag.info.oxum-form", "bag.payload.changed"}


def test_every_fault_names_its_clause() -> None:
    for make, expected in CASES.values():
        for item in judged(MemoryFiles(make())).findings:
            assert item.severity is Severity.INFO or item.clause, expected


def test_two_files_that_one_listed_name_could_mean_are_said_to_be_ambiguous() -> None:
    form = "o\u0323\u0302"  # canonically ộ, in neither file's spelling
    files = listed(line(f"data/{form}x"), {"data/\u1ed9x": b"a", "data/\u1ecd\u0302x": b"a"})
    codes = {item.code for item in judged(MemoryFiles(files)).findings}
    assert "bag.name.ambiguous" in codes and "bag.payload.missing" in codes


def test_a_tag_file_beyond_reading_size_and_an_unreadable_one_are_indeterminate() -> None:
    class Huge(MemoryFiles):
        def sizes(self) -> dict[str, int]:
            return {**super().sizes(), "bag-info.txt": 1 << 40}

        def digests(self, path: str, algorithms: frozenset[str]) -> dict[str, str]:
            raise OSError("unreadable")

    judgement = judged(Huge({**bag(), "bag-info.txt": b""}))
    assert {item.code for item in judgement.findings} == {"bag.tag.too-large", "bag.file.unreadable"}
    assert judgement.answer == "indeterminate"


def test_the_table_holds_every_code_of_the_bag_check() -> None:
    shown = {code for _, expected in CASES.values() for code in expected}
    elsewhere = {"bag.file.irregular", "bag.name.ambiguous", "bag.tag.too-large", "bag.file.unreadable"}
    assert {code for code in finding_kinds() if code.startswith("bag.")} == shown | elsewhere
