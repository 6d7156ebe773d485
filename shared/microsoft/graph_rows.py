"""The rows of Graph as they may be, and what is kept of them.

Strict about what a number is made of, which an odd value must never make blank; what only informs is then not known.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from pydantic import (
    Field,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from shared.http.json_text import well_formed
from shared.microsoft.instants import Instant
from shared.microsoft.models import FailureCause, NotRead, Sku, Subscription, User
from shared.microsoft.read_problems import ReadProblem

LARGEST_COUNT = 10_000_000

type Count = Annotated[int, Field(strict=True, ge=0, le=LARGEST_COUNT)]
type Text = str | None
type Id = Annotated[str, Field(min_length=1)]
type Link = Annotated[str, Field(min_length=1)] | None
"""To the next page; only null and nothing at all say that there is none."""


def _or_none(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    try:
        return handler(value)
    except ValidationError:
        return None


type Informs[Value] = Annotated[Value | None, WrapValidator(_or_none)]
"""Not known where it is odd: no number depends on it."""


class PrepaidUnits(TypedDict):
    enabled: Count
    warning: Count
    suspended: Count
    lockedOut: Count


class SkuRow(TypedDict):
    skuId: Id
    skuPartNumber: NotRequired[Informs[str]]
    appliesTo: NotRequired[Informs[str]]
    consumedUnits: Count
    prepaidUnits: PrepaidUnits
    subscriptionIds: NotRequired[list[str] | None]


class SubscriptionRow(TypedDict):
    id: Id
    skuId: NotRequired[Text]
    commerceSubscriptionId: NotRequired[Informs[str]]
    ownerTenantId: NotRequired[Text]
    status: NotRequired[Text]
    totalLicenses: Count
    isTrial: NotRequired[Informs[bool]]
    """Not known, it makes its licence not countable."""
    nextLifecycleDateTime: NotRequired[Informs[Instant]]


class Licence(TypedDict):
    skuId: Id


class UserRow(TypedDict):
    id: Id
    displayName: NotRequired[Any]
    userPrincipalName: NotRequired[Text]
    mail: NotRequired[Any]
    accountEnabled: NotRequired[bool | None]
    userType: NotRequired[Text]
    department: NotRequired[Text]
    officeLocation: NotRequired[Text]
    state: NotRequired[Text]
    city: NotRequired[Text]
    assignedLicenses: NotRequired[list[Licence] | None]


class RelationshipCustomer(TypedDict):
    tenantId: NotRequired[Informs[str]]


class RelationshipRow(TypedDict):
    """An odd row of this list costs itself."""

    displayName: NotRequired[Informs[str]]
    status: NotRequired[Informs[str]]
    customer: NotRequired[Informs[RelationshipCustomer]]
    endDateTime: NotRequired[Informs[Instant]]


class Page[Row](TypedDict):
    """A list or a part of one; of an error it holds only `error`."""

    value: NotRequired[list[Row]]
    next_link: NotRequired[Annotated[Link, Field(alias="@odata.nextLink")]]
    count: NotRequired[Annotated[int | None, Field(alias="@odata.count")]]
    error: NotRequired[Any]


class _Item(TypedDict):
    status: int
    headers: NotRequired[dict[str, Any] | None]


type _Body[Row] = Annotated[Page[Row] | str | None, Field(union_mode="left_to_right")]


class SkusItem(_Item):
    id: Literal["subscribedSkus"]
    body: NotRequired[_Body[SkuRow]]


class SubscriptionsItem(_Item):
    id: Literal["subscriptions"]
    body: NotRequired[_Body[SubscriptionRow]]


class UsersItem(_Item):
    id: Literal["users"]
    body: NotRequired[_Body[UserRow]]


type BatchItem = Annotated[SkusItem | SubscriptionsItem | UsersItem, Field(discriminator="id")]


class Batch(TypedDict):
    responses: list[BatchItem]


def fields_of(row: type) -> str:
    """The `$select` that asks for exactly what a row keeps."""
    return ",".join(row.__annotations__)


def validated[Value](adapter: TypeAdapter[Value], body: bytes) -> Value:
    """Parse and check in one go. Raises NotRead INVALID that names the row and field, never a value."""
    try:
        return adapter.validate_json(well_formed(body))
    except ValidationError as error:
        raise invalid(_first_fault(error)) from None


def invalid(what: str) -> NotRead:
    return NotRead(FailureCause.INVALID, "invalid answer", ReadProblem.INVALID_ANSWER, what)


def skus_of(rows: Iterable[SkuRow]) -> tuple[Sku, ...]:
    skus: dict[str, Sku] = {}
    for row in rows:
        sku_id, units = row["skuId"].lower(), row["prepaidUnits"]
        if sku_id in skus:
            raise invalid(f"the SKU {row.get('skuPartNumber') or sku_id} is in two rows")
        skus[sku_id] = Sku(
            sku_id=sku_id,
            part_number=row.get("skuPartNumber") or "",
            applies_to=row.get("appliesTo") or "User",
            enabled=units["enabled"],
            warning=units["warning"],
            suspended=units["suspended"],
            locked_out=units["lockedOut"],
            consumed=row["consumedUnits"],
            subscription_ids=tuple(sorted(each.lower() for each in row.get("subscriptionIds") or ())),
        )
    return tuple(skus[sku_id] for sku_id in sorted(skus))


def subscriptions_of(rows: Iterable[SubscriptionRow]) -> tuple[Subscription, ...]:
    subscriptions: dict[str, Subscription] = {}
    for row in rows:
        subscription = Subscription(
            id=row["id"].lower(),
            sku_id=(row.get("skuId") or "").lower(),
            commerce_id=(row.get("commerceSubscriptionId") or "").lower(),
            owner_tenant_id=(row.get("ownerTenantId") or "").lower(),
            status=row.get("status") or "",
            total=row["totalLicenses"],
            trial=row.get("isTrial"),
            next_lifecycle=row.get("nextLifecycleDateTime"),
        )
        if subscriptions.setdefault(subscription.id, subscription) != subscription:
            raise invalid(f"the subscription {subscription.id} is in two rows that differ")
    return tuple(subscriptions[each] for each in sorted(subscriptions))


class ListedUsers:
    """The users of a list that is read page by page, and what tells whether it is whole.

    A row is larger than the user that is made of it: of a huge tenant only one page of rows is in memory.
    """

    def __init__(self) -> None:
        self._users: dict[str, User] = {}
        self.rows = 0
        self.bare = 0
        """Rows that came without their licences."""
        self.gone = set(UserRow.__annotations__)
        """Fields that no row had."""

    def add(self, page: Sequence[UserRow]) -> None:
        """Paging over changing data may show a user twice, and the later row is the newer."""
        for row in page:
            user = _user(row)
            self._users[user.id] = user
            if self.gone:
                self.gone -= row.keys()
            if row.get("assignedLicenses") is None:
                self.bare += 1
        self.rows += len(page)

    def users(self) -> tuple[User, ...]:
        return tuple(self._users[each] for each in sorted(self._users))


def users_of(rows: Sequence[UserRow]) -> tuple[User, ...]:
    listed = ListedUsers()
    listed.add(rows)
    return listed.users()


def _user(row: UserRow) -> User:
    return User(
        id=row["id"].lower(),
        name=_shown(row.get("displayName")),
        upn=row.get("userPrincipalName") or "",
        mail=_shown(row.get("mail")),
        enabled=row.get("accountEnabled") is not False,
        user_type=row.get("userType") or "",
        department=row.get("department") or "",
        office=row.get("officeLocation") or "",
        state=row.get("state") or "",
        city=row.get("city") or "",
        skus=tuple(sorted({licence["skuId"].lower() for licence in row.get("assignedLicenses") or ()})),
    )


def _shown(told: object) -> str:
    """Of very many rows: this costs less than to have it checked with the rest."""
    return told if isinstance(told, str) else ""


_FAULTS = {
    "missing": "is missing",
    "greater_than_equal": "is negative",
    "less_than_equal": f"is over {LARGEST_COUNT:,}",
    "int_type": "is not a whole number",
    "json_invalid": "is not JSON",
    "union_tag_invalid": "answers a question that was not asked",
    "union_tag_not_found": "does not say which question it answers",
}


def _first_fault(error: ValidationError) -> str:
    """Where and what the first fault is: "users, row 3: department has a wrong type"."""
    first = error.errors(include_url=False, include_context=False)[0]
    path = [str(part + 1) if isinstance(part, int) else part for part in first["loc"]]
    question = path[2] if path[:1] == ["responses"] and len(path) > 2 else "the list"
    row, name = "", ".".join(path[-1:])
    if "value" in path and (inside := path[path.index("value") + 1 :]):
        row, name = f", row {inside[0]}", ".".join(inside[1:]) or "it"
    kind = first["type"]
    fault = _FAULTS.get(kind, "has a wrong type")
    if kind != "missing" and first["input"] is None:
        fault = "is empty"
    return f"{question}{row}: {name or 'it'} {fault}"
