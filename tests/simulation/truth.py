"""What is true without the product: what Microsoft sold at any time, what the PSAs say, and what they applied.

The arithmetic is this module's own. It shares nothing with the plan.
"""

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.standins.state import Document, State, parse_stamp
from sandbox.standins.worlds.people import all_users
from sandbox.standins.worlds.skus import BY_ID, SkuKind
from shared.billing.models import LicenceMapping

READ_FOR = timedelta(hours=36)
"""I6: nothing older is pushed."""
_TEXTS = (
    ("cw_agreement", "additions", "invoiceDescription"),
    ("halo_invoice", "lines", "item_shortdescription"),
    ("at_contract", "services", "invoiceDescription"),
)
"""Where a line is, and what the customer reads of it."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What a tenant has of one SKU."""

    purchased: int
    """Enabled, and no trial."""
    enabled: int
    assigned: int
    by_subscription: tuple[tuple[str, int], ...]
    by_company: tuple[tuple[str, int], ...] | None = None
    """Assigned to the users of each company, of a tenant whose users are shared out to companies."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a rule of people's own counts of a tenant; just one of these."""

    skus: tuple[str, ...] = ()
    """Their seats together."""
    users: bool = False
    """Whoever has a licence that costs money."""
    group: str = ""
    """Its id: who is in it, or in a group within it."""


type _Sold = tuple[datetime, dict[str, Holding]]
"""What a tenant has of each SKU since then."""


@dataclass(frozen=True, slots=True)
class Applied:
    """One change of a line that a write to a PSA made."""

    kind: str
    site: str
    agreement: str
    line: str
    before: int | None
    """None: the line was made."""
    after: int | None
    """None: the line is gone."""
    at: datetime

    @property
    def difference(self) -> int:
        return (self.after or 0) - (self.before or 0)


@dataclass(frozen=True, slots=True)
class SecondLine:
    line: str
    mapping: str
    seats: int
    begins: date
    ends: date
    """Its last day."""
    mark: str


