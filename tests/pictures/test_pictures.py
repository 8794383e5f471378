"""Pictures of pages: what a reader would see, made once, bounded, and gone when their document must be forgotten."""

from __future__ import annotations

import hashlib
import os
import struct
import threading
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image

from archive.errors import LuutruError
from ingest.inspector.client import inspector_pool
from ingest.pictures import (
    MOST_WIDTH,
    Picture,
    PictureFormatError,
    PicturePageMissingError,
    Pictures,
    PictureUnavailableError,
    PictureWidthError,
)
from ingest.workers.pool import WorkerPool

RED, GREEN, BLUE = (255, 0, 0), (0, 160, 0), (0, 0, 255)


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with inspector_pool(1) as pool:
        yield pool


@pytest.fixture
def pictures(pool: WorkerPool, tmp_path: Path) -> Pictures:
    return Pictures(pool, tmp_path / "pictures")


class Counting:
    """Passes questions on and counts them; ``before`` is called first."""

    def __init__(self, pool: WorkerPool) -> None:
        self.pool = pool
        self.asked = 0
        self.before = lambda: None

    def ask(self, request: Mapping[str, Any], timeout_seconds: float) -> dict[str, Any]:
        self.asked += 1
        self.before()
        return self.pool.ask(request, timeout_seconds)


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def filled_page(pdf: pikepdf.Pdf, colour: tuple[int, ...], size: tuple[float, float] = (595, 842)) -> pikepdf.Page:
    page = pdf.add_blank_page()
    page.MediaBox = [0, 0, *size]
    paint = " ".join(f"{part / 255:.3f}" for part in colour)
    page.Contents = pdf.make_stream(f"{paint} rg 0 0 {size[0]} {size[1]} re f".encode())
    return page


def pdf_of(folder: Path, *colours: tuple[int, ...], name: str = "a.pdf", **options: Any) -> Path:
    pdf = pikepdf.new()
    for colour in colours:
        filled_page(pdf, colour)
    pdf.save(folder / name, **options)
    return folder / name


def painted(pdf: pikepdf.Pdf, colour: tuple[int, ...]) -> pikepdf.Object:
    """The appearance of a stamp or field: a filled square of 100 points."""
    paint = " ".join(f"{part / 255:.3f}" for part in colour)
    form = pdf.make_stream(f"{paint} rg 0 0 100 100 re f".encode())
    form.Type, form.Subtype, form.BBox = pikepdf.Name.XObject, pikepdf.Name.Form, [0, 0, 100, 100]
    return form


def colour_at(picture: Picture, x: float, y: float) -> tuple[int, ...]:
    with Image.open(picture.path) as image:
        pixel = image.convert("RGB").getpixel((int(x * image.width), int(y * image.height)))
    assert isinstance(pixel, tuple)
    return tuple(round(part) for part in pixel)


def near(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(one - other) < 40 for one, other in zip(found, wanted, strict=True))


def test_each_page_of_a_pdf_is_drawn_at_the_width_asked_for(pictures: Pictures, tmp_path: Path) -> None:
    blob = pdf_of(tmp_path, RED, BLUE)
    for number, colour in ((1, RED), (2, BLUE)):
        picture = pictures.page(blob, sha256_of(blob), number, 400)
        assert (picture.width, picture.pages, picture.media_type) == (400, 2, "image/webp")
        assert abs(picture.height - 400 * 842 / 595) <= 1
        assert near(colour_at(picture, 0.5, 0.5), colour)
        with Image.open(picture.path) as image:
            assert (image.format, image.size) == ("WEBP", (picture.width, picture.height))


def test_a_thumbnail_is_the_first_page_240_wide(pictures: Pictures, tmp_path: Path) -> None:
    blob = pdf_of(tmp_path, GREEN, BLUE)
    picture = pictures.thumbnail(blob, sha256_of(blob))
    assert picture.width == 240 and near(colour_at(picture, 0.5, 0.5), GREEN)


def test_stamps_and_form_fields_are_drawn_as_a_reader_sees_them(pictures: Pictures, tmp_path: Path) -> None:
    pdf = pikepdf.new()
    page = filled_page(pdf, (255, 255, 255), (400, 400))
    stamp = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.Stamp,
        Rect=[0, 300, 100, 400],
        F=4,
        AP=pikepdf.Dictionary(N=painted(pdf, RED)),
    )
    field = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.Widget,
        FT=pikepdf.Name.Sig,
        T=pikepdf.String("Chữ ký"),
        Rect=[300, 0, 400, 100],
        F=4,
        AP=pikepdf.Dictionary(N=painted(pdf, BLUE)),
    )
    widget = pdf.make_indirect(field)
    page.Annots = pikepdf.Array([pdf.make_indirect(stamp), widget])
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[widget], SigFlags=3)
    pdf.save(tmp_path / "a.pdf")
    picture = pictures.page(tmp_path / "a.pdf", sha256_of(tmp_path / "a.pdf"), 1, 400)
    assert near(colour_at(picture, 0.1, 0.1), RED)
    assert near(colour_at(picture, 0.9, 0.9), BLUE)
    assert near(colour_at(picture, 0.5, 0.5), (255, 255, 255))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP", "JPEG2000"])
