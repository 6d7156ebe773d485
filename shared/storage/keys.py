"""Every key of the tables and every blob name: nothing reaches storage without an account.

A partition starts with the account's id. What must change together shares a partition:
states and day rows of tenants; an agreement's claim, its lines and its ledger.
"""

import hashlib
import re
import secrets
from datetime import UTC, date, datetime, timedelta
from typing import NewType

from shared.storage.tables import Key

AccountId = NewType("AccountId", str)

_LAST_MICROSECOND = 253_402_300_800_000_000
"""Of the calendar, so that what is left of it counts down."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VAULT_NAME = re.compile(r"(?!h-)[a-z0-9]+(-[a-z0-9]+){0,9}")
_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
# Not beginning with a dot (a blob's name must not have the part ".."), nor as a hashed part begins.
_PLAIN = re.compile(r"(?!h\.)[A-Za-z0-9_:-][A-Za-z0-9._:-]{0,99}")


def account_id(text: str) -> AccountId:
    """Check an account id: 2 to 40 of a-z, 0-9 and '-'. Raises ValueError."""
    if not _ACCOUNT.fullmatch(text):
        raise ValueError("an account id is 2 to 40 of a-z, 0-9 and '-', and starts with a letter or digit")
    return AccountId(text)


def hashed(text: str) -> str:
    """E-mail addresses and vendors' free text in a key: 32 hex digits, so that any text is a legal key."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]


def _part(text: str) -> str:
    """An id inside a key as it is when it is plain, else hashed: nobody's text can reach another row."""
    return text if _PLAIN.fullmatch(text) else f"h.{hashed(text)}"


