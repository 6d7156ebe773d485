"""A monthly report that did not reach its recipient is an alert, until one did or nobody waits for it any more."""

from datetime import timedelta

import pytest

from shared.accounts.companies import added_tenants
from shared.accounts.report_settings import ReportSettings, save
from shared.alerts.rules.mail_failed import MailFailed
from shared.mail.records import REPORT, MailName, MailRow, MailState
from shared.storage.decisions import Decider
from shared.storage.tables import Put
from tests.shared.alerts.world import World, sku

ANN, BOB = "ann@contoso.example", "bob@contoso.example"


@pytest.fixture
def world() -> World:
    """Ann and Bob at Contoso get its report; Ann's was refused."""
    world = World()
    for tenant, name in (("t1", "Contoso"), ("t2", "Fabrikam")):
        world.add(tenant, sku("e3", 10, 10), name=name)
        save(
            world.tables,
            world.account.id,
            added_tenants(world.tables, world.account.id)[tenant].companies[0],
            ReportSettings(scheduled=True, recipients=(ANN, BOB)),
            Decider("eva", "", world.now),
        )
    mailed(world, "t1", ANN, MailState.REFUSED)
    mailed(world, "t1", BOB, MailState.DONE)
    return world


def mailed(world: World, tenant: str, to: str, state: MailState, kind: str = "", after: int = 0) -> None:
    """What became of the report of the month before, or of another mail, so many minutes after the others."""
    company = added_tenants(world.tables, world.account.id)[tenant].companies[0].id
    name = MailName(world.account.id, kind or f"{REPORT}{company}", world.now.date().replace(day=1), to)
    since = world.now + timedelta(minutes=after)
    row = MailRow(
        mail_id=name.id,
        kind=name.kind,
        on=name.on,
        recipient=to,
        state=state,
        since=since,
        free_at=since,
        why="550 no such mailbox" if state is MailState.REFUSED else "",
    )
    world.tables.commit([Put(name.key, row)])


def told(world: World) -> list[tuple[str, str]]:
    world.evaluate()
    return [(alert.finding.who, alert.finding.what) for alert in world.alerts(MailFailed.slug)]


def test_it_is_told_with_the_company_the_month_and_why(world: World) -> None:
    before = world.now.date().replace(day=1) - timedelta(days=1)
    assert told(world) == [
        (ANN, f"The report of Contoso for {before:%B %Y} was refused: 550 no such mailbox.")
    ]


def test_no_other_mail_to_that_address_makes_up_for_it(world: World) -> None:
    mailed(world, "t2", ANN, MailState.DONE, after=1)
    mailed(world, "t1", ANN, MailState.DONE, kind="digest", after=2)
    assert len(told(world)) == 1


def test_it_ends_when_the_report_was_sent_again(world: World) -> None:
    assert len(told(world)) == 1
    company = added_tenants(world.tables, world.account.id)["t1"].companies[0].id
    mailed(world, "t1", ANN, MailState.DONE, kind=f"{REPORT}{company}-again1", after=5)
    assert told(world) == []


def test_it_ends_when_the_address_is_a_recipient_no_more(world: World) -> None:
    company = added_tenants(world.tables, world.account.id)["t1"].companies[0]
    wanted = ReportSettings(scheduled=True, recipients=(BOB,))
    save(world.tables, world.account.id, company, wanted, Decider("eva", "", world.now + timedelta(hours=1)))
    world.now += timedelta(hours=2)
    assert told(world) == []
