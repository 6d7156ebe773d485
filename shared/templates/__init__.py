"""The Jinja environments of mails, pages and reports: HTML is always escaped, whatever a file is called."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def html() -> Environment:
    """Every value is escaped; Jinja's own default would leave `.txt` and `.j2` files out."""
    return Environment(
        loader=PackageLoader("shared", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def text() -> Environment:
    """For plain text bodies only, which nobody renders as HTML: there `&amp;` would be a wrong letter."""
    return html().overlay(autoescape=False, keep_trailing_newline=True)
