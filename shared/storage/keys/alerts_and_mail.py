"""Keys of alerts, evaluations and mails."""

from datetime import date, datetime

from shared.storage.keys.parts import AccountId, hashed, instant, part
from shared.storage.tables import Key


def alerts(account: AccountId) -> str:
    return f"{account}|alerts"


OPEN_ALERTS = "alert|"
FAILED_MESSAGES = "poison|"


def open_alerts_of(slug: str) -> str:
    """How the rows of the open alerts of a type begin."""
    return f"{OPEN_ALERTS}{part(slug)}|"


def alert(account: AccountId, slug: str, identity: str) -> Key:
    return Key(alerts(account), f"{open_alerts_of(slug)}{hashed(identity)}")


def closed_alert(account: AccountId, slug: str, identity: str, opened_at: datetime) -> Key:
    """Apart from the open ones, so that years of closed alerts cost an evaluation nothing."""
    return Key(alerts(account), f"{closed_before(slug, identity)}{instant(opened_at)}")


def closed_before(slug: str, identity: str) -> str:
    """How the rows begin that one alert left each time it was closed, the oldest first."""
    return f"{closed_alerts(slug)}{hashed(identity)}|"


def closed_alerts(slug: str, digit: str = "") -> str:
    """The rows of the closed alerts of a type; with a hexadecimal digit a sixteenth of them."""
    return f"closed|{part(slug)}|{digit}"


ENDED_TICKETS = "ended-ticket|"
TICKETS = "ticket|"
"""How the rows of the tickets begin whose alert is open, or which are to be closed."""


def ticket(account: AccountId, slug: str, identity: str, opened_at: datetime) -> Key:
    """Of one opening of an alert: one that comes back gets another."""
    return Key(alerts(account), f"{TICKETS}{part(slug)}|{hashed(identity)}|{instant(opened_at)}")


def ended_ticket(account: AccountId, slug: str, identity: str, opened_at: datetime) -> Key:
    """Apart from the others, so that years of closed tickets cost a night nothing."""
    return Key(alerts(account), f"{ended_tickets(slug)}{hashed(identity)}|{instant(opened_at)}")


def ended_tickets(slug: str, digit: str = "") -> str:
    """As `closed_alerts`: tickets of alerts of a type that were closed."""
    return f"{ENDED_TICKETS}{part(slug)}|{digit}"


def tickets_state(account: AccountId) -> Key:
    """Beside the tickets, so that each is written with it in one transaction."""
    return Key(alerts(account), "tickets")


def failed_message(account: AccountId, queue: str) -> Key:
    return Key(alerts(account), f"{FAILED_MESSAGES}{part(queue)}")


def evaluation(account: AccountId) -> Key:
    return Key(alerts(account), "evaluation")


def summary(account: AccountId) -> Key:
    """Beside the evaluation, which writes it in the same transaction."""
    return Key(alerts(account), "summary")


def mails(account: AccountId) -> str:
    return f"{account}|mails"


MAILS = "mail|"


def mails_of_month(month: str) -> str:
    """How the rows of the mails of a month (YYYY-MM) begin."""
    return f"{MAILS}{month}"


def mails_of_day(on: date) -> str:
    """How the rows of the mails of a date begin: it sorts before each of them."""
    return f"{MAILS}{on.isoformat()}|"


def mail(account: AccountId, kind: str, on: date, recipient: str) -> Key:
    return Key(mails(account), f"{MAILS}{on.isoformat()}|{part(kind)}|{hashed(recipient)}")


def digest_memory(account: AccountId, address: str) -> Key:
    """What the digests and urgent mails told a recipient."""
    return Key(mails(account), f"recipient|{hashed(address)}")


def mail_under_way(account: AccountId, address: str) -> Key:
    return Key(mails(account), f"under-way|{hashed(address)}")
