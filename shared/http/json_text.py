"""Other people's JSON as it can be kept: JSON may escape half of a character, which no text of ours can hold."""

import re
from typing import Final

_BOM: Final = b"\xef\xbb\xbf"
_ESCAPE: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole character
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\xed[\xa0-\xbf][\x80-\xbf])"
    rb"|\\.",
    re.DOTALL,
)


def well_formed(body: bytes) -> bytes:
    """The same JSON without a byte-order mark, and with U+FFFD for each half of a character.

    A database that cuts a name after so many UTF-16 units leaves such a half. One name must not cost a whole list.
    """
    body = body.removeprefix(_BOM)
    if b"\\u" not in body and b"\xed" not in body:
        return body  # nearly always
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found["half"] else found[0], body)


def whole_text(text: str) -> str:
    """The same for a text that was read already, from what must go back just as it came."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
