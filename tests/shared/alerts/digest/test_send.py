"""Who is written to and when: one mail per recipient, urgent ones at most once a day, nothing unsent forgotten."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from shared.accounts import due_work, runs
from shared.accounts.preferences import DigestSettings, Frequency
from shared.alerts import evaluate
from shared.alerts.digest import send as digest_mails
from shared.alerts.digest.arrival import take_back_what_did_not_arrive
from shared.alerts.digest.send import Mailer
from shared.alerts.exclude_link.link import PATH, Links, recipient_mark
from shared.alerts.listing import alert_id
from shared.alerts.models import Alert, Slug
from shared.alerts.rules.mail_failed import MailFailed
from shared.errors import RetryLater
from shared.mail.base import CannotTell, Delivery, Mail, Receipt, Undeliverable, UndeliverableReason
from shared.mail.delivery import DeliveryResult
from shared.mail.message import build
from shared.mail.records import MailName, MailState, mails
from shared.microsoft.models import Customer
from tests.shared.alerts.world import CANCELLED, World, line, sku

HOUR = timedelta(hours=1)


class Post:
    """A transport that keeps what it was handed and answers as it is told."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.says: dict[str, Delivery] = {}
        self.knows: dict[str, Undeliverable] = {}

    def send(self, mail: Mail) -> Receipt:
        delivery = self.says.get(mail.to, Delivery.ACCEPTED)
        if delivery is Delivery.ACCEPTED:
            self.mails.append(mail)
        return Receipt(delivery, why="" if delivery is Delivery.ACCEPTED else "the provider says so")

    def undeliverable(self, to: str, since: datetime | None = None) -> Undeliverable | None:
        known = self.knows.get(to)
        if known is CANNOT_TELL:
            raise CannotTell("SendGrid answered 403 to /v3/suppression/bounces: access forbidden")
        if known is None or (since is None and known.reason is UndeliverableReason.BLOCKED):
            return None
        return known


CANNOT_TELL = Undeliverable(UndeliverableReason.INVALID, "stands for no answer")


def mailer(world: World, post: "Post", reply_to: str = "", links: Links | None = None) -> Mailer:
    return Mailer(world.tables, post, "seatwise@msp.example.com", reply_to, links)


def send_mails(
    world: World, post: "Post", on: date, *, due: bool, reply_to: str = "", links: Links | None = None
) -> bool:
    return digest_mails.send_mails(
        mailer(world, post, reply_to, links), world.account, on, due=due, now=world.now
    )


@pytest.fixture
def post() -> Post:
    return Post()


def weekly(world: World, *recipients: str) -> None:
    digest = DigestSettings(recipients=recipients or ("a@msp.example.com",), frequency=Frequency.WEEKLY)
    world.account = world.account.model_copy(update={"digest": digest})


def tick(world: World, post: Post) -> None:
    """What a tick does about urgent rows."""
    if evaluate.has_urgent_news(world.tables, world.account, world.now):
        on = world.now.astimezone(world.account.zone).date()
        tell(world, post, on, due=False)


def tell(world: World, post: Post, on: date, *, due: bool) -> None:
    send_mails(world, post, on, due=due)


def fails(world: World, *mappings: str) -> None:
    """Lines that could not be written: urgent rows."""
    world.lines(*(line(one, blocked=CANCELLED) for one in mappings))
    world.evaluate()


def test_an_urgent_row_is_mailed_at_the_next_tick_whatever_the_frequency(world: World, post: Post) -> None:
    weekly(world)
    world.add("t1", sku("e3", 10))
    fails(world, "mapping1")
    tick(world, post)
    tick(world, post)
    assert [mail.to for mail in post.mails] == ["a@msp.example.com"]


def test_a_second_urgent_row_of_the_day_is_mailed_the_next_day_and_not_forgotten(
    world: World, post: Post
) -> None:
    weekly(world)
    world.add("t1", sku("e3", 10))
    fails(world, "mapping1")
    tick(world, post)
    world.now += 6 * HOUR
    fails(world, "mapping1", "mapping2")
    tick(world, post)
    assert len(post.mails) == 1
    world.now += 18 * HOUR
    tick(world, post)
    assert len(post.mails) == 2


