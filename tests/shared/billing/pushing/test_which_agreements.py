"""Which unchanged agreements a night reads: all of a small account's, of a large one's a share in turn."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from shared.accounts.runs import Run
from shared.billing.planning.load import Outline, Planned
from shared.billing.planning.plan import Plan
from shared.billing.planning.wishes import AccountWishes
from shared.billing.psa.base import Agreement
from shared.billing.pushing.which_agreements import SWEPT_A_NIGHT, due_for_a_look, worklist
from shared.storage.tables import Key
from tests.shared.billing.world import DAY, START


def outlines(count: int, read_at: datetime | None) -> list[Outline]:
    row = Key("partition", "row"), "etag", b""
    return [
        Outline(
            *row,
            f"{n:05}",
            read_at,
            lines=1,
            unsettled=False,
            in_trouble=False,
            was_there=True,
            is_noted=False,
        )
        for n in range(count)
    ]


def listed_agreements(count: int, **changes: object) -> dict[str, Agreement]:
    fields: dict[str, object] = {"active": True, "ends": None, "next_invoice": None}
    fields |= changes
    return {
        f"{n:05}": Agreement(id=f"{n:05}", name="a", type="t", company_id="c", **fields)  # type: ignore[arg-type]
        for n in range(count)
    }


TODAY = date(2026, 3, 2)


def looked_at(
    kept: list[Outline], listed: dict[str, Agreement] | None = None, share: int = SWEPT_A_NIGHT
) -> list[str]:
    found = due_for_a_look(kept, listed or listed_agreements(len(kept)), share, START, TODAY)
    return [one.agreement_id for one in found]


def test_a_small_accounts_agreements_are_all_read_every_night() -> None:
    assert len(looked_at(outlines(40, START - DAY))) == 40


def test_of_many_agreements_those_longest_unread_are_read_first() -> None:
    old, new = outlines(300, START - 3 * DAY), outlines(600, START - DAY)[300:]
    assert looked_at([*new, *old]) == [f"{n:05}" for n in range(SWEPT_A_NIGHT)]


def test_an_agreement_that_was_never_read_or_not_for_two_weeks_is_read_whatever_the_share() -> None:
    never, late, new = (
        outlines(10, None),
        outlines(300, START - 15 * DAY)[10:],
        outlines(600, START - DAY)[300:],
    )
    assert looked_at([*new, *late, *never], share=0) == [f"{n:05}" for n in range(300)]


def test_an_agreement_that_is_invoiced_tomorrow_is_read_in_any_case() -> None:
    kept = outlines(600, START - DAY)
    kept[-1] = replace(kept[-1], read_at=START - timedelta(hours=2))
    listed = listed_agreements(600)
    listed["00599"] = next(iter(listed_agreements(600, next_invoice=TODAY + DAY).values()))
    looked = looked_at(kept, listed)
    assert looked[-1] == "00599"
    assert len(looked) == SWEPT_A_NIGHT + 1


def test_what_was_read_in_this_run_is_not_read_again_and_counts_for_the_share() -> None:
    assert looked_at(outlines(40, START)) == []
    half = [*outlines(50, START), *outlines(600, START - DAY)[50:]]
    assert len(looked_at(half)) == SWEPT_A_NIGHT - 50


def test_of_many_agreements_those_with_a_line_in_trouble_are_read_first() -> None:
    kept = outlines(600, START - 3 * DAY)
    kept[-1] = replace(kept[-1], read_at=START - DAY, in_trouble=True)
    assert looked_at(kept)[0] == "00599"


def test_a_run_before_a_certificate_reads_every_agreement() -> None:
    plan = Plan((), {}, frozenset(), live=True, why_not={}, unwanted=frozenset(), sellers={})
    kept = {("cw", one.agreement_id): one for one in outlines(250, START - DAY)}
    planned, listed = Planned(plan, AccountWishes(), kept), listed_agreements(250)

    def looked_at_by(run: Run) -> int:
        return len(worklist("cw", planned, listed, run, TODAY))

    night = Run(id="2026-03-02", on=TODAY, started_at=START)
    assert looked_at_by(night) == SWEPT_A_NIGHT
    assert looked_at_by(night.model_copy(update={"every_agreement": True})) == 250
