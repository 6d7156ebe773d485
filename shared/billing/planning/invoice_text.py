"""K8 and K17: what a customer reads of a line on the invoice, made of its mapping and its tenant's licences. Pure.

The same facts give the same text, in one order, so that nothing is written on a night on which nothing changed. A fact
that could not be read gives no text at all, and the line keeps the one that it has; only terms say "unknown".
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from shared.billing.models import LicenceMapping
from shared.billing.planning.quantities import Shares
from shared.billing.psa.texts import harmless
from shared.licensing.licences import LicenceRows, is_purchased
from shared.licensing.not_countable import NotCountable
from shared.microsoft.models import Term, User

_BETWEEN: Final = " | "
_DURATIONS: Final = {"P1M": "monthly", "P1Y": "annual", "P3Y": "three years"}
_UNKNOWN: Final = "unknown"


class CustomFacts(NamedTuple):
    """What a custom licence counts."""

    sku_ids: Collection[str]
    users: Sequence[User] | None
    """None: they could not be read, or nobody keeps who they are, as of members of a group."""


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What is known of one tenant."""

    rows: LicenceRows
    users: Sequence[User] | None = None
    """None: they were not asked for, or could not be read."""
    shares: Shares | None = None
    """Its users are shared out to companies."""
    terms: Mapping[str, Term] | None = None
    """By commerce id; None: unknown."""
    custom: Mapping[str, CustomFacts] = field(default_factory=dict)
    """By what stands for their SKU."""


def text_of(mapping: LicenceMapping, profile_name: str, facts: TextFacts, most: int) -> str | None:
    """The text of a mapping's line, of at most so many characters; None: not all that it says could be read.

    What does not fit is left out whole: first of the users, who are counted then, then the parts from the last on.
    """
    options = mapping.options
    base = harmless(options.invoice_text or profile_name, most)
    names, rest = None, list[str]()
    if options.names_on_invoice:
        names = _names(mapping, facts)
        if names is None:
            return None
    if options.spare_on_invoice and facts.shares is None:
        spare = _spare(mapping, facts.rows)
        if spare is None:
            return None
        rest.append(f"Spare seats: {spare}")
    if options.terms_on_invoice:
        rest.append(f"Term: {_terms(mapping, facts)}")
    while rest and len(_joined(base, *rest)) > most:
        rest.pop()
    if names is None:
        return _joined(base, *rest)
    room = most - len(_joined(base, *rest)) - len(_BETWEEN)
    return _joined(base, _listed("Users: ", names, room), *rest)


def _joined(*parts: str) -> str:
    return _BETWEEN.join(part for part in parts if part)


def _names(mapping: LicenceMapping, facts: TextFacts) -> list[str] | None:
    """Of the users who have the licence and are the company's, in one order; None: they could not be read."""
    users = _users(mapping, facts)
    if users is None:
        return None
    names = [harmless(user.name) or harmless(user.upn) for user in users]
    return sorted(filter(None, names), key=lambda name: (name.casefold(), name))


def _users(mapping: LicenceMapping, facts: TextFacts) -> Sequence[User] | None:
    """None: they could not be read, or nobody knows what the licence counts."""
    if facts.shares is not None:
        coverage = facts.shares.coverage
        return coverage.of(mapping.company, mapping.sku_id) if coverage else None
    if mapping.licence.is_custom:
        licence = facts.custom.get(mapping.sku_id)
        return licence.users if licence else None
    if facts.users is None:
        return None
    return [user for user in facts.users if mapping.sku_id in user.skus]


def _listed(title: str, names: Sequence[str], room: int) -> str:
    """As many names as there is room for, and how many more there are; "" where there is no room even for a number."""
    for shown in range(min(len(names), max(room, 0)), -1, -1):
        more = len(names) - shown
        told = ", ".join(names[:shown])
        if more:
            told = f"{told} and {more} more" if shown else str(more)
        part = f"{title}{told or 'none'}"
        if len(part) <= room:
            return part
    return ""


def _spare(mapping: LicenceMapping, rows: LicenceRows) -> int | None:
    """Purchased seats that nobody has; None where their number cannot be trusted."""
    try:
        row = rows.find(mapping.licence)
    except NotCountable:
        return None
    return row.spare if row is not None else 0


def _terms(mapping: LicenceMapping, facts: TextFacts) -> str:
    """The commitments of what is billed, each different one once."""
    licence = facts.custom.get(mapping.sku_id)
    skus = licence.sku_ids if licence else (mapping.sku_id,)
    mine = (
        one
        for one in facts.rows.snapshot.subscriptions
        if one.sku_id in skus and mapping.subscription_id in ("", one.id) and is_purchased(one)
    )
    told = sorted({_term((facts.terms or {}).get(one.commerce_id)) for one in mine})
    return "; ".join(told) or _UNKNOWN


def _term(term: Term | None) -> str:
    if term is None:
        return _UNKNOWN
    length = _DURATIONS.get(term.duration, term.duration or f"length {_UNKNOWN}")
    return ", ".join((harmless(length), *_renewal(term), f"cancellable until {_day(term.cancellable_until)}"))


def _renewal(term: Term) -> Iterable[str]:
    if term.auto_renew is None:
        return f"renewal date {_day(term.ends)}", f"auto-renew {_UNKNOWN}"
    if term.auto_renew:
        return f"renews {_day(term.ends)}", "auto-renew on"
    return f"ends {_day(term.ends)}", "auto-renew off"


def _day(day: date | None) -> str:
    return f"{day:%-d %b %Y}" if day else _UNKNOWN