def test_an_account_that_moves_west_gets_no_second_urgent_mail_that_day(world: World, post: Post) -> None:
    weekly(world)
    world.account = world.account.model_copy(update={"timezone": "Pacific/Auckland"})
    world.add("t1", sku("e3", 10))
    fails(world, "mapping1")
    tick(world, post)
    world.account = world.account.model_copy(update={"timezone": "Pacific/Honolulu"})
    world.now += HOUR
    fails(world, "mapping1", "mapping2")
    tick(world, post)
    assert len(post.mails) == 1


def test_a_recipient_whose_mail_must_wait_keeps_nobody_else_waiting_and_gets_it_later(
    world: World, post: Post
) -> None:
    weekly(world, "slow@msp.example.com", "quick@msp.example.com")
    world.add("t1", sku("e3", 10))
    fails(world, "mapping1")
    post.says["slow@msp.example.com"] = Delivery.NOT_NOW
    on = world.now.date()
    with pytest.raises(RetryLater):
        tell(world, post, on, due=True)
    assert [mail.to for mail in post.mails] == ["quick@msp.example.com"]
    assert due_work.stored(world.tables, world.account).digest_on != on
    post.says.clear()
    world.now += HOUR
    tell(world, post, on, due=True)
    assert [mail.to for mail in post.mails] == ["quick@msp.example.com", "slow@msp.example.com"]
    assert due_work.stored(world.tables, world.account).digest_on == on


def test_what_a_refused_mail_said_is_new_in_the_next_digest(world: World, post: Post) -> None:
    weekly(world)
    world.add("t1", sku("e3", 10))
    fails(world, "mapping1")
    post.says["a@msp.example.com"] = Delivery.REFUSED
    tell(world, post, world.now.date(), due=True)
    post.says.clear()
    world.now += 7 * 24 * HOUR
    world.evaluate()
    tell(world, post, world.now.date(), due=True)
    assert len(post.mails) == 1
    assert post.mails[0].subject.startswith("4 new: 1 failed push")


@pytest.mark.parametrize("failure", [Delivery.REFUSED, Delivery.UNCLEAR])
def test_an_urgent_mail_that_did_not_arrive_is_tried_again_the_next_day_and_only_there(
    world: World, post: Post, failure: Delivery
) -> None:
    weekly(world, "a@msp.example.com", "b@msp.example.com")
    world.add("t1", sku("e3", 10))
    fails(world, "mapping1")
    post.says["b@msp.example.com"] = failure
    tick(world, post)
    assert [mail.to for mail in post.mails] == ["a@msp.example.com"]
    post.says.clear()
    world.now += 20 * HOUR
    tick(world, post)
    assert len(post.mails) == 1, "not on the same day: it may have arrived"
    world.now += 2 * HOUR
    tick(world, post)
    tick(world, post)
    world.now += 24 * HOUR
    tick(world, post)
    assert [mail.to for mail in post.mails] == ["a@msp.example.com", "b@msp.example.com"]
    assert post.mails[1].subject == post.mails[0].subject


def test_what_was_urgent_in_a_digest_that_was_refused_does_not_wait_for_the_next_one(
    world: World, post: Post
) -> None:
    weekly(world)
    world.add("t1", sku("e3", 10))
    fails(world, "mapping1")
    post.says["a@msp.example.com"] = Delivery.REFUSED
    tell(world, post, world.now.date(), due=True)
    post.says.clear()
    world.now += HOUR
    tick(world, post)
    assert post.mails == []
    world.now += 24 * HOUR
    tick(world, post)
    (mail,) = post.mails
    assert mail.subject.startswith("Urgent: failed push")


def test_an_address_that_refuses_everything_is_tried_once_a_day_and_keeps_nobody_waiting(
    world: World, post: Post
) -> None:
    weekly(world, "a@msp.example.com", "dead@msp.example.com")
    world.add("t1", sku("e3", 10))
    fails(world, "mapping1")
    post.says["dead@msp.example.com"] = Delivery.REFUSED
    tick(world, post)
    world.now = world.now.replace(hour=0) + 24 * HOUR
    tick(world, post)  # of the new day: nobody but the dead address has something to hear
    assert len(post.mails) == 1
    world.now += 2 * HOUR
    fails(world, "mapping1", "mapping2")
    tick(world, post)
    assert [mail.to for mail in post.mails] == ["a@msp.example.com"] * 2
    kept = [row.kind for row in mails(world.tables, world.account.id) if "dead" in row.recipient]
    assert kept == ["urgent", "urgent"]


