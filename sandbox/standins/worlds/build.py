"""Build one MSP's world from short descriptions: what was sold to whom, and what its ConnectWise says."""

from collections.abc import Mapping as ReadOnly
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sandbox.standins.vendors.login import first_refresh_token
from sandbox.standins.worlds.as_halo import as_halo
from sandbox.standins.worlds.halo import HaloLine, HaloPsa
from sandbox.standins.worlds.people import guid
from sandbox.standins.worlds.skus import BY_PART_NUMBER, SKUS
from sandbox.standins.worlds.types import (
    Access,
    Agreement,
    Company,
    ConnectWise,
    Holding,
    Line,
    Mapping,
    Partner,
    Product,
    SharedMailbox,
    Subscription,
    Tenant,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One subscription and, when `line` is given, the PSA line that bills it."""

    units: int
    status: str = "Enabled"
    term: str = "P1Y"
    cycle: str = "monthly"
    trial: bool = False
    line: int | None = None
    """Quantity in the PSA now; None = not mapped."""
    baseline: int | None = None
    """What Seatwise confirmed yesterday; None = the same as `line`."""
    edited_by: str = ""
    """A person who changed the line by hand after that."""
    bought: int = -200
    """In days from the beginning of the world; a negative number is in the past."""
    renews: int | None = None
    """In days; None = what is usual for the term."""
    auto_renew: bool = True


@dataclass(frozen=True, slots=True)
class Sold:
    """A SKU of a tenant. With `split` each part has a mapping of its own; else the first line bills the whole SKU."""

    part_number: str
    assigned: int
    parts: tuple[Part, ...]
    split: bool = False


def sold(
    part_number: str,
    units: int,
    assigned: int | None = None,
    *,
    line: int | None = None,
    baseline: int | None = None,
    edited_by: str = "",
    grace: int = 0,
    suspended: int = 0,
    trial: bool = False,
    bought: int = -200,
    renews: int | None = None,
    auto_renew: bool = True,
) -> Sold:
    """The usual case: one subscription, one line; units in grace or suspended are subscriptions of their own."""
    main = Part(units, trial=trial, line=line, baseline=baseline, edited_by=edited_by)
    main = replace(main, bought=bought, renews=renews, auto_renew=auto_renew)
    parts = [main] if units else []
    if grace:
        parts.append(Part(grace, "Warning"))
    if suspended:
        parts.append(Part(suspended, "Suspended"))
    return Sold(part_number, units if assigned is None else assigned, tuple(parts))


def partner(key: str, account: str, name: str, domain: str, *, secret_expired: bool = False) -> Partner:
    return Partner(
        key=key,
        account=account,
        tenant_id=guid("partner", key),
        name=name,
        domain=domain,
        client_id=guid("app", key),
        secret=f"sandbox-secret-{key}",
        refresh_token=first_refresh_token(key),
        user_id=guid("service user", key),
        user_name=f"seatwise@{domain}",
        secret_expired=secret_expired,
    )


PRODUCTS: tuple[Product, ...] = (
    *(
        Product(300 + number, sku.product, sku.name, sku.price, sku.cost, sku_id=sku.id)
        for number, sku in enumerate((sku for sku in SKUS if sku.product), start=1)
    ),
    Product(390, "MANAGED-FIREWALL", "Managed firewall", 85.0, 40.0, "Service"),
    Product(391, "BACKUP-SEAT", "Cloud backup per seat", 4.0, 1.5),
    Product(392, "STARTER-BUNDLE", "New employee bundle", 120.0, 70.0, "Bundle"),
    Product(393, "M365-LEGACY", "Microsoft 365 (old price list)", 12.5, 10.0, inactive=True),
)
_PRODUCT_OF = {product.sku_id: product for product in PRODUCTS if product.sku_id}


class Msp:
    """Collects one MSP's tenants and its ConnectWise database; ids are counted up, so the order is the identity."""

    def __init__(self, account: str, site_key: str, login: str, first_id: int = 0) -> None:
        self._account, self._site_key, self._login = account, site_key, login
        self.tenants: list[Tenant] = []
        self._companies: list[Company] = []
        self.agreements: list[Agreement] = []
        self._next_line = 9001 + first_id
        self._first = first_id

    def tenant(
        self,
        name: str,
        domain: str,
        access: Sequence[Access],
        holdings: Sequence[Sold],
        users: int,
        cases: Sequence[str],
        *,
        in_psa: bool = True,
        added: bool = True,
        prorate: bool = False,
        other_lines: Sequence[tuple[str, float]] = (),
        user_overrides: dict[int, dict[str, object]] | None = None,
        shared: Sequence[SharedMailbox] = (),
    ) -> None:
        """One customer: its tenant and, `in_psa`, its company, its agreement and the lines."""
        tenant_id = guid("tenant", self._account, domain)
        bare = Tenant(
            id=tenant_id,
            name=name,
            domain=domain,
            access=tuple(access),
            holdings=tuple(_holding(tenant_id, item) for item in holdings),
            users=users,
            cases=tuple(cases),
            added=added,
            user_overrides=(user_overrides or {}) | {box.number: _as_user(box, domain) for box in shared},
            shared_mailboxes=tuple(shared),
        )
        self.tenants.append(self._with_psa(bare, holdings, prorate, other_lines) if in_psa else bare)

    def company(self, name: str, website: str = "") -> Company:
        number = 101 + self._first + len(self._companies)
        identifier = "".join(letter for letter in name if letter.isalnum())[:25]
        company = Company(number, identifier, name, website)
        self._companies.append(company)
        return company

    def connectwise(self, billed_in_advance: Sequence[str] = ()) -> ConnectWise:
        return ConnectWise(
            key=self._site_key,
            account=self._account,
            site="api-na.myconnectwise.net",
            company_login=self._login,
            public_key=f"public-{self._login}",
            private_key=f"private-{self._login}",
            client_id=guid("clientId", self._login),
            member="seatwise",
            codebase="v2026_1/",
            companies=tuple(self._companies),
            agreements=tuple(self.agreements),
            products=PRODUCTS,
            billed_in_advance=tuple(billed_in_advance),
        )

    def halo(self, special: ReadOnly[int, HaloLine] | None = None) -> HaloPsa:
        """The same customers and lines in a Halo; `special` are lines, by id, that Halo shows otherwise."""
        return as_halo(self.connectwise(), special)

    def _with_psa(
        self, bare: Tenant, holdings: Sequence[Sold], prorate: bool, other_lines: Sequence[tuple[str, float]]
    ) -> Tenant:
        own_domain = not bare.domain.endswith(".onmicrosoft.com")
        company = self.company(bare.name, f"https://www.{bare.domain}/" if own_domain else "")
        lines: list[Line] = []
        mappings: list[Mapping] = []
        for item, holding in zip(holdings, bare.holdings, strict=True):
            for part, subscription in zip(item.parts, holding.subscriptions, strict=True):
                if part.line is not None:
                    line = self._line(_PRODUCT_OF[holding.sku_id], part.line, part.edited_by)
                    lines.append(line)
                    mappings.append(_mapping(holding, subscription if item.split else None, line, part))
        for identifier, quantity in other_lines:
            product = next(product for product in PRODUCTS if product.identifier == identifier)
            lines.append(self._line(product, quantity, "import", in_days=-90))
        agreement = Agreement(
            id=501 + self._first + len(self.agreements),
            company_id=company.id,
            name=f"{bare.name} - Microsoft 365",
            type_name="Microsoft 365",
            lines=tuple(lines),
            prorate=prorate,
        )
        self.agreements.append(agreement)
        return replace(
            bare,
            psa_site=self._site_key,
            psa_company_id=company.id,
            agreement_id=agreement.id,
            mappings=tuple(mappings),
        )

    def _line(self, product: Product, quantity: float, edited_by: str, *, in_days: float = -1) -> Line:
        number = self._next_line
        self._next_line += 1
        return Line(
            id=number,
            product_id=product.id,
            quantity=float(quantity),
            unit_price=product.price,
            unit_cost=product.cost,
            updated_by=edited_by or "seatwise",
            updated_in_days=-0.3 if edited_by and in_days == -1 else in_days,
        )


def _mapping(holding: Holding, subscription: Subscription | None, line: Line, part: Part) -> Mapping:
    return Mapping(
        sku_id=holding.sku_id,
        subscription_id=subscription.id if subscription else None,
        addition_id=line.id,
        product_id=line.product_id,
        baseline_quantity=int(line.quantity) if part.baseline is None else part.baseline,
    )


def _as_user(box: SharedMailbox, domain: str) -> dict[str, object]:
    """A shared mailbox as the directory shows it: a user whose sign-in is blocked."""
    address = f"{box.name.lower().replace(' ', '.')}@{domain}"
    facts = {"displayName": box.name, "userPrincipalName": address, "mail": address}
    return {**facts, "accountEnabled": False, "department": None, "jobTitle": None}


def _renews(part: Part) -> int:
    if part.renews is not None:
        return part.renews
    return 20 if part.term == "P1M" else (12 if part.status != "Enabled" else 165)


def _holding(tenant_id: str, item: Sold) -> Holding:
    sku = BY_PART_NUMBER[item.part_number]
    subscriptions = tuple(
        Subscription(
            id=guid("subscription", tenant_id, sku.id, number),
            commerce_id=guid("commerce", tenant_id, sku.id, number),
            units=part.units,
            status=part.status,
            trial=part.trial,
            term=part.term,
            cycle=part.cycle,
            auto_renew=part.auto_renew,
            created_in_days=part.bought,
            renews_in_days=_renews(part),
        )
        for number, part in enumerate(item.parts, start=1)
    )
    return Holding(sku.id, subscriptions, item.assigned)
