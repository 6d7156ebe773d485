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