def send_again(world: World, post: Post, failed: str) -> DeliveryResult:
    return digest_mails.send_again(mailer(world, post), world.account, failed, world.now)


def mail_rows(world: World) -> list[Alert]:
    return [one for one in world.alerts(MailFailed.slug) if one.finding.who == "gone@msp.example.com"]


@pytest.mark.parametrize(
    "delivery, words",
    [
        (Delivery.REFUSED, "was refused: the provider says so."),
        (Delivery.UNCLEAR, "may not have arrived: the provider says so."),
    ],
)
def test_a_mail_that_did_not_arrive_is_told_to_the_others_until_a_later_one_does(
    world: World, post: Post, delivery: Delivery, words: str
) -> None:
    weekly(world, "gone@msp.example.com", "boss@msp.example.com")
    world.add("t1", sku("e3", 10))
    fails(world, "mapping1")
    post.says["gone@msp.example.com"] = delivery
    assert not send_mails(world, post, world.now.date(), due=True)
    post.mails.clear()
    world.now += HOUR
    alert = world.only(MailFailed.slug)
    assert alert.finding.what == f"The digest of 20 Nov 2026 {words}"
    tick(world, post)
    assert post.mails == [], "a mail about a mail can wait for the next digest"

    world.now += timedelta(days=7)
    world.evaluate()
    on = world.now.date()
    assert not send_mails(world, post, on, due=True)
    assert [mail.to for mail in post.mails] == ["boss@msp.example.com"]
    assert words in " ".join(post.mails[0].text.split())
    world.now += HOUR
    [still] = mail_rows(world)
    assert still.changed_at == alert.changed_at, "another refused mail is no news: it would never end"

    post.says.clear()
    failed = MailName(world.account.id, "digest", on, "gone@msp.example.com").id
    assert send_again(world, post, failed).sent_now
    assert not send_again(world, post, failed).sent_now
    assert post.mails[-1].to == "gone@msp.example.com"
    assert "1 failed push" in post.mails[-1].subject
    world.now += HOUR
    assert mail_rows(world) == []


def test_what_is_sent_again_is_what_is_still_so_and_only_to_who_still_gets_mails(
    world: World, post: Post
) -> None:
    weekly(world)
    world.add("t1", sku("e3", 0))
    fails(world, "mapping1")
    post.says["a@msp.example.com"] = Delivery.REFUSED
    tell(world, post, world.now.date(), due=True)
    failed = MailName(world.account.id, "digest", world.now.date(), "a@msp.example.com").id
    world.lines()
    world.evaluate()
    assert send_again(world, post, failed).state is MailState.REFUSED, "what is open now is the refusal"
    weekly(world, "b@msp.example.com")
    again = MailName(world.account.id, "digest-again1", world.now.date(), "a@msp.example.com").id
    assert send_again(world, post, again) == DeliveryResult(None)
    assert world.alerts(MailFailed.slug) == []
    assert post.mails == []


@pytest.mark.parametrize(
    "given, answers", [("", "seatwise@msp.example.com"), ("help@msp.example.com", "help@msp.example.com")]
)
def test_answers_and_the_wish_to_get_no_more_go_to_the_mailbox_that_a_person_reads(
    world: World, post: Post, given: str, answers: str
) -> None:
    world.add("t1", sku("e3", 10))
    world.evaluate()
    on = world.now.date()
    send_mails(world, post, on, due=True, reply_to=given)
    message = build(post.mails[0], world.now)
    assert (message["From"], message["Reply-To"]) == ("Seatwise <seatwise@msp.example.com>", answers)
    assert message.get_all("List-Unsubscribe") == [f"<mailto:{answers}?subject=Unsubscribe>"]


def test_nothing_is_mailed_when_nothing_is_open(world: World, post: Post) -> None:
    world.add("t1", sku("e3", 0))
    world.evaluate()
    tell(world, post, world.now.date(), due=True)
    assert post.mails == []


def test_a_digest_waits_until_the_run_that_just_closed_was_judged(world: World, post: Post) -> None:
    weekly(world)
    world.add("t1", sku("e3", 10))
    world.evaluate()
    world.sleep()
    fails(world, "mapping1")
    runs.update(
        world.tables,
        world.account.id,
        world.run,
        lambda run: run.model_copy(update={"closed_at": world.now + timedelta(seconds=1)}),
    )
    world.now += timedelta(seconds=2)
    with pytest.raises(RetryLater):
        tell(world, post, world.now.date(), due=True)
    assert post.mails == []
    world.evaluate()
    tell(world, post, world.now.date(), due=True)
    assert len(post.mails) == 1


