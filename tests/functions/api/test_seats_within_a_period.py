"""K14 by the API: from when more and fewer seats count is saved, read back, and what the next nights write by it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any, NamedTuple

import pytest

from functions.queues import billing
from functions.queues.messages import RefreshPsaLists
from shared.billing.psa.base import Proration, WriteKind
from shared.billing.psa.billing_period import BillingPeriod
from shared.licensing import snapshot
from shared.microsoft.models import TenantRead
from tests.functions.api.billing_msp import BASE, MAPPINGS, TENANT, BillingMsp, save
from tests.functions.api.conftest import MSP, Caller
from tests.functions.memory_wiring import NOW, MemoryWiring
from tests.shared.billing.world import sku, user
from tests.shared.licensing.bought import bought

type SignIn = Callable[[str], Caller]
TODAY, FIRST, LAST, APRIL = NOW.date(), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)
MARCH = (
    BillingPeriod(first=FIRST, last=LAST),
    BillingPeriod(first=APRIL, last=date(2026, 4, 30)),
)
NUMBER, SECOND = WriteKind.SET_QUANTITY, WriteKind.PRORATE
type Sent = tuple[WriteKind, int, int, date | None, date | None]


class Chosen(NamedTuple):
    """A licence of ten seats: how its agreement prorates, what is chosen, its seats then, and what is written for it:
    in March, and from April on. Kind, before, after, first and last day."""

    name: str
    proration: Proration
    options: dict[str, str]
    seats: int
    in_march: list[Sent]
    in_april: list[Sent]


CHOSEN = [
    Chosen("day-more", Proration.BY_DATE, {}, 12, [(NUMBER, 10, 12, TODAY, None)], []),
    Chosen(
        "period-more",
        Proration.BY_DATE,
        {"moreSeats": "from_period_start"},
        12,
        [(NUMBER, 10, 12, FIRST, None)],
        [],
    ),
    Chosen("day-fewer", Proration.BY_DATE, {}, 9, [(NUMBER, 10, 9, TODAY, None)], []),
    Chosen(
        "next-fewer",
        Proration.BY_DATE,
        {"fewerSeats": "next_period"},
        9,
        [],
        [(NUMBER, 10, 9, APRIL, None)],
    ),
    Chosen("advance-fewer", Proration.BY_SECOND_LINE, {}, 9, [(NUMBER, 10, 9, TODAY, None)], []),
    Chosen(
        "advance-credited",
        Proration.BY_SECOND_LINE,
        {"fewerSeats": "credited"},
        9,
        [(SECOND, 0, -1, TODAY, LAST), (NUMBER, 10, 9, TODAY, None)],
        [],
    ),
]


@pytest.fixture
def msp(wired: MemoryWiring) -> BillingMsp:
    return BillingMsp(wired)


def read(msp: BillingMsp, seats: dict[str, int]) -> None:
    msp.wired.now += timedelta(minutes=5)
    at, skus = msp.wired.now, tuple(sku(name, number) for name, number in seats.items())
    found = TenantRead(
        tenant_id=TENANT,
        connection_id="partner",
        began=at,
        ended=at,
        skus=skus,
        subscriptions=bought(*skus),
        users=(user("u1"),),
    )
    snapshot.store_read(msp.wired.tables, msp.wired.blobs, MSP, snapshot.FreshRead(found, "", at.date()))


def test_what_is_chosen_is_read_back_and_written_by_the_next_nights(msp: BillingMsp, sign_in: SignIn) -> None:
    owner = sign_in("owner")
    profile = msp.ready(owner)
    read(msp, {chosen.name: 10 for chosen in CHOSEN})
    asked, line_of = [], {}
    for chosen in CHOSEN:
        through = LAST if chosen.proration is Proration.BY_SECOND_LINE else None
        at = msp.fake.add_agreement(msp.company.id, proration=chosen.proration, billed_through=through).id
        line_of[chosen.name] = msp.fake.add_line(at, msp.product.id, 10, periods=MARCH).id
        places: dict[str, Any] = {"skuId": chosen.name, "agreementId": at, "lineId": line_of[chosen.name]}
        asked += msp.mapping(profile, **places, options=chosen.options)["mappings"]
    saved = save(owner, {"mappings": asked}).json()["mappings"]
    read_back = owner("GET", MAPPINGS).json()["mappings"]
    for shown in (saved, read_back):
        for mapping, chosen in zip(shown, CHOSEN, strict=True):
            said = {name: mapping["options"][name] for name in ("moreSeats", "fewerSeats")}
            assert said == {"moreSeats": "from_their_day", "fewerSeats": "at_once", **chosen.options}
    owner("PUT", f"{BASE}/mode", json={"mode": "live", "plan": owner("GET", f"{BASE}/plan").json()["digest"]})
    msp.push()
    assert msp.fake.sent == []
    read(msp, {chosen.name: chosen.seats for chosen in CHOSEN})
    msp.push()
    assert written(msp, line_of) == {chosen.name: chosen.in_march for chosen in CHOSEN}
    msp.wired.now = datetime(2026, 4, 1, 9, tzinfo=UTC)
    read(msp, {chosen.name: chosen.seats for chosen in CHOSEN})
    msp.push()
    everything = {chosen.name: chosen.in_march + chosen.in_april for chosen in CHOSEN}
    assert written(msp, line_of) == everything


def written(msp: BillingMsp, line_of: dict[str, str]) -> dict[str, list[Sent]]:
    """What was written for each licence; a second line is in the agreement of its main line."""
    agreements = {msp.fake.line(line).agreement_id: name for name, line in line_of.items()}
    found: dict[str, list[Sent]] = {name: [] for name in line_of}
    for write in msp.fake.applied:
        said = (write.kind, write.before, write.after, write.effective, write.ends)
        found[agreements[write.agreement_id]].append(said)
    return found


def test_just_what_an_agreement_offers_can_be_saved_and_the_rest_is_refused_by_its_field(
    msp: BillingMsp, sign_in: SignIn
) -> None:
    admin = sign_in("admin")
    profile = msp.ready(admin)
    for proration, through in product(Proration, (None, LAST)):
        msp.fake.edit_agreement(msp.agreement.id, proration=proration, billed_through=through)
        list(billing._refresh(msp.wired, RefreshPsaLists(account=MSP, connection=msp.psa)))
        (offered,) = admin("GET", f"{BASE}/tenants/{TENANT}/agreements").json()["agreements"]
        for more, fewer in product(
            ("from_their_day", "from_period_start"), ("at_once", "next_period", "credited")
        ):
            etag = admin("GET", MAPPINGS).headers["etag"]
            body = msp.mapping(profile, options={"moreSeats": more, "fewerSeats": fewer})
            answer = admin("PUT", MAPPINGS, json=body, headers={"If-Match": etag})
            if more in offered["moreSeats"] and fewer in offered["fewerSeats"]:
                assert answer.status_code == 200, answer.text
                continue
            wrong = "fewerSeats" if more in offered["moreSeats"] else "moreSeats"
            assert (answer.status_code, answer.json()["field"].split(".")[-1]) == (422, wrong)
            assert admin("GET", MAPPINGS).headers["etag"] == etag


def test_a_word_that_nobody_knows_is_refused(msp: BillingMsp, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    profile = msp.ready(admin)
    etag = admin("GET", MAPPINGS).headers["etag"]
    for said in ({"moreSeats": "credited"}, {"fewerSeats": "from_period_start"}, {"creditOnDecrease": True}):
        body = msp.mapping(profile, options=said)
        assert admin("PUT", MAPPINGS, json=body, headers={"If-Match": etag}).status_code == 422
