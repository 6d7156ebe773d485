"""An agreement that the PSA's list lacks may bill on: only what its id, asked for by itself, says is a proof."""

from collections.abc import Callable

import pytest

from shared.billing.models import BlockReason, LicenceMapping, Options, UnplannedReason
from shared.billing.psa.base import Line, PsaRefused, PsaUnavailable, WriteKind
from shared.errors import Rejected
from tests.shared.billing.mapping.test_ending import ON_THE_31ST, TODAY, ended, endings, first, only
from tests.shared.billing.psa.fake import FakePsa
from tests.shared.billing.world import DAY, SKU, Mapped, World, check_invariants

LAST_DAY = TODAY + DAY


class Unreadable(FakePsa):
    """Refuses to show the lines of one agreement, or does not answer; it tells whose were asked for."""

    why: PsaRefused | PsaUnavailable | None = None
    hidden = ""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def lines(self, agreement_id: str) -> list[Line]:
        self.asked.append(agreement_id)
        if self.why is not None and agreement_id == self.hidden:
            raise self.why
        return super().lines(agreement_id)


def not_read(psa: Unreadable, agreement: str, why: PsaRefused | PsaUnavailable) -> None:
    psa.unlist_agreement(agreement)
    psa.hidden, psa.why = agreement, why


WHYS = [PsaRefused("403", "No right."), PsaUnavailable("No answer.")]


def test_a_line_is_not_left_without_a_word_because_the_list_lacks_its_agreement() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    world.fake.unlist_agreement(mapped.agreement)
    with pytest.raises(Rejected, match="still bills 10 seats"):
        world.save_mappings("contoso", only())
    ended(world, mapped)
    (line,) = endings(world, mapped.agreement)
    assert (line.line_id, line.ending and line.ending.last_day) == (mapped.line, ON_THE_31ST)


@pytest.mark.parametrize("why", WHYS)
def test_a_line_of_an_unlisted_agreement_that_cannot_be_read_is_not_left(
    why: PsaRefused | PsaUnavailable,
) -> None:
    psa = Unreadable()
    world = World(fake=psa)
    mapped = world.map_line(quantity=10)
    not_read(psa, mapped.agreement, why)
    with pytest.raises(Rejected, match="Nothing was saved"):
        world.save_mappings("contoso", only())


def test_a_line_of_an_agreement_that_the_psa_does_not_know_is_left() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    world.fake.hide_agreement(mapped.agreement)
    world.save_mappings("contoso", only(LicenceMapping(id=mapped.mapping, sku_id=SKU, bill=False)))
    assert endings(world, mapped.agreement) == []


def replaced(world: World) -> tuple[Mapped, str]:
    """The line ends tomorrow, and one of another agreement begins on the day after; the list is believed."""
    mapped, elsewhere = world.map_line(quantity=10), world.add_agreement()
    others = [world.map_line("fabrikam"), world.map_line("litware")]
    assert len(others) == 2
    starts = Options(starts=LAST_DAY + DAY)
    ended(
        world, mapped, LAST_DAY, wanted=only(first(world, agreement_id=elsewhere, line_id="", options=starts))
    )
    return mapped, elsewhere


def created(world: World) -> list[WriteKind]:
    return [write.kind for write in world.fake.applied]


def ended_by_hand(world: World, mapped: Mapped) -> None:
    world.fake.edit_line(mapped.line, ends=LAST_DAY)


def removed(world: World, mapped: Mapped) -> None:
    world.fake._lines.pop(mapped.line)


@pytest.mark.parametrize("over", [ended_by_hand, removed])
def test_no_line_replaces_one_that_an_unlisted_agreement_bills_on_until_that_is_over(
    over: Callable[[World, Mapped], None],
) -> None:
    world = World()
    mapped, elsewhere = replaced(world)
    world.fake.unlist_agreement(mapped.agreement)
    for _ in range(4):
        world.night()
        (line,) = endings(world, mapped.agreement)
        assert line.blocked is not None
        assert (line.blocked.reason, world.fake.sent) == (BlockReason.AGREEMENT_UNLISTED, [])
    new = world.record(Mapped("contoso", SKU, mapped.mapping, elsewhere, ""))
    assert new.not_planned is not None
    assert new.not_planned.reason is UnplannedReason.OLD_LINE
    over(world, mapped)
    world.night()
    world.night()
    assert created(world) == [WriteKind.CREATE_LINE]
    check_invariants(world)


@pytest.mark.parametrize("why", WHYS)
def test_no_line_replaces_one_of_an_unlisted_agreement_that_cannot_be_read(
    why: PsaRefused | PsaUnavailable,
) -> None:
    psa = Unreadable()
    world = World(fake=psa)
    mapped, _ = replaced(world)
    not_read(psa, mapped.agreement, why)
    for _ in range(4):
        world.night()
    assert world.fake.sent == []


def test_a_line_of_an_agreement_that_the_psa_does_not_know_is_replaced_after_its_last_day() -> None:
    world = World()
    mapped, _ = replaced(world)
    world.fake.hide_agreement(mapped.agreement)
    for _ in range(3):
        world.night()
    assert created(world) == [WriteKind.CREATE_LINE]


def test_a_line_of_an_agreement_that_the_list_shows_again_is_ended() -> None:
    world = World()
    mapped, _ = replaced(world)
    agreement = world.fake.unlist_agreement(mapped.agreement)
    world.night()
    world.fake.show_agreement(agreement)
    world.night()
    world.night()
    assert created(world) == [WriteKind.END_LINE, WriteKind.CREATE_LINE]
    assert world.fake.line(mapped.line).ends == LAST_DAY


def test_an_unlisted_agreement_without_a_line_that_is_to_end_is_not_asked_for() -> None:
    psa = Unreadable()
    world = World(fake=psa)
    mapped, _ = world.map_line(quantity=10), [world.map_line("fabrikam"), world.map_line("litware")]
    world.fake.unlist_agreement(mapped.agreement)
    psa.asked.clear()
    world.night()
    assert mapped.agreement not in psa.asked
    assert world.reason(mapped) is BlockReason.AGREEMENT_GONE
