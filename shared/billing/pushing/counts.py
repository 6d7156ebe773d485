"""What became of a connection's lines in a run, each counted in one class."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping

from shared.accounts.runs import LineCounts
from shared.billing.mapping.in_force import mappings_in_force
from shared.billing.mapping.without_line import mappings_without_line
from shared.billing.models import AgreementRecord, LineKey, LineRecord, LineState
from shared.billing.planning.line_state import line_state
from shared.billing.planning.wishes import Wish
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


def without_line(
    tables: Tables,
    account: AccountId,
    connection: str,
    kept: Callable[[str], Iterable[LineKey]],
    added: Collection[str],
) -> int:
    """How many mappings of the connection are in force without a line among the tenant's that are `kept`: nothing is
    written for them.
    """
    decided = (mapping for mapping in mappings_in_force(tables, account) if mapping.tenant_id in added)
    without = mappings_without_line(tables, account, decided, kept)
    return sum(1 for missing in without if missing.key.connection == connection)


def count(
    record: AgreementRecord, run_id: str, wishes: Mapping[str, Wish] | None, added: Collection[str]
) -> LineCounts:
    """What became of an agreement's lines, each in exactly one class.

    `wishes` are what was wanted of them; None: the connection could not be worked with. `added` are the tenants that
    have a company.
    """
    counted = Counter[str]()
    for line in record.lines.values():
        wish = wishes.get(line.mapping_id) if wishes else None
        is_wanted = wishes is not None and line.ending is None and line.tenant_id in added
        counted[_class(line, _state(record, line, wish, is_wanted=is_wanted), run_id)] += 1
    if record.unreadable or wishes is None:
        counted["failed"] += counted.pop("unchanged", 0) + counted.pop("scheduled", 0)
    return LineCounts(**counted)


def _state(record: AgreementRecord, line: LineRecord, wish: Wish | None, *, is_wanted: bool) -> LineState:
    """Of a line of which nothing is wanted any more, what it remembers. A tenant that was never read wants something
    that nobody knows yet.
    """
    return line_state(record, line, wish) if wish or is_wanted else line.state


def _class(line: LineRecord, state: LineState, run_id: str) -> str:
    match state:
        case LineState.UNKNOWN | LineState.BLOCKED:
            return "failed"
        case LineState.FROZEN:
            return "frozen"
        case LineState.DRIFT:
            return "drift"
        case LineState.HELD:
            return "held"
        case LineState.SCHEDULED | LineState.IN_STEP:
            if line.would is not None:
                return "would_write"
            if line.written_in == run_id:
                return "written"
            return "unchanged" if state is LineState.IN_STEP else "scheduled"
