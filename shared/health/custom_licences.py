"""Whether what custom licences count beside licences could be read, by the newest read of each customer."""

from collections import defaultdict
from collections.abc import Iterator

from shared.accounts.companies import added_tenants
from shared.health.finding import Check, Finding, well, wrong
from shared.licensing.custom_licences.defined import defined
from shared.licensing.reading import tenant_states
from shared.licensing.tenant_state import ReadFailure, Snapshot
from shared.microsoft.models import FailureCause
from shared.storage.keys import AccountId
from shared.storage.tables import Tables

_PASSES = "Nothing: the next sync asks again."
_OF_GROUPS = (
    "Add GroupMember.Read.All to the app registration and consent again for the customer: docs/consent.md, step 5. A "
    "group that is deleted: end the mapping of its custom licence."
)
_OF_MAILBOXES = (
    "Give the service user Global Reader by GDAP, or let an administrator of the customer consent to the app's "
    "MailboxSettings.Read: docs/consent.md, step 3."
)


def examine(tables: Tables, account: AccountId) -> Iterator[Finding]:
    """Microsoft is not asked: what the newest reads found is looked at."""
    custom, added = defined(tables, account), added_tenants(tables, account)
    asked = {tenant for tenant in added if custom.groups_of(tenant) or custom.counts_mailboxes(tenant)}
    if not asked:
        yield well(Check.CUSTOM_LICENCES, "No custom licence counts members of a group or mailboxes.")
        return
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for state in tenant_states(tables, account):
        if state.tenant_id in asked and state.snapshot is not None:
            for told in set(_failures(state.snapshot)):
                found[told].append(added[state.tenant_id].name)
    for (sentence, cure), names in sorted(found.items()):
        of = names[0] if len(names) == 1 else f"{len(names)} customers, for example {min(names)}"
        yield wrong(
            Check.CUSTOM_LICENCES, f"What a custom licence counts was not read of {of}: {sentence}", cure
        )
    if not found:
        yield well(Check.CUSTOM_LICENCES, "What custom licences count could be read.")


def _failures(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Each with its cure."""
    for group in snapshot.groups:
        if group.failure is not None:
            yield group.failure.sentence, _cure(group.failure, _OF_GROUPS)
    mailboxes = snapshot.mailbox_counts
    if mailboxes is not None and mailboxes.failure is not None:
        yield mailboxes.failure.sentence, _cure(mailboxes.failure, _OF_MAILBOXES)


def _cure(failure: ReadFailure, of_a_person: str) -> str:
    passes = failure.cause in (FailureCause.TRANSIENT, FailureCause.INVALID)
    return _PASSES if passes else of_a_person
