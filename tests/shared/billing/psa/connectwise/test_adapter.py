"""ConnectWise over real HTTP against its stand-in: the contract, and one test for each trap of the vendor."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.standins.process import RunningStandIns, start
from sandbox.standins.state import State
from sandbox.standins.worlds.load import load_world
from sandbox.standins.worlds.types import World
from sandbox.transport import sandbox_session
from shared.billing.psa.base import Effect, Period, PsaRefused, PsaUnavailable, Sent, Write, WriteKind
from shared.billing.psa.causes import Cause
from shared.billing.psa.connectwise.adapter import ConnectWise
from shared.billing.psa.write_failures import told
from shared.http.client import Http
from tests.shared.billing.psa.connectwise_world import (
    BUNDLE,
    CANCELLED_LINE,
    FIRST_AGREEMENT,
    FULL_PAGE,
    PRIVATE_KEY,
    SETTINGS,
    ConnectWiseWorld,
    sites,
)
from tests.shared.billing.psa.contract import MARKER, PsaContract
from tests.shared.billing.psa.fake import Outcome

pytestmark = pytest.mark.processes

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def standins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStandIns]:
    """One process for the module; each test takes an agreement of its own."""
    folder: Path = tmp_path_factory.mktemp("connectwise")
    state = State(folder)
    load_world(state, World(name="psa tests", partners=(), tenants=(), connectwise=sites()))
    state.change("cw_site", "restricted", lambda site: site.update(missing_rights=["agreements", "catalog"]))
    state.change("cw_site", "reads_only", lambda site: site.update(missing_rights=["agreements.edit"]))
    state.change("cw_site", "says401", lambda site: site.update(bad_password_status=401))
    state.close()
    with start(folder) as running:
        yield running


@pytest.fixture
def worlds(standins: RunningStandIns) -> Iterator[Callable[..., ConnectWiseWorld]]:
    made: list[ConnectWiseWorld] = []

    def make(**words: Any) -> ConnectWiseWorld:
        made.append(ConnectWiseWorld(standins, next(_numbers), **words))
        return made[-1]

    yield make
    standins.control("clear-faults")
    standins.control("set_texts", site="acme")
    for world in made:
        world.raw.close()


_numbers = iter(range(120))


@pytest.fixture
def world(worlds: Callable[..., ConnectWiseWorld]) -> ConnectWiseWorld:
    return worlds()


class TestConnectWise(PsaContract):
    """The contract, against the stand-in."""


# Sign-in and rights


def test_a_wrong_password_that_is_answered_404_says_that_the_sign_in_is_wrong(
    world: ConnectWiseWorld,
) -> None:
    world.break_sign_in()
    assert world.raw.get(world.url(""), auth=("acme+kYh3Lw0PzQ", "wrong")).status_code == 404
    with pytest.raises(PsaRefused) as refused:
        world.psa.lines(world.agreement_id)
    assert refused.value.sign_in
    assert "private key" in refused.value.sentence
    assert "404" in refused.value.sentence


def test_a_wrong_password_that_is_answered_401_says_the_same(worlds: Callable[..., ConnectWiseWorld]) -> None:
    world = worlds(company_login="says401", private_key="wrong")
    for read in (world.psa.check, world.psa.companies):
        with pytest.raises(PsaRefused, match="private key") as refused:
            read()
        assert (refused.value.sign_in, refused.value.code) == (True, "Unauthorized")


def test_the_check_names_every_missing_right(worlds: Callable[..., ConnectWiseWorld]) -> None:
    world = worlds(company_login="restricted")
    with pytest.raises(PsaRefused) as refused:
        world.psa.check()
    assert not refused.value.sign_in
    assert "Finance > Agreements" in refused.value.sentence
    assert "Procurement > Product Catalog" in refused.value.sentence
    assert "Companies" not in refused.value.sentence


def test_a_missing_right_to_edit_is_found_by_the_check_and_named_by_a_write(
    worlds: Callable[..., ConnectWiseWorld],
) -> None:
    world = worlds(company_login="reads_only")
    world.agreement_id, world.line_id = "100", "1000"
    write = world.set_to(12)
    with pytest.raises(PsaRefused, match="edit") as refused:
        world.psa.check()
    assert (refused.value.cause, refused.value.facts) == (Cause.RIGHTS, ("Finance > Agreements (edit)",))
    answer = world.psa.apply(write)
    assert answer.refusal is not None
    assert (answer.sent, answer.refusal.facts) == (Sent.REFUSED, ("Finance > Agreements (edit)",))
    assert world.psa.find_effect(write).effect is Effect.NOT_APPLIED


def test_the_check_changes_nothing(world: ConnectWiseWorld) -> None:
    before = world.raw.get(world.url("")).json()
    world.psa.check()
    assert world.raw.get(world.url("")).json() == before


def test_a_read_without_the_right_names_it(worlds: Callable[..., ConnectWiseWorld]) -> None:
    world = worlds(company_login="restricted")
    assert world.psa.companies()
    with pytest.raises(PsaRefused, match="Product Catalog") as refused:
        world.psa.products()
    assert (refused.value.sign_in, refused.value.code) == (False, "Forbidden")


def test_neither_an_error_nor_a_repr_shows_the_private_key(world: ConnectWiseWorld) -> None:
    world.private_key = "very-secret-key"
    world.sign_in()
    with pytest.raises(PsaRefused) as refused:
        world.psa.check()
    assert "very-secret-key" not in f"{refused.value!s}{refused.value!r}{world.psa!r}"


# Lists


@pytest.mark.parametrize("numbered", [False, True], ids=["forward-only", "numbered"])
def test_2500_products_are_read_by_following_the_link_of_each_page_of_1000(
    world: ConnectWiseWorld, numbered: bool
) -> None:
    world.adapter.numbered = numbered
    before = world.standins.counts().get("connectwise.read.catalog", 0)
    products = world.psa.products()
    assert len(products) == len({product.id for product in products}) == 2499
    # The last is the server's own count; numbered pages begin again in the order of the ids,
    # and are read twice.
    assert world.standins.counts()["connectwise.read.catalog"] - before == (8 if numbered else 4)


def test_pages_without_any_link_are_asked_for_by_number_until_one_is_short(world: ConnectWiseWorld) -> None:
    world.adapter.numbered = world.adapter.unlinked = True
    assert len(world.psa.products()) == 2499


def test_how_often_is_billed_and_charged_is_read(world: ConnectWiseWorld) -> None:
    assert {agreement.period for agreement in world.psa.agreements()} == {Period.MONTHLY}
    assert {product.period for product in world.psa.products()} == {Period.MONTHLY}


def test_a_bundle_is_not_among_the_products_and_a_deleted_company_not_among_the_companies(
    world: ConnectWiseWorld,
) -> None:
    assert str(BUNDLE) not in {product.id for product in world.psa.products()}
    assert {company.id for company in world.psa.companies()} == {"2"}


def test_a_full_last_page_is_proven_the_last_by_a_page_past_the_end_which_is_empty(
    world: ConnectWiseWorld,
) -> None:
    world.adapter.numbered = True
    before = world.standins.counts().get("connectwise.read.additions", 0)
    assert len(world.psa.lines(str(FULL_PAGE))) == 1000
    assert world.standins.counts()["connectwise.read.additions"] - before <= 5


def test_a_row_deleted_between_two_pages_hides_no_other(world: ConnectWiseWorld) -> None:
    agreement = str(FULL_PAGE + 1)
    expected = {line.id for line in world.psa.lines(agreement)}
    first, *_ = sorted(expected, key=int)
    url = world.url(first).replace(f"/{world.agreement_id}/", f"/{agreement}/")
    world.adapter.after_first_list = lambda: world.raw.delete(url).raise_for_status()
    assert {line.id for line in world.psa.lines(agreement)} >= expected - {first}
    assert {line.id for line in world.psa.lines(agreement)} == expected - {first}


def test_a_row_that_comes_twice_is_one_row(world: ConnectWiseWorld) -> None:
    expected = world.psa.products()
    world.fault("duplicate_row", kind="connectwise.read.catalog")
    assert world.psa.products() == expected


@pytest.mark.parametrize("what", ["foreign_page", "looping_page", "empty_page"])
def test_a_list_that_leads_astray_is_no_list_at_all(world: ConnectWiseWorld, what: str) -> None:
    world.fault(what, kind="connectwise.read.catalog")
    before = world.read_requests()
    with pytest.raises(PsaUnavailable):
        world.psa.products()
    assert world.read_requests() - before <= 3


def test_a_link_to_a_foreign_host_is_not_followed(world: ConnectWiseWorld) -> None:
    """Only the place where it goes on is taken from it, and asked for where everything else is."""
    expected = world.psa.products()
    world.fault("foreign_page", kind="connectwise.read.catalog", count=1)
    with suppress(PsaUnavailable):
        assert world.psa.products() == expected
    assert world.standins.counts().get("foreign", 0) == 0


def test_a_page_that_fails_in_the_middle_of_a_list_fails_the_list(world: ConnectWiseWorld) -> None:
    world.adapter.lost = "pageId="
    with pytest.raises(PsaUnavailable):
        world.psa.products()
    assert len(world.waited) == 2


@pytest.mark.parametrize("what", ["cut", "html"])
def test_half_an_answer_and_a_web_page_are_asked_for_again_and_then_unavailable(
    world: ConnectWiseWorld, what: str
) -> None:
    world.fault(what, kind="connectwise.read.additions", count=2)
    assert len(world.psa.lines(world.agreement_id)) == 3
    assert len(world.waited) == 2
    world.fault(what, kind="connectwise.read.additions")
    with pytest.raises(PsaUnavailable):
        world.psa.lines(world.agreement_id)


def test_a_line_whose_quantity_is_missing_is_shown_but_never_written(world: ConnectWiseWorld) -> None:
    world.fault("missing_count", kind="connectwise.read.additions", count=1)
    assert "no quantity" in world.line().not_writable


def test_a_throttled_read_waits_as_told_and_a_long_wait_is_handed_to_the_caller(
    world: ConnectWiseWorld,
) -> None:
    world.fault("throttle", kind="connectwise.read.additions", retry_after=3, count=1)
    assert len(world.psa.lines(world.agreement_id)) == 3
    assert world.waited[0] >= 3
    world.fault("throttle", kind="connectwise.read.additions", retry_after=45, count=1)
    with pytest.raises(PsaUnavailable) as unavailable:
        world.psa.lines(world.agreement_id)
    assert unavailable.value.after == timedelta(seconds=45)


def test_the_lines_of_an_agreement_cost_one_request(world: ConnectWiseWorld) -> None:
    world.psa.check()
    before = world.read_requests()
    world.psa.lines(world.agreement_id)
    assert world.read_requests() == before + 1


# Lines


@pytest.mark.parametrize("empty", [False, True])
def test_an_unset_cancelled_date_may_be_absent_or_empty(world: ConnectWiseWorld, empty: bool) -> None:
    world.standins.control("set_empty_dates", site="acme", on=empty)
    shown = world.raw.get(world.url(world.line_id)).json().get("cancelledDate", "absent")
    line = world.line()
    world.standins.control("set_empty_dates", site="acme", on=False)
    assert shown == ("" if empty else "absent")
    assert (line.ends, line.not_writable) == (None, "")


def test_a_cancelled_line_shows_its_last_day_and_bills_until_then(world: ConnectWiseWorld) -> None:
    line = world.line(world.line_number(CANCELLED_LINE))
    assert line.ends is not None
    assert (line.not_writable, line.bills_on(line.ends), line.bills_on(line.ends + DAY)) == ("", True, False)


def test_one_line_and_the_list_give_the_same_line(world: ConnectWiseWorld) -> None:
    assert world.psa.find_effect(world.set_to(12)).line == world.line()


# Writing


def test_a_patch_of_a_sub_path_answers_200_and_changes_nothing_and_the_read_back_says_so(
    world: ConnectWiseWorld,
) -> None:
    write = world.set_to(12)
    world.adapter.misspelt = True
    answer = world.psa.apply(write)
    assert answer.sent is Sent.ANSWERED
    assert "shows the quantity 10" in answer.why
    assert world.psa.find_effect(write).effect is Effect.NOT_APPLIED


def test_a_yes_that_shows_the_new_quantity_needs_no_words(world: ConnectWiseWorld) -> None:
    assert world.psa.apply(world.set_to(12)).why == ""


def test_a_429_hands_on_the_vendors_words_from_a_body_that_calls_its_code_error(
    world: ConnectWiseWorld,
) -> None:
    write = world.set_to(12)
    world.next_write(Outcome.NOT_SENT)
    answer = world.psa.apply(write)
    assert answer.why == "Too many requests. Please try again in 30 seconds."
    world.fault("throttle_silent", kind="connectwise.write", count=1)
    assert world.psa.apply(write).after == timedelta(seconds=60)


@pytest.mark.parametrize("what", ["reset_after", "status_after", "html", "cut"])
def test_a_lost_or_strange_answer_to_a_write_is_unclear(world: ConnectWiseWorld, what: str) -> None:
    write = world.set_to(12)
    world.fault(what, kind="connectwise.write", count=1)
    answer = world.psa.apply(write)
    assert answer.sent is Sent.UNCLEAR
    assert answer.why
    applied = Effect.NOT_APPLIED if what == "html" else Effect.APPLIED
    assert world.psa.find_effect(write).effect is applied


def test_a_refused_connection_is_not_sent() -> None:
    nobody = Http(
        sandbox_session("http://127.0.0.1:9"), sleep=lambda _: None, clock=lambda: datetime.now(UTC)
    )
    psa = ConnectWise(SETTINGS, PRIVATE_KEY, nobody)
    write = Write.model_validate(
        {
            "kind": "set_quantity",
            "agreement_id": "1",
            "line_id": "2",
            "product_id": "3",
            "before": 1,
            "after": 2,
        }
    )
    answer = psa.apply(write)
    assert answer.sent is Sent.NOT_SENT
    assert answer.after > timedelta()


def test_a_created_line_takes_the_price_of_the_catalogue_and_is_found_by_its_marker(
    world: ConnectWiseWorld,
) -> None:
    write = world.create()
    world.psa.apply(write)
    line = world.psa.find_effect(write).line
    assert line is not None
    assert line.unit_price == Decimal("23.5")
    row = world.raw.get(world.url(line.id)).json()
    assert (row["serialNumber"], row["quantity"], row["billCustomer"]) == (MARKER, 7.0, "NoCharge")
    assert row["effectiveDate"] == "2026-03-17T00:00:00Z"


def test_a_refusal_tells_the_vendors_reason(world: ConnectWiseWorld) -> None:
    write = world.create().model_copy(update={"product_id": str(BUNDLE)})
    answer = world.psa.apply(write)
    assert answer.sent is Sent.REFUSED
    assert "STARTER cannot be an addition" in answer.why
    assert "InvalidObject" in answer.why


@pytest.mark.parametrize("marker", ["", "x" * 51])
def test_a_line_that_could_not_be_found_again_is_never_created(world: ConnectWiseWorld, marker: str) -> None:
    before = world.write_requests()
    answer = world.psa.apply(world.create().model_copy(update={"marker": marker}))
    assert answer.sent is Sent.REFUSED
    assert world.write_requests() == before


def test_a_second_line_is_made_with_its_first_and_last_day_and_found_by_its_mark(
    world: ConnectWiseWorld,
) -> None:
    through, marker = world.last_day, f"{MARKER[:-2]}:p:4"
    write = world.create(2).model_copy(update={"kind": WriteKind.PRORATE, "ends": through, "marker": marker})
    main = world.line()
    answer = world.psa.apply(write)
    evidence = world.psa.find_effect(write, answer.line_id)
    assert (answer.sent, evidence.effect) == (Sent.ANSWERED, Effect.APPLIED)
    made = world.line(answer.line_id)
    assert (made.quantity, made.effective, made.ends) == (Decimal(2), write.effective, through)
    assert (made.marker, world.line()) == (marker, main)
    wrong = write.model_copy(update={"ends": through + DAY})
    assert "last day" in told(world.psa.find_effect(wrong, answer.line_id).failure)


class _Paced(Exception):
    """New work waits."""


def test_with_other_tools_at_half_of_the_limit_no_call_of_ours_is_refused(
    worlds: Callable[..., ConnectWiseWorld],
) -> None:
    """W5: 1,000 calls a minute, of which others make 500. What waits has not begun."""
    world = worlds(company_login="busy")
    world.standins.control("set-limit", site="busy", per_minute=1000, others=500)
    world.standins.reset_counts()

    def a_minute_passes(seconds: float) -> None:
        assert seconds <= 60
        raise _Paced

    http = Http(world.http.session, sleep=a_minute_passes, clock=lambda: datetime.now(UTC))
    psa = ConnectWise(world.settings, world.private_key, http)
    with suppress(_Paced):
        for _ in range(500):
            psa.lines(str(FIRST_AGREEMENT))
    counted = world.standins.counts()
    assert counted["connectwise.read"] < 450
    assert "throttled.connectwise" not in counted
