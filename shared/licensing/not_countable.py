"""Why a snapshot gives a licence no number to trust: stored as data, told as a sentence."""

from enum import StrEnum
from typing import Final

from shared.licensing.tenant_state import ReadFailure
from shared.storage.documents import Document


class UncountedReason(StrEnum):
    """Stored: a word that is here once stays."""

    SUBSCRIPTIONS_DIFFER = "subscriptions_differ"
    """They add up to `counted`, and Microsoft counts `told`."""
    TRIAL_UNKNOWN = "trial_unknown"
    """Of `told` seats nobody says whether they are on trial."""
    SELLERS_UNKNOWN = "sellers_unknown"
    """The mapping leaves out what others sold, and nobody says who sold the `told` seats."""
    ASSIGNED_BEYOND = "assigned_beyond"
    """`told` seats are assigned and `counted` can be billed; the others are on trial, in grace or the like."""
    FILTERED_PURCHASED = "filtered_purchased"
    """The mapping bills purchased seats, and the tenant's users are shared out to companies by filters."""
    IN_SEVERAL_COMPANIES = "in_several_companies"
    """`told` users fit this company's filters and those of another one: both would be billed for them."""
    PEOPLE_UNKNOWN = "people_unknown"
    """Who has the licence is not kept any more."""
    RULE_UNKNOWN = "rule_unknown"
    """A custom licence whose rule is not there any more."""
    GROUP_UNKNOWN = "group_unknown"
    """The members of the group that a custom licence counts were not read: `failure` says why, None: not yet."""
    MAILBOXES_UNKNOWN = "mailboxes_unknown"
    """The mailboxes that a custom licence counts were not read: `failure` says why, None: not yet."""
    CUSTOM_SHARED_OUT = "custom_shared_out"
    """A custom licence is mapped, and the tenant's users are shared out to companies by filters."""


class Uncounted(Document):
    """Which licence, and the two numbers that do not fit together."""

    reason: UncountedReason
    part_number: str
    told: int
    counted: int = 0
    failure: ReadFailure | None = None
    """Why what it counts could not be read, where that is the reason."""


class NotCountable(Exception):
    """The snapshot does not give this row a number that can be trusted; the text says why."""

    def __init__(self, why: Uncounted) -> None:
        super().__init__(sentence(why))
        self.why = why


_SENTENCES: Final = {
    UncountedReason.SUBSCRIPTIONS_DIFFER: (
        "The subscriptions of {part_number} add up to {counted} seats, but Microsoft counts {told}."
    ),
    UncountedReason.TRIAL_UNKNOWN: (
        "Microsoft does not say whether {told} seats of {part_number} are on trial, and a trial is never billed."
    ),
    UncountedReason.SELLERS_UNKNOWN: (
        "Microsoft does not say who sold the {told} seats of {part_number}, and the mapping leaves out what others "
        "sold."
    ),
    UncountedReason.ASSIGNED_BEYOND: (
        "{told} seats of {part_number} are assigned, but only {counted} can be billed, and Microsoft does not say "
        "which of them are on trial, in grace, suspended or sold by somebody else."
    ),
    UncountedReason.FILTERED_PURCHASED: (
        "Purchased seats of {part_number} belong to no single company of this customer, since its users are shared "
        "out by filters: bill the assigned ones."
    ),
    UncountedReason.IN_SEVERAL_COMPANIES: (
        "{told} users of {part_number} fit the filters of this company and of another one: each would be billed for "
        "them. Change the filters, or the users' fields."
    ),
    UncountedReason.PEOPLE_UNKNOWN: "Who has {part_number} is not known: synchronise the customer.",
    UncountedReason.RULE_UNKNOWN: "The rule of {part_number} is not known any more: end its mapping.",
    UncountedReason.GROUP_UNKNOWN: "The members that {part_number} counts are not known. {why}",
    UncountedReason.MAILBOXES_UNKNOWN: "The mailboxes that {part_number} counts are not known. {why}",
    UncountedReason.CUSTOM_SHARED_OUT: (
        "The users of this customer are shared out to companies by filters, and {part_number} counts all of them."
    ),
}


_NOT_YET: Final = "They are read from its definition on: synchronise the customer then."


def sentence(why: Uncounted) -> str:
    """For a person."""
    failed = why.failure.sentence if why.failure else _NOT_YET
    return _SENTENCES[why.reason].format(
        part_number=why.part_number, told=why.told, counted=why.counted, why=failed
    )
