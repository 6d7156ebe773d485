"""Controls of the PSA side: lines changed by hand, agreements, limits, rights, passwords, and a database's habits."""

from typing import Any

from sandbox.standins.controls.lookup import ControlError, find_agreement, find_site, whole
from sandbox.standins.faults import Faults
from sandbox.standins.state import Document, State, stamp
from sandbox.standins.texts import Texts
from sandbox.standins.vendors.connectwise.additions import shown
from sandbox.standins.vendors.connectwise.habits import DEFAULTS, Links, Marker, habit
from sandbox.standins.vendors.connectwise.rows import FIELDS


def edit_line(
    state: State, faults: Faults, agreement: str, addition: int, quantity: float, by: str = "mkeller"
) -> Document:
    """A person changes a line's quantity by hand in the PSA."""
    found = find_agreement(state, agreement)
    number = str(addition)
    if number not in found["additions"]:
        known = ", ".join(found["additions"]) or "none"
        raise ControlError(f"Agreement {found['id']} has no addition {addition}. It has: {known}.")
    if isinstance(quantity, bool) or not isinstance(quantity, (int, float)):
        raise ControlError(f"quantity must be a number, not {quantity!r}.")

    def edit(document: Document) -> None:
        document["additions"][number] |= {
            "quantity": float(quantity),
            "updated": stamp(state.now()),
            "updatedBy": str(by),
        }

    return line_view(state, state.change("cw_agreement", f"{found['site']}/{found['id']}", edit), number)


def set_prorate(state: State, faults: Faults, agreement: str, on: bool = True) -> Document:
    """Switch an agreement's prorate flag."""
    return _change_agreement(state, agreement, {"prorate": bool(on)})


def cancel_agreement(state: State, faults: Faults, agreement: str, on: bool = True) -> Document:
    """Cancel an agreement (`on=false` revives it)."""
    return _change_agreement(state, agreement, {"cancelled": bool(on)})


def set_limit(state: State, faults: Faults, site: str, per_minute: int, others: int = 0) -> Document:
    """How many requests a minute a ConnectWise takes before it answers 429; `others` of them are other tools'."""
    change = {
        "limit_per_minute": whole(per_minute, "per_minute"),
        "others_per_minute": whole(others, "others"),
    }
    return _change_site(state, site, change)


def set_bad_password(state: State, faults: Faults, site: str, status: int) -> Document:
    """How a ConnectWise database answers a bad password: 404 as the cloud does, or 401."""
    if status not in (401, 404):
        raise ControlError("A bad password is answered with 404 or 401.")
    return _change_site(state, site, {"bad_password_status": status})


def set_psa_password(state: State, faults: Faults, site: str, password: str) -> Document:
    """Change the API member's private key, so that the one Seatwise has is wrong."""
    return _change_site(state, site, {"private_key": str(password)})


def set_missing_rights(state: State, faults: Faults, site: str, rights: str = "") -> Document:
    """Rights the API member lacks: companies, agreements, catalog, tickets, or x.edit (comma between, or none)."""
    known = {"companies", "agreements", "agreements.edit", "catalog", "system", "tickets", "tickets.edit"}
    wanted = [right.strip() for right in str(rights).split(",") if right.strip()]
    if not set(wanted) <= known:
        raise ControlError(f"Rights are: {', '.join(sorted(known))}.")
    return _change_site(state, site, {"missing_rights": wanted})


def set_marker(state: State, faults: Faults, site: str, becomes: str = "kept") -> Document:
    """What workflow rules make of a new line's serial number: kept, upper, cut, emptied, or hidden from the API."""
    return _change_habits(state, site, {"marker": _choice(becomes, Marker)})


def set_texts(state: State, faults: Faults, site: str, becomes: str = "kept") -> Document:
    """What the database makes of a text on the invoice that is changed: kept, html, or cut after 40 characters."""
    return _change_habits(state, site, {"texts": _choice(becomes, Texts)})


def set_empty_dates(state: State, faults: Faults, site: str, on: bool = True) -> Document:
    """Show a date that is not set as an empty text (usually it is absent)."""
    return _change_habits(state, site, {"empty_dates": bool(on)})


def set_paging(
    state: State,
    faults: Faults,
    site: str,
    links: str = "https",
    largest_page: int = 1000,
    default_order: str = "id",
) -> Document:
    """How lists page: links https, http, port, other_name or none; rows a page; order when none is asked for."""
    change = {"links": _choice(links, Links), "largest_page": max(1, whole(largest_page, "largest_page"))}
    return _change_habits(state, site, change | {"default_order": str(default_order)})


