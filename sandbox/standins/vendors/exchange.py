"""The stand-in of Exchange Online's admin interface: Get-Mailbox by `InvokeCommand`, as its PowerShell module asks."""

import re
from collections.abc import Collection
from typing import Any

from sandbox.standins.protocol import Answer, Call, Request
from sandbox.standins.state import Document, State
from sandbox.standins.vendors.bearer import claims_of
from sandbox.standins.worlds import people
from sandbox.standins.worlds.types import GLOBAL_READER

HOST = "outlook.office365.com"
RESOURCE = f"https://{HOST}"
NO_ARCHIVE = "00000000-0000-0000-0000-000000000000"
_LARGEST_PAGE = 1000
_UNASKED_FOR = 1000
"""Rows that a cmdlet gives without `ResultSize: Unlimited`; it warns about the others."""
_TYPES = tuple(
    name.lower()
    for name in (
        *(
            "UserMailbox",
            "SharedMailbox",
            "RoomMailbox",
            "EquipmentMailbox",
            "DiscoveryMailbox",
            "LinkedMailbox",
        ),
        *("TeamMailbox", "GroupMailbox", "SchedulingMailbox", "LegacyMailbox", "PublicFolderMailbox"),
    )
)
_PATH = re.compile(r"/adminapi/beta/([^/]+)/invokecommand", re.IGNORECASE)


