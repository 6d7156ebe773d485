"""Why a whole and valid answer is hard to believe, as it is kept; the sentence is made when it is shown."""

from enum import StrEnum
from typing import Final

from shared.storage.documents import Document


class DoubtKind(StrEnum):
    """What does not fit. The first ones show in one answer, those that are gone beside the answer before."""

    NO_USERS = "no_users"
    NO_SKUS = "no_skus"
    NO_SUBSCRIPTIONS = "no_subscriptions"
    NO_UNITS = "no_units"
    USERS_MISSING = "users_missing"
    USERS_BARE = "users_bare"
    USERS_UNLISTED = "users_unlisted"
    FIELD_GONE = "field_gone"
    SKUS_GONE = "skus_gone"
    SUBSCRIPTIONS_GONE = "subscriptions_gone"
    USERS_GONE = "users_gone"
    UNITS_GONE = "units_gone"
    OTHER = "other"
    """Of a document that kept a sentence."""


_SENTENCES: Final = {
    DoubtKind.NO_USERS: "{expected} licences are assigned, but no user has one.",
    DoubtKind.NO_SKUS: "{found} users have licences, but the tenant has none.",
    DoubtKind.NO_SUBSCRIPTIONS: "The SKUs name their subscriptions, but the tenant has none.",
    DoubtKind.NO_UNITS: "Subscriptions are enabled for {expected} units, but no licence counts one.",
    DoubtKind.USERS_MISSING: "{expected} licensed users were announced, but {found} were listed.",
    DoubtKind.USERS_BARE: "{found} of {expected} users came without their licences.",
    DoubtKind.USERS_UNLISTED: "{expected} licences of {of} are assigned, but only {found} users with one were listed.",
    DoubtKind.FIELD_GONE: "The field {of} is gone from all {expected} rows.",
    DoubtKind.SKUS_GONE: "Microsoft now lists no licences at all.",
    DoubtKind.SUBSCRIPTIONS_GONE: "Microsoft now lists no subscriptions at all.",
    DoubtKind.USERS_GONE: "Microsoft now lists no licensed users at all.",
    DoubtKind.UNITS_GONE: "Every licence now counts 0 units.",
    DoubtKind.OTHER: "The answer is hard to believe.",
}
_ONLY_USERS: Final = frozenset({DoubtKind.USERS_UNLISTED})


class Doubt(Document):
    kind: DoubtKind
    of: str = ""
    """The field with its list ("users.department"), or the part number."""
    expected: int = 0
    found: int = 0

    @property
    def is_of_users_only(self) -> bool:
        """The counts are right; who has the licences is not known."""
        return self.kind in _ONLY_USERS

    @property
    def sentence(self) -> str:
        return _SENTENCES[self.kind].format(of=self.of, expected=self.expected, found=self.found)