def hide_rows(state: State, faults: Faults, site: str, kind: str, ids: Any = "all") -> Document:
    """The API member no longer sees rows of companies, agreements, catalog or additions: ids with commas, all, none."""
    if kind not in FIELDS:
        raise ControlError(f"Rows are of: {', '.join(FIELDS)}.")
    words = [word.strip() for word in str(ids).split(",") if word.strip() not in ("", "none")]
    if not all(word == "all" or word.isdigit() for word in words):
        raise ControlError("ids are numbers with commas between them, all, or none.")
    hidden = habit(find_site(state, site), "hidden")
    wanted = [word if word == "all" else int(word) for word in words]
    return _change_habits(state, site, {"hidden": hidden | {kind: wanted}})


def refuse_column(state: State, faults: Faults, site: str, columns: str = "") -> Document:
    """Columns that this version does not know: asking for one is 400 (comma between, empty = none)."""
    names = [name.strip() for name in str(columns).split(",") if name.strip()]
    return _change_habits(state, site, {"unknown_columns": names})


def retire_versions(state: State, faults: Faults, site: str, oldest: str = "2021.1") -> Document:
    """Older versions of the models than this one are answered with 406."""
    year, _, minor = str(oldest).partition(".")
    if not (year.isdigit() and minor.isdigit()):
        raise ControlError("A version looks like 2022.1.")
    return _change_habits(state, site, {"oldest_version": f"{year}.{minor}"})


def price_new_lines(state: State, faults: Faults, site: str, from_catalogue: bool = True) -> Document:
    """Whether a new line without a price takes the catalogue's (`false`: it costs nothing)."""
    return _change_habits(state, site, {"prices_from_catalogue": bool(from_catalogue)})


def odd_agreement(
    state: State, faults: Faults, agreement: str, field: str = "", value: Any = None
) -> Document:
    """A field of an agreement's row is odd: `type/id null`, `nextInvoiceDate 12/1/2026`; no field ends all of it."""
    path = str(field)
    if path and path.lower() not in FIELDS["agreements"]:
        raise ControlError(
            f"An agreement has no field {path!r}. It has: {', '.join(FIELDS['agreements'].values())}."
        )
    shown_value = None if value == "null" else value
    found = find_agreement(state, agreement)
    odd = found.get("odd", {}) | {FIELDS["agreements"][path.lower()]: shown_value} if path else {}
    fresh = state.change(
        "cw_agreement", f"{found['site']}/{found['id']}", lambda document: document.update(odd=odd)
    )
    return {name: fresh[name] for name in ("id", "name", "odd")}


def line_view(state: State, agreement: Document, number: str) -> Document:
    """A line as a control shows it."""
    row = shown(agreement["additions"][number], agreement, state, "")
    return {
        "id": row["id"],
        "agreement": agreement["id"],
        "product": row["product"]["identifier"],
        "quantity": row["quantity"],
        "extPrice": row["extPrice"],
        "ends": (row.get("cancelledDate") or "")[:10],
        "updated": row["_info"]["lastUpdated"],
        "updatedBy": row["_info"]["updatedBy"],
    }


def _change_agreement(state: State, agreement: str, change: Document) -> Document:
    found = find_agreement(state, agreement)
    fresh = state.change(
        "cw_agreement",
        f"{found['site']}/{found['id']}",
        lambda document: document.update(change | {"updated": stamp(state.now())}),
    )
    return {name: fresh[name] for name in ("id", "name", "prorate", "cancelled")}


def _change_site(state: State, site: str, change: Document) -> Document:
    key = find_site(state, site)["key"]
    fresh = state.change("cw_site", key, lambda document: document.update(change))
    return {
        name: fresh[name]
        for name in ("key", "limit_per_minute", "others_per_minute", "bad_password_status", "missing_rights")
    }


def _change_habits(state: State, site: str, change: Document) -> Document:
    key = find_site(state, site)["key"]

    def edit(document: Document) -> None:
        document["habits"] = document.get("habits", {}) | change

    return DEFAULTS | dict(state.change("cw_site", key, edit)["habits"])


def _choice[Choice: (Marker, Links, Texts)](text: str, choices: type[Choice]) -> Choice:
    try:
        return choices(str(text))
    except ValueError as wrong:
        raise ControlError(f"{text!r} is none of: {', '.join(choices)}.") from wrong
