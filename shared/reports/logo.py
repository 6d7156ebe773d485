"""S18: the logo, checked before it is decoded and made anew, so that nothing but its pixels is kept."""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shared.errors import Rejected

if TYPE_CHECKING:
    from PIL.Image import Image

WIDEST, HIGHEST = 502, 81
"""Pixels, both allowed."""
LARGEST: Final = 512 * 1024
"""Bytes of the file."""
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_NEEDED: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
"""The chunks that make a PNG's pixels; texts and colour profiles, which may unpack to anything, are left out."""
_ANIMATION: Final = b"acTL"
_ORIENTATION, _LYING = 0x0112, frozenset({5, 6, 7, 8})
"""EXIF's field, and its values by which width and height change places."""


@dataclass(frozen=True, slots=True)
class Logo:
    png: bytes
    width: int
    height: int


def re_encoded(data: bytes) -> Logo:
    """The picture of a PNG or JPEG file as a PNG of ours, upright. Raises Rejected with a sentence."""
    if len(data) > LARGEST:
        raise _refused(
            f"The file has {-(-len(data) // 1024):,} KB; at most {LARGEST // 1024} KB are allowed.",
            "too_large",
        )
    if data.startswith(_PNG):
        picture = _of_png(data)
    elif data.startswith(_JPEG):
        picture = _decoded(data)
    else:
        raise _refused(
            "The file is neither a PNG nor a JPEG picture, whatever it is called.", "not_a_picture"
        )
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return Logo(out.getvalue(), *picture.size)


def _of_png(data: bytes) -> "Image":
    chunks = list(_chunks(data))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 25:
        raise _broken()
    _check_size(*struct.unpack(">II", chunks[0][1][8:16]))
    if any(kind == _ANIMATION for kind, _ in chunks):
        raise _refused(
            "The picture moves: save one frame of it as PNG or JPEG, then upload that.", "animated"
        )
    return _decoded(_PNG + b"".join(chunk for kind, chunk in chunks if kind in _NEEDED))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and bytes of each chunk of a PNG. What stands behind its end is nobody's picture."""
    at, kind = len(_PNG), b""
    while kind != b"IEND":
        if at + 12 > len(data):
            raise _broken()
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        end = at + 12 + length
        if end > len(data):
            raise _broken()
        yield kind, data[at:end]
        at = end


def _decoded(data: bytes) -> "Image":
    """The picture of a file whose size is looked at before a pixel is unpacked."""
    from PIL import ImageOps
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile

    kind = PngImageFile if data.startswith(_PNG) else JpegImageFile
    try:
        with kind(io.BytesIO(data)) as file:
            lies = file.getexif().get(_ORIENTATION) in _LYING
            _check_size(*(reversed(file.size) if lies else file.size))
            if file.mode == "CMYK":
                raise _refused(
                    "The picture has a printer's colours (CMYK): save it as RGB, then upload it again.",
                    "cmyk",
                )
            file.load()
            return _plain(ImageOps.exif_transpose(file))
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        raise _broken() from error


def _plain(file: "Image") -> "Image":
    """Pixels only: no metadata, no colour profile."""
    from PIL import Image

    see_through = file.mode in {"LA", "PA", "RGBA"} or "transparency" in file.info
    if file.mode.startswith("I"):
        file = file.point(lambda value: value * (1 / 256)).convert("L")
    pixels = file.convert("RGBA" if see_through else "RGB")
    return Image.frombytes(pixels.mode, pixels.size, pixels.tobytes())


def _check_size(width: int, height: int) -> None:
    if not (1 <= width <= WIDEST and 1 <= height <= HIGHEST):
        raise _refused(
            f"The picture is {width:,} x {height:,} pixels; at most {WIDEST} x {HIGHEST} are allowed. Make it "
            "smaller, then upload it again.",
            "too_many_pixels",
        )


def _broken() -> Rejected:
    return _refused(
        "The file is damaged or not complete: save the picture anew, then upload it again.", "damaged"
    )


def _refused(sentence: str, code: str) -> Rejected:
    return Rejected(sentence, code, "image")
