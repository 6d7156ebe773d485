"""The mailboxes that Exchange Online lists for a tenant: the shared ones with archive and litigation hold, or all.

Microsoft's own PowerShell module asks like this, but no contract of it is published: whatever is answered unexpectedly
is an error and never "none". Vendor's page: learn.microsoft.com/powershell/module/exchange/get-mailbox
"""

from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any, Final, NotRequired, TypedDict
from urllib.parse import urlsplit

import requests
from pydantic import Field, TypeAdapter

from shared.http.client import Http, Unreachable, json_of
from shared.microsoft.auth_errors import word_of
from shared.microsoft.graph import check_link
from shared.microsoft.graph_rows import Informs, Link, Text, fields_of, invalid, validated
from shared.microsoft.hosts import EXCHANGE
from shared.microsoft.models import (
    FailureCause,
    LinkRefused,
    MailboxCount,
    MailboxKind,
    MailboxRead,
    MailboxSource,
    NotRead,
    SharedMailbox,
    User,
)
from shared.microsoft.read_problems import ReadProblem

MOST_PAGES = 100
_HOST: Final = urlsplit(EXCHANGE).hostname or ""
_SHARED = "SharedMailbox"
_ALL: Final = {"ResultSize": "Unlimited"}
_ALL_SHARED: Final = {"RecipientTypeDetails": _SHARED, **_ALL}
_KINDS: Final = {
    "UserMailbox": MailboxKind.USER,
    _SHARED: MailboxKind.SHARED,
    "RoomMailbox": MailboxKind.ROOM,
    "EquipmentMailbox": MailboxKind.EQUIPMENT,
}
"""Every tenant has others too, such as the one in which searches are kept."""
_NOT_ALL: Final = "more results"
"""Of the warning that comes with a list which is not whole."""
_SYSTEM_MAILBOX = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}"
"""The same in every tenant: the request goes where it lives."""


class _Row(TypedDict):
    RecipientTypeDetails: str
    ExternalDirectoryObjectId: NotRequired[Text]
    UserPrincipalName: NotRequired[Informs[str]]
    DisplayName: NotRequired[Informs[str]]
    PrimarySmtpAddress: NotRequired[Informs[str]]
    ArchiveGuid: NotRequired[Informs[str]]
    LitigationHoldEnabled: NotRequired[Informs[bool]]


class _Page(TypedDict):
    value: list[_Row]
    next_link: NotRequired[Annotated[Link, Field(alias="@odata.nextLink")]]
    warnings: NotRequired[Annotated[list[Any] | str | None, Field(alias="@adminapi.warnings")]]


class ExchangeMailboxes:
    """One question per thousand mailboxes that are asked for, whatever the number of users."""

    service = "Exchange Online"

    def __init__(self, http: Http, token: str, tenant_id: str, *, app_only: bool) -> None:
        self._http = http
        self._app_only = app_only
        self._address = f"{EXCHANGE}/adminapi/beta/{tenant_id}/InvokeCommand?$select={fields_of(_Row)}"
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "Prefer": "odata.maxpagesize=1000",
            "X-AnchorMailbox": f"APP:{_SYSTEM_MAILBOX}@{tenant_id}",
        }

    def among(self, users: Sequence[User]) -> MailboxRead:
        rows = [row for row in self._rows(_ALL_SHARED) if row["RecipientTypeDetails"] == _SHARED]
        # The directory's id joins them; the principal name only where Exchange does not tell the id.
        known = {user.id: user for user in users} | {user.upn.lower(): user for user in users}
        licensed = {}
        for row in rows:
            user = known.get(_identity(row))
            if user is not None:
                licensed[user.id] = _mailbox(row, user)
        return MailboxRead(
            MailboxSource.EXCHANGE, len(rows), tuple(licensed[each] for each in sorted(licensed))
        )

    def count(self) -> MailboxCount:
        # Without a type in the question: each row says its own, and no answer depends on how several are asked for.
        counted = {kind: set[str]() for kind in MailboxKind}
        for row in self._rows(_ALL):
            kind = _KINDS.get(row["RecipientTypeDetails"])
            if kind is not None:
                counted[kind].add(_identity(row))
        return MailboxCount(
            source=MailboxSource.EXCHANGE, by_kind={kind: len(found) for kind, found in counted.items()}
        )

    def _rows(self, parameters: Mapping[str, str]) -> list[_Row]:
        command = {"CmdletInput": {"CmdletName": "Get-Mailbox", "Parameters": parameters}}
        rows: list[_Row] = []
        address, seen = self._address, set[str]()
        for _ in range(MOST_PAGES):
            seen.add(address)
            # A further page is asked for with the command again.
            answer = self._http.read("POST", address, headers=self._headers, json=command)
            if answer.status_code != HTTPStatus.OK:
                raise (
                    self._refused(answer)
                    if address == self._address
                    else LinkRefused.of(self._refused(answer))
                )
            page = validated(_page(), answer.content)
            if len(seen) > 1 and not page["value"]:
                raise invalid("one of its pages is empty")
            if _NOT_ALL in str(page.get("warnings")).lower():
                raise invalid("there are more mailboxes than it lists")
            rows += page["value"]
            link = page.get("next_link")
            if not link:
                return rows
            check_link(link, _HOST, "/adminapi/")
            if link in seen:
                raise invalid("its pages go round in circles")
            address = link
        raise invalid(f"it has more than {MOST_PAGES} pages")

    def _refused(self, answer: requests.Response) -> NotRead:
        try:
            body = json_of(answer)
        except Unreachable:
            body = None
        code = f"{answer.status_code} {word_of(body)}".strip()
        if answer.status_code not in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return NotRead(FailureCause.INVALID, code, ReadProblem.EXCHANGE_REFUSED, str(answer.status_code))
        problem = ReadProblem.EXCHANGE_ROLE_APP if self._app_only else ReadProblem.EXCHANGE_ROLE
        return NotRead(FailureCause.TENANT, code, problem)


def _identity(row: _Row) -> str:
    found = row.get("ExternalDirectoryObjectId") or row.get("UserPrincipalName")
    if not found:
        raise invalid("a mailbox belongs to nobody")
    return found.lower()


def _mailbox(row: _Row, user: User) -> SharedMailbox:
    archive = row.get("ArchiveGuid")
    return SharedMailbox(
        user_id=user.id,
        name=row.get("DisplayName") or user.name,
        address=row.get("PrimarySmtpAddress") or user.mail or user.upn,
        skus=user.skus,
        archive=None if archive is None else archive.strip("{}0-") != "",
        hold=row.get("LitigationHoldEnabled"),
    )


@cache
def _page() -> TypeAdapter[_Page]:
    return TypeAdapter(_Page)
