"""Text from outside made harmless: one line, a header, no link, no formula, an e-mail address, a Microsoft id."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator

_BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Embeddings, overrides and isolates would reorder the words that follow them; the marks and joiners that
# right-to-left scripts and emoji need are left alone.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


MicrosoftId = Annotated[str, AfterValidator(str.lower)]
"""Of a tenant, SKU or subscription: whoever typed it, it is found in what is read, where all are in lower case.

By Python's own word for it, as there: pydantic's knows letters that Python does not know yet.
"""


def address(text: str) -> str:
    """Check one e-mail address and put it into its normal form. Raises ValueError with a sentence for a person."""
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        shown = one_line(text, 60) or "an empty text"
        raise ValueError(f"{shown} is not an e-mail address: {one_line(str(error), 200)}") from error
    return found.ascii_email or found.normalized


def one_line(text: str, most: int = 500) -> str:
    """Vendors' or people's text as one harmless line: control characters and line breaks become spaces."""
    kept = ("" if c in _REORDERING else " " if unicodedata.category(c) in _BREAKING else c for c in text)
    return _cut(" ".join("".join(kept).split()), most)


def counted(number: int, singular: str, several: str = "") -> str:
    """The beginning of a sentence about so many things, with its verb."""
    return f"1 {singular} is" if number == 1 else f"{number} {several or f'{singular}s'} are"


def header_text(text: str, most: int = 150) -> str:
    """As `one_line`, for a header: nothing in it can be taken for an RFC 2047 encoded word either."""
    # Only then: what was between "=" and "?" may be left out of the line.
    return _cut(one_line(text, len(text) + 1).replace("=?", "= ?"), most)


def unlinked(text: str) -> str:
    """The same to read, but of what looks like an address no mail program makes a link: an invisible space breaks it.

    A customer's name is the customer's own choice, so it must lead nobody anywhere.
    """
    return _INSIDE_A_LINK.sub("\u200b", text)


_INSIDE_A_LINK = re.compile(
    r"(?<=\S)(?=[.\u3002\uff0e\uff61][^\W\d_])"  # a.example, www.a, and the dots of other scripts
    r"|(?<=\d)(?=\.\d+\.\d)"  # 10.0.0.1, but not 1.5
    r"|(?<=\S)(?=[@\uff20]\S)"
    r"|(?<=[A-Za-z][:\uff1a])(?=\S)"  # https://, mailto:, tel:
    r"|(?<=[/\\])(?=[/\\])"
)


def no_formula(text: str) -> str:
    """For a cell of a table: what a spreadsheet would take for a formula gets an apostrophe before it.

    Where people write 1,5 the spreadsheet cuts cells at ";" instead of ",", whatever is quoted: one may begin inside.
    """
    return text if _AMOUNT.fullmatch(text) else _FORMULA.sub("'", text)


_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
"""Money comes as text; below zero it stays a number."""
_FORMULA = re.compile(r"(?:^|(?<=[;\t\r\n]))(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")


def _cut(line: str, most: int) -> str:
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
