"""Why a whole PSA connection does not work: stored as a cause with its facts, told as a sentence when it is shown."""

from collections.abc import Sequence
from enum import StrEnum


class Cause(StrEnum):
    SIGN_IN = "sign_in"
    """The keys are not accepted; the facts are the settings that a sign-in is made of."""
    MEMBER = "member"
    """The keys are known, and everything is refused to them."""
    SITE = "site"
    """The address leads elsewhere."""
    SETTINGS = "settings"
    """The stored settings cannot be used; each fact is a sentence that names a setting."""
    SECRET = "secret"
    """Its secret is not stored any more."""
    RIGHTS = "rights"
    """Rights are missing; each fact is a right as the PSA calls it."""
    BLOCKED = "blocked"
    """A web page refuses, not the PSA; the facts are the rights without which the PSA might do so, too."""
    VERSION = "version"
    """The version of the PSA's interface that Seatwise asks for is not served; the facts are its number."""
    COLUMNS = "columns"
    """The PSA refuses the columns that a list is asked for; the facts are its words."""
    LIST_LOST = "list_lost"
    """Most of the agreements with mapped lines are missing from the PSA's list."""
    UNAVAILABLE = "unavailable"
    """No answer until the run was over; the facts are what happened."""
    OTHER = "other"
    """The facts are the PSA's words."""


LETS_NOBODY_IN = frozenset({Cause.SIGN_IN, Cause.MEMBER, Cause.SITE, Cause.SETTINGS, Cause.SECRET})
"""Causes for which somebody must enter other keys or settings."""


def what(cause: Cause, psa: str, facts: Sequence[str] = ()) -> str:
    """What is wrong, as a sentence."""
    words = " ".join(facts)
    match cause:
        case Cause.SIGN_IN:
            return f"{psa} does not accept this sign-in."
        case Cause.MEMBER:
            return f"{psa} refuses everything to this API member or client id."
        case Cause.SITE:
            return f"{psa} sends us to another address."
        case Cause.SECRET:
            return f"The secret of {psa} is not stored any more."
        case Cause.RIGHTS:
            rights = "a right" if len(facts) == 1 else "rights"
            return f"The API member of {psa} lacks {rights}: {'; '.join(facts)}."
        case Cause.BLOCKED:
            return (
                f"A web page instead of {psa} refuses this (403): a firewall or proxy stands in front of it, or the"
                f" API member lacks a right: {'; '.join(facts)}."
            )
        case Cause.VERSION:
            return f"{psa} does not serve version {words} of its interface, which Seatwise asks for."
        case Cause.COLUMNS:
            return f"{psa} refuses columns that Seatwise must read: {words}"
        case Cause.LIST_LOST:
            return f"{psa} lists only {words} agreements with mapped licences. Nothing of it was read or written."
        case Cause.UNAVAILABLE:
            return f"{psa} could not be worked with tonight: {words}"
        case Cause.SETTINGS | Cause.OTHER:
            return words


def cure(cause: Cause, psa: str, facts: Sequence[str] = ()) -> str:
    """What a person does about it, as a sentence."""
    match cause:
        case Cause.SIGN_IN:
            return (
                f"Check {', '.join(facts) or 'every key'} in the settings of the connection, and that the API member"
                " is active. (A wrong key may be answered 404, as if nothing was there.)"
            )
        case Cause.MEMBER:
            return "Check the client id in the settings of the connection, and that the API member has a security role."
        case Cause.SITE:
            return "Check the site in the settings of the connection."
        case Cause.SETTINGS | Cause.SECRET:
            return "Enter it again in the settings of the connection."
        case Cause.RIGHTS | Cause.BLOCKED:
            return (
                f"Add to the member’s security role in {psa} what is missing, then test the connection again."
            )
        case Cause.VERSION | Cause.COLUMNS:
            return f"Update Seatwise, or {psa} if it is on your own server."
        case Cause.LIST_LOST:
            return (
                f"Check in {psa} that the role of the API member may inquire all agreements. If they were really"
                " removed, nothing is to be done: Seatwise believes it when the next night finds the same."
            )
        case Cause.UNAVAILABLE | Cause.OTHER:
            return f"See in {psa} what is wrong; Seatwise tries again at the next run."
