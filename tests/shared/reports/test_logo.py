"""The right answer for 200 files, each within 100 ms and 50 MB."""

import io
import resource
import struct
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from shared.errors import Rejected
from shared.reports.logo import HIGHEST, LARGEST, WIDEST, Logo, re_encoded

MOST_SECONDS = 0.1
MOST_KB = 50 * 1024
FORMATS = ("PNG", "JPEG")


def a_file(width: int, height: int, form: str = "PNG", mode: str = "RGB", **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), 90 if mode in {"L", "P", "1", "I;16"} else None).save(out, form, **more)
    return out.getvalue()


def noise(width: int, height: int, form: str) -> bytes:
    out = io.BytesIO()
    picture = Image.effect_noise((width, height), 90).convert("RGB")
    picture.save(out, form)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *more: bytes, pixels: bytes = b"") -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    rows = pixels or zlib.compress((b"\0" + b"\x50" * 3 * width) * height, 9)
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def rotated(width: int, height: int, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return a_file(width, height, "JPEG", exif=exif)


def moving(width: int, height: int) -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (width, height), colour) for colour in ("red", "blue")]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


def other_formats() -> Iterator[tuple[str, bytes, str]]:
    for form in ("GIF", "BMP", "TIFF", "WEBP", "ICO", "PPM", "TGA"):
        yield f"{form} file", a_file(48, 48, form), "not_a_picture"
    for name, data in {
        "nothing": b"",
        "one byte": b"\x89",
        "HTML": b"<!doctype html><script>alert(1)</script>",
        "SVG": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        "SVG in UTF-16": '<svg xmlns="http://www.w3.org/2000/svg"/>'.encode("utf-16"),
        "PDF": b"%PDF-1.7\n",
        "ZIP": b"PK\x03\x04" + b"\0" * 60,
        "text": b"logo.png",
        "HTML before a PNG": b"<html>" + a_file(10, 10),
    }.items():
        yield name, data, "not_a_picture"