def _instant(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def _countdown(at: datetime) -> str:
    """An instant that sorts the newest first."""
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return f"{_LAST_MICROSECOND - (at - _EPOCH) // timedelta(microseconds=1):018d}"


# -- the directory of accounts: ids only ------------------------------------------------------------------------


def directory_of_accounts() -> str:
    return "directory|accounts"


def directory_entry(account: AccountId) -> Key:
    return Key(directory_of_accounts(), account)


def directory_of_members() -> str:
    return "directory|members"


def memberships(person: str) -> str:
    """How the rows of one person's accounts begin."""
    return f"{_part(person)}|"


def membership(person: str, account: AccountId) -> Key:
    return Key(directory_of_members(), f"{memberships(person)}{account}")


def opened_by(tenant: str) -> Key:
    """Which account was opened from an Entra tenant."""
    return Key("directory|opened", _part(tenant))


# -- people -------------------------------------------------------------------------------------------------------

MEMBERS, INVITATIONS = "member|", "invitation|"
"""How the rows of members and of invitations begin."""


def members(account: AccountId) -> str:
    return f"{account}|members"


def member(account: AccountId, person: str) -> Key:
    return Key(members(account), f"{MEMBERS}{_part(person)}")


def owners(account: AccountId) -> Key:
    return Key(members(account), "owners")


def invitation(account: AccountId, name: str) -> Key:
    return Key(members(account), f"{INVITATIONS}{_part(name)}")


AUDIT = "audit|"


def audit(account: AccountId) -> str:
    return f"{account}|audit"


def audit_entry(account: AccountId, at: datetime) -> Key:
    """The newest sorts first. The last part keeps two entries of one microsecond apart."""
    return Key(audit(account), f"{AUDIT}{_countdown(at)}|{secrets.token_hex(4)}")


# -- settings and decisions ---------------------------------------------------------------------------------------


def settings(account: AccountId) -> str:
    return f"{account}|settings"


def settings_of_kind(kind: str) -> str:
    """How the rows of all settings of a kind begin."""
    return f"{_part(kind)}|"


def setting(account: AccountId, kind: str, name: str = "-") -> Key:
    return Key(settings(account), f"{settings_of_kind(kind)}{_part(name)}")


def decisions(account: AccountId) -> str:
    """What people decide: `now|kind|id` is in force, `was|kind|id|from` are all versions, `changed|kind` when last."""
    return f"{account}|decisions"


DECISIONS_IN_FORCE = "now|"
"""How the rows of the newest decisions of every kind begin."""


def decisions_now(kind: str) -> str:
    """The rows of all decisions of a kind that were made, one per id."""
    return f"{DECISIONS_IN_FORCE}{_part(kind)}|"


def decision_versions(kind: str, name: str) -> str:
    """The rows of every version of one decision, oldest first."""
    return f"was|{_part(kind)}|{_part(name)}|"


def decision_now(account: AccountId, kind: str, name: str) -> Key:
    return Key(decisions(account), decisions_now(kind) + _part(name))


def decisions_changed(account: AccountId, kind: str) -> Key:
    """Written with every decision of a kind: whether it changed tells whether a list of them is still good."""
    return Key(decisions(account), f"changed|{_part(kind)}")


def decision_version(account: AccountId, kind: str, name: str, valid_from: datetime) -> Key:
    return Key(decisions(account), decision_versions(kind, name) + _instant(valid_from))


# -- tenants ------------------------------------------------------------------------------------------------------


def tenants(account: AccountId) -> str:
    """States and day rows in one partition, so that a read is accepted in one transaction."""
    return f"{account}|tenants"


TENANT_STATES = "head|"
"""How the rows of tenants' states begin."""


def tenant_state(account: AccountId, tenant: str) -> Key:
    return Key(tenants(account), f"{TENANT_STATES}{_part(tenant)}")


def tenant_days(tenant: str) -> str:
    return f"day|{_part(tenant)}|"


def tenant_day(account: AccountId, tenant: str, on: date) -> Key:
    return Key(tenants(account), f"{tenant_days(tenant)}{on.isoformat()}")


def users_blobs(account: AccountId, tenant: str) -> str:
    """How the names of all blobs of a tenant's users begin."""
    return f"{account}/users/{_part(tenant)}/"


def users_blob(account: AccountId, tenant: str, digest: str) -> str:
    return f"{users_blobs(account, tenant)}{_part(digest)}.json.gz"


def readings_blob(account: AccountId) -> str:
    return f"{account}/readings.json.gz"


def partner_lists(account: AccountId) -> str:
    """The newest complete customer list of each partner connection."""
    return f"{account}|partners"


def partner_list_blob(account: AccountId, connection: str) -> str:
    return f"{account}/partners/{_part(connection)}.json.gz"


def partner_list(account: AccountId, connection: str) -> Key:
    return Key(partner_lists(account), f"list|{_part(connection)}")


# -- runs ---------------------------------------------------------------------------------------------------------


def runs(account: AccountId) -> str:
    return f"{account}|runs"


RUNS, OPEN_RUNS = "run|", "open|"
"""How the rows of runs, and of those that have not closed, begin."""


def runs_of_month(month: str) -> str:
    """How the rows of a month's nightly runs begin (YYYY-MM): a night's run has its date as id."""
    return f"{RUNS}{month}"


def run(account: AccountId, run_id: str) -> Key:
    return Key(runs(account), f"{RUNS}{_part(run_id)}")


def open_run(account: AccountId, run_id: str) -> Key:
    """Stands beside a run until it closes, so that nobody looks through two years of runs for it."""
    return Key(runs(account), f"{OPEN_RUNS}{_part(run_id)}")


def sync_now(account: AccountId) -> Key:
    """The newest "sync now": beside the runs, so that it is stored together with its run."""
    return Key(runs(account), "sync-now")


# -- billing ------------------------------------------------------------------------------------------------------


def agreements(account: AccountId, connection: str) -> str:
    """Claims, lines and ledger of one PSA connection: a change of a line and its ledger row are one transaction."""
    return f"{account}|psa|{_part(connection)}"


AGREEMENTS = "agr|"
"""How the rows of agreement records begin."""


def agreement(account: AccountId, connection: str, agreement_id: str) -> Key:
    return Key(agreements(account, connection), f"{AGREEMENTS}{_part(agreement_id)}")


def ledger_prefix(agreement_id: str, mapping_id: str = "") -> str:
    return f"log|{_part(agreement_id)}|{_part(mapping_id)}|" if mapping_id else f"log|{_part(agreement_id)}|"


def ledger_entry(
    account: AccountId, connection: str, agreement_id: str, mapping_id: str, at: datetime, event: str
) -> Key:
    row = f"{ledger_prefix(agreement_id, mapping_id)}{_instant(at)}|{_part(event)}"
    return Key(agreements(account, connection), row)


NEWEST_OF_LEDGER = "new|"
"""How the ledger's rows in the order of time begin."""


def newest_of_ledger(
    account: AccountId, connection: str, at: datetime, agreement_id: str, mapping_id: str, event: str
) -> Key:
    """The entry once more, where the newest of all agreements sorts first."""
    row = f"{ledger_from(at)}{_part(agreement_id)}|{_part(mapping_id)}|{_part(event)}"
    return Key(agreements(account, connection), row)


def ledger_from(at: datetime) -> str:
    """What sorts right before the entries of an instant, and behind all newer ones."""
    return f"{NEWEST_OF_LEDGER}{_countdown(at)}|"


def ledger_after(agreement_id: str, mapping_id: str, at: datetime) -> str:
    """What sorts right before a mapping's entries of an instant, and behind all older ones."""
    return f"{ledger_prefix(agreement_id, mapping_id)}{_instant(at)}"


def psa_lists_blob(account: AccountId, connection: str) -> str:
    """What a PSA connection offers to choose from, as it was last read."""
    return f"{account}/psa/{_part(connection)}.json.gz"


# -- alerts and mail ----------------------------------------------------------------------------------------------


def alerts(account: AccountId) -> str:
    return f"{account}|alerts"


OPEN_ALERTS = "alert|"
FAILED_MESSAGES = "poison|"


def open_alerts_of(slug: str) -> str:
    """How the rows of the open alerts of a type begin."""
    return f"{OPEN_ALERTS}{_part(slug)}|"


def alert(account: AccountId, slug: str, identity: str) -> Key:
    return Key(alerts(account), f"{open_alerts_of(slug)}{hashed(identity)}")


def closed_alert(account: AccountId, slug: str, identity: str, opened_at: datetime) -> Key:
    """Apart from the open ones, so that years of closed alerts cost an evaluation nothing."""
    return Key(alerts(account), f"{closed_before(slug, identity)}{_instant(opened_at)}")


def closed_before(slug: str, identity: str) -> str:
    """How the rows begin that one alert left each time it was closed, the oldest first."""
    return f"{closed_alerts(slug)}{hashed(identity)}|"


def closed_alerts(slug: str, digit: str = "") -> str:
    """The rows of the closed alerts of a type; with a hexadecimal digit a sixteenth of them."""
    return f"closed|{_part(slug)}|{digit}"


def failed_message(account: AccountId, queue: str) -> Key:
    return Key(alerts(account), f"{FAILED_MESSAGES}{_part(queue)}")


def evaluation(account: AccountId) -> Key:
    return Key(alerts(account), "evaluation")


def summary(account: AccountId) -> Key:
    """Beside the evaluation, which writes it in the same transaction."""
    return Key(alerts(account), "summary")


def mails(account: AccountId) -> str:
    return f"{account}|mails"


MAILS = "mail|"


def mails_of_month(month: str) -> str:
    """How the rows of the mails of a month (YYYY-MM) begin."""
    return f"{MAILS}{month}"


def mail(account: AccountId, kind: str, on: date, recipient: str) -> Key:
    return Key(mails(account), f"{MAILS}{on.isoformat()}|{_part(kind)}|{hashed(recipient)}")


def digest_memory(account: AccountId, address: str) -> Key:
    """What the digests and urgent mails told a recipient."""
    return Key(mails(account), f"recipient|{hashed(address)}")


def mail_under_way(account: AccountId, address: str) -> Key:
    return Key(mails(account), f"under-way|{hashed(address)}")


# -- secrets ------------------------------------------------------------------------------------------------------


def secret(account: AccountId, name: str) -> Key:
    return Key(f"{account}|secrets", _part(name))


def vault_secret(account: AccountId, name: str) -> str:
    """A name for Key Vault: at most 127 letters, digits and '-', where case does not count.

    What follows the last "--" is the name, so no account's name reads like another account's.
    """
    plain = _VAULT_NAME.fullmatch(name) and len(name) <= 80
    return f"{account}--{name if plain else f'h-{hashed(name)}'}"


# -- shared by all accounts: no account's data ----------------------------------------------------------------------


def product_names_blob() -> str:
    return "public/product-names.json.gz"


def product_names() -> Key:
    return Key("directory|names", "-")
