"""The text of a line on an invoice: how long it may be, and when two texts are the same. Pure.

A PSA gives a text back as it keeps it: without line breaks or tags, with entities for some letters, cut, or without the
letters that its database lacks. None of that is another text.
"""

import hashlib
import html
import re
from typing import Final

from shared.text import one_line

MOST_KEPT: Final = 2000
"""Characters of a text that are kept and compared: an agreement's lines are one row."""
LONGEST: Final = {"autotask": 1000, "connectwise": MOST_KEPT, "halo": 255}
"""Characters that each kind of PSA is sent at most; to one that is not here no text is written. ConnectWise takes 6,000
and Autotask 1,000; of HaloPSA no number is published."""
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>")


def longest(kind: str) -> int:
    """How many characters a text may have in a PSA of this kind; 0: none is written there."""
    return LONGEST.get(kind, 0)


def harmless(text: str, most: int = MOST_KEPT) -> str:
    """Somebody's text as it may stand on an invoice: one line, and nothing that a web page takes for a tag."""
    return one_line(text.replace("<", " ").replace(">", " "), most)


def plain(text: str) -> str:
    """A text of the PSA as it is kept and compared: on one line, without tags and entities."""
    return one_line(_TAG.sub(" ", html.unescape(text)), MOST_KEPT)


def digest(text: str) -> str:
    """Names a text, "" for none: what is kept of a text that is only compared."""
    return hashlib.sha256(plain(text).encode()).hexdigest()[:20] if plain(text) else ""


def same(one: str, other: str) -> bool:
    return plain(one) == plain(other)


def shows(there: str, asked: str) -> bool:
    """What the PSA shows is the text that it was sent, or what is left of that after a cut."""
    if same(there, asked):
        return True
    left, whole = _bare(there), _bare(asked)
    return bool(left) and whole.startswith(left)


def _bare(text: str) -> str:
    """Only the letters and digits that every database has."""
    return "".join(c for c in plain(text).casefold() if c.isascii() and c.isalnum())
