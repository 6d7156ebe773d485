"""What a customer reads of a line on the invoice: a golden table, and what holds for any names."""

import random
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.accounts.company import AddedTenant, Company, Filters
from shared.billing.models import LicenceMapping, Options
from shared.billing.planning.invoice_text import CustomFacts, TextFacts, text_of
from shared.billing.planning.quantities import Shares
from shared.billing.psa.texts import LONGEST, digest, longest, plain, same, shows
from shared.licensing.coverage import Coverage
from shared.licensing.licences import LicenceRows
from shared.licensing.tenant_state import Snapshot
from shared.microsoft.models import Subscription, SubscriptionStatus, Term, User
from tests.shared.billing.world import PROFILE, SKU, sku, user

NAMES = Options(names_on_invoice=True)
SPARE = Options(spare_on_invoice=True)
TERMS = Options(terms_on_invoice=True)
ALL = Options(
    invoice_text="Office for Acme", names_on_invoice=True, spare_on_invoice=True, terms_on_invoice=True
)
YEAR = Term(
    commerce_id="c1",
    duration="P1Y",
    ends=date(2027, 3, 14),
    auto_renew=True,
    cancellable_until=datetime(2026, 3, 21, tzinfo=UTC),
)


def named(*names: str) -> list[User]:
    users = [user(f"u{number}") for number in range(len(names))]
    return [_with_name(one, name) for one, name in zip(users, names, strict=True)]


def _with_name(one: User, name: str, office: str = "") -> User:
    return replace(one, name=name, office=office)


def subscription(number: int, seats: int, status: str = SubscriptionStatus.ENABLED) -> Subscription:
    return Subscription(
        id=f"s{number}", sku_id=SKU, commerce_id=f"c{number}", status=status, total=seats, trial=False
    )


def facts(
    *names: str,
    seats: int = 5,
    assigned: int = 3,
    terms: tuple[Term, ...] | None = (YEAR,),
    bought: tuple[Subscription, ...] = (),
    counted: int | None = None,
) -> TextFacts:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    snapshot = Snapshot(
        connection_id="partner",
        began=at,
        ended=at,
        digest="",
        skus=(sku(SKU, seats if counted is None else counted, consumed=assigned),),
        subscriptions=bought or (subscription(1, seats),),
        user_count=len(names),
        users_digest="",
    )
    known = None if terms is None else {term.commerce_id: term for term in terms}
    return TextFacts(LicenceRows(snapshot, ()), named(*names), None, known)


def text(options: Options, of: TextFacts, most: int = 1000, of_sku: str = SKU) -> str | None:
    mapping = LicenceMapping(
        id="mapping0001",
        sku_id=of_sku,
        profile=PROFILE,
        connection="cw",
        agreement_id="1",
        options=options,
    )
    return text_of(mapping, "Business Premium", of, most)


PEOPLE = ("Cleo Ash", "ada Byron", "Bob Stone")
NOTHING_KNOWN = "length unknown, renewal date unknown, auto-renew unknown, cancellable until unknown"
FULL = (
    "Office for Acme | Users: ada Byron, Bob Stone, Cleo Ash | Spare seats: 2 | "
    "Term: annual, renews 14 Mar 2027, auto-renew on, cancellable until 21 Mar 2026"
)


@pytest.mark.parametrize(
    "options, of, most, expected",
    [
        (Options(invoice_text="Office"), facts(), 1000, "Office"),
        (NAMES, facts(*PEOPLE), 1000, "Business Premium | Users: ada Byron, Bob Stone, Cleo Ash"),
        (NAMES, facts(), 1000, "Business Premium | Users: none"),
        (NAMES, facts("", "Bob Stone"), 1000, "Business Premium | Users: Bob Stone, u0@contoso.test"),
        (NAMES, facts("Bob", "Bob"), 1000, "Business Premium | Users: Bob, Bob"),
        (SPARE, facts(), 1000, "Business Premium | Spare seats: 2"),
        (SPARE, facts(seats=3), 1000, "Business Premium | Spare seats: 0"),
        (SPARE, facts(seats=3, assigned=4), 1000, "Business Premium | Spare seats: 0"),
        (ALL, facts(*PEOPLE), 1000, FULL),
        (ALL, facts(*PEOPLE), len(FULL), FULL),
        # One character less: a name is counted, never cut.
        (
            ALL,
            facts(*PEOPLE),
            len(FULL) - 1,
            FULL.replace("ada Byron, Bob Stone, Cleo Ash", "ada Byron and 2 more"),
        ),
        (ALL, facts(*PEOPLE), 62, "Office for Acme | Users: ada Byron and 2 more | Spare seats: 2"),
        (ALL, facts(*PEOPLE), 50, "Office for Acme | Users: 3 | Spare seats: 2"),
        (ALL, facts(*PEOPLE), 40, "Office for Acme | Spare seats: 2"),
        (ALL, facts(*PEOPLE), 20, "Office for Acme"),
        (Options(invoice_text="A very long description of a line"), facts(), 20, "A very long descrip…"),
        (TERMS, facts(terms=None), 1000, "Business Premium | Term: unknown"),
        (TERMS, facts(terms=()), 1000, "Business Premium | Term: unknown"),
        (
            TERMS,
            facts(terms=(Term(commerce_id="c1"),)),
            1000,
            f"Business Premium | Term: {NOTHING_KNOWN}",
        ),
        (
            TERMS,
            facts(terms=(YEAR.model_copy(update={"duration": "P1M", "auto_renew": False}),)),
            1000,
            "Business Premium | Term: monthly, ends 14 Mar 2027, auto-renew off, cancellable until 21 Mar 2026",
        ),
        (
            NAMES,
            facts("Eve <script>alert(1)</script>\r\n\x00"),
            1000,
            "Business Premium | Users: Eve script alert(1) /script",
        ),
        (NAMES, facts("\u202eevE"), 1000, "Business Premium | Users: evE"),
    ],
)
def test_a_text_says_what_is_ticked_in_one_order(
    options: Options, of: TextFacts, most: int, expected: str
) -> None:
    assert text(options, of, most) == expected


