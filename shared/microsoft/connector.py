"""Microsoft as the rest of Seatwise sees it: customers, tenants, and whether a partner can sign in."""

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from pydantic import SecretStr

from shared.http.circuit_breaker import CircuitBreaker
from shared.http.client import Http, Throttled, Unreachable
from shared.microsoft import graph, groups, partner_customers, partner_terms
from shared.microsoft.app_tokens import SignIn, Token
from shared.microsoft.auth_errors import as_not_read
from shared.microsoft.hosts import EXCHANGE, GRAPH, PARTNER_CENTER
from shared.microsoft.models import (
    Customer,
    FailureCause,
    GroupCount,
    LinkRefused,
    MailboxCount,
    MailboxRead,
    MailboxSource,
    NotRead,
    PartnerConnection,
    Renewal,
    SignInMode,
    TenantRead,
    Term,
)
from shared.microsoft.shared_mailboxes import graph as mailboxes
from shared.microsoft.shared_mailboxes.exchange import ExchangeMailboxes
from shared.microsoft.shared_mailboxes.graph import GraphMailboxes, MailboxesOf
from shared.storage.keys import AccountId
from shared.storage.secrets import Secrets

YOUNG: Final = timedelta(minutes=5)
"""A token that was issued within this time knows every consent and role: another one would be refused too."""

_FORBIDDEN: Final = str(HTTPStatus.FORBIDDEN.value)