def test_a_digest_does_not_wait_for_ever_for_a_judgement_that_does_not_come(world: World, post: Post) -> None:
    weekly(world)
    world.add("t1", sku("e3", 10))
    world.evaluate()
    world.sleep()
    world.now += HOUR
    tell(world, post, world.now.date(), due=True)
    assert len(post.mails) == 1


def test_an_account_that_was_never_judged_is_not_written_to(world: World, post: Post) -> None:
    tell(world, post, datetime(2026, 11, 20).astimezone().date(), due=True)
    assert post.mails == []


def test_rows_that_can_be_excluded_have_a_link_of_the_recipients_own_in_text_and_html(
    world: World, post: Post
) -> None:
    people = ("a@msp.example.com", "b@msp.example.com")
    weekly(world, *people)
    world.partner("p1", [Customer(tenant_id="t2", name="Fabrikam", domain="")])
    world.add("t1", sku("e3", 10, 4))
    fails(world, "mapping1")
    links = Links("https://seatwise.msp.example", [b"k" * 32])
    send_mails(world, post, world.now.date(), due=True, links=links)
    marks = set()
    for mail in post.mails:
        tokens = re.findall(rf"{PATH}(\S+)$", mail.text, re.MULTILINE)
        assert re.findall(rf'href="https://seatwise.msp.example{PATH}([^"]+)"', mail.html) == tokens
        read = [links.read(token, world.now) for token in tokens]
        assert [link.slug for link in read] == [Slug.TENANT_NOT_ADDED, Slug.UNUSED_LICENSES]
        assert {link.recipient for link in read} == {recipient_mark(mail.to)}
        marks |= {link.recipient for link in read}
        assert mail.subject.startswith("4 new: 1 failed push, 1 licence without billing profile")
    assert len(marks) == len(people)


def test_without_an_address_for_links_a_mail_has_none(world: World, post: Post) -> None:
    world.add("t1", sku("e3", 10, 4))
    world.evaluate()
    tell(world, post, world.now.date(), due=True)
    assert "Exclude" not in post.mails[0].text + post.mails[0].html


# -- accepted is not arrived ------------------------------------------------------------------------------------

BOUNCED = Undeliverable(UndeliverableReason.BOUNCED, "550 5.1.1 no such user")
BLOCKED = Undeliverable(UndeliverableReason.BLOCKED, "550 5.7.1 looks like spam")


def daily(world: World, *recipients: str) -> None:
    world.account = world.account.model_copy(update={"digest": DigestSettings(recipients=recipients)})


def test_an_address_on_the_providers_list_is_told_nothing_and_the_others_are_told_so(
    world: World, post: Post
) -> None:
    daily(world, "gone@msp.example.com", "boss@msp.example.com")
    world.add("t1", sku("e3", 10))
    world.evaluate()
    post.knows["gone@msp.example.com"] = BOUNCED
    rows: list[Alert] = []
    for _ in range(3):
        assert not send_mails(world, post, world.now.date(), due=True)
        world.sleep()
        rows = mail_rows(world)
    [alert] = rows
    assert {mail.to for mail in post.mails} == {"boss@msp.example.com"}
    assert alert.finding.what == (
        "The digest of 22 Nov 2026 was not delivered: a mail to this address came back, so the mail service delivers "
        "no more to it: 550 5.1.1 no such user."
    )
    assert "suppression" not in alert.finding.fix
    post.mails.clear()
    post.knows.clear()
    assert send_mails(world, post, world.now.date(), due=True)
    [mail] = [mail for mail in post.mails if mail.to == "gone@msp.example.com"]
    assert "1 licence without billing profile" in mail.subject, "what it was never told is new"
    assert mail.subject.startswith("2 new")


def next_night(world: World, post: Post) -> None:
    """As the message that judges the night does it."""
    world.sleep()
    take_back_what_did_not_arrive(world.tables, post, world.account, world.now)
    world.evaluate()


