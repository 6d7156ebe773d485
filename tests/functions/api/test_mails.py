"""Mails by the API: what became of each, and sending a failed one again."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from shared.alerts.digest.send import Mailer, send_mails
from shared.mail.base import Delivery, Mail, Receipt
from tests.functions.api.busy import Busy
from tests.functions.api.conftest import MSP, OTHER, Caller
from tests.functions.memory_wiring import MemoryWiring

type SignIn = Callable[[str], Caller]
MAILS = f"/accounts/{MSP}/mails"


class Provider:
    """Refuses until it is told to accept."""

    def __init__(self) -> None:
        self.accepts = False
        self.sent: list[Mail] = []

    def send(self, mail: Mail) -> Receipt:
        if not self.accepts:
            return Receipt(Delivery.REFUSED, why="550 no such mailbox")
        self.sent.append(mail)
        return Receipt(Delivery.ACCEPTED, reference="r1")

    def undeliverable(self, to: str, since: datetime | None = None) -> None:
        return None


@pytest.fixture
def provider(wired: MemoryWiring, busy: Busy) -> Provider:
    """The digest of the day was refused."""
    provider = Provider()
    wired.__dict__["transport"] = provider
    world = busy.world
    mailer = Mailer(wired.tables, provider, "s@x.example")
    send_mails(mailer, world.account, world.now.date(), due=True, now=world.now)
    return provider


def test_a_refused_mail_is_listed_with_why_and_sent_again_once(
    wired: MemoryWiring, provider: Provider, sign_in: SignIn
) -> None:
    admin = sign_in("admin")
    [mail] = admin("GET", f"{MAILS}?state=refused").json()["items"]
    assert (mail["why"], mail["canBeSentAgain"]) == ("550 no such mailbox", True)
    provider.accepts = True
    again = admin("POST", f"{MAILS}/{mail['id']}/send-again")
    assert again.json() == {"state": "done", "sentNow": True, "why": ""}
    assert admin("POST", f"{MAILS}/{mail['id']}/send-again").json()["sentNow"] is False
    assert len(provider.sent) == 1
    assert any(one.queue == "evaluate" for one in wired.sent.messages)


def test_a_mail_that_arrived_or_is_not_there_is_not_sent_again(
    wired: MemoryWiring, provider: Provider, sign_in: SignIn
) -> None:
    admin = sign_in("admin")
    provider.accepts = True
    [mail] = admin("GET", MAILS).json()["items"]
    admin("POST", f"{MAILS}/{mail['id']}/send-again")
    wired.now += timedelta(seconds=1)
    arrived = next(one for one in admin("GET", MAILS).json()["items"] if one["state"] == "done")
    assert admin("POST", f"{MAILS}/{arrived['id']}/send-again").status_code == 422
    assert admin("POST", f"{MAILS}/nothing/send-again").status_code == 404
    assert sign_in("other")("POST", f"/accounts/{OTHER}/mails/{mail['id']}/send-again").status_code == 404
    assert len(provider.sent) == 1


def test_the_first_page_says_what_became_of_the_nights_mails(
    provider: Provider, sign_in: SignIn, busy: Busy
) -> None:
    told = [
        {"recipient": mail, "kind": "digest", "state": "refused"}
        for mail in busy.world.account.digest.everybody
    ]
    assert sign_in("reader")("GET", f"/accounts/{MSP}/summary").json()["mails"] == told
    busy.world.sleep()
    busy.judge()
    assert sign_in("reader")("GET", f"/accounts/{MSP}/summary").json()["mails"] == []


def test_mails_are_listed_by_state(provider: Provider, sign_in: SignIn) -> None:
    reader = sign_in("reader")
    assert reader("GET", f"{MAILS}?state=done").json()["items"] == []
    assert reader("GET", f"{MAILS}?state=lost").status_code == 422