class Truth:
    """Asked of the stand-ins' own documents."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._sold: dict[str, list[_Sold]] = {}
        self._tenants: dict[str, list[Document]] = {}
        """Each tenant as it was when its entry in `_sold` was made."""
        self._shared_out: dict[str, list[_Sold]] = {}
        """What was sold at any time, counted by the companies of now: so is a read of before they were made."""
        self._cities: dict[str, dict[str, set[str]]] = {}
        self._custom: dict[str, dict[str, Counted]] = {}
        """Of each tenant what is counted by a rule, by what stands for its SKU."""
        self._edits: dict[str, list[datetime]] = {}
        self.note()

    def note(self) -> None:
        """Remember what is sold from now on; after everything that may have changed it."""
        now = self._state.now()
        for tenant in self._state.all("tenant"):
            known = self._sold.setdefault(tenant["id"], [])
            sold = self._counted(tenant)
            if not known or known[-1][1] != sold:
                known.append((now, sold))
                self._tenants.setdefault(tenant["id"], []).append(deepcopy(tenant))
                if tenant["id"] in self._shared_out:
                    self._shared_out[tenant["id"]].append((now, sold))

    def share_out(self, tenant: str, cities: dict[str, tuple[str, ...]]) -> None:
        """From now on the users of the tenant are shared out to companies by their cities."""
        plain = {company: {city.strip().lower() for city in named} for company, named in cities.items()}
        self._cities[tenant] = plain
        self.note()
        self._shared_out[tenant] = [
            (since, self._counted(was))
            for (since, _), was in zip(self._sold[tenant], self._tenants[tenant], strict=True)
        ]

    def _counted(self, tenant: Document) -> dict[str, Holding]:
        shares = self._shares(tenant)
        sold = {holding["sku_id"]: _holding(holding, shares) for holding in tenant["holdings"]}
        custom = self._custom.get(tenant["id"], {})
        return sold | {name: _by_rule(rule, tenant, sold) for name, rule in custom.items()}

    def count(self, tenant: str, sku_id: str, rule: Counted) -> None:
        """From now on a rule counts of the tenant, also by what was read before."""
        self._custom.setdefault(tenant, {})[sku_id] = rule
        self.note()
        self._sold[tenant] = [
            (since, self._counted(was))
            for (since, _), was in zip(self._sold[tenant], self._tenants[tenant], strict=True)
        ]

    def _shares(self, tenant: Document) -> dict[str, dict[str, int]] | None:
        """Of each company so many users have each SKU; None: they are not shared out."""
        cities = self._cities.get(tenant["id"])
        if cities is None:
            return None
        found: dict[str, dict[str, int]] = {company: {} for company in cities}
        for user in all_users(tenant):
            for company, named in cities.items():
                if str(user["city"]).strip().lower() in named:
                    for licence in user["assignedLicenses"]:
                        sku = licence["skuId"]
                        found[company][sku] = found[company].get(sku, 0) + 1
        return found

    def sold_at(self, tenant: str, at: datetime) -> dict[str, Holding]:
        found: dict[str, Holding] = {}
        for since, sold in self._shared_out.get(tenant, self._sold.get(tenant, [])):
            if since > at:
                break
            found = sold
        return found

    def wanted_at(self, tenant: str, mapping: LicenceMapping, at: datetime) -> int:
        """What the line of a mapping must say by what was sold then."""
        return wanted(self.sold_at(tenant, at), mapping)

    def wanted_since(self, tenant: str, mapping: LicenceMapping, begins: datetime, at: datetime) -> set[int]:
        """Each number that a read between the two could give."""
        by_both = (self._sold.get(tenant, []), self._shared_out.get(tenant, []))
        return {wanted(sold, mapping) for known in by_both for sold in _between(known, begins, at)}

    def quantities(self) -> dict[str, int]:
        """What each line of each PSA says now, by its id."""
        told: dict[str, int] = {}
        for agreement in self._state.all("cw_agreement"):
            told |= {number: int(line["quantity"]) for number, line in agreement["additions"].items()}
        for invoice in self._state.all("halo_invoice"):
            told |= {number: _in_effect(line) for number, line in invoice["lines"].items()}
        for contract in self._state.all("at_contract"):
            last = date.fromisoformat(contract["endDate"][:10])
            told |= {number: _units(service, last) for number, service in contract["services"].items()}
        return told

    def seats_on(self, line: str, day: date) -> int:
        """So many seats the line bills on that day."""
        for agreement in self._state.all("cw_agreement"):
            if found := agreement["additions"].get(line):
                return (
                    int(found["quantity"])
                    if _is_within(found, ("effectiveDate", "cancelledDate"), day)
                    else 0
                )
        for invoice in self._state.all("halo_invoice"):
            if found := invoice["lines"].get(line):
                return _in_effect(found) if _is_within(found, ("startdate", "enddate"), day) else 0
        for contract in self._state.all("at_contract"):
            if found := contract["services"].get(line):
                return _units(found, day)
        return 0

    def bills_first_on(self, line: str) -> date:
        """The line's own first day, in the PSAs whose lines have one; else the earliest day there is."""
        for kind, within, first in (
            ("cw_agreement", "additions", "effectiveDate"),
            ("halo_invoice", "lines", "startdate"),
        ):
            for document in self._state.all(kind):
                if (found := document[within].get(line)) and found[first]:
                    return date.fromisoformat(found[first][:10])
        return date.min

    def text_of(self, line: str) -> str | None:
        """What the customer reads of a line; None: there is no such line."""
        for kind, within, text in _TEXTS:
            for document in self._state.all(kind):
                if found := document[within].get(line):
                    return str(found[text])
        return None

    def adjusted(self) -> "Iterator[tuple[Applied, date, set[date]]]":
        """Each change of units in Autotask by a write: from which day it counts, and days that had one before."""
        days = {
            number: [date.fromisoformat(change["effectiveDate"]) for change in service["adjustments"]]
            for contract in self._state.all("at_contract")
            for number, service in contract["services"].items()
        }
        seen: dict[str, set[date]] = {}
        for row in self._state.all("at_write"):
            number = str(row["service"])
            earlier = seen.setdefault(number, set())
            if row["before"] is not None and len(earlier) < len(days.get(number, ())):
                day = days[number][len(earlier)]
                yield _applied("autotask", f"{row['site']}/{row['contract']}", number, row), day, set(earlier)
                earlier.add(day)

    def text_by_us(self, line: str) -> bool:
        """A write of ours changed the text of the line; Autotask does not tell."""
        rows = [(str(row["addition"]), row) for row in self._state.all("cw_write")]
        rows += [(str(row["line"]), row) for row in self._state.all("halo_write")]
        texts = {"invoiceDescription", "item_shortdescription"}
        return any(number == line and texts & set(row["fields"]) for number, row in rows)

    def tenant_at(self, tenant: str, at: datetime) -> Document:
        """The tenant as it was then; the newest of before is what it was."""
        since = [number for number, (began, _) in enumerate(self._sold[tenant]) if began <= at]
        return self._tenants[tenant][max([0, *since[-1:]])]

    def cities_of(self, tenant: str, company: str) -> set[str] | None:
        """Whose users a company is billed for; None: the tenant is not shared out."""
        return self._cities[tenant][company] if tenant in self._cities else None

    def second_lines(self) -> "Iterator[SecondLine]":
        """Dated lines in ConnectWise that bill what came within a period, beside the line of a mapping."""
        for agreement in self._state.all("cw_agreement"):
            for number, line in agreement["additions"].items():
                named = re.match(r"lic:([a-z0-9]+):p:", line["serialNumber"] or "")
                if named and line["cancelledDate"]:
                    begins, ends = (
                        date.fromisoformat(line[name][:10]) for name in ("effectiveDate", "cancelledDate")
                    )
                    yield SecondLine(
                        number, named[1], int(line["quantity"]), begins, ends, line["serialNumber"]
                    )

    def prorates(self, agreement_id: str) -> bool:
        return any(
            str(agreement["id"]) == agreement_id and agreement["prorate"]
            for agreement in self._state.all("cw_agreement")
        )

    def applied(self) -> Iterator[Applied]:
        """Every change that a write made, in the order of each PSA, but those of a text alone."""
        for row in _of_numbers(self._state.all("cw_write"), "addition", "invoiceDescription"):
            yield _applied("connectwise", row["agreement"], row["addition"], row)
        for row in _of_numbers(self._state.all("halo_write"), "line", "item_shortdescription"):
            yield _applied("halo", row["invoice"], row["line"], row)
        for row in self._state.all("at_write"):
            yield _applied("autotask", f"{row['site']}/{row['contract']}", row["service"], row)

    def edited(self, line: str) -> None:
        """A person changes a line by hand."""
        self._edits.setdefault(line, []).append(self._state.now())

    def edits_of(self, line: str) -> list[datetime]:
        """When people did; Halo tells itself when a person's save came between a read and a write."""
        halos = [
            parse_stamp(row["datetime"])
            for row in self._state.all("halo_change")
            if row["who"] == "mkeller" and str(row["invoice_line_id"]) == line
        ]
        return [*self._edits.get(line, ()), *halos]

    def sold_by_others(self, tenant: str) -> bool:
        """Another partner's seats are among the tenant's."""
        document = self._state.get("tenant", tenant)
        parts = (part for holding in document["holdings"] for part in holding["subscriptions"])
        return any(part.get("owner_tenant_id") for part in parts)

    def on_their_way(self) -> int:
        """Requests that a vendor took and has not applied yet."""
        return len(self._state.all("late"))


