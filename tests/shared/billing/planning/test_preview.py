"""The plan as it is shown, switching live by exactly what was seen, and a person's word on what is held."""

import pytest

from shared.accounts.account import Account, Mode
from shared.accounts.directory import load_account
from shared.accounts.runs import RunState
from shared.billing import agreement_store
from shared.billing.models import HoldReason, Verdict
from shared.billing.planning import approval, preview
from shared.billing.planning.line_state import NO_LINE
from shared.billing.planning.preview import Effect, LinePreview
from shared.errors import Rejected
from tests.shared.billing.world import ACCOUNT, DAY, World


def shown(world: World) -> list[LinePreview]:
    return list(preview.preview(world.tables, world.blobs, account(world), world.clock.now()).lines)


def account(world: World) -> Account:
    return load_account(world.tables, ACCOUNT)


def digest(world: World) -> str:
    return preview.preview(world.tables, world.blobs, account(world), world.clock.now()).digest


def go_live(world: World, expected: str) -> Account:
    return preview.go_live(world.tables, world.blobs, ACCOUNT, expected, world.clock.now())


def test_the_plan_shows_what_is_out_of_step_and_nothing_else() -> None:
    world = World(mode=Mode.PREVIEW)
    world.map_line("contoso", 10)
    moved = world.map_line("fabrikam", 5)
    world.later_read({moved.sku: 8}, "fabrikam")
    (line,) = shown(world)
    assert (line.tenant_id, line.effect, line.before, line.after) == ("fabrikam", Effect.WRITTEN, 5, 8)
    assert line.mapping.sku_id == moved.sku


def test_a_held_line_says_why_and_what_was_decided() -> None:
    world = World()
    mapped = world.map_line("contoso", 10)
    world.later_read({mapped.sku: 0})
    world.push()
    (line,) = shown(world)
    assert (line.effect, line.decided) == (Effect.HELD, None)
    assert HoldReason.TO_ZERO in line.reasons
    assert line.change is not None
    world.decide(line.change.id, Verdict.REJECTED)
    assert shown(world)[0].decided is Verdict.REJECTED


def test_drift_and_blocked_lines_are_told_apart() -> None:
    world = World()
    drifted, blocked = world.map_line("contoso", 10), world.map_line("fabrikam", 5)
    world.fake.edit_line(drifted.line, quantity=world.fake.line(drifted.line).quantity + 3)
    world.fake.remove_line(blocked.line)
    world.push_until_done()
    found = {line.tenant_id: line for line in shown(world)}
    assert found["contoso"].effect is Effect.DRIFT
    assert found["fabrikam"].effect is Effect.BLOCKED
    assert "no longer in the agreement" in found["fabrikam"].why


def test_a_mapping_whose_line_nobody_keeps_is_told() -> None:
    world = World()
    mapped = world.map_line()
    kept = agreement_store.get(world.tables, ACCOUNT, "cw", mapped.agreement)
    agreement_store.save(world.tables, ACCOUNT, kept, kept.record.model_copy(update={"lines": {}}))
    (line,) = shown(world)
    assert (line.effect, line.why, line.mapping.id) == (Effect.BLOCKED, NO_LINE, mapped.mapping)


def test_the_digest_is_the_same_for_the_same_changes_and_another_for_others() -> None:
    world = World(mode=Mode.PREVIEW)
    mapped = world.map_line("contoso", 10)
    world.later_read({mapped.sku: 12})
    first = digest(world)
    world.clock.pass_by(DAY / 4)
    assert digest(world) == first
    world.later_read({mapped.sku: 13})
    assert digest(world) != first


def test_an_account_goes_live_by_exactly_what_was_seen() -> None:
    world = World(mode=Mode.PREVIEW)
    mapped = world.map_line("contoso", 10)
    world.later_read({mapped.sku: 12})
    seen = digest(world)
    world.later_read({mapped.sku: 13})
    for wrong in (seen, "", "x" * 300):
        with pytest.raises(Rejected) as refused:
            go_live(world, wrong)
        assert (refused.value.code, refused.value.field) == ("plan_changed", "plan")
        assert account(world).mode is Mode.PREVIEW
    assert go_live(world, digest(world)).mode is Mode.LIVE
    assert go_live(world, "anything, it is live already").mode is Mode.LIVE


def test_the_first_push_does_what_going_live_showed() -> None:
    world = World(mode=Mode.PREVIEW)
    mapped = world.map_line("contoso", 10)
    world.later_read({mapped.sku: 12})
    expected = [(line.before, line.after) for line in shown(world)]
    world.account = go_live(world, digest(world))
    world.push_until_done()
    assert [(write.before, write.after) for write in world.fake.applied] == expected == [(10, 12)]


def test_back_in_preview_nothing_is_written() -> None:
    world = World()
    mapped = world.map_line("contoso", 10)
    world.account = preview.back_to_preview(world.tables, ACCOUNT)
    world.later_read({mapped.sku: 12})
    world.push_until_done()
    assert world.fake.sent == []


# -- a person's word ------------------------------------------------------------------------------------------------


def held(world: World) -> str:
    """A line that would go to zero, held by a push."""
    mapped = world.map_line("contoso", 10)
    world.later_read({mapped.sku: 0})
    world.push()
    (hold,) = world.held()
    return hold.change.id


def approve(world: World, change: str) -> approval.Approved:
    return approval.approve(world.tables, account(world), change, "ann@northwind.test", world.clock.now())


def test_an_approved_change_has_a_run_of_its_own_and_a_repeat_has_the_same() -> None:
    world = World()
    change = held(world)
    first, again = approve(world, change), approve(world, change)
    assert first.run is not None
    assert again.run == first.run
    assert (first.run.state, first.run.connections, first.run.tenants) == (RunState.PUSHING, ("cw",), ())
    world.push_until_done(first.run.id)
    assert [(write.before, write.after) for write in world.fake.applied] == [(10, 0)]


def test_in_preview_an_approval_waits_for_the_account_to_go_live() -> None:
    world = World(mode=Mode.PREVIEW)
    assert approve(world, held(world)).run is None


def test_other_numbers_than_those_that_were_shown_are_not_approved() -> None:
    world = World()
    change = held(world)
    mapped = world.mappings("contoso").mappings[0]
    world.later_read({mapped.sku_id: 1})
    world.push("2026-03-03")
    with pytest.raises(Rejected) as refused:
        approve(world, change)
    assert refused.value.code == "not_held"


def test_a_rejected_change_is_not_written() -> None:
    world = World()
    change = held(world)
    approval.reject(world.tables, ACCOUNT, change, "ann@northwind.test", world.clock.now())
    world.push_until_done("2026-03-03")
    assert world.fake.applied == []
