"""Keys of what a PSA connection keeps: agreement records, the ledger, the lists to choose from."""

from datetime import datetime

from shared.storage.keys.parts import AccountId, instant, newest_first, part
from shared.storage.tables import Key


def agreements(account: AccountId, connection: str) -> str:
    """Claims, lines and ledger of one PSA connection: a change of a line and its ledger row are one transaction."""
    return f"{account}|psa|{part(connection)}"


AGREEMENTS = "agr|"
"""How the rows of agreement records begin."""


def agreement(account: AccountId, connection: str, agreement_id: str) -> Key:
    return Key(agreements(account, connection), f"{AGREEMENTS}{part(agreement_id)}")


WAITING = "waits|"
"""How the rows of agreements with a line that waits for a person begin."""


def waiting(account: AccountId, connection: str, agreement_id: str) -> Key:
    return Key(agreements(account, connection), f"{WAITING}{part(agreement_id)}")


def waiting_looked(account: AccountId, connection: str) -> Key:
    """Every record was looked at once for what waits."""
    return Key(agreements(account, connection), "waits-looked")


def ledger_prefix(agreement_id: str, mapping_id: str = "") -> str:
    return f"log|{part(agreement_id)}|{part(mapping_id)}|" if mapping_id else f"log|{part(agreement_id)}|"


def ledger_entry(
    account: AccountId, connection: str, agreement_id: str, mapping_id: str, at: datetime, event: str
) -> Key:
    row = f"{ledger_prefix(agreement_id, mapping_id)}{instant(at)}|{part(event)}"
    return Key(agreements(account, connection), row)


NEWEST_OF_LEDGER = "new|"
"""How the ledger's rows in the order of time begin."""


def newest_of_ledger(
    account: AccountId, connection: str, at: datetime, agreement_id: str, mapping_id: str, event: str
) -> Key:
    """The entry once more, where the newest of all agreements sorts first."""
    row = f"{ledger_from(at)}{part(agreement_id)}|{part(mapping_id)}|{part(event)}"
    return Key(agreements(account, connection), row)


def ledger_from(at: datetime) -> str:
    """What sorts right before the entries of an instant, and behind all newer ones."""
    return f"{NEWEST_OF_LEDGER}{newest_first(at)}|"


def ledger_after(agreement_id: str, mapping_id: str, at: datetime) -> str:
    """What sorts right before a mapping's entries of an instant, and behind all older ones."""
    return f"{ledger_prefix(agreement_id, mapping_id)}{instant(at)}"


def psa_lists_blob(account: AccountId, connection: str) -> str:
    """What a PSA connection offers to choose from, as it was last read."""
    return f"{account}/psa/{part(connection)}.json.gz"