def _between(known: "list[_Sold]", begins: datetime, at: datetime) -> Iterator[dict[str, Holding]]:
    """What was sold when it begins, and each change until then."""
    before = [sold for since, sold in known if since <= begins]
    yield from before[-1:]
    yield from (sold for since, sold in known if begins < since <= at)


def wanted(sold: dict[str, Holding], mapping: LicenceMapping) -> int:
    """billed = max(0, max(minimum, basis - included, 0) + difference)."""
    holding = sold.get(mapping.sku_id)
    options = mapping.options
    if holding is None:
        basis = 0
    elif mapping.subscription_id:
        basis = dict(holding.by_subscription).get(mapping.subscription_id, 0)
    elif options.basis.value == "assigned" and holding.by_company is not None:
        basis = dict(holding.by_company).get(mapping.company, 0)
    elif options.basis.value == "assigned":
        basis = holding.assigned
    else:
        basis = holding.purchased
    billed: int = max(options.minimum, basis - options.included, 0)
    return max(0, billed + options.difference)


def _holding(document: Document, shares: dict[str, dict[str, int]] | None) -> Holding:
    enabled = [part for part in document["subscriptions"] if part["status"] == "Enabled"]
    bought = [part for part in enabled if not part["trial"]]
    return Holding(
        purchased=sum(part["units"] for part in bought),
        enabled=sum(part["units"] for part in enabled),
        assigned=document["assigned"],
        by_subscription=tuple((part["id"], part["units"]) for part in bought),
        by_company=None
        if shares is None
        else tuple((company, found.get(document["sku_id"], 0)) for company, found in shares.items()),
    )


