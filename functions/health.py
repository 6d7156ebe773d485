"""The doctor's surroundings: what it looks at in this process's wiring."""

from collections.abc import Callable, Iterator

from functions.queues.messages import QUEUES
from shared import config
from shared.accounts.account import Account
from shared.accounts.directory import account_ids, load_account
from shared.health import account as of_account
from shared.health import installation as of_installation
from shared.health.account import CheckedAccount
from shared.health.finding import Check, Finding, Unusable
from shared.health.installation import Installation
from shared.wiring import Wiring


def account_findings(wired: Wiring, account: Account) -> Iterator[Finding]:
    return of_account.examine(
        CheckedAccount(
            account,
            wired.tables,
            lambda connection: wired.microsoft.check_partner(account.id, connection),
            lambda connection: wired.psa(account.id, connection),
            wired.clock(),
        )
    )


def installation_findings(wired: Wiring) -> Iterator[Finding]:
    return of_installation.examine(
        Installation(
            missing_settings=tuple(_missing(wired.settings)),
            tables=wired.tables,
            blobs=wired.blobs,
            watched_queues=wired.storage.queues,
            secrets=_usable(lambda: wired.secrets),
            transport=_usable(lambda: wired.transport),
            sender=wired.settings.sender,
            now=wired.clock,
        ),
        QUEUES,
    )


def _missing(settings: config.Config) -> Iterator[tuple[str, str]]:
    if not settings.public_url:
        yield "Mails carry no links.", "Set SEATWISE_PUBLIC_URL and SEATWISE_LINK_KEYS."
    if not settings.api_client_id:
        yield "Nobody can sign in.", "Set SEATWISE_API_CLIENT_ID and SEATWISE_WEB_ORIGIN."
    if not settings.owner_tenants:
        yield "Nobody can open an account.", "Set SEATWISE_OWNER_TENANTS."


def _usable[Part](made: Callable[[], Part]) -> Callable[[], Part]:
    def part() -> Part:
        try:
            return made()
        except config.WrongSetting as wrong:
            raise Unusable(str(wrong)) from None

    return part


def all_findings(wired: Wiring) -> Iterator[tuple[str, Finding]]:
    """The installation's, then every account's with its name, where the storage can be read at all."""
    readable = True
    for finding in installation_findings(wired):
        readable &= finding.well or finding.check is not Check.STORAGE
        yield "installation", finding
    for known in account_ids(wired.tables) if readable else ():
        account = load_account(wired.tables, known)
        yield from ((account.name, finding) for finding in account_findings(wired, account))
