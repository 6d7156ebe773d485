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


_WHAT = {
    Cause.SIGN_IN: "{psa} does not accept this sign-in.",
    Cause.MEMBER: "{psa} refuses everything to this API user or client id.",
    Cause.SITE: "{psa} sends us to another address.",
    Cause.SECRET: "The secret of {psa} is not stored any more.",
    Cause.RIGHTS: "The API user of {psa} lacks {what}: {list}.",
    Cause.BLOCKED: (
        "A web page instead of {psa} refuses this (403): a firewall or proxy stands in front of it, or the API user"
        " lacks a right: {list}."
    ),
    Cause.VERSION: "{psa} does not serve version {facts} of its interface, which Seatwise asks for.",
    Cause.COLUMNS: "{psa} refuses columns that Seatwise must read: {facts}",
    Cause.LIST_LOST: "{psa} lists only {facts} agreements with mapped licences. Nothing of it was read or written.",
    Cause.UNAVAILABLE: "{psa} could not be worked with tonight: {facts}",
    Cause.SETTINGS: "{facts}",
    Cause.OTHER: "{facts}",
}
_ADD_RIGHTS = "Add to the rights of the API user in {psa} what is missing, then test the connection again."
_ENTER_AGAIN = "Enter it again in the settings of the connection."
_UPDATE = "Update Seatwise, or {psa} if it is on your own server."
_LOOK = "See in {psa} what is wrong; Seatwise tries again at the next run."
_CURE = {
    Cause.SIGN_IN: (
        "Check {keys} in the settings of the connection, and that the API user is active. (A wrong key may be"
        " answered 404, as if nothing was there.)"
    ),
    Cause.MEMBER: (
        "Check the client id in the settings of the connection, and that the API user has a role."
    ),
    Cause.SITE: "Check the site in the settings of the connection.",
    Cause.SETTINGS: _ENTER_AGAIN,
    Cause.SECRET: _ENTER_AGAIN,
    Cause.RIGHTS: _ADD_RIGHTS,
    Cause.BLOCKED: _ADD_RIGHTS,
    Cause.VERSION: _UPDATE,
    Cause.COLUMNS: _UPDATE,
    Cause.LIST_LOST: (
        "Check in {psa} that the role of the API user may inquire all agreements. If they were really removed, say so"
        " where the connection is shown, or do nothing: Seatwise believes it when the next night finds the same."
    ),
    Cause.UNAVAILABLE: _LOOK,
    Cause.OTHER: _LOOK,
}


def what(cause: Cause, psa: str, facts: Sequence[str] = ()) -> str:
    """What is wrong, as a sentence."""
    return _filled(_WHAT[cause], psa, facts)


def cure(cause: Cause, psa: str, facts: Sequence[str] = ()) -> str:
    """What a person does about it, as a sentence."""
    return _filled(_CURE[cause], psa, facts)


def _filled(template: str, psa: str, facts: Sequence[str]) -> str:
    return template.format(
        psa=psa,
        facts=" ".join(facts),
        list="; ".join(facts),
        keys=", ".join(facts) or "every key",
        what="a right" if len(facts) == 1 else "rights",
    )
