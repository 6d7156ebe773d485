"""What a customer reads of a line on the invoice, by arithmetic of its own."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from sandbox.standins.state import Document
from sandbox.standins.worlds.people import licensed_users
from shared.billing.models import LicenceMapping

_MOST = {"connectwise": 2000, "autotask": 1000, "halo": 255}
_BETWEEN = " | "


class Reader(NamedTuple):
    """Whose line it is, and what the PSA calls what it bills."""

    tenant: Document
    """As it was when it was read."""
    cities: Collection[str] | None
    """Whose users the line bills; None: all of the tenant."""
    profile: str
    kind: str


def text(mapping: LicenceMapping, reader: Reader) -> str:
    """The whole text of a mapping's line, by what its people ticked."""
    options, most = mapping.options, _MOST[reader.kind]
    begin = plain((options.invoice_text or reader.profile).replace("<", " ").replace(">", " "))
    holding = next((h for h in reader.tenant["holdings"] if h["sku_id"] == mapping.sku_id), None)
    end = []
    if options.spare_on_invoice and reader.cities is None:
        end = [f"Spare seats: {_spare(holding)}"]
    if len(_BETWEEN.join([begin, *end])) > most:
        end = []
    if not options.names_on_invoice:
        return _BETWEEN.join([begin, *end])
    room = most - len(_BETWEEN.join([begin, *end])) - len(_BETWEEN)
    names = next((told for told in _told(_names(mapping, reader)) if len(told) <= room), None)
    return _BETWEEN.join([begin, *([names] if names else []), *end])


def plain(text: str) -> str:
    """On one line."""
    return " ".join(text.split())


def _told(names: list[str]) -> Iterator[str]:
    """The longest first: all names, then one fewer, at last only how many they are."""
    if not names:
        yield "Users: none"
    for shown in range(len(names), 0, -1):
        more = f" and {len(names) - shown} more" if shown < len(names) else ""
        yield f"Users: {', '.join(names[:shown])}{more}"
    if names:
        yield f"Users: {len(names)}"


def _names(mapping: LicenceMapping, reader: Reader) -> list[str]:
    found = []
    for user in licensed_users(reader.tenant):
        has_it = any(licence["skuId"] == mapping.sku_id for licence in user["assignedLicenses"])
        is_meant = reader.cities is None or str(user["city"]).strip().lower() in reader.cities
        if has_it and is_meant:
            found.append(plain(user["displayName"]))
    return sorted(found, key=lambda name: (name.casefold(), name))


def _spare(holding: Document | None) -> int:
    if holding is None:
        return 0
    parts = (p for p in holding["subscriptions"] if p["status"] == "Enabled" and not p["trial"])
    return max(0, sum(int(part["units"]) for part in parts) - int(holding["assigned"]))
