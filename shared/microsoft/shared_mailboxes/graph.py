"""A tenant's mailboxes, whoever tells them; and how Graph tells them.

Vendor's page: learn.microsoft.com/graph/api/user-get-mailboxsettings
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from itertools import batched
from typing import Any, Final, NotRequired, Protocol, TypedDict

from pydantic import TypeAdapter

from shared.http.client import Throttled, Unreachable
from shared.microsoft.auth_errors import as_not_read
from shared.microsoft.graph import EVENTUAL, GraphReader
from shared.microsoft.graph_rows import Id, Page, fields_of, invalid
from shared.microsoft.hosts import GRAPH
from shared.microsoft.models import (
    MailboxCount,
    MailboxKind,
    MailboxRead,
    MailboxSource,
    SharedMailbox,
    User,
)

_AT_ONCE = 20
"""What one `$batch` takes."""
_SHARED = "shared"
_NO_MAILBOX: Final = frozenset(
    {"MailboxNotEnabledForRESTAPI", "ErrorInvalidUser", "Request_ResourceNotFound"}
)
"""There is no mailbox in the cloud to ask about, or the user went away meanwhile."""


class MailboxesOf(Protocol):
    """One service that knows the mailboxes of a tenant. Each question raises NotRead, Throttled or Unreachable."""

    service: str
    """Its name in a sentence."""

    def among(self, users: Sequence[User]) -> MailboxRead:
        """The shared mailboxes among these licensed users, all of them."""

    def count(self) -> MailboxCount:
        """All mailboxes of the tenant by kind, whether licensed or not."""


def read[Told](source: MailboxesOf, question: Callable[[MailboxesOf], Told]) -> Told:
    """The whole answer of a service. Raises NotRead."""
    try:
        return question(source)
    except (Throttled, Unreachable) as failure:
        raise as_not_read(failure, source.service) from None


class GraphMailboxes:
    """Asks about each user, twenty at once; it knows neither archive nor litigation hold.

    No list of plans tells who may have a mailbox: a shared one needs none, and there are ever new ones.
    """

    service = "Microsoft Graph"

    def __init__(self, reader: GraphReader) -> None:
        self._reader = reader

    def among(self, users: Sequence[User]) -> MailboxRead:
        shared = [
            user
            for some in batched(users, _AT_ONCE, strict=False)
            for user, purpose in zip(some, self._purposes([user.id for user in some]), strict=True)
            if purpose == _SHARED
        ]
        licensed = (
            SharedMailbox(user_id=user.id, name=user.name, address=user.mail or user.upn, skus=user.skus)
            for user in shared
        )
        return MailboxRead(MailboxSource.GRAPH, len(shared), tuple(licensed))

    def count(self) -> MailboxCount:
        users = self._everybody()
        counted = Counter(
            purpose for some in batched(users, _AT_ONCE, strict=False) for purpose in self._purposes(some)
        )
        return MailboxCount(
            source=MailboxSource.GRAPH, by_kind={kind: counted[kind.value] for kind in MailboxKind}
        )

    def _everybody(self) -> list[str]:
        """The ids of all users: most shared mailboxes and rooms have no licence."""
        params: dict[str, str | int] = {"$select": fields_of(_UserId), "$count": "true", "$top": 999}
        first = self._reader.get(f"{GRAPH}/v1.0/users", _page(), EVENTUAL, params)
        announced = first.get("count")
        found = {row["id"].lower(): None for row in self._reader.rows(first, _page(), EVENTUAL)}
        if announced != len(found):
            raise invalid(f"a tenant of {announced} users lists {len(found)}")
        return list(found)

    def _purposes(self, users: Sequence[str]) -> list[str]:
        """What each user's mailbox is for, "" where there is none."""
        questions = {
            str(number): {"url": f"/users/{user}/mailboxSettings/userPurpose"}
            for number, user in enumerate(users)
        }
        answers = self._reader.batch(questions, _batch(), _NO_MAILBOX)
        return [_purpose(answers[number]) for number in questions]


def _purpose(answer: dict[str, Any] | None) -> str:
    if answer is None:
        return ""
    if not answer.get("value"):
        raise invalid("a mailbox does not say what it is for")
    return str(answer["value"]).lower()


class _Purpose(TypedDict):
    """Of an error it holds only `error`."""

    value: NotRequired[str]
    error: NotRequired[Any]


class _UserId(TypedDict):
    id: Id


class _Item(TypedDict):
    id: str
    status: int
    headers: NotRequired[dict[str, Any] | None]
    body: NotRequired[_Purpose | str | None]


class _Batch(TypedDict):
    responses: list[_Item]


@cache
def _page() -> TypeAdapter[Page[_UserId]]:
    return TypeAdapter(Page[_UserId])


@cache
def _batch() -> TypeAdapter[_Batch]:
    return TypeAdapter(_Batch)