def test_what_could_not_be_read_gives_no_text_and_is_never_none() -> None:
    of = facts()
    assert text(NAMES, TextFacts(of.rows)) is None
    assert text(NAMES, TextFacts(of.rows, (), Shares(None))) is None
    uneven = facts(seats=5, counted=7)
    assert text(SPARE, uneven) is None


def test_a_company_with_filters_names_its_own_users_only_and_tells_no_spare_seats() -> None:
    north, south = _with_name(user("n"), "Nora", office="North"), _with_name(user("s"), "Sam", office="South")
    companies = tuple(
        Company(
            id=office,
            tenant_id="contoso",
            name=office,
            psa_connection="cw",
            psa_company="2",
            filters=Filters(office=(office,)),
            beside=office == "South",
        )
        for office in ("North", "South")
    )
    coverage = Coverage(AddedTenant(companies), [north, south])
    of = TextFacts(facts().rows, None, Shares(coverage))
    options = Options(names_on_invoice=True, spare_on_invoice=True)
    assert text(options, of) == "Business Premium | Users: Nora"


def test_each_different_term_is_told_once_and_only_of_what_is_billed() -> None:
    bought = (subscription(1, 5), subscription(2, 5), subscription(3, 5, SubscriptionStatus.SUSPENDED))
    terms = tuple(YEAR.model_copy(update={"commerce_id": f"c{n}"}) for n in (1, 2, 3))
    assert text(TERMS, facts(seats=10, terms=terms, bought=bought)) == (
        "Business Premium | Term: annual, renews 14 Mar 2027, auto-renew on, cancellable until 21 Mar 2026"
    )


@pytest.mark.parametrize("users, told", [(named("Bob", "Ann"), "Ann, Bob"), ([], "none"), (None, None)])
def test_a_custom_licence_names_whom_it_counts_and_of_whom_that_is_known(
    users: list[User] | None, told: str | None
) -> None:
    of = replace(facts("Eve"), custom={"custom-managed": CustomFacts((), users)})
    expected = told and f"Business Premium | Users: {told}"
    assert text(NAMES, of, of_sku="custom-managed") == expected
    assert text(NAMES, facts("Eve"), of_sku="custom-managed") is None


def test_names_and_spare_seats_of_one_subscription_are_not_known_and_cannot_be_chosen() -> None:
    for options in (NAMES, SPARE):
        with pytest.raises(ValueError, match="not of one subscription"):
            LicenceMapping(
                id="mapping0001",
                sku_id=SKU,
                subscription_id="s1",
                profile=PROFILE,
                connection="cw",
                agreement_id="1",
                options=options,
            )


@settings(max_examples=30)
@given(st.lists(st.text(max_size=40), max_size=30), st.sampled_from([*LONGEST.values(), 60]), st.integers())
@example(["a" * 300, "b"], 60, 0)
def test_any_names_give_one_harmless_line_that_fits_and_does_not_depend_on_their_order(
    names: list[str], most: int, seed: int
) -> None:
    first = text(ALL, facts(*names), most)
    assert first is not None
    assert len(first) <= most
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in "<>" for c in first)
    assert first.startswith("Office for Acme")
    of = facts(*names)
    mixed = list(of.users or ())
    random.Random(seed).shuffle(mixed)
    assert text(ALL, replace(of, users=mixed), most) == first


@pytest.mark.parametrize(
    "there",
    [
        "Office &amp; more | Users: O&#39;Brien, Müller",
        "<p>Office &amp; more | Users: O'Brien,   Müller</p>\r\n",
        "  Office & more | Users: O'Brien, Müller ",
        "Office & more | Users: O'Br",
        "Office & more | Users: O'Brien, M?ller",
    ],
)
def test_a_text_that_comes_back_as_the_psa_keeps_it_is_the_one_that_was_sent(there: str) -> None:
    assert shows(there, "Office & more | Users: O'Brien, Müller")


def test_another_text_is_another_text() -> None:
    assert not shows("", "Office")
    assert not shows("Word", "Office")
    assert not same("Müller", "Möller")
    assert digest(" \r\n") == plain("<p> </p>") == ""
    assert longest("a PSA of next year") == 0
