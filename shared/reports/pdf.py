"""The report as PDF: tagged (PDF/UA-1), with fonts for any customer's name. The same view gives the same bytes."""

import io
import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from shared.reports.wording import ReportView

if TYPE_CHECKING:
    from typst import Fonts

_TEMPLATES: Final = Path(__file__).resolve().parents[1] / "templates"
_FONTS: Final = _TEMPLATES / "fonts"
_NO_LETTER: Final = "\ufffd"
"""Stands for a character that no font has: the standard allows no empty box."""
_LOGO_WIDEST, _LOGO_HIGHEST = 190.0, 42.0
"""Points: 502 x 81 pixels come to 190 x 31."""


def pdf(view: ReportView, logo: bytes | None) -> bytes:
    """Raises typst.TypstError when the template is wrong: whatever the view says is only text."""
    import typst

    data = _data(view, logo)
    try:
        return _compiled(_template(), data)
    except typst.TypstError:
        return _compiled(
            _template(), "".join(c if c.isascii() or _has_a_letter(c) else _NO_LETTER for c in data)
        )


def pictures(view: ReportView, logo: bytes | None, dots: int = 110) -> list[bytes]:
    """Each page as PNG, for people who look at the design."""
    import typst

    made: bytes | list[bytes] = typst.compile(
        _template(),
        sys_inputs={"view": _data(view, logo)},
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format="png",
        ppi=dots,
    )
    return list(made) if isinstance(made, list) else [made]


def _compiled(template: bytes, data: str = "") -> bytes:
    import typst

    return typst.compile(
        template,
        sys_inputs={"view": data},
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards="ua-1",
    )


def _data(view: ReportView, logo: bytes | None) -> str:
    """As JSON; the logo's bytes as numbers, since Typst takes text only from memory."""
    shown = {**asdict(view), "logo": list(logo or b""), "logo_width": _width(logo) if logo else 0}
    return json.dumps(shown, ensure_ascii=False)


@cache
def _fonts() -> "Fonts":
    """Read once."""
    from typst import Fonts

    return Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_FONTS)])


@cache
def _template() -> bytes:
    return (_TEMPLATES / "report.typ").read_bytes()


@cache
def _has_a_letter(character: str) -> bool:
    """One of our fonts has it: asked only when a report holds something that none has."""
    import typst

    if character.isspace():
        return True
    text = json.dumps(character, ensure_ascii=False)
    source = (
        '#set document(title: "x")\n#set text(font: ("Noto Sans", "Noto Sans Arabic", "Noto Sans Hebrew", '
        f'"Noto Sans Thai", "Droid Sans Fallback"), fallback: false)\n#{text}'
    )
    try:
        _compiled(source.encode())
    except typst.TypstError:
        return False
    return True


def _width(logo: bytes) -> float:
    """In points, so that the logo fits into the header in its own proportions."""
    from PIL import Image

    with Image.open(io.BytesIO(logo)) as picture:
        width, height = picture.size
    return min(width * 0.5, _LOGO_WIDEST, _LOGO_HIGHEST * width / height)
