"""What the kill run asks of each kind of PSA: its world, its faults, and its own word on what it has and applied."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from shared.billing.models import Intent, LineRecord
from shared.billing.psa.base import Write, WriteKind
from shared.billing.pushing import settle
from shared.storage.decisions import Decider
from tests.journeys.living import DEMO
from tests.journeys.mortal import Mortal


@dataclass(frozen=True, slots=True)
class LineThere:
    """A line as the PSA itself has it."""

    id: str
    product: str
    quantity: int


@dataclass(frozen=True, slots=True)
class KilledPsa:
    """One kind of PSA in the kill run."""

    kind: str
    world: str
    reads_lines: str
    """How requests for lines are counted."""
    lines: tuple[str, str, str, str, str]
    """The control that shows lines: its name, its word for an agreement, and the names of id, product and quantity."""
    writes: tuple[str, str, str]
    """The control that lists writes: its name, and the names of agreement and line."""

    def lines_of(self, living: Mortal, tenant: str) -> Iterator[LineThere]:
        control, word, id_, product, quantity = self.lines
        for row in living.stage.stand_ins.control(control, **{word: tenant}):
            yield LineThere(str(row[id_]), str(row[product]), int(row[quantity]))

    def applied(self, living: Mortal) -> list[Write]:
        """Every write that it applied, by its own log."""
        control, agreement, line = self.writes
        return [
            _write(row, str(row[agreement]).rpartition("/")[2], str(row[line]))
            for row in living.stage.stand_ins.control(control)
        ]

    def settle(self, living: Mortal) -> None:
        """A person looks into the PSA, and says of each write that nothing tells whether it was applied."""
        by = Decider("eva", "looked", living.stage.clock.now())
        owned = {line.line_id for line in living.lines()}
        for key, line, intent in list(settle.undecidable(living.tables, DEMO)):
            made = self._made(living, line, intent, owned)
            settle.settle(
                living.tables, DEMO, key, by, applied=bool(made), line_id="" if line.line_id else made
            )

    def _made(self, living: Mortal, line: LineRecord, intent: Intent, owned: set[str]) -> str:
        """The line that the write made or set; "" when it was not applied."""
        write = intent.write
        for there in self.lines_of(living, line.tenant_id):
            if line.line_id == there.id and there.quantity == write.after:
                return there.id
            is_new = not line.line_id and there.id not in owned and there.quantity == write.after
            if is_new and self._was_made_since(living, there.id, intent.at):
                return there.id
        return ""

    def _was_made_since(self, living: Mortal, line: str, since: datetime) -> bool:
        control, _, name = self.writes
        return any(
            str(row[name]) == line
            and row["before"] is None
            and datetime.fromisoformat(row["at"]).astimezone(UTC) >= since.replace(microsecond=0)
            for row in living.stage.stand_ins.control(control)
        )


def _write(row: dict[str, Any], agreement: str, line: str) -> Write:
    is_new = row["before"] is None
    return Write(
        kind=WriteKind.CREATE_LINE if is_new else WriteKind.SET_QUANTITY,
        agreement_id=agreement,
        line_id="" if is_new else line,
        product_id="",
        before=int(row["before"] or 0),
        after=int(row["after"] or 0),
        marker=row.get("marker", "") if is_new else "",
    )


PSAS: Final = {
    psa.kind: psa
    for psa in (
        KilledPsa(
            kind="connectwise",
            world="wide:3",
            reads_lines="connectwise.read.additions",
            lines=("lines", "agreement", "id", "product", "quantity"),
            writes=("writes", "agreement", "addition"),
        ),
        KilledPsa(
            kind="halo",
            world="wide:3:halo",
            reads_lines="halo.read.recurringinvoice",
            lines=("halo_lines", "invoice", "id", "_itemid", "in_effect"),
            writes=("halo_writes", "invoice", "line"),
        ),
        KilledPsa(
            kind="autotask",
            world="wide:3:autotask",
            reads_lines="autotask.read.contractserviceunits",
            lines=("autotask_lines", "contract", "id", "serviceID", "units"),
            writes=("autotask_writes", "contract", "service"),
        ),
    )
}
