"""Who is told what: each recipient gets the rows that are theirs, and their own news and reminders of these."""

from dataclasses import dataclass, field
from datetime import datetime

import pytest

from shared.accounts.directory import save_account
from shared.accounts.preferences import DigestSettings
from shared.alerts.digest.send import Mailer, send_again, send_mails
from shared.alerts.exclude_link.link import Links
from shared.alerts.exclude_link.page import ExcludePages, LinkOutcome
from shared.alerts.rules.mail_failed import MailFailed
from shared.mail.base import Delivery, Mail, Receipt
from shared.mail.records import MailName
from tests.shared.alerts.world import CANCELLED, DAY, World, line, sku

ALL, NOC, EVA = "all@msp.example.com", "noc@msp.example.com", "eva@msp.example.com"


@dataclass
class Post:
    """A transport that keeps what it was handed."""

    mails: list[Mail] = field(default_factory=list)
    refuses: str = ""

    def send(self, mail: Mail) -> Receipt:
        if mail.to == self.refuses:
            return Receipt(Delivery.REFUSED, why="no such mailbox")
        self.mails.append(mail)
        return Receipt(Delivery.ACCEPTED)

    def undeliverable(self, to: str, since: datetime | None = None) -> None:
        return None

    def taken(self) -> dict[str, Mail]:
        """By recipient, what came since the last time."""
        taken = {mail.to: mail for mail in self.mails}
        assert len(taken) == len(self.mails)
        self.mails.clear()
        return taken


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def world() -> World:
    """Two customers with seats to spare, and one line that could not be written."""
    world = World()
    digest = DigestSettings(
        recipients=(ALL,),
        by_type={"push_failed": (NOC,), "renewal_due": ("nobody@msp.example.com",)},
        by_company={"t2": (EVA,)},
    )
    world.account = world.account.model_copy(update={"digest": digest})
    world.add("t1", sku("e3", 10, 4), name="Contoso")
    world.add("t2", sku("e3", 10, 4), name="Fabrikam")
    world.lines(line("mapping1", blocked=CANCELLED))
    world.evaluate()
    return world


def tell(world: World, post: Post, *, due: bool = True, links: Links | None = None) -> dict[str, Mail]:
    on = world.now.date()
    mailer = Mailer(world.tables, post, "s@msp.example.com", links=links)
    send_mails(mailer, world.account, on, due=due, now=world.now)
    return post.taken()


def test_each_gets_their_rows_and_who_has_none_gets_no_mail(world: World, post: Post) -> None:
    mails = tell(world, post)
    assert mails.keys() == {ALL, NOC, EVA}
    assert mails[NOC].subject == "1 new: failed push – Contoso"
    for to, theirs, others in ((ALL, "Contoso", "Fabrikam"), (EVA, "Fabrikam", "Contoso")):
        assert theirs in mails[to].text
        assert others not in mails[to].text + mails[to].html + mails[to].subject
        assert "cancelled" not in mails[to].text


def test_an_urgent_mail_goes_only_to_those_whose_row_it_is(world: World, post: Post) -> None:
    assert tell(world, post, due=False).keys() == {NOC}


def test_news_of_one_is_no_news_to_another(world: World, post: Post) -> None:
    tell(world, post)
    world.sleep()
    world.read("t2", sku("e3", 10, 4), sku("e5", 5))
    world.evaluate()
    mails = tell(world, post)
    assert mails.keys() == {EVA}
    assert mails[EVA].subject.startswith("1 new: licence without billing profile")


def test_each_is_reminded_of_their_own_after_a_week(world: World, post: Post) -> None:
    tell(world, post)
    for _ in range(6):
        world.sleep()
        world.evaluate()
        assert tell(world, post) == {}
    world.now += DAY
    world.evaluate()
    subjects = {to: mail.subject for to, mail in tell(world, post).items()}
    assert subjects.keys() == {ALL, NOC, EVA}
    assert subjects[EVA] == "Reminder: 2 open items"


def test_a_routed_mail_that_was_refused_is_told_to_the_recipients_and_sent_again_as_it_was(
    world: World, post: Post
) -> None:
    post.refuses = EVA
    assert tell(world, post).keys() == {ALL, NOC}
    what = world.only(MailFailed.slug).finding.what
    assert what == "The digest of 20 Nov 2026 was refused: no such mailbox."
    post.refuses = ""
    failed = MailName(world.account.id, "digest", world.now.date(), EVA).id
    send_again(Mailer(world.tables, post, "s@msp.example.com"), world.account, failed, world.now)
    mail = post.taken()[EVA]
    assert "Fabrikam" in mail.text
    assert "Contoso" not in mail.text


def test_the_link_in_a_routed_mail_works_for_its_recipient_until_the_route_ends(
    world: World, post: Post
) -> None:
    links = Links("https://seatwise.msp.example", [b"k" * 32])
    _, _, rest = tell(world, post, links=links)[EVA].text.partition("/api/exclude/")
    token = rest.split()[0]
    desk = ExcludePages(world.tables, links, lambda: lambda sku_id, part: part or sku_id, world.now)
    save_account(world.tables, world.account)
    assert desk.look(token).outcome == LinkOutcome.ASKED
    digest = DigestSettings(recipients=(ALL,))
    save_account(world.tables, world.account.model_copy(update={"digest": digest}))
    assert desk.look(token).outcome == LinkOutcome.RETIRED
