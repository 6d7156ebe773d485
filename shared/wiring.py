"""The only place that chooses concrete adapters, clock, HTTP session and store."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING

import requests

from shared import config
from shared.alerts.exclude_link.link import Links
from shared.billing.models import PsaConnection
from shared.billing.psa.base import Psa, PsaRefused, PsaUnavailable
from shared.billing.psa.causes import Cause
from shared.billing.psa.kinds import Psas
from shared.billing.psa.tickets import PsaTickets
from shared.http.client import Http
from shared.http.public_addresses import PublicAdapter
from shared.mail.base import Transport
from shared.microsoft.connector import Microsoft
from shared.microsoft.installation_app import InstallationApp, WithInstallationApp
from shared.storage.blobs import Blobs
from shared.storage.connect import CONNECTIONS, AzureStorage, connect, connect_with_identity
from shared.storage.keys import AccountId
from shared.storage.queues import Queues
from shared.storage.secrets import AllSecrets, SecretMissing, SecretsUnavailable
from shared.storage.tables import Tables

if (
    TYPE_CHECKING
):  # what the API alone needs is imported where it is made: timers and queues do not pay for it
    from shared.accounts.invitations import InvitationCodes
    from shared.licensing.tenant_consent import TenantConsents
    from shared.microsoft.caller_tokens import AccessTokens
    from shared.microsoft.partner_connecting import Connecting
    from shared.microsoft.partner_consent import PartnerConsent


def _session() -> requests.Session:
    """A connection for every thread of the worker, to public addresses; no proxy or `.netrc` of the machine counts."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", PublicAdapter(pool_maxsize=CONNECTIONS))
    return session


@dataclass(frozen=True, slots=True)
class WiringOverrides:
    """What a sandbox or a test may put in place of the real world."""

    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    sleep: Callable[[float], None] = time.sleep
    session: Callable[[], requests.Session] = field(default=_session)
    queues: Callable[[Queues], Queues] = field(default=lambda queues: queues)
    """Put something around the queues, for example a host that wants to know at once what was sent."""
    led_to: Callable[[str], str] = str
    """Where a browser finds a page of Microsoft's sign-in."""


