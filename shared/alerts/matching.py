"""What makes a finding of today and a stored alert the same, and what of it is a change."""

from datetime import datetime
from urllib.parse import quote

from shared.alerts.models import Alert, Finding


def identity(*parts: str) -> str:
    """One text for the parts that name a thing: different parts never give the same, whatever the vendors write."""
    return "|".join(quote(part, safe="", errors="surrogatepass") for part in parts)


def matched(
    stored: Alert | None, finding: Finding, now: datetime, first_opened_at: datetime | None = None
) -> Alert | None:
    """The alert of a finding of today, by the alert stored under its identity; None: the stored one stays as it is.

    Another `value`, or that it has become urgent, is a change that people are told of; other words are not. One that
    comes back keeps the day on which it was open for the first time.
    """
    if stored is None:
        return Alert(finding=finding, opened_at=now, changed_at=now, first_opened_at=first_opened_at)
    before = stored.finding
    if before.value != finding.value or (finding.urgent and not before.urgent):
        return stored.model_copy(update={"finding": finding, "changed_at": now, "not_checked_since": None})
    if before != finding or stored.not_checked_since is not None:
        return stored.model_copy(update={"finding": finding, "not_checked_since": None})
    return None
