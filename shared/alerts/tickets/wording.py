"""What a ticket says. Names and sentences of an alert are other people's text, so each is one harmless line."""

import hashlib
from datetime import datetime

from shared.alerts.models import Alert
from shared.alerts.rules import BY_SLUG
from shared.alerts.tickets.models import TicketSettings
from shared.billing.psa.tickets import SUMMARY_LENGTH, NewTicket
from shared.storage import keys
from shared.storage.keys import AccountId
from shared.text import one_line


def reference(account: AccountId, alert: Alert) -> str:
    """The same for the same opening of an alert, whoever makes the ticket."""
    finding = alert.finding
    text = f"{account}|{finding.slug}|{finding.identity}|{keys.instant(alert.opened_at)}"
    return f"SW-{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:16]}"


def new_ticket(account: AccountId, alert: Alert, settings: TicketSettings, company: str) -> NewTicket:
    finding, ours = alert.finding, reference(account, alert)
    lines = [
        BY_SLUG[finding.slug].words.title,
        f"{one_line(finding.who)}: {one_line(finding.what, 1000)}",
        f"What to do: {one_line(finding.fix, 1000)}",
        f"Open since {alert.opened_at:%-d %b %Y}. Seatwise closes this ticket when nothing of it is left to do.",
        f"Reference: {ours}",
    ]
    return NewTicket(
        board=settings.board,
        priority=settings.priority,
        company=company,
        summary=one_line(f"{finding.who}: {finding.what}", SUMMARY_LENGTH),
        description="\n\n".join(lines),
        reference=ours,
    )


def closing_note(now: datetime) -> str:
    return f"Seatwise: nothing of this is left to do since {now:%-d %b %Y}, so the ticket is closed."
