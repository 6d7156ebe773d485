"""Golden months of a company that is a part of its tenant: its own people, and nobody else's."""

from dataclasses import replace
from datetime import UTC, datetime

from shared.accounts.companies import add_company
from shared.accounts.company import Filters
from shared.licensing.tenant_state import Mailboxes
from shared.microsoft.models import User
from shared.reports.figures import figures
from shared.reports.mail import bodies
from shared.reports.models import Month, MonthFacts, PersonEvent
from shared.reports.publish import kept_report
from shared.reports.wording import report_view
from shared.storage.decisions import Decider
from tests.shared.alerts.world import box, sku
from tests.shared.reports.test_figures import E3, E5, Row, day, facts, table, user
from tests.shared.reports.test_pdf import an_account, text_of
from tests.shared.reports.test_publish import LONG_AGO
from tests.shared.reports.world import HOUR, ReportWorld


def at(office: str, person: User) -> User:
    return replace(person, office=office)


def a_part() -> MonthFacts:
    """Leeds and York share a tenant; this is Leeds. Cid comes there on the 11th, and Bob moves there on the 21st."""
    skus = sku(E3, 30, 4), sku(E5, 10, 2)
    ann, bob, cid, eve = (user(name, E3) for name in ("Ann", "Bob", "Cid", "Eve"))
    both = at("Leeds", user("Ann", E3, E5))
    users = {
        "1": [at("Leeds", ann), at("York", bob), at("York", eve)],
        "2": [both, at("York", bob), at("Leeds", cid), at("York", eve)],
        "3": [both, at("Leeds", bob), at("Leeds", cid), at("York", eve)],
    }
    given = facts(
        "2026-11",
        day("2026-10-20", *skus, users="1"),
        day("2026-11-11", *skus, users="2"),
        day("2026-11-21", *skus, users="3"),
    )
    mine = {
        digest: [person for person in people if person.office == "Leeds"] for digest, people in users.items()
    }
    return replace(given, users=mine, mailboxes=Mailboxes(licensed=(box("info", E3),)), is_filtered=True)


def test_a_part_of_a_tenant_is_told_of_its_own_people_alone_and_no_seat_is_its_own() -> None:
    assert table(a_part()) == [
        Row("Office 365 E3", None, 3, None, None),
        Row("Office 365 E5", None, 1, None, None),
    ]
    found = figures(a_part())
    assert found.people is not None
    assert [person.name for person in found.people] == ["Ann", "Bob", "Cid"]
    assert [(str(one.on), one.event, one.name) for one in found.person_changes] == [
        ("2026-11-11", PersonEvent.CHANGED, "Ann"),
        ("2026-11-11", PersonEvent.NEW, "Cid"),
        ("2026-11-21", PersonEvent.NEW, "Bob"),
    ]
    assert found.mailboxes == ()
    assert [seats for _, seats in found.seats if seats is not None] == []


def test_the_report_of_a_part_counts_its_people_and_names_nobody_else() -> None:
    view = report_view(figures(a_part()), an_account(), prices=False)
    assert [(number.value, number.label) for number in view.numbers] == [("4", "assigned to people")]
    assert "Eve" not in str(view)
    assert "Info" not in str(view)


def test_no_report_of_one_part_names_the_people_of_another() -> None:
    """Leeds and York of one tenant, each with its own recipient."""
    world = ReportWorld()
    parts = []
    for office, beside in (("Leeds", False), ("York", True)):
        place = (f"c{office.lower()}", "t-both")
        added = world.company(office, f"boss@{office.lower()}.example", since=LONG_AGO, place=place)
        part = added.model_copy(update={"filters": Filters(office=(office,)), "beside": beside})
        add_company(world.tables, world.account.id, part, Decider("eva", "", LONG_AGO + HOUR))
        parts.append(part)
    people = at("Leeds", user("Ann Archer", E3)), at("York", user("Eve Yorke", E3))
    world.read(parts[0], "2026-03-04", until="2026-12-01", users=people)
    world.night("2026-12-01")
    world.tick(datetime(2026, 12, 1, 6, tzinfo=UTC))
    for part, mine, others in ((parts[0], "Ann", "Eve"), (parts[1], "Eve", "Ann")):
        kept = kept_report(world.blobs, world.account, part.id, Month(2026, 11))
        assert kept is not None
        told = f"{kept.view}{text_of(kept.pdf)}{bodies(kept, 'x@y.example')}"
        assert mine in told
        assert others not in told
    assert len(world.provider.sent) == 2