def test_an_image_is_made_smaller_and_never_larger(pictures: Pictures, tmp_path: Path, form: str) -> None:
    blob = tmp_path / "x"
    Image.new("RGB", (300, 200), RED).save(blob, form)
    picture = pictures.page(blob, sha256_of(blob), 1, 150)
    assert (picture.width, picture.height, picture.pages) == (150, 100, 1)
    assert near(colour_at(picture, 0.5, 0.5), RED)
    assert pictures.page(blob, sha256_of(blob), 1, 1000).width == 300


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "YCbCr"])
def test_images_of_every_depth_come_out_in_their_colours(pictures: Pictures, tmp_path: Path, mode: str) -> None:
    blob = tmp_path / "x"
    if mode == "I;16":
        Image.new("I;16", (100, 100), 0xFFFF).save(blob, "PNG")
    else:
        form = "TIFF" if mode in ("CMYK", "YCbCr") else "PNG"
        Image.new("RGB", (100, 100), (255, 255, 255)).convert(mode).save(blob, form)
    assert near(colour_at(pictures.page(blob, sha256_of(blob), 1, 50), 0.5, 0.5), (255, 255, 255))


def test_what_is_transparent_shows_white_paper(pictures: Pictures, tmp_path: Path) -> None:
    blob = tmp_path / "x"
    Image.new("RGBA", (100, 100), (0, 0, 0, 0)).save(blob, "PNG")
    assert near(colour_at(pictures.page(blob, sha256_of(blob), 1, 50), 0.5, 0.5), (255, 255, 255))


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_a_photograph_stands_upright(pictures: Pictures, tmp_path: Path, form: str) -> None:
    blob = tmp_path / "x"
    image = Image.new("RGB", (400, 200), BLUE)
    image.paste(RED, (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112] = 6  # the left side of what is stored is the top of what was seen
    image.save(blob, form, exif=exif)
    picture = pictures.page(blob, sha256_of(blob), 1, 100)
    assert (picture.width, picture.height) == (100, 200)
    assert near(colour_at(picture, 0.5, 0.2), RED) and near(colour_at(picture, 0.5, 0.8), BLUE)


def test_every_page_of_a_scanned_tiff_has_its_picture(pictures: Pictures, tmp_path: Path) -> None:
    blob = tmp_path / "x"
    Image.new("RGB", (100, 100), RED).save(
        blob, "TIFF", save_all=True, append_images=[Image.new("RGB", (100, 100), BLUE)]
    )
    picture = pictures.page(blob, sha256_of(blob), 2, 50)
    assert picture.pages == 2 and near(colour_at(picture, 0.5, 0.5), BLUE)


def test_a_page_that_is_not_there_is_told_by_its_code(pictures: Pictures, tmp_path: Path) -> None:
    blob = pdf_of(tmp_path, RED)
    for number in (0, -1, 2, 10**9):
        with pytest.raises(PicturePageMissingError) as error:
            pictures.page(blob, sha256_of(blob), number, 100)
        assert error.value.code == "picture.page.missing"
    assert error.value.pages == 1 and "có 1 trang" in error.value.message


@pytest.mark.parametrize("width", [0, -1, MOST_WIDTH + 1])
def test_a_width_nobody_needs_is_refused(pictures: Pictures, tmp_path: Path, width: int) -> None:
    with pytest.raises(PictureWidthError) as error:
        pictures.page(tmp_path, "0" * 64, 1, width)
    assert error.value.code == "picture.width.refused"


@pytest.mark.parametrize(
    "content", ["Văn bản thuần túy".encode(), b"PK\x03\x04 no zip", b"", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\x7fELF\0\0"]
)
def test_a_text_or_unknown_file_has_no_picture(pictures: Pictures, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(PictureFormatError) as error:
        pictures.page(tmp_path / "x", sha256_of(tmp_path / "x"), 1, 100)
    assert error.value.code == "picture.format.unsupported"


def bomb_png(side: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", side, side, 1, 0, 0, 0, 0)) + chunk(b"IDAT", rows)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"%PDF-1.7 and then nothing", "hỏng"),
        (b"\xff\xd8\xff\xe0 no picture", "hỏng"),
        (b"\x89PNG\r\n\x1a\n no picture", "hỏng"),
        (b"II*\0\x08\0\0\0\xff\xff", "hỏng"),
        (b"%!PS-Adobe\n%PDF-1.4\n", "hỏng"),
        (bomb_png(60_000), "quá lớn"),
        (bomb_png(2**31 - 1), "quá lớn"),
    ],
)
def test_a_broken_file_or_a_bomb_is_a_coded_error_and_the_worker_lives_on(
    pictures: Pictures, pool: WorkerPool, tmp_path: Path, content: bytes, word: str
) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(PictureUnavailableError) as error:
        pictures.page(tmp_path / "x", sha256_of(tmp_path / "x"), 1, 100)
    assert error.value.code == "picture.unavailable"
    assert word in error.value.message and str(tmp_path) not in error.value.message
    blob = pdf_of(tmp_path, RED)
    assert pictures.page(blob, sha256_of(blob), 1, 100).width == 100
    assert not list((tmp_path / "pictures").rglob("*.part"))


def test_a_locked_pdf_says_so(pictures: Pictures, tmp_path: Path) -> None:
    blob = pdf_of(tmp_path, RED, encryption=pikepdf.Encryption(user="mật khẩu", owner="x"))
    with pytest.raises(PictureUnavailableError, match="mật khẩu"):
        pictures.page(blob, sha256_of(blob), 1, 100)


@pytest.mark.parametrize("size", [(1, 14_400), (14_400, 1), (14_400, 14_400), (3, 3)])
def test_a_page_of_strange_proportions_stays_within_bounds(
    pictures: Pictures, tmp_path: Path, size: tuple[float, float]
) -> None:
    pdf = pikepdf.new()
    filled_page(pdf, RED, size)
    pdf.save(tmp_path / "a.pdf")
    picture = pictures.page(tmp_path / "a.pdf", sha256_of(tmp_path / "a.pdf"), 1, MOST_WIDTH)
    assert 1 <= picture.width <= MOST_WIDTH and 1 <= picture.height <= 16_000
    assert picture.width * picture.height <= 41_000_000


def test_a_page_that_takes_too_long_is_given_up_and_the_next_is_drawn(pool: WorkerPool, tmp_path: Path) -> None:
    pdf = pikepdf.new()
    page = filled_page(pdf, RED)
    # Forms that draw each other ten times over, twelve deep: nobody will see this page.
    inner = painted(pdf, RED)
    for _ in range(12):
        outer = pdf.make_stream(b"/F Do " * 10)
        outer.Type, outer.Subtype, outer.BBox = pikepdf.Name.XObject, pikepdf.Name.Form, [0, 0, 595, 842]
        outer.Resources = pikepdf.Dictionary(XObject={"/F": inner})
        inner = outer
    page.Resources = pikepdf.Dictionary(XObject={"/F": inner})
    page.Contents = pdf.make_stream(b"/F Do " * 10)
    pdf.save(tmp_path / "slow.pdf")
    impatient = Pictures(pool, tmp_path / "pictures", timeout_seconds=3)
    with pytest.raises(PictureUnavailableError):
        impatient.page(tmp_path / "slow.pdf", sha256_of(tmp_path / "slow.pdf"), 1, 100)
    blob = pdf_of(tmp_path, RED)
    assert Pictures(pool, tmp_path / "pictures").page(blob, sha256_of(blob), 1, 100).width == 100


def test_no_worker_is_an_error_about_the_tool_not_the_document(tmp_path: Path) -> None:
    pool = inspector_pool(1)
    pool.close()
    blob = pdf_of(tmp_path, RED)
    with pytest.raises(PictureUnavailableError, match="chưa sẵn sàng"):
        Pictures(pool, tmp_path / "pictures").page(blob, sha256_of(blob), 1, 100)


def test_a_picture_is_drawn_once_and_then_kept_for_all_who_share_the_folder(pool: WorkerPool, tmp_path: Path) -> None:
    counting = Counting(pool)
    blob = pdf_of(tmp_path, RED)
    sha256 = sha256_of(blob)
    first = Pictures(counting, tmp_path / "pictures").page(blob, sha256, 1, 100)
    again = Pictures(counting, tmp_path / "pictures")
    assert again.page(blob, sha256, 1, 100) == first
    assert counting.asked == 1
    blob.unlink()
    assert again.kept(sha256, 1, 100) == first
    assert again.kept(sha256, 1, 101) is None and again.kept(sha256, 2, 100) is None
    assert counting.asked == 1


def test_pictures_of_an_older_renderer_are_not_taken_for_those_of_the_present_one(
    pictures: Pictures, tmp_path: Path
) -> None:
    blob = pdf_of(tmp_path, RED)
    picture = pictures.page(blob, sha256_of(blob), 1, 100)
    older = picture.path.with_name(picture.path.name.replace("pdfium", "pdfium0."))
    picture.path.rename(older)
    assert pictures.kept(sha256_of(blob), 1, 100) is None


def test_forgetting_removes_every_picture_of_a_document_and_no_other(pictures: Pictures, tmp_path: Path) -> None:
    one, other = pdf_of(tmp_path, RED, BLUE), pdf_of(tmp_path, GREEN, name="b.pdf")
    for page in (1, 2):
        for width in (50, 60):
            pictures.page(one, sha256_of(one), page, width)
    kept = pictures.page(other, sha256_of(other), 1, 50)
    (tmp_path / "pictures" / sha256_of(one)[:2] / sha256_of(one) / "left.part").write_bytes(b"of a process that died")
    assert pictures.forget(sha256_of(one)) == 5
    assert not [path for path in (tmp_path / "pictures").rglob("*") if sha256_of(one) in str(path)]
    assert pictures.kept(sha256_of(other), 1, 50) == kept
    assert pictures.forget(sha256_of(one)) == 0


def test_forgetting_waits_for_a_picture_being_drawn_and_removes_it_too(pool: WorkerPool, tmp_path: Path) -> None:
    counting = Counting(pool)
    drawing, forgetting = threading.Event(), threading.Event()
    counting.before = lambda: (drawing.set(), forgetting.wait(20))  # type: ignore[assignment]  # what it gives is unused
    blob = pdf_of(tmp_path, RED)
    pictures = Pictures(counting, tmp_path / "pictures")
    drawer = threading.Thread(target=pictures.page, args=(blob, sha256_of(blob), 1, 100))
    drawer.start()
    assert drawing.wait(20)
    removed: list[int] = []
    forgetter = threading.Thread(
        target=lambda: removed.append(Pictures(counting, tmp_path / "pictures").forget(sha256_of(blob)))
    )
    forgetter.start()
    forgetter.join(0.2)
    assert forgetter.is_alive(), "it waits while the picture is being drawn"
    forgetting.set()
    drawer.join(60)
    forgetter.join(60)
    assert removed == [1]
    assert pictures.kept(sha256_of(blob), 1, 100) is None


def test_the_folder_stays_within_its_bytes_and_keeps_what_was_looked_at_last(pool: WorkerPool, tmp_path: Path) -> None:
    blobs = []
    for number in range(8):
        blob = tmp_path / f"{number}.png"
        Image.frombytes("RGB", (64, 64), os.urandom(64 * 64 * 3)).save(blob, "PNG")
        blobs.append(blob)
    size = Pictures(pool, tmp_path / "one").page(blobs[0], sha256_of(blobs[0]), 1, 64).path.stat().st_size
    pictures = Pictures(pool, tmp_path / "pictures", most_bytes=4 * size)
    for number, blob in enumerate(blobs):
        picture = pictures.page(blob, sha256_of(blob), 1, 64)
        assert picture.path.exists()
        os.utime(picture.path, (1_000 + number, 1_000 + number))
        if number == 2:
            assert pictures.kept(sha256_of(blobs[0]), 1, 64), "looked at again: the first is the youngest now"
    used = sum(path.stat().st_size for path in (tmp_path / "pictures").rglob("*.webp"))
    assert used <= 4 * size
    assert pictures.kept(sha256_of(blobs[0]), 1, 64) and pictures.kept(sha256_of(blobs[7]), 1, 64)
    assert pictures.kept(sha256_of(blobs[1]), 1, 64) is None
    assert not [path for path in (tmp_path / "pictures").glob("*/*/") if not any(path.iterdir())]


def test_only_a_digest_can_name_a_document(pictures: Pictures, tmp_path: Path) -> None:
    for name in ("../x", "0" * 63, "A" * 64, "0" * 64 + "\n"):
        with pytest.raises(ValueError, match="SHA-256"):
            pictures.forget(name)


def test_every_error_is_one_a_user_can_act_on() -> None:
    for kind in (PictureFormatError, PicturePageMissingError, PictureUnavailableError, PictureWidthError):
        assert issubclass(kind, LuutruError) and kind.code.startswith("picture.")
