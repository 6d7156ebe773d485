"""The shared mailboxes among a tenant's licensed users, whoever tells them; and how Graph tells them.

Vendor's page: learn.microsoft.com/graph/api/user-get-mailboxsettings
"""

from collections.abc import Sequence
from functools import cache
from itertools import batched
from typing import Any, Final, NotRequired, Protocol, TypedDict

from pydantic import TypeAdapter

from shared.http.client import Throttled, Unreachable
from shared.microsoft.auth_errors import as_not_read
from shared.microsoft.graph import GraphReader
from shared.microsoft.graph_rows import invalid
from shared.microsoft.models import MailboxRead, MailboxSource, SharedMailbox, User

_AT_ONCE = 20
"""What one `$batch` takes."""
_SHARED = "shared"
_NO_MAILBOX: Final = frozenset(
    {"MailboxNotEnabledForRESTAPI", "ErrorInvalidUser", "Request_ResourceNotFound"}
)
"""There is no mailbox in the cloud to ask about, or the user went away meanwhile."""


class SharedMailboxSource(Protocol):
    """One service that knows shared mailboxes."""

    service: str
    """Its name in a sentence."""

    def among(self, users: Sequence[User]) -> MailboxRead:
        """The shared mailboxes among these licensed users, all of them. Raises NotRead, Throttled or Unreachable."""


def read(source: SharedMailboxSource, users: Sequence[User]) -> MailboxRead:
    """All of them. Raises NotRead."""
    try:
        return source.among(users)
    except (Throttled, Unreachable) as failure:
        raise as_not_read(failure, source.service) from None


class GraphMailboxes:
    """Asks about each licensed user, twenty at once; it knows neither archive nor litigation hold.

    No list of plans tells who may have a mailbox: a shared one needs none, and there are ever new ones.
    """

    service = "Microsoft Graph"

    def __init__(self, reader: GraphReader) -> None:
        self._reader = reader

    def among(self, users: Sequence[User]) -> MailboxRead:
        shared = [
            user
            for some in batched(users, _AT_ONCE, strict=False)
            for user, purpose in zip(some, self._purposes(some), strict=True)
            if purpose == _SHARED
        ]
        licensed = (
            SharedMailbox(user_id=user.id, name=user.name, address=user.mail or user.upn, skus=user.skus)
            for user in shared
        )
        return MailboxRead(MailboxSource.GRAPH, len(shared), tuple(licensed))

    def _purposes(self, users: Sequence[User]) -> list[str]:
        """What each user's mailbox is for, "" where there is none."""
        questions = {
            str(number): {"url": f"/users/{user.id}/mailboxSettings/userPurpose"}
            for number, user in enumerate(users)
        }
        answers = self._reader.batch(questions, _batch(), _NO_MAILBOX)
        return [_purpose(answers[number]) for number in questions]


def _purpose(answer: dict[str, Any]) -> str:
    if not answer:
        return ""
    if "value" not in answer:
        raise invalid("a mailbox does not say what it is for")
    return str(answer["value"]).lower()


class _Purpose(TypedDict):
    """Of an error it holds only `error`."""

    value: NotRequired[str]
    error: NotRequired[Any]


class _Item(TypedDict):
    id: str
    status: int
    headers: NotRequired[dict[str, Any] | None]
    body: NotRequired[_Purpose | str | None]


class _Batch(TypedDict):
    responses: list[_Item]


@cache
def _batch() -> TypeAdapter[_Batch]:
    return TypeAdapter(_Batch)
