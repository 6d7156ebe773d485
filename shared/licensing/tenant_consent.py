"""K4: consent by a customer's own administrator, for a tenant in which the partner cannot consent.

Microsoft leads the administrator back with words that anybody could have typed. They only say which question is
answered; what counts is a complete read of the tenant.
Vendor's page: learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Final
from urllib.parse import urlencode

from shared.errors import NotFound, Rejected
from shared.licensing import app_consents
from shared.licensing.app_consents import AppConsent
from shared.licensing.customer_lists import stored_customers
from shared.microsoft import partner_connections
from shared.microsoft.connector import Microsoft
from shared.microsoft.consent_states import TenantConsentStates
from shared.microsoft.hosts import LOGIN
from shared.microsoft.models import Customer, FailureCause, NotRead, PartnerConnection, SignInMode
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Delete, Insert, Key, Replace, Tables
from shared.text import one_line

PATH: Final = "/api/tenant-consent"
LIVES: Final = timedelta(days=7)
"""So long the address is good: it is sent to a customer, whose administrator may be away."""
TRIES: Final = 5
"""So often a proving read may fail before the address is used up: Microsoft needs minutes, a throttle passes."""
OVER: Final = "This consent link is not valid any more. Ask your IT provider for a new one."
_KIND: Final = "tenant-consent"


@dataclass(frozen=True, slots=True)
class ConsentWords:
    """What came back in the address: anybody may have written it."""

    state: str
    admin_consent: str = ""
    tenant: str = ""
    error: str = ""


class AskedConsent(Document):
    """An administrator of the tenant is asked to let the connection's app in."""

    id: str
    tenant_id: str
    customer: str
    connection: str
    client_id: str
    asked_by: str
    ends: datetime
    tries: int = 0
    """Proving reads that were begun."""


@dataclass(frozen=True, slots=True)
class Returned:
    """A question that the administrator answered with yes."""

    account: AccountId
    asked: AskedConsent
    etag: str