class Exchange:
    """Every page is asked for by POST, with the command again: a link without its command is refused."""

    name = "exchange"
    hosts = frozenset({HOST})

    def __init__(self, state: State) -> None:
        self._state = state

    def call(self, request: Request) -> Call:
        found = _PATH.fullmatch(request.path)
        return Call("exchange.invoke_command", found[1].lower()) if found else Call("exchange.other")

    def answer(self, request: Request, call: Call) -> Answer:
        claims = claims_of(request, RESOURCE, self._state)
        if isinstance(claims, str):
            return Answer(401, b"", {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        if call.kind == "exchange.other" or request.method != "POST":
            return _error(404, "NotFound", "The resource is not found.")
        tenant = self._state.find("tenant", call.tenant)
        if tenant is None or claims["tid"] != call.tenant:
            return _error(403, "Forbidden", "The token is for another organization.")
        access = tenant["access"].get(claims["partner"])
        if access is None or GLOBAL_READER not in access["roles"]:
            return _error(
                403, "Forbidden", "The role assigned to the caller isn't supported in this scenario."
            )
        return _command(request, tenant)

    def throttled(self, retry_after: int | None) -> Answer:
        answer = _error(429, "TooManyRequests", "The request was throttled.")
        if retry_after is not None:
            answer.headers["Retry-After"] = str(retry_after)
        return answer

    def failing(self, status: int) -> Answer:
        return _error(status, "InternalServerError", "The server is too busy.")


class _Refused(Exception):
    """The command cannot be carried out; told with 400."""


def _command(request: Request, tenant: Document) -> Answer:
    content = request.json()
    command = content.get("CmdletInput") if isinstance(content, dict) else None
    if not isinstance(command, dict):
        return _error(400, "BadRequest", "The command is missing.")
    try:
        return _get_mailbox(request, command, tenant)
    except _Refused as refused:
        return _error(400, "BadRequest", str(refused))


def _get_mailbox(request: Request, command: Document, tenant: Document) -> Answer:
    if str(command.get("CmdletName")).lower() != "get-mailbox":
        raise _Refused(f"The term '{command.get('CmdletName')}' is not recognized.")
    parameters = command.get("Parameters") or {}
    if not isinstance(parameters, dict):
        raise _Refused("The parameters must be an object.")
    # PowerShell takes the names of commands, parameters and types in any case.
    asked = {str(name).lower(): value for name, value in parameters.items()}
    unknown = set(asked) - {"recipienttypedetails", "resultsize"}
    if unknown:
        raise _Refused(f"A parameter cannot be found that matches '{min(unknown)}'.")
    wanted = _types(asked.get("recipienttypedetails", ""))
    limit = _result_size(asked.get("resultsize", _UNASKED_FOR))
    rows = [
        row
        for row in mailboxes(tenant, wanted)
        if not wanted or row["RecipientTypeDetails"].lower() in wanted
    ]
    warnings = []
    if limit is not None and len(rows) > limit:
        rows = rows[:limit]
        warnings.append("There are more results available than are currently displayed.")
    return Answer(200, _page(request, rows, warnings))


def _types(asked: Any) -> frozenset[str]:
    """The wanted types in lower case; empty = all."""
    listed = asked if isinstance(asked, list) else str(asked).split(",")
    names = [str(name).strip() for name in listed if str(name).strip()]
    for name in names:
        if name.lower() not in _TYPES:
            text = f'Cannot convert value "{name}" to type "RecipientTypeDetails". Specify one of: {", ".join(_TYPES)}.'
            raise _Refused(text)
    return frozenset(name.lower() for name in names)


def _result_size(asked: Any) -> int | None:
    """How many rows at most; None = all."""
    text = str(asked).lower()
    if text == "unlimited":
        return None
    if not re.fullmatch(r"[1-9]\d{0,8}", text):
        raise _Refused(f'Cannot process the value "{asked}" of ResultSize.')
    return int(text)


def _page(request: Request, rows: list[Document], warnings: list[str]) -> Document:
    unknown = set(request.query) - {"$select", "$skiptoken"}
    if unknown:
        raise _Refused(f"The query option '{min(unknown)}' is not supported.")
    token = request.query.get("$skiptoken", "") or "0"
    if not re.fullmatch(r"\d{1,9}", token):
        raise _Refused(f"The $skiptoken '{token}' is not valid.")
    asked = re.search(r"odata\.maxpagesize=(\d{1,9})", request.headers.get("prefer", ""))
    size = max(1, min(int(asked[1]) if asked else _LARGEST_PAGE, _LARGEST_PAGE))
    begin = int(token)
    page: Document = {
        "@odata.context": f"{RESOURCE}/adminapi/beta/$metadata#Collection(Exchange.GenericHashTable)",
        "adminapi.warnings@odata.type": "#Collection(String)",
        "@adminapi.warnings": warnings,
        "value": [_select(row, request.query.get("$select", "")) for row in rows[begin : begin + size]],
    }
    if begin + size < len(rows):
        chosen = f"$select={request.query['$select']}&" if "$select" in request.query else ""
        page["@odata.nextLink"] = f"{RESOURCE}{request.path}?{chosen}$skiptoken={begin + size}"
    return page


def mailboxes(tenant: Document, wanted: Collection[str] = ()) -> list[Document]:
    """Every mailbox of a tenant: shared ones, rooms and equipment need no licence, a person's comes with an Exchange
    plan; and the one in which searches are kept, which is nobody's. `wanted` saves the making of users.
    """
    shared = {box["number"]: box for box in tenant.get("shared_mailboxes", ())}
    users = people.all_users(tenant) if shared or set(wanted) != {"sharedmailbox"} else []
    return [
        _searches(tenant),
        *(
            _row(user, shared.get(number))
            for number, user in enumerate(users)
            if number in shared or has_mailbox(user)
        ),
    ]


def has_mailbox(user: Document) -> bool:
    return any(
        plan["servicePlanId"] in people.MAILBOX_PLANS and plan["capabilityStatus"] == "Enabled"
        for plan in user["assignedPlans"]
    )


def _searches(tenant: Document) -> Document:
    """Of every tenant: it has no user in the directory, and so no id there."""
    name = "DiscoverySearchMailbox{D919BA05-46A6-415f-80AD-7E09334BB852}"
    return {
        "ExternalDirectoryObjectId": "",
        "Guid": people.guid("mailbox", tenant["id"], name),
        "Identity": name,
        "DisplayName": "Discovery Search Mailbox",
        "PrimarySmtpAddress": f"{name}@{tenant['domain']}",
        "UserPrincipalName": f"{name}@{tenant['domain']}",
        "RecipientTypeDetails": "DiscoveryMailbox",
        "ArchiveGuid": NO_ARCHIVE,
        "LitigationHoldEnabled": False,
    }


def _row(user: Document, shared: Document | None) -> Document:
    archived = shared is not None and shared["archive"]
    return {
        "ExternalDirectoryObjectId": user["id"],
        "Guid": people.guid("mailbox", user["id"]),
        "Identity": user["displayName"],
        "DisplayName": user["displayName"],
        "PrimarySmtpAddress": user["mail"] or user["userPrincipalName"],
        "UserPrincipalName": user["userPrincipalName"],
        "RecipientTypeDetails": f"{(shared or {}).get('kind', 'shared' if shared else 'user').capitalize()}Mailbox",
        "ArchiveGuid": people.guid("archive", user["id"]) if archived else NO_ARCHIVE,
        "LitigationHoldEnabled": shared is not None and shared["hold"],
    }


def _select(row: Document, names: str) -> Document:
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = set(wanted) - set(row)
    if unknown:
        raise _Refused(f"Could not find a property named '{min(unknown)}' on type 'Mailbox'.")
    return {name: row[name] for name in wanted} if wanted else row


def _error(status: int, code: str, message: str) -> Answer:
    internal: dict[str, Any] = {"message": message, "type": "Microsoft.Exchange.Admin", "stacktrace": ""}
    inner = {"message": "Error executing command", "type": "AdminApi", "internalexception": internal}
    details = [{"code": "Context", "target": "", "message": f"Ex0000|{message}"}]
    error = {
        "code": code,
        "message": "Error executing command",
        "details": details,
        "innererror": inner,
    }
    return Answer(status, {"error": error})