@pytest.mark.parametrize("known, arrives", [(BOUNCED, False), (BLOCKED, True)])
def test_a_digest_that_came_back_after_it_was_accepted_has_told_nothing(
    world: World, post: Post, known: Undeliverable, arrives: bool
) -> None:
    daily(world, "gone@msp.example.com", "boss@msp.example.com")
    world.add("t1", sku("e3", 10))
    world.evaluate()
    assert send_mails(world, post, world.now.date(), due=True)
    post.mails.clear()
    post.knows["gone@msp.example.com"] = known
    next_night(world, post)
    [row] = mail_rows(world)
    assert "The digest of 20 Nov 2026 was not delivered: " in row.finding.what
    assert send_mails(world, post, world.now.date(), due=True) is arrives
    assert "boss@msp.example.com" in {mail.to for mail in post.mails}, "the others are told"
    post.knows.clear()
    next_night(world, post)
    send_mails(world, post, world.now.date(), due=True)
    theirs = [mail.subject for mail in post.mails if mail.to == "gone@msp.example.com"]
    assert ["licence without billing profile" in subject for subject in theirs].count(True) == 1
    assert theirs[0].startswith("2 new")


def test_an_urgent_mail_that_came_back_is_due_again_the_next_day_whatever_the_frequency(
    world: World, post: Post
) -> None:
    weekly(world)
    world.add("t1", sku("e3", 10))
    fails(world, "mapping1")
    tick(world, post)
    [first] = post.mails
    post.knows["a@msp.example.com"] = BLOCKED
    next_night(world, post)
    tick(world, post)
    assert [mail.subject for mail in post.mails] == [first.subject] * 2
    post.knows.clear()
    next_night(world, post)
    tick(world, post)
    assert len(post.mails) == 2


def test_who_unsubscribed_had_read_the_mail_before(world: World, post: Post) -> None:
    daily(world, "a@msp.example.com")
    world.add("t1", sku("e3", 10))
    world.evaluate()
    assert send_mails(world, post, world.now.date(), due=True)
    post.knows["a@msp.example.com"] = Undeliverable(UndeliverableReason.UNSUBSCRIBED)
    next_night(world, post)
    assert [mail.state for mail in mails(world.tables, world.account.id)] == [MailState.DONE]


def test_a_provider_that_cannot_be_asked_keeps_no_mail_back_and_takes_none_back(
    world: World, post: Post
) -> None:
    daily(world, "a@msp.example.com")
    world.add("t1", sku("e3", 10))
    world.evaluate()
    post.knows["a@msp.example.com"] = CANNOT_TELL
    assert send_mails(world, post, world.now.date(), due=True)
    next_night(world, post)
    assert send_mails(world, post, world.now.date(), due=True)
    [row] = mails(world.tables, world.account.id)
    assert (row.state, len(post.mails)) == (MailState.DONE, 1)
    assert row.why.startswith("Accepted; it could not be asked whether the address is delivered to: SendGrid")


def test_a_mail_that_cannot_show_all_rows_carries_them_as_a_file(world: World, post: Post) -> None:
    daily(world, "a@msp.example.com")
    world.add("t1", *(sku(f"sku{n}", 10) for n in range(200)))
    world.evaluate()
    assert send_mails(world, post, world.now.date(), due=True)
    [mail] = post.mails
    [file] = mail.attachments
    assert len(file.content.splitlines()) == 201
    assert len(mail.html.encode()) <= 95_000
    world.sleep()
    world.evaluate()
    assert send_mails(world, post, world.now.date(), due=True)
    assert post.mails[1].subject != mail.subject, "the rest is new the next day"


@pytest.mark.parametrize("web", ["https://app.msp.example.com", ""], ids=["front end", "none"])
def test_each_row_links_to_itself_in_the_front_end_and_to_nothing_where_there_is_none(
    world: World, post: Post, web: str
) -> None:
    world.add("t1", sku("e3", 10))
    fails(world, "mapping1")
    [row] = (row for row in evaluate.open_alerts(world.tables, world.account.id) if row.finding.urgent)
    there = f"{web}/accounts/{world.account.id}/exceptions/{alert_id(row)}"
    told = replace(mailer(world, post), web=web)
    digest_mails.send_mails(told, world.account, world.now.date(), due=False, now=world.now)
    [mail] = post.mails
    assert mail.html.count(f'href="{there}"') == mail.text.count(f"Open: {there}") == bool(web)
    assert ("/exceptions/" in mail.html + mail.text) == bool(web)
