"""The Jinja environments of mails, pages and reports: HTML is always escaped, whatever a file is called."""

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

if TYPE_CHECKING:
    from jinja2 import Environment


class Style(NamedTuple):
    """A style sheet of ours as it stands in a page, and how a content security policy names exactly this text."""

    text: Markup
    source: str


@cache
def html() -> "Environment":
    """Every value is escaped; Jinja's own default would leave `.txt` and `.j2` files out."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("shared", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def text() -> "Environment":
    """For plain text bodies only, which nobody renders as HTML: there `&amp;` would be a wrong letter."""
    return html().overlay(autoescape=False, keep_trailing_newline=True)


@cache
def style(name: str) -> Style:
    sheet = text().get_template(name).render()
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    return Style(Markup(sheet), f"sha256-{digest}")  # noqa: S704 - our own file, without any value in it
