"""What people at the MSP decide about mappings: what is billed, on which line, until when, and for how much."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.standins.state import Document
from sandbox.standins.worlds.skus import BY_ID
from shared.accounts.account import Account
from shared.accounts.companies import added_tenants
from shared.accounts.directory import load_account
from shared.billing import agreement_store
from shared.billing.line_names import LineName
from shared.billing.mapping import save
from shared.billing.mapping.choices import mapping_id, mappings_of
from shared.billing.mapping.release import Said
from shared.billing.mapping.request import psas_for
from shared.billing.models import (
    Basis,
    BillingProfile,
    LicenceMapping,
    LineRecord,
    Options,
    PriceKind,
    PriceRule,
    TenantMappings,
)
from shared.billing.profiles import save_profile
from shared.billing.psa.texts import digest
from shared.storage.decisions import Decider
from shared.storage.keys import account_id
from shared.wiring import Wiring
from tests.simulation.installation import Installation

MSP = account_id("demo")
WHO = "clerk"
_FEWER = {
    "cw": ("at_once", "at_once", "credited", "next_period"),
    "halo": ("at_once", "next_period"),
    "autotask": ("at_once", "next_period"),
}
"""What people choose for fewer seats within a period, by the PSA that bills them."""
_BEFORE = datetime(2000, 1, 1, tzinfo=UTC)
PRICES = (
    *[PriceRule()] * 4,
    PriceRule(kind=PriceKind.FIXED, amount=Decimal("9.95")),
    PriceRule(kind=PriceKind.PERCENT, amount=Decimal(15)),
    PriceRule(kind=PriceKind.PERCENT, amount=Decimal("-7.5")),
)


@dataclass(frozen=True, slots=True)
class Ended:
    """What a person said of a line: its last day; another line of its mapping bills from the next day on, if any."""

    line: str
    last_day: date
    mapping: str
    seats: int


@dataclass
class Decided:
    """What people said, in their own words: the checker holds the PSAs to it."""

    ended: dict[str, Ended] = field(default_factory=dict)
    prices: dict[str, list[tuple[datetime, PriceRule]]] = field(default_factory=dict)
    """What the line of a mapping is to charge, and since when."""
    interrupted: set[str] = field(default_factory=set)
    """Lines whose agreement did not bill for a while: such a line is over when its last day is, and nobody ends it."""

    def means(self, mapping: str, price: PriceRule, now: datetime) -> None:
        """Of a mapping of the beginning nobody said a price: its line keeps the PSA's."""
        self.prices.setdefault(mapping, [(_BEFORE, PriceRule())]).append((now, price))


