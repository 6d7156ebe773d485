"""Whether the installation is well: what all accounts share."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.health.finding import Check, Finding, Unusable, well, wrong
from shared.mail.base import CannotTell, Transport
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.queues import WatchedQueues
from shared.storage.secrets import SecretMissing, Secrets, SecretsUnavailable
from shared.storage.tables import Tables

CLOCK_MAY_DIFFER = timedelta(minutes=2)
MANY_WAITING = 2_000
"""Messages in one queue: more than a night of some thousand tenants has at any moment."""
NOBODY = AccountId("doctor")
"""No account has a row: an id is made of a name and a hash."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What is looked at. A part that is made by a call may be unusable, which is a finding too."""

    missing_settings: tuple[tuple[str, str], ...]
    """What does not work without settings that are not there, and the cure."""
    tables: Tables
    blobs: Blobs
    watched_queues: WatchedQueues
    secrets: Callable[[], Secrets]
    transport: Callable[[], Transport]
    sender: str
    now: Callable[[], datetime]


def examine(installation: Installation, queues: Iterable[str]) -> Iterator[Finding]:
    """Each thing once, in the order in which they need one another."""
    yield from _settings(installation)
    yield from _storage(installation)
    yield _vault(installation)
    yield _mail(installation)
    yield from _queues(installation.watched_queues, list(queues))


def _settings(installation: Installation) -> Iterator[Finding]:
    for sentence, cure in installation.missing_settings:
        yield wrong(Check.SETTINGS, sentence, cure)
    if not installation.missing_settings:
        yield well(Check.SETTINGS, "Every setting is there and has a good form.")


def _storage(installation: Installation) -> Iterator[Finding]:
    """A row is read, and a blob is written and looked at: the storage's clock is on it."""
    from azure.core.exceptions import AzureError

    try:
        next(installation.tables.rows(keys.directory_of_accounts()), None)
        installation.blobs.put(keys.health_blob(), b"written by the doctor")
        written = next(installation.blobs.stored(keys.health_blob())).written_at
    except AzureError as error:
        yield wrong(
            Check.STORAGE,
            f"The storage account cannot be used: {type(error).__name__}.",
            "Check AzureWebJobsStorage__accountName, that the table and the container exist, and that the app's "
            "identity has the roles Storage Table Data Contributor and Storage Blob Data Owner: `azd provision` puts "
            "all of it right.",
        )
        return
    yield well(Check.STORAGE, "Rows can be read, and blobs can be written.")
    differs = abs(installation.now() - written)
    if differs > CLOCK_MAY_DIFFER:
        yield wrong(
            Check.CLOCK,
            f"The clock here and the storage's are {differs.total_seconds() / 60:.0f} minutes apart.",
            "Set the clock of the machine by a time server. In Azure restart the app.",
        )
    else:
        yield well(Check.CLOCK, "The clock agrees with the storage's.")


def _vault(installation: Installation) -> Finding:
    try:
        installation.secrets().get(NOBODY, "doctor")
    except SecretMissing:
        return well(Check.VAULT, "Secrets can be read.")
    except SecretsUnavailable as unavailable:
        return wrong(
            Check.VAULT,
            str(unavailable),
            "Check SEATWISE_KEY_VAULT and that the app's identity has the role Key Vault Secrets Officer on the vault.",
        )
    except Unusable as unusable:
        return wrong(Check.VAULT, str(unusable), "Correct the setting, then restart the app.")
    return well(Check.VAULT, "Secrets can be read.")


def _mail(installation: Installation) -> Finding:
    """The provider is asked something, and nothing is sent."""
    try:
        against = installation.transport().undeliverable(installation.sender)
    except Unusable as unusable:
        return wrong(Check.MAIL, str(unusable), "Correct the setting, then restart the app.")
    except CannotTell as why:
        return wrong(
            Check.MAIL,
            f"The mail provider does not answer as it should: {why}",
            "Check its key or password (secret installation-mail in the vault) and its rights: see docs/deploy.md.",
        )
    if against is not None:
        return wrong(
            Check.MAIL,
            f"The mail provider delivers nothing to the sender's own address ({against.reason}).",
            "Take the address off the provider's suppression list.",
        )
    return well(Check.MAIL, "The mail provider can be reached.")


def _queues(watched: WatchedQueues, names: list[str]) -> Iterator[Finding]:
    from azure.core.exceptions import AzureError

    try:
        waiting = {name: watched.waiting(name) for queue in names for name in (queue, f"{queue}-poison")}
    except AzureError as error:
        yield wrong(
            Check.QUEUES,
            f"The queues cannot be read: {type(error).__name__}.",
            "Give the app's identity the role Storage Queue Data Contributor: `azd provision`.",
        )
        return
    missing = [name for name, count in waiting.items() if count is None]
    if missing:
        yield wrong(
            Check.QUEUES, f"Queues are missing: {', '.join(missing)}.", "Make them: `azd provision` does."
        )
    full = {n: c for n, c in waiting.items() if c and c > MANY_WAITING and not n.endswith("-poison")}
    for name, count in full.items():
        yield wrong(
            Check.QUEUES,
            f"{count:,} messages wait in {name}.",
            "Look in the log whether the app runs and what it is refused. Messages are not lost: they are worked on "
            "when the cause is gone.",
        )
    if not missing and not full:
        yield well(Check.QUEUES, "Every queue is there, and none is full.")
    given_up = {name: count for name, count in waiting.items() if count and name.endswith("-poison")}
    for name, count in given_up.items():
        yield wrong(
            Check.POISON,
            f"{count:,} messages lie in {name} and nobody takes them.",
            "Its function does not run: look in the log why the app does not start.",
        )
    if not given_up:
        yield well(Check.POISON, "No message was given up and left lying.")
