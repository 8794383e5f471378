"""PDFs made to break whoever reads them. Each claims PDF/A-2u and is small on disk."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf

GOOD = Path(__file__).resolve().parents[2] / "ingest" / "verapdf" / "warmup.pdf"


def deflated(pattern: bytes, size_bytes: int) -> bytes:
    """``pattern`` repeated to about ``size_bytes``, deflated in the time of one block: flushed blocks can be repeated."""
    block = pattern * ((1 << 20) // len(pattern))
    packer = zlib.compressobj(9, wbits=-15)
    packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    count = size_bytes // len(block)
    checksum = 1
    for _ in range(count):
        checksum = zlib.adler32(block, checksum)
    return b"\x78\xda" + packed * count + b"\x03\x00" + checksum.to_bytes(4, "big")


def opened() -> Pdf:
    return pikepdf.open(GOOD)


def saved(pdf: Pdf, path: Path, **options: object) -> Path:
    pdf.save(
        path,
        compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        fix_metadata_version=False,
        **options,  # type: ignore[arg-type]
    )
    return path


def raw_stream(pdf: Pdf, data: bytes, filters: object) -> pikepdf.Object:
    stream = pdf.make_stream(b"")
    stream.write(data, filter=filters)  # type: ignore[arg-type]
    return stream


def content_bomb(path: Path) -> Path:
    with opened() as pdf:
        pdf.pages[0].Contents = raw_stream(pdf, deflated(b"0 0 m 1 1 l S\n", 512 << 20), Name.FlateDecode)
        return saved(pdf, path)


def nested_flate(path: Path) -> Path:
    with opened() as pdf:
        inner = zlib.compress(deflated(b"q Q ", 1 << 30), 9)
        pdf.pages[0].Contents = raw_stream(pdf, inner, Array([Name.FlateDecode, Name.FlateDecode]))
        return saved(pdf, path)


def xmp_bomb(path: Path) -> Path:
    with opened() as pdf:
        del pdf.Root.Metadata.Type  # a stream of that type would be saved inflated
        pdf.Root.Metadata.write(deflated(b" ", 64 << 20), filter=Name.FlateDecode)
        return saved(pdf, path)


def nested_xmp_bomb(path: Path) -> Path:
    with opened() as pdf:
        del pdf.Root.Metadata.Type
        packed = zlib.compress(deflated(b" ", 1 << 30), 9)
        pdf.Root.Metadata.write(packed, filter=Array([Name.FlateDecode, Name.FlateDecode]))
        return saved(pdf, path)


def xmp_entities(path: Path) -> Path:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    bomb += b"".join(b'<!ENTITY %c "%s">' % (99 + n, b"&%c;" % (98 + n) * 10) for n in range(9)) + b"]><x>&k;</x>"
    with opened() as pdf:
        pdf.Root.Metadata.write(bomb)
        return saved(pdf, path)


def inserted(path: Path, nested: bytes) -> Path:
    """The good file with one more object, reached from its catalogue, written as these very bytes."""
    data = GOOD.read_bytes()
    with opened() as pdf:
        number = len(pdf.objects) + 1
        root = pdf.Root.objgen[0]
        keys = b"".join(f"{key} {_reference(value)} ".encode() for key, value in pdf.Root.items() if value.is_indirect)
        size, before = number + 1, data.rindex(b"startxref") + 10
    previous = int(data[before:].split()[0])
    at = len(data)
    first = b"%d 0 obj\n%s\nendobj\n" % (number, nested)
    second = b"%d 0 obj\n<< /Type /Catalog %s /Deep %d 0 R >>\nendobj\n" % (root, keys, number)
    xref = at + len(first) + len(second)
    table = b"xref\n%d 1\n%010d 00000 n \n%d 1\n%010d 00000 n \n" % (root, at + len(first), number, at)
    trailer = b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (size, root, previous, xref)
    path.write_bytes(data + first + second + table + trailer)
    return path


def _reference(value: pikepdf.Object) -> str:
    return f"{value.objgen[0]} {value.objgen[1]} R"


def deep_array(path: Path) -> Path:
    return inserted(path, b"[" * 300_000 + b"]" * 300_000)


def deep_dictionary(path: Path) -> Path:
    return inserted(path, b"<</A" * 100_000 + b" 0" + b">>" * 100_000)


def page_tree_loop(path: Path) -> Path:
    with opened() as pdf:
        tree = pdf.Root.Pages
        kid = pdf.make_indirect(Dictionary(Type=Name.Pages, Parent=tree, Count=1, Kids=Array([])))
        kid.Kids.append(tree)
        tree.Kids.append(kid)
        return saved(pdf, path)


def form_loop(path: Path) -> Path:
    with opened() as pdf:
        box = Array([0, 0, 10, 10])
        form = pdf.make_stream(b"/F Do", Type=Name.XObject, Subtype=Name.Form, BBox=box)
        form.Resources = Dictionary(XObject=Dictionary(F=form))
        page = pdf.pages[0]
        page.Resources.XObject = Dictionary(F=form)
        page.Contents = pdf.make_stream(b"/F Do")
        return saved(pdf, path)


def outline_chain(path: Path) -> Path:
    """Bookmarks nested far deeper than any stack of calls."""
    with opened() as pdf:
        child = None
        for _ in range(60_000):
            item = Dictionary(Title="x", Parent=pdf.Root)
            if child is not None:
                item.First = item.Last = child
            child = pdf.make_indirect(item)
        pdf.Root.Outlines = pdf.make_indirect(Dictionary(Type=Name.Outlines, First=child, Last=child))
        return saved(pdf, path)


def structure_chain(path: Path) -> Path:
    """A structure tree nested far deeper than any stack of calls."""
    with opened() as pdf:
        child = None
        for _ in range(60_000):
            item = Dictionary(Type=Name.StructElem, S=Name.Div)
            if child is not None:
                item.K = child
            child = pdf.make_indirect(item)
        pdf.Root.StructTreeRoot = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=child))
        return saved(pdf, path)


HOSTILE: Mapping[str, Callable[[Path], Path]] = {
    maker.__name__: maker
    for maker in (
        content_bomb,
        nested_flate,
        xmp_bomb,
        nested_xmp_bomb,
        xmp_entities,
        deep_array,
        deep_dictionary,
        page_tree_loop,
        form_loop,
        outline_chain,
        structure_chain,
    )
}
