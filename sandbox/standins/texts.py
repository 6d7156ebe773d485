"""What becomes of a text that is written: a PSA may keep it as HTML, or cut it."""

import html
from enum import StrEnum
from typing import Final

_SHORT: Final = 40


class Texts(StrEnum):
    KEPT = "kept"
    HTML = "html"
    CUT = "cut"


def stored_text(rule: str, text: str) -> str:
    match rule:
        case Texts.HTML:
            return f"<p>{html.escape(text)}</p>\r\n"
        case Texts.CUT:
            return text[:_SHORT]
    return text