def _by_rule(rule: Counted, tenant: Document, sold: dict[str, Holding]) -> Holding:
    if rule.skus:
        parts = [sold[sku_id] for sku_id in rule.skus if sku_id in sold]
        assigned = sum(part.assigned for part in parts)
        return Holding(sum(part.purchased for part in parts), 0, assigned, ())
    people = len(_in_group(tenant, rule.group)) if rule.group else _licensed(tenant)
    return Holding(people, 0, people, ())


def _licensed(tenant: Document) -> int:
    """Users with any licence that costs money: none of a trial alone."""
    paid = {holding["sku_id"] for holding in tenant["holdings"] if _is_paid(holding)}
    return sum(
        any(licence["skuId"] in paid for licence in user["assignedLicenses"]) for user in all_users(tenant)
    )


def _is_paid(holding: Document) -> bool:
    used = [p for p in holding["subscriptions"] if p["status"] in ("Enabled", "Warning") and p["units"]]
    return BY_ID[holding["sku_id"]].kind is SkuKind.PAID and not (used and all(p["trial"] for p in used))


def _in_group(tenant: Document, group: str) -> set[int]:
    groups = {each["id"]: each for each in tenant.get("groups", ())}
    found, seen, left = set[int](), set[str](), {group}
    while left:
        name = left.pop()
        if name not in seen and name in groups:
            first = groups[name]["first"]
            found |= set(range(first, first + groups[name]["members"]))
            left |= set(groups[name]["within"])
        seen.add(name)
    return {number for number in found if number < tenant["users"]}


def _in_effect(line: Document) -> int:
    pending = sum(row["quantity"] for row in line["prorata_data"] if not row["isinvoiced"])
    return int(line["qty_order"] + pending)


def _of_numbers(rows: Iterable[Document], line: str, text: str) -> Iterator[Document]:
    """Without writes of a text alone: also of one that came late, when the line had it already and no field changed."""
    texts = set()
    for row in rows:
        if row["fields"] == [text]:
            texts.add(row[line])
        elif row["fields"] or row["before"] is None or row[line] not in texts:
            yield row


def _is_within(line: Document, names: tuple[str, str], day: date) -> bool:
    """Between its two days, both inclusive; a day before 1950 is not set."""
    begins, ends = (date.fromisoformat(line[name][:10]) if line[name] else None for name in names)
    begins, ends = (None if found is None or found.year < 1950 else found for found in (begins, ends))
    return (begins is None or begins <= day) and (ends is None or day <= ends)


def _units(service: Document, last: date) -> int:
    changes = [
        change["unitChange"]
        for change in service["adjustments"]
        if date.fromisoformat(change["effectiveDate"][:10]) <= last
    ]
    return int(service["begins"]) + int(sum(changes))


def _applied(kind: str, place: str, line: Any, row: Document) -> Applied:
    site, agreement = place.split("/")
    before, after = (None if row[name] is None else int(row[name]) for name in ("before", "after"))
    return Applied(kind, site, agreement, str(line), before, after, parse_stamp(row["at"]))
