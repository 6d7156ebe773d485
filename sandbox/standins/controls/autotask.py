"""Controls of Autotask: what people do to contracts and units, rights, the calls of others, and habits."""

from datetime import date
from typing import Any

from sandbox.standins.controls.lookup import ControlError, find_tenant, whole
from sandbox.standins.faults import Faults
from sandbox.standins.state import Document, State
from sandbox.standins.vendors.autotask.units import unit_rows, units_on

_HABITS = frozenset(
    {
        *("retry_after", "largest_page", "forgets_to_apply", "keeps_description"),
        *("threads_exceeded", "threads_status", "texts"),
    }
)
_FIELDS = frozenset({"adjustedPrice", "unitPrice", "internalDescription", "invoiceDescription"})


def autotask_lines(state: State, faults: Faults, contract: str) -> list[Document]:
    """Show the services of a contract with their units; the contract may be an id or a tenant."""
    return [
        _view(state, _contract(state, contract), number) for number in _contract(state, contract)["services"]
    ]


def autotask_set_units(state: State, faults: Faults, contract: str, service: int, units: int) -> Document:
    """A person sets the units of a service, so that they are these after all changes that it has already."""
    found, number = _service(state, contract, service)
    after_all = units_on(found["services"][number], _last_day(found))
    return _edited(
        state,
        found,
        number,
        {"begins": found["services"][number]["begins"] + whole(units, "units") - after_all},
    )


def autotask_edit_service(
    state: State, faults: Faults, contract: str, service: int, **fields: Any
) -> Document:
    """A person changes fields of a contract service: adjustedPrice=25 internalDescription=text."""
    found, number = _service(state, contract, service)
    if not fields or not set(fields) <= _FIELDS:
        raise ControlError(f"Fields of a contract service are: {', '.join(sorted(_FIELDS))}.")
    return _edited(state, found, number, fields)


def autotask_remove_service(state: State, faults: Faults, contract: str, service: int) -> Document:
    """A person removes a service from a contract."""
    found, number = _service(state, contract, service)
    state.change("at_contract", _key(found), lambda document: document["services"].pop(number))
    return {"removed": int(number)}


def autotask_remove_contract(state: State, faults: Faults, contract: str) -> Document:
    """A person removes a contract."""
    found = _contract(state, contract)
    state.remove("at_contract", _key(found))
    return {"removed": found["id"]}


def autotask_writes(state: State, faults: Faults) -> list[Document]:
    """List every change that an Autotask applied, oldest first."""
    return state.all("at_write")


def autotask_limit(
    state: State, faults: Faults, site: str = "", others: int = 0, calls: int = 10_000
) -> Document:
    """Calls an hour that the database allows, and how many of them others make."""
    return _change_site(
        state, site, {"others_an_hour": whole(others, "others"), "calls_an_hour": whole(calls, "calls")}
    )


def autotask_rights(
    state: State, faults: Faults, site: str = "", missing: str = "", sees_nothing: bool = False
) -> Document:
    """Take rights away: missing="ContractServices.create,Contracts.query,Services.all"; sees_nothing=true: all rows.

    Without an entity's "all" its rows are not for us, and no error says so.
    """
    wanted = [right.strip() for right in str(missing).split(",") if right.strip()]
    return _change_site(state, site, {"missing_rights": wanted, "sees_nothing": bool(sees_nothing)})


def autotask_secret(state: State, faults: Faults, secret: str, site: str = "") -> Document:
    """Change the API user's secret, so that the one Seatwise has is wrong."""
    return _change_site(state, site, {"secret": str(secret)})


def autotask_habits(state: State, faults: Faults, site: str = "", **habits: Any) -> Document:
    """How this Autotask behaves, e.g. largest_page=20 threads_exceeded=true; without words as usual."""
    if unknown := set(habits) - _HABITS:
        raise ControlError(
            f"An Autotask has no {', '.join(sorted(unknown))}. It has: {', '.join(sorted(_HABITS))}."
        )
    return _change_site(state, site, {"habits": dict(habits)})


def _view(state: State, contract: Document, number: str) -> Document:
    service, today = contract["services"][number], state.now().date()
    rows = [
        {name: row[name] for name in ("startDate", "endDate", "units")}
        for row in unit_rows(contract, service, today)
        if row["endDate"][:10] >= today.isoformat()
    ]
    told = ("id", "serviceID", "adjustedPrice", "internalDescription", "adjustments")
    after_all = units_on(service, _last_day(contract))
    return {name: service[name] for name in told} | {"units": after_all, "rows": rows[:4]}


def _last_day(contract: Document) -> date:
    return date.fromisoformat(contract["endDate"][:10])


def _edited(state: State, contract: Document, number: str, fields: Document) -> Document:
    fresh = state.change(
        "at_contract", _key(contract), lambda document: document["services"][number].update(fields)
    )
    return _view(state, fresh, number)


def _contract(state: State, text: Any) -> Document:
    """By id, or by the tenant it bills."""
    contracts = state.all("at_contract")
    wanted = str(text).strip()
    found = next((one for one in contracts if str(one["id"]) == wanted), None)
    if found is not None:
        return found
    if wanted.isdigit():
        known = ", ".join(str(one["id"]) for one in contracts[:20]) or "none"
        raise ControlError(f"There is no contract {text}. Known: {known}.")
    tenant = find_tenant(state, text)
    billed = state.find("at_contract", f"{tenant['psa_site']}/{tenant['agreement_id']}")
    if billed is None:
        raise ControlError(f"{tenant['name']} has no contract in an Autotask.")
    return billed


def _service(state: State, contract: str, service: int) -> tuple[Document, str]:
    found = _contract(state, contract)
    if str(service) not in found["services"]:
        known = ", ".join(found["services"]) or "none"
        raise ControlError(f"Contract {found['id']} has no service {service}. It has: {known}.")
    return found, str(service)


def _key(contract: Document) -> str:
    return f"{contract['site']}/{contract['id']}"


def _change_site(state: State, site: str, change: Document) -> Document:
    sites = state.all("at_site")
    found = next((one for one in sites if str(site).strip().lower() in ("", one["key"])), None)
    if found is None:
        raise ControlError(
            f"There is no Autotask {site!r}. Choose one of: {', '.join(s['key'] for s in sites)}."
        )
    fresh = state.change("at_site", found["key"], lambda document: document.update(change))
    told = ("key", "calls_an_hour", "others_an_hour", "missing_rights", "habits")
    return {name: fresh[name] for name in told}
