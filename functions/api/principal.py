"""Who is asking, for which account, and whether they may: the dependency that every route of an account has."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from functions.api.problems import Refused, is_refusal
from functions.queues.edge import send
from functions.queues.messages import QueuedWork
from shared.accounts import audit, rate_limits
from shared.accounts.audit import Actor, Via
from shared.accounts.company import Company
from shared.accounts.members import Member, Person, Role, member
from shared.accounts.rate_limits import RateLimit
from shared.microsoft.caller_tokens import Identity, KeysUnavailable, NotAccepted
from shared.reports.portal import companies_of
from shared.storage import keys
from shared.storage.keys import AccountId
from shared.storage.tables import Tables
from shared.wiring import Wiring

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="Seatwise"'}
LOOKING = frozenset({"GET", "HEAD"})
_BEARER = HTTPBearer(
    auto_error=False,
    bearerFormat="JWT",
    scheme_name="microsoft",
    description="An access token of Microsoft Entra ID for this app, with a person's scope.",
)


def wired_of(request: Request) -> Wiring:
    wired: Wiring = request.app.state.wired
    return wired


type Wired = Annotated[Wiring, Depends(wired_of)]


def identity_of(
    sent: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
    wired: Annotated[Wiring, Depends(wired_of)],
) -> Identity:
    """The person of the verified token. No other header says who is asking."""
    token = sent.credentials.strip() if sent else ""
    if not token:
        raise Refused(
            HTTPStatus.UNAUTHORIZED,
            "sign_in",
            "Please sign in: no access token came along.",
            headers=_CHALLENGE,
        )
    if wired.access_tokens is None:
        raise Refused(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "not_set_up",
            "Nobody can sign in yet: SEATWISE_API_CLIENT_ID is not set.",
        )
    try:
        return wired.access_tokens.verify(token)
    except NotAccepted as wrong:
        raise Refused(
            HTTPStatus.UNAUTHORIZED,
            "token_not_accepted",
            f"Please sign in again: the access token was not accepted, because {wrong}.",
            headers={"WWW-Authenticate": f'{_CHALLENGE["WWW-Authenticate"]}, error="invalid_token"'},
        ) from None
    except KeysUnavailable as unavailable:
        raise Refused(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "keys_unavailable",
            f"{unavailable}, so nobody can be recognised. Please try again in a minute.",
            headers={"Retry-After": "60"},
        ) from None


type SignedIn = Annotated[Identity, Depends(identity_of)]


def person_of(identity: Identity) -> Person:
    return Person(tenant_id=identity.tenant_id, object_id=identity.object_id)


@dataclass(frozen=True, slots=True)
class Principal:
    """A member who asks something of one account. There is no other way to an account's storage."""

    wired: Wiring
    account: AccountId
    member: Member
    now: datetime

    @property
    def tables(self) -> Tables:
        return self.wired.tables

    @property
    def actor(self) -> Actor:
        shown = self.member.email or self.member.name
        return Actor(f"{shown} ({self.member.id})" if shown else self.member.id, Via.API, self.now)

    def spend(self, limit: RateLimit) -> None:
        """Count one use of what costs others something. Raises TooOften."""
        rate_limits.spend(self.tables, self.account, limit, self.now)

    def enqueue(self, *work: QueuedWork) -> None:
        """Send what follows from a decision; before the answer, so that a failure is seen by who asked."""
        for message in work:
            send(self.wired, message)


@dataclass(frozen=True, slots=True)
class Customer:
    """A user of a customer's own tenant: they see the companies of that tenant whose portal is on, and nothing else."""

    wired: Wiring
    account: AccountId
    companies: Sequence[Company]
    now: datetime

    @property
    def tables(self) -> Tables:
        return self.wired.tables


def customer_of(
    account: Annotated[str, Path(description="Id of the account", examples=["harbour-it-1a2b3c4d"])],
    identity: Annotated[Identity, Depends(identity_of)],
    wired: Annotated[Wiring, Depends(wired_of)],
) -> Customer:
    """By the tenant of the token alone. What is not shown is answered as if it were not there."""
    try:
        found = companies_of(wired.tables, keys.account_id(account), identity.tenant_id)
    except ValueError:
        found = []
    if not found:
        raise Refused(
            HTTPStatus.NOT_FOUND,
            "not_found",
            "There is no such account, or it shows nothing to your organisation.",
        )
    return Customer(wired, keys.account_id(account), found, wired.clock())


type CustomerUser = Annotated[Customer, Depends(customer_of)]


class Least:
    """The least role that a route asks for. Another account's address is answered as one that is not there."""

    def __init__(self, role: Role) -> None:
        self.role = role

    def __call__(
        self,
        request: Request,
        account: Annotated[str, Path(description="Id of the account", examples=["harbour-it-1a2b3c4d"])],
        identity: Annotated[Identity, Depends(identity_of)],
        wired: Annotated[Wiring, Depends(wired_of)],
    ) -> Iterator[Principal]:
        """What may change something is noted in the audit log until it has ended."""
        asking = self._principal(account, identity, wired)
        if request.method in LOOKING:
            yield asking
            return
        begun = audit.begin(asking.tables, asking.account, asking.actor, *_asked(request))
        try:
            yield asking
        except Exception as error:
            if is_refusal(error):
                audit.end(asking.tables, begun)
            raise
        audit.end(asking.tables, begun)

    def _principal(self, account: str, identity: Identity, wired: Wiring) -> Principal:
        """Raises Refused."""
        asking = _member(wired, account, person_of(identity))
        if asking is None:
            raise Refused(
                HTTPStatus.NOT_FOUND, "not_found", "There is no such account, or you are not a member of it."
            )
        if asking.role < self.role:
            raise Refused(
                HTTPStatus.FORBIDDEN,
                "role",
                f"This needs the role {self.role.word}; yours is {asking.role.word}. An owner of the account can "
                "change it.",
            )
        return Principal(wired, keys.account_id(account), asking, wired.clock())


def _asked(request: Request) -> tuple[str, str]:
    """The operation, and the things that its address names."""
    named = {name: value for name, value in request.path_params.items() if name != "account"}
    return request.scope["route"].operation_id, ", ".join(f"{name} {value}" for name, value in named.items())


def _member(wired: Wiring, account: str, person: Person) -> Member | None:
    try:
        return member(wired.tables, keys.account_id(account), person)
    except ValueError:
        return None


type Reader = Annotated[Principal, Depends(Least(Role.READER), scope="function")]
type Editor = Annotated[Principal, Depends(Least(Role.EDITOR), scope="function")]
type Admin = Annotated[Principal, Depends(Least(Role.ADMIN), scope="function")]
type Owner = Annotated[Principal, Depends(Least(Role.OWNER), scope="function")]


def policy_of(dependant: Any) -> str:
    """What a route asks of its caller: a role, "signed in", or "" for nothing at all; for the test of all routes."""
    calls: list[Callable[..., Any]] = [found.call for found in _flat(dependant)]
    roles = [call.role.word for call in calls if isinstance(call, Least)]
    if roles:
        return roles[0]
    if customer_of in calls:
        return "customer"
    return "signed in" if identity_of in calls else ""


def _flat(dependant: Any) -> list[Any]:
    return [dependant, *(inner for child in dependant.dependencies for inner in _flat(child))]
