"""The sentences of why a line is not written, made from what is stored."""

from datetime import date
from decimal import Decimal
from typing import Final

from shared.billing.models import (
    Block,
    BlockReason,
    HoldReason,
    LedgerEntry,
    LineRecord,
    Unplanned,
    UnplannedReason,
    Unreadable,
    UnreadableReason,
)
from shared.billing.psa.base import BillableOption, Period
from shared.billing.psa.write_failures import told
from shared.licensing import not_countable

_BILLED: Final = {
    BillableOption.BILLABLE: "billable",
    BillableOption.DO_NOT_BILL: "do not bill",
    BillableOption.NO_CHARGE: "no charge",
    None: "something that Seatwise does not know",
}
PERIODS: Final = {
    Period.MONTHLY: "monthly",
    Period.ANNUAL: "annually",
    Period.OTHER: "neither monthly nor annually",
    Period.UNKNOWN: "at times that are not known",
    None: "at times that are not known",
}
_RESTS: Final = (
    "The agreement is not active in the PSA any more, so the line bills nothing. If it comes back, Seatwise ends the "
    "line on its day."
)
_BLOCKED: Final = {
    BlockReason.AGREEMENT_GONE: (
        "The agreement is no longer in the PSA. Choose another one for the mapping, or end it."
    ),
    BlockReason.AGREEMENT_UNLISTED: (
        "The PSA's list does not show the agreement any more, but nothing proves that the line bills nothing after its "
        "last day. Give Seatwise's user the right to see the agreement, or end the line in the PSA yourself."
    ),
    BlockReason.AGREEMENT_ENDED: (
        "The agreement is cancelled or has ended in the PSA. Renew it there, or choose another one."
    ),
    BlockReason.OTHER_COMPANY: (
        "The agreement belongs to another company in the PSA than the one that this customer is linked to. Put it back "
        "there, link the customer to that company, or choose another agreement."
    ),
    BlockReason.OTHER_PERIOD: (
        "The agreement is billed {period} in the PSA, and the mapping was made for what is charged {meant}. Correct it "
        "there, or choose another agreement; if it is right and so is the line's price, save the mapping again."
    ),
    BlockReason.PRODUCT_PERIOD: (
        "The agreement is billed {period} in the PSA, and the line's product is charged {meant} there. Correct the one "
        "that is wrong, or choose another agreement or billing profile."
    ),
    BlockReason.OTHER_TYPE: (
        "The agreement is of the type '{text}' in the PSA, which its billing profile does not name. Correct the one "
        "that is wrong, or choose another agreement."
    ),
    BlockReason.LINE_GONE: (
        "The line is no longer in the agreement. Choose another line for the mapping, or end it."
    ),
    BlockReason.LINE_ENDED: (
        "The line has ended: {day} was its last day. Remove that date in the PSA, or choose another line for the "
        "mapping."
    ),
    BlockReason.STARTS_LATER: (
        "The line is billed only from {day} on, which the mapping does not say. Correct its start in the PSA, or the "
        "start date of the mapping."
    ),
    BlockReason.OTHER_PRODUCT: (
        "The line now bills another product than the mapping's billing profile. Choose the line again."
    ),
    BlockReason.OTHER_BILLING: (
        "The line is set to “{billable}” in the PSA, and its billing profile says “{expected}”. Correct the one that "
        "is wrong."
    ),
    BlockReason.OTHER_PRICE: (
        "The line charges {price} for a seat in the PSA, and its billing profile says {expected_price}. Correct the one"
        " that is wrong."
    ),
    BlockReason.NO_PRODUCT_PRICE: (
        "Its billing profile charges a part more or less than the product's price, and the product has no price in the "
        "PSA. Enter it there, or choose a fixed price in the profile."
    ),
    BlockReason.NO_PRICE: (
        "The line was made without a price, and its product charges {price}: the customer is charged nothing for it. "
        "Enter the price in the PSA; if nothing is to be charged, choose the line for the mapping."
    ),
    BlockReason.NOT_WHOLE: (
        "The line's quantity is {quantity}, and seats are whole numbers from 0. Correct it in the PSA, or choose "
        "another line for the mapping."
    ),
    BlockReason.UNOWNED_LINE: (
        "The agreement already has a line for this product that no mapping owns ({text}, quantity {quantity}). Choose "
        "that line for the mapping, or say that a second line is right."
    ),
    BlockReason.NEWER_LINE: (
        "The agreement has another line for this product since the mapping was saved ({line_id}, {text}, quantity "
        "{quantity}), and no mapping owns it: it may be the one that Seatwise asked for. Choose that line for the "
        "mapping or remove it in the PSA; or, if both are right, save the mapping once without a second line and then "
        "with it."
    ),
    BlockReason.CREATED_TWICE: (
        "The agreement has {count} lines that Seatwise created for this mapping. Remove all but one in the PSA, then "
        "choose that one for the mapping."
    ),
    BlockReason.SECOND_LINE: (
        "The agreement has a second line that Seatwise created for this mapping ({line_id}, quantity {quantity}): the "
        "customer is billed twice. Remove it in the PSA, or clear its reference '{marker}' there if it is right."
    ),
    BlockReason.OTHER_END: (
        "It was to end on the day that a person said, and in the PSA it has another last day now ({day}). Enter the "
        "right one in the PSA; or map the line again, and Seatwise looks after it."
    ),
    BlockReason.ENDS_BY_HAND: (
        "This PSA ends no line on a day. Take the line out in the PSA when its last day is over, or set it to 0 there."
    ),
    BlockReason.AFTER_AGREEMENT: "The agreement ends on {day}: choose that day or an earlier one.",
    BlockReason.ENDS_WITH_AGREEMENT: (
        "The agreement itself ends on {day}, and this PSA changes seats only within it. Choose an earlier day, or say "
        "that you look after the line until it ends with its agreement."
    ),
    BlockReason.CHANGES_LATER: (
        "The PSA has a change of its seats already, from {day} on. Choose that day or a later one."
    ),
    BlockReason.PSA: "{text}",
}
_UNPLANNED: Final = {
    UnplannedReason.UNREAD: "The tenant could not be read at the newest attempt.",
    UnplannedReason.TOO_OLD: "The tenant was last read on {day}, too long ago to bill by it.",
    UnplannedReason.ANOTHER_LINE: "A change of its mapping was not completed.",
    UnplannedReason.ANOTHER_PRODUCT: "Its billing profile names another product now.",
    UnplannedReason.NO_LINE: (
        "Its mapping is in force, but Seatwise keeps no line for it, so nobody looks after what it bills."
    ),
    UnplannedReason.OLD_LINE: (
        "The line that billed the same seats before is not proven to end, and both would be billed: see what is wrong "
        "with that line first."
    ),
    UnplannedReason.NOT_COUNTABLE: "{text}",
}


