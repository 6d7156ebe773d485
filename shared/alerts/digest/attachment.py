"""Every row of a mail as a CSV file, for what the mail itself cannot show."""

import csv
import io
from datetime import date

from shared.accounts.account import Account
from shared.alerts.digest.decide import DueMail
from shared.alerts.rules import BY_SLUG
from shared.mail.base import Attachment
from shared.text import no_formula, one_line

COLUMNS = (
    "Alert", "Customer", "What", "What to do", "State", "Urgent", "First seen", "Last day", "Seats", "Money a month",
    "Currency", "Not checked since",
)  # fmt: skip


def attachment(mail: DueMail, account: Account, on: date) -> Attachment:
    """In the order in which a mail would show the rows. A byte-order mark, so that Excel reads UTF-8."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for alert in mail.rows:
        row = alert.finding
        days = (alert.first_opened_at or alert.opened_at, alert.not_checked_since)
        first, unchecked = (at.astimezone(account.zone).date().isoformat() if at else "" for at in days)
        cells = (
            BY_SLUG[row.slug].words.title,
            one_line(row.who, 120),
            one_line(row.what),
            one_line(row.fix),
            mail.state(alert),
            "yes" if row.urgent else "no",
            first,
            row.until.isoformat() if row.until else "",
            str(row.seats),
            str(row.money),
            one_line(account.currency_symbol, 8),
            unchecked,
        )
        table.writerow(map(no_formula, cells))
    name = f"seatwise-{on.isoformat()}.csv"
    return Attachment(name, "text/csv", ("\ufeff" + out.getvalue()).encode())
