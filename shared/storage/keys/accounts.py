"""Keys of what the accounts keep: the directory, people, the audit log, settings, decisions and runs."""

import secrets
from datetime import datetime

from shared.storage.keys.parts import AccountId, instant, newest_first, part
from shared.storage.tables import Key


def directory_of_accounts() -> str:
    return "directory|accounts"


def directory_entry(account: AccountId) -> Key:
    return Key(directory_of_accounts(), account)


def directory_of_members() -> str:
    return "directory|members"


def memberships(person: str) -> str:
    """How the rows of one person's accounts begin."""
    return f"{part(person)}|"


def membership(person: str, account: AccountId) -> Key:
    return Key(directory_of_members(), f"{memberships(person)}{account}")


def opened_by(tenant: str) -> Key:
    """Which account was opened from an Entra tenant."""
    return Key("directory|opened", part(tenant))


def directory() -> tuple[str, str]:
    """Every partition of what all accounts share sorts at or behind the first, and before the second."""
    return "directory|", "directory}"


def deletions() -> str:
    return "directory|deletions"


def deletion(account: AccountId) -> Key:
    """Stands while an account is being deleted."""
    return Key(deletions(), account)


def partitions_of(account: AccountId) -> tuple[str, str]:
    """Every partition of an account sorts at or behind the first, and before the second."""
    return f"{account}|", f"{account}}}"


def every_partition() -> tuple[str, str]:
    """Every partition of all accounts, and the directory, sorts at or behind the first, and before the second."""
    return "!", "~"


def blobs_of(account: AccountId) -> str:
    """How the names of all blobs of an account begin."""
    return f"{account}/"


MEMBERS, INVITATIONS = "member|", "invitation|"
"""How the rows of members and of invitations begin."""


def members(account: AccountId) -> str:
    return f"{account}|members"


def member(account: AccountId, person: str) -> Key:
    return Key(members(account), f"{MEMBERS}{part(person)}")


def owners(account: AccountId) -> Key:
    return Key(members(account), "owners")


def invitation(account: AccountId, name: str) -> Key:
    return Key(members(account), f"{INVITATIONS}{part(name)}")


AUDIT = "audit|"


def audit(account: AccountId) -> str:
    return f"{account}|audit"


def audit_entry(account: AccountId, at: datetime) -> Key:
    """The newest sorts first. The last part keeps two entries of one microsecond apart."""
    return Key(audit(account), f"{AUDIT}{newest_first(at)}|{secrets.token_hex(4)}")


AUDIT_BEGUN = "begun|"


def audit_begun(entry: Key) -> Key:
    """Of what was begun and has not ended: where its entry would be, under another beginning."""
    return Key(entry.partition, f"{AUDIT_BEGUN}{entry.row.removeprefix(AUDIT)}")


def audit_changed(account: AccountId) -> Key:
    """Written when anything that a person asks for begins and when it has ended."""
    return Key(audit(account), "changed")


def audit_entries_at(begun: Key) -> str:
    """How the rows begin of the entries of the instant at which something was begun."""
    return f"{AUDIT}{begun.row.removeprefix(AUDIT_BEGUN).partition('|')[0]}|"


def settings(account: AccountId) -> str:
    return f"{account}|settings"


def settings_of_kind(kind: str) -> str:
    """How the rows of all settings of a kind begin."""
    return f"{part(kind)}|"


def setting(account: AccountId, kind: str, name: str = "-") -> Key:
    return Key(settings(account), f"{settings_of_kind(kind)}{part(name)}")


def decisions(account: AccountId) -> str:
    """What people decide: `now|kind|id` is in force, `was|kind|id|from` are all versions, `changed|kind` when last."""
    return f"{account}|decisions"


DECISIONS_IN_FORCE = "now|"
"""How the rows of the newest decisions of every kind begin."""


def decisions_now(kind: str) -> str:
    """The rows of all decisions of a kind that were made, one per id."""
    return f"{DECISIONS_IN_FORCE}{part(kind)}|"


def decision_versions(kind: str, name: str) -> str:
    """The rows of every version of one decision, oldest first."""
    return f"was|{part(kind)}|{part(name)}|"


def decision_now(account: AccountId, kind: str, name: str) -> Key:
    return Key(decisions(account), decisions_now(kind) + part(name))


def decisions_changed(account: AccountId, kind: str) -> Key:
    """Written with every decision of a kind: whether it changed tells whether a list of them is still good."""
    return Key(decisions(account), f"changed|{part(kind)}")


def decision_version(account: AccountId, kind: str, name: str, valid_from: datetime) -> Key:
    return Key(decisions(account), decision_versions(kind, name) + instant(valid_from))


def runs(account: AccountId) -> str:
    return f"{account}|runs"


RUNS, OPEN_RUNS = "run|", "open|"
"""How the rows of runs, and of those that have not closed, begin."""


def runs_of_month(month: str) -> str:
    """How the rows of a month's nightly runs begin (YYYY-MM): a night's run has its date as id."""
    return f"{RUNS}{month}"


def run(account: AccountId, run_id: str) -> Key:
    return Key(runs(account), f"{RUNS}{part(run_id)}")


def open_run(account: AccountId, run_id: str) -> Key:
    """Stands beside a run until it closes, so that nobody looks through two years of runs for it."""
    return Key(runs(account), f"{OPEN_RUNS}{part(run_id)}")


def sync_now(account: AccountId) -> Key:
    """The newest "sync now": beside the runs, so that it is stored together with its run."""
    return Key(runs(account), "sync-now")