class Wiring:
    """The adapters of this process, each made when it is first needed."""

    def __init__(self, settings: config.Config, overrides: WiringOverrides) -> None:
        self.settings = settings
        self.clock = overrides.clock
        self.sleep = overrides.sleep
        self._overrides = overrides

    @cached_property
    def storage(self) -> AzureStorage:
        if self.settings.storage_account:
            return connect_with_identity(self.settings.storage_account, self.settings.identity)
        return connect(self.settings.storage or "")

    @property
    def tables(self) -> Tables:
        return self.storage.tables

    @property
    def blobs(self) -> Blobs:
        return self.storage.blobs

    @cached_property
    def queues(self) -> Queues:
        return self._overrides.queues(self.storage.queues)

    @cached_property
    def secrets(self) -> AllSecrets:
        if self.settings.key_vault:
            return _key_vault(self.settings.key_vault, self.settings.identity)
        from shared.storage.encrypted_table import EncryptedTableSecrets, read_keys

        try:
            return EncryptedTableSecrets(self.tables, read_keys(self.settings.secret_keys))
        except ValueError as wrong:
            raise config.WrongSetting(f"SEATWISE_SECRET_KEYS: {wrong}") from None

    @cached_property
    def http(self) -> Http:
        return Http(self._overrides.session(), self.sleep, self.clock)

    @property
    def installation_app(self) -> InstallationApp | None:
        """The app registration that partners without one of their own consent to."""
        given = self.settings
        if not given.partner_client_id:
            return None
        return InstallationApp(given.partner_client_id.lower(), given.partner_client_secret)

    @cached_property
    def partner_secrets(self) -> WithInstallationApp:
        """What partner connections sign in with."""
        return WithInstallationApp(self.secrets, self.installation_app)

    @cached_property
    def microsoft(self) -> Microsoft:
        return Microsoft(self.http, self.partner_secrets, self.clock)

    @cached_property
    def psas(self) -> Psas:
        from shared.billing.psa.registry import RegisteredPsas  # every PSA's shapes: for who works with one

        return RegisteredPsas(self.http)

    @cached_property
    def partner_connecting(self) -> "Connecting":
        from shared.microsoft.partner_connecting import Connecting

        return Connecting(
            self.tables, self.partner_secrets, lambda held: Microsoft(self.http, held, self.clock)
        )

    @cached_property
    def partner_consent(self) -> "PartnerConsent":
        """People come back from Microsoft to a page of the front end, which sends on what came along."""
        from shared.microsoft.consent_states import ConsentStates
        from shared.microsoft.partner_consent import PartnerConsent

        redirect = f"{self.settings.web_origin}/partner-consent"
        states, led_to = ConsentStates(self.signing_keys), self._overrides.led_to
        connecting, ours = self.partner_connecting, self.installation_app
        return PartnerConsent(connecting, self.http, states, redirect, led_to, ours)

    @cached_property
    def tenant_consents(self) -> "TenantConsents":
        """Customers' administrators come back from Microsoft to a page of this app: they have no account here."""
        from shared.licensing.tenant_consent import TenantConsents
        from shared.microsoft.consent_states import TenantConsentStates

        states, led_to = TenantConsentStates(self.signing_keys), self._overrides.led_to
        base = self.settings.public_url
        return TenantConsents(self.tables, self.blobs, self.microsoft, states, base, led_to)

    def psa(self, account: AccountId, connection: PsaConnection) -> Psa:
        """A PSA ready to be signed in to. Raises PsaRefused without its secret or with wrong settings, PsaUnavailable
        without the vault.
        """
        secret = self._psa_secret(account, connection)
        return self.psas.open(connection.kind, connection.settings_json, secret)

    def psa_tickets(self, account: AccountId, connection: PsaConnection) -> PsaTickets:
        """The tickets of a PSA; raises as `psa` does, and PsaRefused where Seatwise makes none."""
        secret = self._psa_secret(account, connection)
        return self.psas.open_tickets(connection.kind, connection.settings_json, secret)

    def _psa_secret(self, account: AccountId, connection: PsaConnection) -> str:
        try:
            return self.secrets.get(account, connection.secret)
        except SecretMissing as missing:
            raise PsaRefused.for_all(connection.name, Cause.SECRET, "secret missing") from missing
        except SecretsUnavailable as unavailable:
            raise PsaUnavailable(str(unavailable), timedelta(minutes=2)) from None

    @cached_property
    def transport(self) -> Transport:
        from shared.mail.registry import TransportServices, transport

        given, means = self.settings, TransportServices(self.clock, self.http)
        try:
            return transport(given.mail_transport, given.mail_settings, means)
        except ValueError as wrong:
            raise config.WrongSetting(f"SEATWISE_MAIL and the settings SEATWISE_MAIL_...: {wrong}") from None

    @cached_property
    def links(self) -> Links | None:
        """The links in mails; None where no address or key for them is set: then mails carry none."""
        if not self.settings.public_url:
            return None
        return Links(self.settings.public_url, self.signing_keys)

    @cached_property
    def access_tokens(self) -> "AccessTokens | None":
        """Verifies who calls the API; None where no app registration is set: then nobody can."""
        if not self.settings.api_client_id:
            return None
        from shared.microsoft.caller_tokens import AccessTokens, SigningKeys

        keys = SigningKeys(self.http, self.clock)
        return AccessTokens(keys, self.settings.api_client_id.lower(), self.clock)

    @cached_property
    def signing_keys(self) -> tuple[bytes, ...]:
        """For what leaves and comes back: links, invitations, cursors; the newest first. Raises WrongSetting."""
        from shared.storage.encrypted_table import read_keys

        try:
            return tuple(read_keys(self.settings.link_keys))
        except ValueError as wrong:
            raise config.WrongSetting(f"SEATWISE_LINK_KEYS: {wrong}") from None

    @cached_property
    def invitation_codes(self) -> "InvitationCodes":
        from shared.accounts.invitations import InvitationCodes

        return InvitationCodes(self.signing_keys)

    @property
    def claim_for(self) -> timedelta:
        return timedelta(seconds=self.settings.claim_seconds)

    @property
    def settles_after(self) -> timedelta:
        return timedelta(seconds=self.settings.settle_seconds)


def _key_vault(url: str, identity: str | None) -> AllSecrets:
    from azure.identity import DefaultAzureCredential
    from azure.keyvault.secrets import SecretClient

    from shared.storage.key_vault import KeyVaultSecrets

    return KeyVaultSecrets(SecretClient(url, DefaultAzureCredential(managed_identity_client_id=identity)))


_overrides = WiringOverrides()


def override_wiring(overrides: WiringOverrides) -> None:
    """Put this process into other surroundings; before anything was wired."""
    global _overrides
    _overrides = overrides
    wiring.cache_clear()


@cache
def wiring() -> Wiring:
    """The wiring of this process. Raises WrongSetting (config)."""
    return Wiring(config.read(), _overrides)