@dataclass(frozen=True, slots=True)
class TenantConsents:
    tables: Tables
    blobs: Blobs
    microsoft: Microsoft
    states: TenantConsentStates
    base: str
    """The https address of this app, "" where none is set: then Microsoft could not lead anybody back."""
    led_to: Callable[[str], str] = str
    """A browser's address of a page of Microsoft; in a sandbox it is another one."""

    def ask(
        self, account: AccountId, by: str, tenant_id: str, connection_id: str, now: datetime
    ) -> tuple[str, datetime]:
        """The address that an administrator of the tenant opens, and until when. Raises NotFound, Rejected.

        It counts for this account, tenant and app registration, once.
        """
        connection, customer = self._listed(account, tenant_id, connection_id)
        if not _ways(connection, customer):
            raise Rejected(
                f"{connection.name} signs in by the app registration of this installation, which may be let in for "
                "somebody else: without GDAP it reads no tenant. Change the partner connection to an app "
                "registration of your own, or ask the customer for a GDAP relationship.",
                "own_app_needed",
                "partnerConnection",
            )
        if not self.base:
            raise Rejected(
                "This installation has no public address to come back to: set SEATWISE_PUBLIC_URL.",
                "no_address",
            )
        self._forget_old(account, now)
        asked = AskedConsent(
            id=token_hex(8),
            tenant_id=customer.tenant_id,
            customer=customer.name or customer.domain or customer.tenant_id,
            connection=connection.id,
            client_id=connection.client_id,
            asked_by=by,
            ends=now + LIVES,
        )
        self.tables.commit([Insert(_key(account, asked.id), asked)])
        words = {
            "client_id": connection.client_id,
            "redirect_uri": f"{self.base.rstrip('/')}{PATH}",
            "state": self.states.make(account, asked.id),
        }
        address = f"{LOGIN}/{customer.tenant_id}/adminconsent?{urlencode(words)}"
        return self.led_to(address), asked.ends

    def look(self, words: ConsentWords, now: datetime) -> Returned:
        """Whose question is answered, as far as the words can tell; nothing is changed. Raises Rejected."""
        account, id_ = self.states.read(words.state)
        row = self.tables.get(_key(account, id_))
        asked = row.read(AskedConsent) if row else None
        if row is None or asked is None or now >= asked.ends or asked.tries >= TRIES:
            raise Rejected(OVER, "consent_over")
        if words.error or words.admin_consent.lower() != "true":
            raise Rejected(
                "Nobody consented at Microsoft, so nothing was changed. The link that you were sent still works.",
                "declined",
            )
        if words.tenant.lower() != asked.tenant_id.lower():
            raise Rejected(
                "The consent was given in another organisation than the one that was asked. Open the link again and "
                "sign in as an administrator of the right one.",
                "another_tenant",
            )
        return Returned(account, asked, row.etag)

    def take(self, returned: Returned, now: datetime) -> SignInMode:
        """Prove the answer by a read, and use it up: how the tenant is read from then on.

        A read that fails uses up one of `TRIES`, counted before it. Raises Rejected for a second use, NotFound for a
        connection that is gone, NotRead.
        """
        account, asked = returned.account, returned.asked
        key = _key(account, asked.id)
        tried = asked.model_copy(update={"tries": asked.tries + 1})
        try:
            self.tables.commit([Replace(key, tried, returned.etag)])
        except Conflict:
            raise Rejected(OVER, "consent_over") from None
        connection, _ = partner_connections.stored(self.tables, account, asked.connection)
        if connection.client_id != asked.client_id:
            raise Rejected(OVER, "consent_over")
        mode = self.prove(account, asked.tenant_id, asked.connection, now)
        with suppress(Conflict):  # another press tries at this moment, and uses it up itself
            if row := self.tables.get(key):
                self.tables.commit([Delete(key, row.etag)])
        return mode

    def prove(self, account: AccountId, tenant_id: str, connection_id: str, now: datetime) -> SignInMode:
        """Read the tenant whole, as the partner's user with GDAP, else as the app: so it is read from then on.

        Raises NotFound, Rejected, NotRead.
        """
        connection, customer = self._listed(account, tenant_id, connection_id)
        failures: list[NotRead] = []
        for way in _ways(connection, customer):
            try:
                self.microsoft.read_tenant(account, way, customer.tenant_id)
            except NotRead as failed:
                failures.append(failed)
                continue
            if way.mode is not connection.mode:
                consent = AppConsent(
                    tenant_id=customer.tenant_id,
                    connection=connection.id,
                    client_id=connection.client_id,
                    proven_at=now,
                )
                app_consents.store(self.tables, account, consent)
            else:
                app_consents.forget(self.tables, account, connection.id, customer.tenant_id)
            return way.mode
        if not failures:
            raise Rejected("There is no way to read this tenant.", "own_app_needed", "partnerConnection")
        raise next((one for one in failures if one.cause is FailureCause.TRANSIENT), failures[-1])

    def _listed(
        self, account: AccountId, tenant_id: str, connection_id: str
    ) -> tuple[PartnerConnection, Customer]:
        """A customer of the partner by Microsoft's own list: nobody asks for a stranger's tenant. Raises NotFound.

        "" takes the first connection that lists it.
        """
        wanted = [
            connection
            for connection in partner_connections.all_of(self.tables, account)
            if not connection_id or connection.id == connection_id
        ]
        if connection_id and not wanted:
            raise NotFound(f"There is no partner connection '{one_line(connection_id, 60)}'.")
        for connection in wanted:
            customers = stored_customers(self.blobs, keys.partner_list_blob(account, connection.id))
            if found := customers.get(tenant_id.lower()):
                return connection, found
        raise NotFound("No partner connection lists this tenant.")

    def _forget_old(self, account: AccountId, now: datetime) -> None:
        for row in list(self.tables.rows(keys.settings(account), keys.settings_of_kind(_KIND))):
            if row.read(AskedConsent).ends < now:
                self.tables.commit([Delete(row.key, row.etag)])


def _ways(connection: PartnerConnection, customer: Customer) -> list[PartnerConnection]:
    """As it signs in anyway, where that can work; then as the app itself."""
    if connection.mode is SignInMode.APP_ONLY:
        return [connection]
    delegated = [connection] if customer.gdap is not None else []
    return delegated + ([connection.by_app] if app_consents.may_be_asked(connection) else [])


def _key(account: AccountId, consent: str) -> Key:
    return keys.setting(account, _KIND, consent)
