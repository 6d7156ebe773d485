"""Whatever a vendor calls its things: every key is legal, and each thing has its own."""

import inspect
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import get_type_hints

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.storage import keys
from shared.storage.blobs import check_name
from shared.storage.keys import AccountId, account_id, hashed
from shared.storage.table_limits import check_key, check_key_text
from shared.storage.tables import Key

ACME = account_id("acme")
NOW = datetime(2026, 11, 22, 3, 4, 5, 6, tzinfo=UTC)
DAY = date(2026, 11, 22)

# Any text at all, lone surrogates too, and often texts that look like parts of keys.
texts = (
    st.text(alphabet=st.characters(), max_size=600)
    | st.text(alphabet="abAB.-|/\\#?%~:_ h\x00\n", max_size=8)
    | st.text(max_size=5).map(lambda text: f"h.{hashed(text)}")
    | st.sampled_from(["", ".", "..", "-", "h.", "a|b", "now|a", "x" * 100, "x" * 101])
)
accounts = st.from_regex(r"[a-z0-9][a-z0-9-]{1,39}", fullmatch=True).map(account_id)

BY_TEXT: dict[str, Callable[[AccountId, str], Key]] = {
    "setting": keys.setting,
    "named setting": lambda account, text: keys.setting(account, "kind", text),
    "decision": lambda account, text: keys.decision_now(account, "kind", text),
    "kind of decision": lambda account, text: keys.decision_now(account, text, "name"),
    "version": lambda account, text: keys.decision_version(account, "kind", text, NOW),
    "head": keys.tenant_state,
    "day": lambda account, text: keys.tenant_day(account, text, DAY),
    "partner list": keys.partner_list,
    "run": keys.run,
    "open run": keys.open_run,
    "agreement": lambda account, text: keys.agreement(account, "psa", text),
    "connection": lambda account, text: keys.agreement(account, text, "1"),
    "ledger": lambda account, text: keys.ledger_entry(account, "psa", "1", text, NOW, "intent"),
    "ledger what": lambda account, text: keys.ledger_entry(account, "psa", "1", "2", NOW, text),
    "alert": lambda account, text: keys.alert(account, "slug", text),
    "mail": lambda account, text: keys.mail(account, "digest", DAY, text),
    "digest_memory": keys.digest_memory,
    "mail_under_way": keys.mail_under_way,
    "secret": keys.secret,
    "member": keys.member,
    "invitation": keys.invitation,
}
IN_THE_DIRECTORY = {"directory_entry", "membership", "deletion", "customer"}
"""They name accounts, and hold nothing of them."""
NO_KEYS = {"partitions_of", "is_vault_secret_of", "customers_of"}
"""They tell what is an account's; their own tests are with the tables and the vault."""


def keys_of_accounts() -> list[str]:
    functions = ((name, function) for name, function in vars(keys).items() if inspect.isfunction(function))
    return sorted(
        name
        for name, function in functions
        if not name.startswith("_")
        and name not in NO_KEYS
        and "account" in inspect.signature(function).parameters
    )


@pytest.mark.parametrize("name", keys_of_accounts())
def test_each_key_of_an_account_begins_with_it(name: str) -> None:
    function = getattr(keys, name)
    examples = {AccountId: ACME, str: "a", date: DAY, datetime: NOW}
    kinds = get_type_hints(function)
    given = [examples[kinds[part]] for part in inspect.signature(function).parameters]
    made = function(*given)
    place = made.partition if isinstance(made, Key) else made
    assert place.startswith("directory|" if name in IN_THE_DIRECTORY else ("acme|", "acme/", "acme--")), place


@pytest.mark.parametrize("kind", BY_TEXT)
@given(account=accounts, one=texts, other=texts)
@example(account=ACME, one="ž", other=f"h.{hashed('ž')}")
@example(account=ACME, one="a", other="a|a")
def test_any_text_gives_a_legal_key_and_distinct_texts_never_share_one(
    kind: str, account: AccountId, one: str, other: str
) -> None:
    first, second = BY_TEXT[kind](account, one), BY_TEXT[kind](account, other)
    check_key(first)
    check_key(second)
    assert (first == second) == (one == other)


@pytest.mark.parametrize("kind", BY_TEXT)
@given(one=accounts, other=accounts, text=texts, other_text=texts)
def test_accounts_never_share_a_partition(
    kind: str, one: AccountId, other: AccountId, text: str, other_text: str
) -> None:
    first, second = BY_TEXT[kind](one, text), BY_TEXT[kind](other, other_text)
    assert first.partition.split("|")[0] == one
    assert first.partition != second.partition or one == other


@given(account=accounts, one=texts, other=texts)
def test_any_text_gives_a_legal_blob_name_below_its_account(account: AccountId, one: str, other: str) -> None:
    for name in (keys.users_blob(account, one, other), keys.partner_list_blob(account, one)):
        check_name(name)
        assert name.startswith(f"{account}/")
    assert (keys.users_blob(account, one, "d") == keys.users_blob(account, other, "d")) == (one == other)


@given(account=accounts, other=accounts, one=texts, two=texts)
@example(account=ACME, other=ACME, one="ž", two=f"h-{hashed('ž')}")
@example(account=account_id("a-"), other=account_id("a--"), one="b", two="b")
@example(account=account_id("a--b"), other=account_id("a0"), one="c", two="b--c")
def test_any_text_gives_a_legal_and_own_name_in_key_vault(
    account: AccountId, other: AccountId, one: str, two: str
) -> None:
    first, second = keys.vault_secret(account, one), keys.vault_secret(other, two)
    assert re.fullmatch("[0-9a-z-]{1,127}", first)
    assert (first == second) == ((account, one) == (other, two))


@given(one=texts, other=texts)
def test_the_rows_of_a_prefix_are_the_rows_of_its_thing(one: str, other: str) -> None:
    versions = keys.decision_versions("kind", one)
    check_key_text(versions)
    assert keys.decision_version(ACME, "kind", other, NOW).row.startswith(versions) == (one == other)
    assert keys.decision_now(ACME, other, "name").row.startswith(keys.decisions_now(one)) == (one == other)


@pytest.mark.parametrize(
    "text", ["", "a", "-a", "A1", "a b", "a|b", "a/b", "a_b", "ž1", "a\n", "a1\n", "x" * 41]
)
def test_an_account_cannot_contain_what_separates_parts(text: str) -> None:
    with pytest.raises(ValueError, match="an account id is"):
        account_id(text)


@given(st.datetimes(min_value=datetime(2000, 1, 1)), st.datetimes(min_value=datetime(2000, 1, 1)))  # noqa: DTZ001
def test_versions_sort_by_time(one: datetime, other: datetime) -> None:
    first, second = one.replace(tzinfo=UTC), other.replace(tzinfo=UTC)
    rows = [keys.decision_version(ACME, "kind", "id", at).row for at in (first, second)]
    assert (rows[0] < rows[1]) == (first < second)


def test_one_instant_has_one_key_in_every_time_zone() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-7)))
    assert keys.decision_version(ACME, "kind", "id", elsewhere) == keys.decision_version(
        ACME, "kind", "id", NOW
    )
    with pytest.raises(ValueError, match="time zone"):
        keys.decision_version(ACME, "kind", "id", NOW.replace(tzinfo=None))