class MappingLife:
    """Decisions about the mappings of one tenant after the other."""

    def __init__(self, installation: Installation, text_of: Callable[[str], str | None]) -> None:
        self._installation, self._state = installation, installation.state
        self._text_of, self.decided = text_of, Decided()

    @property
    def tables(self) -> Any:
        return self._installation.tables

    @property
    def _account(self) -> Account:
        return load_account(self.tables, MSP)

    @property
    def by(self) -> Decider:
        return Decider(WHO, "simulated", self._installation.clock.now())

    @property
    def today(self) -> date:
        return self._installation.clock.now().astimezone(self._account.zone).date()

    @property
    def wired(self) -> Wiring:
        return self._installation.wired

    def mapped(self, chance: random.Random, tenant: Document) -> None:
        """A licence that is billed nowhere gets a line of its own."""
        before = mappings_of(self.tables, MSP, tenant["id"])
        known = {mapping.id: mapping for mapping in before.mappings}
        taken = {mapping.sku_id for mapping in before.mappings}
        site = str(tenant["psa_site"])
        for holding in tenant["holdings"]:
            sku = BY_ID[holding["sku_id"]]
            product = self.product_of(site, sku.product)
            if holding["sku_id"] in taken or not product:
                continue
            name, text = (
                mapping_id(tenant["id"], sku.id, "", known),
                chance.choice(("", "", f"Seats of {sku.name}")),
            )
            price = chance.choice(PRICES)
            new = LicenceMapping(
                id=name,
                sku_id=sku.id,
                profile=self.profile(site, product, price),
                connection=site,
                agreement_id=str(tenant["agreement_id"]),
                options=Options(
                    basis=Basis.ASSIGNED if self.is_shared_out(tenant["id"]) else Basis.PURCHASED,
                    beside_existing=chance.random() < 0.5,
                    invoice_text=text,
                ),
            )
            self.save(TenantMappings(tenant_id=tenant["id"], mappings=(*before.mappings, new)))
            now = self._installation.clock.now()
            self.decided.prices[name] = [(now, price)]
            return

    def profile(self, site: str, product: str, price: PriceRule) -> str:
        kind = "" if price == PriceRule() else f"-{price.kind}{price.amount}"
        profile = BillingProfile(
            id=f"p{product}-{site}{kind}",
            name=f"{product} {site} {kind}",
            connection=site,
            product_id=product,
            price=price,
        )
        save_profile(self.tables, MSP, profile, self.by)
        return profile.id

    def not_billed_any_more(self, chance: random.Random, tenant: Document) -> None:
        """A person looks after the line from now on."""
        before = mappings_of(self.tables, MSP, tenant["id"])
        if before.mappings:
            gone = chance.choice(before.mappings)
            lines = [gone.line_id, *(line.line_id for line in self._kept(gone))]
            looked_after = [LineName(gone.connection, line) for line in lines]
            self.save(replaced(before, gone, _not_billed(gone)), Said(looked_after=looked_after))

    def line_ended(self, chance: random.Random, tenant: Document) -> None:
        """The licence is billed until a day, and then no more."""
        before = mappings_of(self.tables, MSP, tenant["id"])
        lines = [(m, line) for m in before.mappings if m.bill for line in self._kept(m) if line.line_id]
        if lines:
            gone, line = chance.choice(lines)
            last_day = self.today + timedelta(days=chance.choice((0, 0, 1, 2, 5, 9)))
            said = Said(last_days={LineName(gone.connection, line.line_id): last_day})
            self.save(replaced(before, gone, _not_billed(gone)), said)
            self.decided.ended[line.line_id] = Ended(line.line_id, last_day, gone.id, line.confirmed or 0)

    def remapped(self, chance: random.Random, tenant: Document) -> None:
        """The line that bills a licence ends on a day, and one of its own begins on the next."""
        before = mappings_of(self.tables, MSP, tenant["id"])
        lines = [
            (m, line)
            for m in before.mappings
            if m.bill and m.line_id
            for line in self._kept(m)
            if line.line_id
        ]
        if not lines:
            return
        old, line = chance.choice(lines)
        last_day = self.today + timedelta(days=chance.choice((0, 1, 3, 6)))
        starts = last_day + timedelta(days=1)
        options = old.options.model_copy(update={"starts": starts, "beside_existing": True, "difference": 0})
        new = old.model_copy(update={"line_id": "", "options": options})
        self.save(
            replaced(before, old, new), Said(last_days={LineName(old.connection, line.line_id): last_day})
        )
        self.decided.ended[line.line_id] = Ended(line.line_id, last_day, old.id, line.confirmed or 0)

    def options_changed(self, chance: random.Random, tenant: Document) -> None:
        before = mappings_of(self.tables, MSP, tenant["id"])
        billing = [mapping for mapping in before.mappings if mapping.bill]
        if billing:
            changed = chance.choice(billing)
            wish: dict[str, object] = {
                "minimum": chance.choice((0, 0, 3)),
                "included": chance.choice((0, 0, 1, 2)),
            }
            basis = "purchased" if changed.subscription_id else chance.choice(("purchased", "assigned"))
            if self.is_shared_out(tenant["id"]):
                basis = "assigned"
            kind = next(kind for kind in _FEWER if changed.connection.endswith(kind))
            more = "from_period_start" if kind == "autotask" and chance.random() < 0.4 else "from_their_day"
            wish |= {"basis": basis, "fewer_seats": chance.choice(_FEWER[kind]), "more_seats": more}
            options = Options.model_validate({**changed.options.model_dump(), **wish})
            self.save(replaced(before, changed, changed.model_copy(update={"options": options})))

    def text_changed(self, chance: random.Random, tenant: Document) -> None:
        """A customer reads something else on the invoice, and mostly our text instead of somebody else's."""
        before = mappings_of(self.tables, MSP, tenant["id"])
        lines = [(m, line) for m in before.mappings if m.bill for line in self._kept(m) if line.line_id]
        if not lines:
            return
        changed, line = chance.choice(lines)
        is_whole = not changed.subscription_id and changed.sku_id in BY_ID
        wish: dict[str, object] = {
            "invoice_text": chance.choice(("", "Seats of the office", "Microsoft 365, as agreed <2026>")),
            "names_on_invoice": is_whole and chance.random() < 0.5,
            "spare_on_invoice": is_whole and chance.random() < 0.5,
        }
        there = self._text_of(line.line_id)
        if there is not None and chance.random() < 0.7:
            wish |= {"replaces_text": digest(there)}
        options = Options.model_validate({**changed.options.model_dump(), **wish})
        self.save(replaced(before, changed, changed.model_copy(update={"options": options})))

    def is_shared_out(self, tenant_id: str) -> bool:
        added = added_tenants(self.tables, MSP).get(tenant_id)
        return added is not None and added.is_filtered

    def save(self, wish: TenantMappings, said: Said | None = None) -> None:
        psas = psas_for(self.tables, MSP, wish, self.wired.psa)
        save.map_tenant(self.tables, psas, MSP, wish, self.by, said or Said())

    def _kept(self, mapping: LicenceMapping) -> list[LineRecord]:
        found = agreement_store.get(self.tables, MSP, mapping.connection, mapping.agreement_id).record
        return [line for line in found.lines.values() if line.mapping_id == mapping.id]

    def product_of(self, site: str, code: str) -> str:
        """The id of a product of a PSA, "" when it has none of this code."""
        kinds = (("cw_product", "identifier"), ("halo_item", "code"), ("at_service", "sku"))
        found = (
            str(document["id"])
            for kind, name in kinds
            for document in self._state.all(kind)
            if code and document["site"] == site and document[name] == code
        )
        return next(found, "")


def _not_billed(mapping: LicenceMapping) -> LicenceMapping:
    return LicenceMapping(
        id=mapping.id,
        sku_id=mapping.sku_id,
        subscription_id=mapping.subscription_id,
        company=mapping.company,
        bill=False,
    )


def replaced(before: TenantMappings, old: LicenceMapping, new: LicenceMapping) -> TenantMappings:
    after = tuple(new if mapping is old else mapping for mapping in before.mappings)
    return TenantMappings(tenant_id=before.tenant_id, mappings=after)
