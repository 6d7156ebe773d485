"""What differs from one ConnectWise database to the next: its rules, rights, paging and versions."""

from enum import StrEnum
from typing import Any

from sandbox.standins.state import Document
from sandbox.standins.texts import Texts


class Marker(StrEnum):
    """What becomes of the serial number of a line that was created through the API."""

    KEPT = "kept"
    UPPER = "upper"
    CUT = "cut"
    EMPTIED = "emptied"
    HIDDEN = "hidden"  # kept, but the API member may not see it


class Links(StrEnum):
    """How the Link header leads to the next page."""

    HTTPS = "https"
    HTTP = "http"
    PORT = "port"
    OTHER_NAME = "other_name"
    NONE = "none"


DEFAULTS: Document = {
    "marker": Marker.KEPT,
    "empty_dates": False,
    "links": Links.HTTPS,
    "largest_page": 1000,
    "default_order": "id",
    "hidden": {},
    "unknown_columns": [],
    "oldest_version": "2021.1",
    "prices_from_catalogue": True,
    "texts": Texts.KEPT,
}


def habit(site: Document, name: str) -> Any:
    """What a control set for this database, or what is usual."""
    return site.get("habits", {}).get(name, DEFAULTS[name])


def stored_marker(site: Document, text: str) -> str:
    """The serial number of a new line after the database's workflow rules ran."""
    match habit(site, "marker"):
        case Marker.UPPER:
            return text.upper()
        case Marker.CUT:
            return text[:10]
        case Marker.EMPTIED:
            return ""
    return text


def is_hidden(site: Document, kind: str, number: int) -> bool:
    """The API member may not see this row of a list ("companies", "agreements", "catalog", "additions")."""
    numbers = habit(site, "hidden").get(kind, [])
    return "all" in numbers or number in numbers


def link_host(site: Document, host: str) -> str:
    """Scheme and host of a Link, without the path."""
    match habit(site, "links"):
        case Links.HTTP:
            return f"http://{host}"
        case Links.PORT:
            return f"https://{host}:443"
        case Links.OTHER_NAME:
            return "https://cw-web-07.internal.example"
    return f"https://{host}"