_HELD: Final = {
    HoldReason.TO_ZERO: "the line would go to 0",
    HoldReason.TENANT_LOSS: "the customer would lose many seats within 24 hours",
    HoldReason.ACCOUNT_LOSS: "all customers together would lose many seats within 24 hours",
    HoldReason.SUSPICIOUS: "Microsoft’s numbers were hard to believe",
    HoldReason.PRORATION: "the agreement prorates its lines",
    HoldReason.SOLD_BY_OTHERS: "some of the seats were sold by somebody else than before",
}


_UNREADABLE: Final = {
    UnreadableReason.PSA: "{text}",
    UnreadableReason.NOT_UNDERSTOOD: "The PSA lists it with what is not understood: {text}.",
    UnreadableReason.NOT_FINISHED: "It was not finished when the run ended.",
}


def of_line(line: LineRecord) -> str:
    """Why this line is not written, "" when nothing of this kind keeps it."""
    if line.rests:
        return _RESTS
    if line.blocked is not None:
        return blocked(line.blocked)
    return unplanned(line.not_planned) if line.not_planned is not None else told(line.refused)


def blocked(why: Block) -> str:
    """What is wrong with the line, and what a person does about it."""
    return _BLOCKED[why.reason].format(
        day=_day(why.day),
        billable=_BILLED[why.billable],
        expected=_BILLED[why.expected],
        period=PERIODS[why.period],
        meant=PERIODS[why.meant],
        quantity="" if why.quantity is None else f"{why.quantity.normalize():f}",
        text=why.text,
        count=why.count,
        line_id=why.line_id,
        marker=why.marker,
        price=_price(why.price),
        expected_price=_price(why.expected_price),
    )


def _price(price: Decimal | None) -> str:
    return "" if price is None else f"{price.normalize():f}"


def of_entry(entry: LedgerEntry) -> str:
    """Why something of the ledger happened: a person's reason, what was wrong with a write, what a change waits for."""
    if entry.held:
        because = "; ".join(_HELD[reason] for reason in entry.held)
        return f"Held, since {because}."
    return told(entry.failure) if entry.failure is not None else entry.why


def unreadable(why: Unreadable) -> str:
    """Why the agreement could not be worked on."""
    return _UNREADABLE[why.reason].format(text=why.text)


def unplanned(why: Unplanned) -> str:
    """Why the line keeps its number for now."""
    text = not_countable.sentence(why.uncounted) if why.uncounted else why.text
    return _UNPLANNED[why.reason].format(day=_day(why.read_on), text=text)


def _day(on: date | None) -> str:
    return f"{on.day} {on:%b %Y}" if on else "an unknown day"
