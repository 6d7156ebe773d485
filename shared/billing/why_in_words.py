"""N4: why a line said its number on a day, as a person reads it."""

from datetime import date

from shared.accounts.company import Company
from shared.billing.models import Basis, FewerSeats, LedgerEntry, MoreSeats, Options, SoldByOthers
from shared.billing.why_this_number import TAKEN_OVER, WAITS, WhyThisNumber
from shared.licensing.custom_licences.wording import described
from shared.licensing.licences import Licence


def sentence(why: WhyThisNumber, product: str) -> str:
    """The answer as a person reads it."""
    parts = [_number(why)]
    if why.edited is not None:
        parts.append(
            f"The PSA says {why.edited.psa.normalize():f} since {_day(why.edited.since)}: somebody entered it there, "
            "and nobody has decided on it yet."
        )
    if why.mapping is None:
        parts.append(f"{product} was not mapped on that day.")
    elif not why.mapping.bill:
        parts.append(f"{product} was set to “do not bill” by {_decider(why)}.")
    else:
        parts.append(_arithmetic(why, why.mapping.options, product))
        if why.wanted is not None and why.wanted != why.number:
            parts.append(_difference(why, why.wanted, why.mapping.options))
    if why.ending is not None and why.ending.last_day is not None and not why.is_over:
        parts.append(f"Its line bills until {_day(why.ending.last_day)}, {_as_said(why.ending)}.")
    return " ".join(parts)


def _as_said(ending: LedgerEntry) -> str:
    return f"as {ending.who} said on {_day(ending.at)}"


def _number(why: WhyThisNumber) -> str:
    if why.is_over and why.ending is not None and why.ending.last_day is not None:
        return f"The line billed nothing after {_day(why.ending.last_day)}, {_as_said(why.ending)}."
    if why.said is None:
        return f"At the end of {_day(why.on)} the PSA had not been proven to say any number for this line."
    how = (
        f"taken over by {why.said.who}"
        if why.said.event in TAKEN_OVER
        else "confirmed in the PSA"
        + (f" after {why.said.who} decided it" if why.said.who != "Seatwise" else "")
    )
    return f"The line said {why.number} at the end of {_day(why.on)}: {how} on {_day(why.said.at)}."


def _arithmetic(why: WhyThisNumber, options: Options, product: str) -> str:
    """How counts and options give the wanted number."""
    if why.day is None:
        return "The customer had not been read yet."
    read = f"as counted since {_day(why.day.on)}"
    if why.not_countable:
        return f"{product} gave no number, {read}: {why.not_countable}"
    counts = why.counts
    if counts is None:
        return f"The customer had no {product}, {read}, which makes {why.wanted}."
    parts = [f"{_basis(why, counts, options.basis, product)}, {read}"]
    if options.sold_by_others is SoldByOthers.LEFT_OUT and counts.sold_by_others:
        parts.append(f"without {counts.sold_by_others} that somebody else sold")
    if options.included:
        parts.append(f"less {options.included} included")
    if options.minimum:
        parts.append(f"at least {options.minimum}")
    if options.difference:
        parts.append(f"{options.difference:+} taken over from the PSA")
    apart = [
        f"{units} {what}"
        for units, what in (
            (counts.on_trial, "on trial"),
            (counts.in_grace, "in grace"),
            (counts.suspended, "suspended"),
        )
        if units
    ]
    never = f" Never billed: {', '.join(apart)}." if apart else ""
    return f"{', '.join(parts)}: {why.wanted}, by the mapping of {_decider(why)}.{never}"


def _basis(why: WhyThisNumber, counts: Licence, of: Basis, product: str) -> str:
    """What was counted."""
    basis = f"{counts.purchased} purchased seats of {product}"
    if why.custom is not None and not why.custom.rule.counts_seats:
        basis = f"{counts.purchased} of {product}"
    elif of is Basis.ASSIGNED:
        basis = f"{counts.assigned} assigned seats of {product} (of {counts.purchased} purchased)"
    if why.custom is not None:
        return f"{basis} ({described(why.custom.rule)})"
    if why.shared is not None and why.shared.users is not None:
        return f"{len(why.shared.users)} users of {product} who fit {_filters(why.shared.company)}"
    return basis


def _filters(company: Company) -> str:
    """As a person reads them: "the filters of Contoso North (office Bern or Zürich; city Chur)"."""
    named = company.filters.model_dump(exclude_defaults=True)
    told = "; ".join(f"{field} {' or '.join(texts)}" for field, texts in named.items())
    return f"the filters of {company.name} ({told or 'none: everybody'})"


def _difference(why: WhyThisNumber, wanted: int, options: Options) -> str:
    if why.waits is None:
        return _scheduled(why, wanted, options) or (
            f"It had not been brought to {wanted} by then: see the runs of that day."
        )
    waits = why.waits
    told = WAITS[waits.event].format(before=waits.before, after=waits.after, who=waits.who)
    return f"It did not say {why.wanted}, since {told} on {_day(waits.at)}."


def _scheduled(why: WhyThisNumber, wanted: int, options: Options) -> str:
    """What the mapping said of the day from which other seats count; "" when it said none."""
    if options.starts is not None and options.starts > why.on:
        return f"The mapping said that the line begins on {_day(options.starts)}."
    if why.number is not None and wanted < why.number and options.fewer_seats is FewerSeats.NEXT_PERIOD:
        return f"Fewer seats wait for the next period, as the mapping said: then it is {wanted}."
    if why.number is not None and wanted > why.number and options.more_seats is MoreSeats.FROM_PERIOD_START:
        return f"More seats count from the start of a period, as the mapping said: then it is {wanted}."
    return ""


def _decider(why: WhyThisNumber) -> str:
    if why.decided is None:
        return "nobody"
    reason = f" ({why.decided.reason})" if why.decided.reason else ""
    return f"{why.decided.who} on {_day(why.decided.valid_from)}{reason}"


def _day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"