class Microsoft:
    """One per process: it keeps tokens in memory. Every read is complete, or it raises NotRead."""

    def __init__(self, http: Http, secrets: Secrets, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._hurried = CircuitBreaker(http)
        """For what is read beside the licences: it must not keep them waiting."""
        self._clock = clock
        self._sign_in = SignIn(http, secrets, clock)

    def check_partner(self, account: AccountId, connection: PartnerConnection) -> Renewal | None:
        """Sign in anew to the partner's own tenant, and give the rotated refresh token for the daily run to store.

        The secret is read anew, too: a person may have signed in a moment ago. None when app-only. A customer's
        redemption rotates it too, but only this one is handed out.
        """
        redeemed = self._sign_in.renew(account, connection, GRAPH)
        if not redeemed.refresh_token:
            return None
        return Renewal(SecretStr(redeemed.replaces), SecretStr(redeemed.refresh_token))

    def customers(self, account: AccountId, connection: PartnerConnection) -> tuple[Customer, ...]:
        """Every customer of the partner, with or without GDAP."""
        home = connection.tenant_id

        def listed(token: Token) -> list[Customer]:
            try:
                return partner_customers.read_customers(self._http, token.value)
            except (Throttled, Unreachable) as failure:
                raise as_not_read(failure, "Partner Center") from None

        customers = self._signed_in(account, connection, home, PARTNER_CENTER, listed)

        def joined(token: Token) -> tuple[Customer, ...]:
            try:
                return partner_customers.with_gdap(customers, self._reader(connection, home, token))
            except (Throttled, Unreachable) as failure:
                raise as_not_read(failure, "Microsoft Graph") from None

        try:
            return self._signed_in(account, connection, home, GRAPH, joined)
        except NotRead as refusal:
            if connection.mode is not SignInMode.APP_ONLY or not refusal.code.startswith(_FORBIDDEN):
                raise
            # An app needs no GDAP to read a tenant, and Microsoft promises no app the list of relationships.
            return tuple(customers)

    def read_tenant(self, account: AccountId, connection: PartnerConnection, tenant_id: str) -> TenantRead:
        """Everything of one tenant: two calls, more only for more than 999 users."""
        began = self._clock()

        def read(token: Token) -> TenantRead:
            reader = self._reader(connection, tenant_id, token)
            try:
                return graph.read_tenant(reader, connection.id, tenant_id, self._clock, began)
            except (Throttled, Unreachable) as failure:
                raise as_not_read(failure, "Microsoft Graph") from None

        return self._signed_in(account, connection, tenant_id, GRAPH, read)

    def shared_mailboxes(
        self, account: AccountId, connection: PartnerConnection, read: TenantRead
    ) -> MailboxRead:
        """The shared mailboxes among a tenant's licensed users: two calls, more only where Exchange refuses."""
        users = read.users
        if not users:
            return MailboxRead(MailboxSource.EXCHANGE, 0, ())
        return self._of_mailboxes(account, connection, read.tenant_id, lambda source: source.among(users))

    def mailbox_count(
        self, account: AccountId, connection: PartnerConnection, tenant_id: str
    ) -> MailboxCount:
        """How many mailboxes a tenant has of each kind: two calls, of which the token is kept for an hour; more only
        for more than 1,000 mailboxes, and where Exchange refuses: one for twenty users.
        """
        return self._of_mailboxes(account, connection, tenant_id, lambda source: source.count())

    def _of_mailboxes[Told](
        self,
        account: AccountId,
        connection: PartnerConnection,
        tenant_id: str,
        question: Callable[[MailboxesOf], Told],
    ) -> Told:
        """Exchange's answer; where it refuses, that of Graph, which listens to nobody but the app about other people's
        mailboxes.
        """

        def by_exchange(token: Token) -> Told:
            source = ExchangeMailboxes(
                self._hurried, token.value, tenant_id, app_only=connection.mode is SignInMode.APP_ONLY
            )
            return mailboxes.read(source, question)

        def by_graph(token: Token) -> Told:
            return mailboxes.read(GraphMailboxes(self._reader(app, tenant_id, token)), question)

        try:
            return self._signed_in(account, connection, tenant_id, EXCHANGE, by_exchange)
        except NotRead as refusal:
            app = connection.by_app
            try:
                return self._signed_in(account, app, tenant_id, GRAPH, by_graph)
            except NotRead as second:
                # Nobody knows yet whether Graph would tell them: that is no matter for a person.
                raise (second if second.cause is FailureCause.TRANSIENT else refusal) from None

    def group(
        self, account: AccountId, connection: PartnerConnection, tenant_id: str, group_id: str
    ) -> GroupCount:
        """How many users a group of the tenant has: one call, more only for more than 999 users."""

        def read(token: Token) -> GroupCount:
            try:
                return groups.read_group(self._reader(connection, tenant_id, token), group_id)
            except (Throttled, Unreachable) as failure:
                raise as_not_read(failure, "Microsoft Graph") from None

        return self._signed_in(account, connection, tenant_id, GRAPH, read)

    def terms(self, account: AccountId, connection: PartnerConnection, tenant_id: str) -> tuple[Term, ...]:
        """The term of each of a customer's subscriptions, by Partner Center: one call with the partner's own token."""
        home = connection.tenant_id

        def read(token: Token) -> tuple[Term, ...]:
            try:
                return partner_terms.read_terms(self._hurried, token.value, tenant_id)
            except (Throttled, Unreachable) as failure:
                raise as_not_read(failure, "Partner Center") from None

        return self._signed_in(account, connection, home, PARTNER_CENTER, read)

    def _signed_in[Read](
        self,
        account: AccountId,
        connection: PartnerConnection,
        tenant_id: str,
        service: str,
        read: Callable[[Token], Read],
    ) -> Read:
        token = self._sign_in.token(account, connection, tenant_id, service)
        began = self._clock()
        try:
            return _begun_again(read, token)
        except NotRead as refusal:
            if not _is_refused(refusal):
                raise
            self._sign_in.forget(account, connection, tenant_id, service)
            if began - token.issued < YOUNG:
                raise
        # The kept token may be older than a consent or a role that was given since.
        return _begun_again(read, self._sign_in.token(account, connection, tenant_id, service))

    def _reader(self, connection: PartnerConnection, tenant_id: str, token: Token) -> graph.GraphReader:
        return graph.GraphReader(
            self._http,
            token.value,
            self._clock,
            at_home=tenant_id.lower() == connection.tenant_id.lower(),
            app_only=connection.mode is SignInMode.APP_ONLY,
        )


def _begun_again[Read](read: Callable[[Token], Read], token: Token) -> Read:
    """All of it, from its first page once more when the service refused what it had given for a further one."""
    try:
        return read(token)
    except LinkRefused:
        return read(token)


def _is_refused(refusal: NotRead) -> bool:
    """The service said 401 or 403: a role or consent is missing, or was when the token was made."""
    if partner_terms.is_sold_by_another(refusal):
        return False
    return refusal.cause in (FailureCause.TENANT, FailureCause.PARTNER) and refusal.code.startswith(
        (str(HTTPStatus.UNAUTHORIZED.value), _FORBIDDEN)
    )
