"""K5, K6, K8, K12, golden: each option of a mapping and its profile, and the number, text and price that come of it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

import pytest
from pydantic import ValidationError

from shared.accounts.company import AddedTenant
from shared.billing.models import LicenceMapping, Options, PriceKind, PriceRule
from shared.billing.planning.invoice_text import TextFacts, text_of
from shared.billing.planning.quantities import Shares, wanted
from shared.licensing.coverage import Coverage
from shared.licensing.custom_licences.counting import TenantCustomLicences
from shared.licensing.custom_licences.rules import CustomLicence, Rule, RuleKind
from shared.licensing.licences import LicenceRows
from shared.licensing.not_countable import NotCountable
from shared.licensing.tenant_state import Snapshot
from shared.microsoft.models import Subscription, Term, User
from tests.shared.billing.golden import case, rows
from tests.shared.billing.planning.test_shares import company
from tests.shared.billing.world import PROFILE, SKU, sku, user

E3 = "e3"
AT = datetime(2026, 3, 2, tzinfo=UTC)
STATES = {"grace": "Warning", "suspended": "Suspended"}
SELLERS = {"direct": "contoso", "unknown": ""}
BOTH = CustomLicence(
    id="both", name="Both", tenant_id="contoso", rule=Rule(kind=RuleKind.SUM, sku_ids=(SKU, E3))
)
COMPANIES = AddedTenant(
    (company("north", office=("North", "Both")), company("south", beside=True, office=("South", "Both")))
)
WORDS: dict[str, dict[str, object]] = {
    "own": {"invoice_text": "Office for Acme"},
    "names": {"names_on_invoice": True},
    "spare": {"spare_on_invoice": True},
    "term": {"terms_on_invoice": True},
}


def subscriptions(bought: str) -> list[Subscription]:
    found = []
    for name, said in zip("abc", filter(None, bought.split(" + ")), strict=False):
        seats, _, word = said.partition(" ")
        found.append(
            Subscription(
                id=name,
                sku_id=E3 if word == E3 else SKU,
                commerce_id="c1",
                status=STATES.get(word, "Enabled"),
                total=int(seats),
                trial=word == "trial",
                owner_tenant_id=SELLERS.get(word, "partner"),
            )
        )
    return found


def people(said: str) -> list[User]:
    found = []
    for group in filter(None, said.split(", ")):
        count, _, office = group.partition(" ")
        name = office.title() or "User"
        found += [
            replace(user(f"{name}{n}"), name=f"{name} {n}", office=office.title())
            for n in range(1, int(count) + 1)
        ]
    return found


def snapshot(bought: list[Subscription], users: list[User]) -> Snapshot:
    def seats(of: str, status: str) -> int:
        return sum(one.total for one in bought if (one.sku_id, one.status) == (of, status))

    skus = tuple(
        sku(
            of,
            seats(of, "Enabled"),
            warning=seats(of, "Warning"),
            suspended=seats(of, "Suspended"),
            consumed=len(users) if of == SKU else 0,
        )
        for of in dict.fromkeys(one.sku_id for one in bought)
    )
    return Snapshot(
        connection_id="partner",
        began=AT,
        ended=AT,
        digest="d",
        skus=skus,
        subscriptions=tuple(bought),
        user_count=len(users),
        users_digest="u",
    )


def options(said: str) -> Options:
    chosen: dict[str, object] = {}
    for word in said.split():
        name, _, value = word.partition("=")
        chosen |= {name: value} if value else WORDS[name]
    return Options.model_validate(chosen)


def mapping(row: dict[str, str]) -> LicenceMapping:
    maps = row["maps"]
    return LicenceMapping(
        id="mapping0001",
        sku_id=BOTH.sku_id if maps == "sum" else SKU,
        subscription_id=maps if maps in ("a", "b", "c") else "",
        company="south" if maps == "south" else "",
        profile=PROFILE,
        connection="cw",
        agreement_id="1",
        options=options(row["options"]),
    )


class Said(NamedTuple):
    """As the table tells it."""

    number: str
    text: str
    price: str


def said(row: dict[str, str]) -> Said:
    users = people(row["users"])
    counts = snapshot(subscriptions(row["bought"]), users)
    custom = TenantCustomLicences({BOTH.sku_id: BOTH})
    licences = LicenceRows(counts, frozenset({"partner"}), custom)
    shares = Shares(Coverage(COMPANIES, users)) if row["maps"] in ("north", "south") else None
    price = price_of(row)
    try:
        of = mapping(row)
        number = str(wanted(of, licences, shares))
    except ValidationError:
        return Said("refused", "", price)
    except NotCountable as unclear:
        return Said(unclear.why.reason.value, "", price)
    ends = Term(
        commerce_id="c1",
        duration="P1Y",
        ends=date(2027, 3, 14),
        auto_renew=True,
        cancellable_until=datetime(2026, 3, 21, tzinfo=UTC),
    )
    facts = TextFacts(licences, users, shares, {"c1": ends})
    text = text_of(of, "Business Premium", facts, 1000) if of.options.has_text else ""
    return Said(number, (text or "").replace(" | ", " / "), price)


def price_of(row: dict[str, str]) -> str:
    told = row["price rule"]
    if not told:
        assert PriceRule().price(Decimal(row["product"])) is None
        return ""
    if told.startswith("fixed"):
        rule = PriceRule(kind=PriceKind.FIXED, amount=Decimal(told.split()[1]))
    else:
        rule = PriceRule(kind=PriceKind.PERCENT, amount=Decimal(told.removesuffix(" %")))
    price = rule.price(Decimal(row["product"]))
    return "unknown" if price is None else str(price)


@pytest.mark.parametrize("row", rows("quantities"), ids=case)
def test_each_option_gives_the_number_text_and_price_of_the_table(row: dict[str, str]) -> None:
    assert said(row) == Said(row["number"], row["text"], row["price"])