def damaged() -> Iterator[tuple[str, bytes, str]]:
    for form in FORMATS:
        whole = noise(200, 60, form)
        for percent in (1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99):
            yield f"{form} cut at {percent} %", whole[: len(whole) * percent // 100 or 4], "damaged"
    yield "PNG that is HTML", b"\x89PNG\r\n\x1a\n<html><body>hello</body></html>" + b" " * 50, "damaged"
    yield "JPEG that is HTML", b"\xff\xd8\xff<html><body>hello</body></html>", "damaged"
    yield "PNG without pixels", png(20, 20, pixels=b"x"), "damaged"
    wrong = bytearray(png(20, 20))
    wrong[30] ^= 1
    yield "PNG with a wrong checksum", bytes(wrong), "damaged"
    yield "PNG whose chunk says 4 GB", b"\x89PNG\r\n\x1a\n" + b"\xff\xff\xff\xffIHDR" + b"\0" * 40, "damaged"


def bombs() -> Iterator[tuple[str, bytes, str]]:
    tiny = zlib.compress(b"\0" * 200_000, 9)
    for width, height in (
        (30_000, 30_000),
        (65_535, 65_535),
        (2**31 - 1, 2**31 - 1),
        (100_000, 1),
        (1, 100_000),
    ):
        yield f"PNG of {width} x {height}", png(width, height, pixels=tiny), "too_many_pixels"
    jpeg = bytearray(a_file(16, 16, "JPEG"))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = struct.pack(">HH", 60_000, 60_000)
    yield "JPEG of 60,000 x 60,000", bytes(jpeg), "too_many_pixels"
    yield "PNG of no pixels", png(0, 0, pixels=tiny), "too_many_pixels"
    filler = zlib.compress(b"\0" * 60_000_000, 9)
    yield "pixels that unpack to 60 MB", png(20, 20, pixels=filler), ""
    text = chunk(b"zTXt", b"Comment\0\0" + filler)
    yield "a text that unpacks to 60 MB", png(20, 20, text), ""
    profile = chunk(b"iCCP", b"p\0\0" + filler)
    yield "a colour profile that unpacks to 60 MB", png(20, 20, profile), ""
    yield "a file of 513 KB", a_file(20, 20) + b"\0" * LARGEST, "too_large"


def sizes() -> Iterator[tuple[str, bytes, str]]:
    for form in FORMATS:
        for width in (1, 2, 250, 501, 502, 503, 504, 1000):
            for height in (1, 40, 80, 81, 82, 83, 500):
                fits = width <= WIDEST and height <= HIGHEST
                yield (
                    f"{form} of {width} x {height}",
                    a_file(width, height, form),
                    "" if fits else "too_many_pixels",
                )


def kinds() -> Iterator[tuple[str, bytes, str]]:
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield f"PNG, mode {mode}", a_file(120, 40, mode=mode), ""
    for mode in ("L", "RGB"):
        yield f"JPEG, mode {mode}", a_file(120, 40, "JPEG", mode), ""
    yield "progressive JPEG", a_file(120, 40, "JPEG", progressive=True), ""
    yield "PNG in seven passes", a_file(120, 40, interlace=1), ""
    yield "CMYK JPEG", a_file(120, 40, "JPEG", "CMYK"), "cmyk"
    yield "moving PNG", moving(60, 30), "animated"
    for orientation in range(1, 9):
        upright, lying = (rotated(*size, orientation) for size in ((502, 81), (81, 502)))
        yield f"502 x 81, orientation {orientation}", upright, "" if orientation < 5 else "too_many_pixels"
        yield f"81 x 502, orientation {orientation}", lying, "too_many_pixels" if orientation < 5 else ""
    for form in FORMATS:
        yield f"{form} as large as it may be, of noise", noise(WIDEST, HIGHEST, form), ""
        yield f"{form} with HTML behind it", a_file(30, 30, form) + b"<script>alert(1)</script>", ""
    told = PngImagePlugin.PngInfo()
    told.add_text("Author", "<script>")
    yield "PNG with a text", a_file(30, 30, pnginfo=told), ""


FILES = [found for group in (sizes, kinds, other_formats, damaged, bombs) for found in group()]


def test_the_corpus_has_200_files() -> None:
    assert len(FILES) >= 200
    assert len({name for name, _, _ in FILES}) == len(FILES)


def answer_to(data: bytes) -> Logo | Rejected:
    try:
        return re_encoded(data)
    except Rejected as refused:
        return refused


@pytest.mark.parametrize("name, data, code", FILES, ids=[name for name, _, _ in FILES])
def test_each_file_gets_its_answer_in_time(name: str, data: bytes, code: str) -> None:
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    answer = answer_to(data)
    seconds = time.process_time() - began
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert seconds <= MOST_SECONDS
    assert grown <= MOST_KB
    if isinstance(answer, Rejected):
        assert answer.code == code, name
        assert answer.reason.endswith(".")
        assert answer.field == "image"
    else:
        assert code == "", name
        with Image.open(io.BytesIO(answer.png)) as kept:
            assert kept.format == "PNG"
            assert kept.size == (answer.width, answer.height)
            assert kept.mode in {"RGB", "RGBA"}
            assert kept.info == {}
        assert b"script" not in answer.png


@pytest.mark.parametrize("size", [(503, 81), (502, 82)])
def test_a_picture_that_is_too_large_is_refused_with_its_own_size(size: tuple[int, int]) -> None:
    with pytest.raises(Rejected) as refused:
        re_encoded(a_file(*size))
    assert f"{size[0]} x {size[1]} pixels; at most 502 x 81" in refused.value.reason


def test_a_lying_picture_is_kept_upright() -> None:
    logo = re_encoded(rotated(40, 90, 6))
    assert (logo.width, logo.height) == (90, 40)


def test_the_same_file_gives_the_same_picture() -> None:
    data = noise(100, 40, "JPEG")
    assert re_encoded(data) == re_encoded(data)
