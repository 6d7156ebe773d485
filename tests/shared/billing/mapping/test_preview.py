"""The preview of a tenant's mappings says what a save and the push after it then do, and writes nothing."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.accounts.account import Mode
from shared.billing import psa_lists
from shared.billing.line_names import line_name
from shared.billing.mapping import choices
from shared.billing.mapping.preview import MappingsPreview, Saving, preview_mappings
from shared.billing.mapping.release import Said
from shared.billing.models import HoldReason, LicenceMapping, Options, TenantMappings, TextState
from shared.billing.planning.line_state import NOT_READ_YET
from shared.billing.planning.preview import Effect
from shared.errors import NotFound, Rejected
from shared.storage.memory import MemoryTables
from tests.shared.billing.world import ACCOUNT, CONNECTION, PROFILE, SKU, World


def previewed(world: World, *mappings: LicenceMapping, looked_after: tuple[str, ...] = ()) -> MappingsPreview:
    wanted = TenantMappings(tenant_id="contoso", mappings=mappings)
    psas = {CONNECTION: world.psa}
    saving = Saving(wanted, world.by(), Said(tuple(map(line_name, looked_after))))
    return preview_mappings(world.tables, world.blobs, psas, ACCOUNT, saving)


def saved(world: World, *mappings: LicenceMapping) -> None:
    world.save_mappings("contoso", TenantMappings(tenant_id="contoso", mappings=mappings))


def mapping(agreement: str, line: str = "", **changes: object) -> LicenceMapping:
    fields: dict[str, object] = {
        "id": "mapping0001",
        "sku_id": SKU,
        "profile": PROFILE,
        "connection": CONNECTION,
        "agreement_id": agreement,
        "line_id": line,
    }
    return LicenceMapping.model_validate(fields | changes)


def a_line(world: World, quantity: int = 10, seats: int = 12) -> LicenceMapping:
    """A tenant with so many seats, and a line that nobody owns yet."""
    agreement = world.add_agreement()
    line = world.fake.add_line(agreement, world.product.id, quantity)
    world.read("contoso", {SKU: seats})
    return mapping(agreement, line.id)


def dump(world: World) -> object:
    assert isinstance(world.tables, MemoryTables)
    return {row.key: row.body for rows in world.tables._partitions.values() for row in rows.values()}


def test_an_adopted_line_is_shown_with_its_number_and_what_it_becomes() -> None:
    world = World()
    (line,) = previewed(world, a_line(world)).lines
    assert (line.effect, line.before, line.after) == (Effect.WRITTEN, 10, 12)


def test_a_line_in_step_is_said_to_be() -> None:
    world = World()
    (line,) = previewed(world, a_line(world, 12, 12)).lines
    assert (line.effect, line.before, line.after) == (Effect.IN_STEP, 12, 12)


def test_options_are_counted_by_the_code_of_the_push() -> None:
    world = World()
    wish = a_line(world).model_copy(update={"options": Options(included=2, minimum=11)})
    (line,) = previewed(world, wish).lines
    assert (line.before, line.after) == (10, 11)


def test_a_line_that_would_be_created_is_said_to_be() -> None:
    world = World()
    world.read("contoso", {SKU: 7})
    (line,) = previewed(world, mapping(world.add_agreement())).lines
    assert (line.effect, line.before, line.after, line.line_id) == (Effect.CREATED, 0, 7, "")


def test_creating_beside_an_unowned_line_of_the_product_is_blocked_until_a_person_chooses() -> None:
    world = World()
    wish = a_line(world).model_copy(update={"line_id": ""})
    (line,) = previewed(world, wish).lines
    assert line.effect is Effect.BLOCKED
    assert "already has a line for this product" in line.why
    beside = wish.model_copy(update={"options": Options(beside_existing=True)})
    assert previewed(world, beside).lines[0].effect is Effect.CREATED


def test_a_change_that_would_wait_says_why() -> None:
    world = World()
    (line,) = previewed(world, a_line(world, 10, 0)).lines
    assert (line.effect, line.reasons) == (Effect.HELD, (HoldReason.TO_ZERO,))


def test_a_licence_that_is_not_billed_has_no_line() -> None:
    world = World()
    world.add_tenant("contoso")
    not_billed = LicenceMapping(id="mapping0001", sku_id=SKU, bill=False)
    (line,) = previewed(world, not_billed).lines
    assert (line.effect, line.line_id) == (Effect.NOT_BILLED, "")


def test_a_tenant_that_was_never_read_has_no_number_yet() -> None:
    world = World()
    world.add_tenant("contoso")
    agreement = world.add_agreement()
    line = world.fake.add_line(agreement, world.product.id, 3)
    (shown,) = previewed(world, mapping(agreement, line.id)).lines
    assert (shown.effect, shown.why, shown.after) == (Effect.BLOCKED, NOT_READ_YET, None)


def test_what_a_save_refuses_its_preview_refuses_too() -> None:
    world = World()
    wish = a_line(world)
    for change in ({"line_id": "999"}, {"profile": "no such"}, {"agreement_id": "999"}):
        wrong = wish.model_copy(update=change)
        with pytest.raises(Rejected) as previewing:
            previewed(world, wrong)
        with pytest.raises(Rejected) as saving:
            saved(world, wrong)
        assert previewing.value.reason == saving.value.reason


def test_a_line_that_is_left_is_told() -> None:
    world = World()
    mapped = world.map_line()
    shown = previewed(world, looked_after=(mapped.line,))
    assert (shown.lines, shown.left) == ((), (mapped.line,))


def test_a_preview_writes_nothing_and_reads_no_other_tenants_line_as_ours() -> None:
    world = World(mode=Mode.PREVIEW)
    world.map_line("fabrikam", 5)
    wish = a_line(world).model_copy(update={"id": "mapping0099"})
    before = dump(world)
    assert previewed(world, wish).mode is Mode.PREVIEW
    assert dump(world) == before
    assert world.fake.sent == []


@settings(max_examples=40)
@given(
    now=st.integers(0, 30),
    seats=st.integers(0, 30),
    included=st.integers(0, 5),
    minimum=st.integers(0, 5),
    creates=st.booleans(),
)
def test_what_the_preview_says_is_what_the_push_does(
    now: int, seats: int, included: int, minimum: int, creates: bool
) -> None:
    world = World()
    wish = a_line(world, now, seats)
    options = Options(included=included, minimum=minimum, beside_existing=creates)
    wish = wish.model_copy(update={"options": options, "line_id": "" if creates else wish.line_id})
    (shown,) = previewed(world, wish).lines
    saved(world, wish)
    world.push_until_done()
    applied = [(write.before, write.after) for write in world.fake.applied]
    if shown.effect in (Effect.WRITTEN, Effect.CREATED):
        assert applied == [(shown.before, shown.after)]
    else:
        assert applied == []
        assert bool(world.held()) == (shown.effect is Effect.HELD)


def test_an_own_text_is_shown_as_the_new_line_gets_it_without_control_characters() -> None:
    world = World()
    world.read("contoso", {SKU: 7})
    own = Options(invoice_text="Office\r\n\x07 for \u202eyou" + "!" * 900)
    wish = mapping(world.add_agreement(), options=own)
    (shown,) = previewed(world, wish).lines
    assert shown.text is not None
    assert (shown.text.before, shown.text.state) == (None, TextState.TO_WRITE)
    assert shown.text.after is not None
    assert shown.text.after.startswith("Office for you!")
    assert len(shown.text.after) == 500
    saved(world, wish)
    world.push_until_done()
    assert [write.invoice_text for write in world.fake.applied] == [shown.text.after]


@pytest.mark.parametrize("there, state", [("", TextState.TO_WRITE), ("As agreed", TextState.KEPT)])
def test_the_text_of_a_line_that_is_there_is_shown_before_and_after_and_the_push_does_that(
    there: str, state: TextState
) -> None:
    world = World()
    plain = a_line(world, 12, 12)
    world.fake.edit_line(plain.line_id, text=there)
    saved(world, plain)
    world.push_until_done()
    # Ticked at a line that has been looked after without a text until now.
    wish = plain.model_copy(update={"options": Options(invoice_text="Office")})
    (shown,) = previewed(world, wish).lines
    assert shown.text is not None
    assert (shown.text.before, shown.text.after, shown.text.state) == (there, "Office", state)
    assert (shown.effect is Effect.TEXT) is (state is TextState.TO_WRITE)
    saved(world, wish)
    world.night()
    assert world.fake.line(plain.line_id).text == ("As agreed" if there else "Office")
    given_up = wish.options.model_copy(update={"replaces_text": shown.text.digest})
    (shown,) = previewed(world, wish.model_copy(update={"options": given_up})).lines
    assert shown.text is not None
    assert shown.text.state is (TextState.TO_WRITE if there else TextState.IN_STEP)
    saved(world, wish.model_copy(update={"options": given_up}))
    world.night()
    assert world.fake.line(plain.line_id).text == "Office"


# -- what there is to choose from -----------------------------------------------------------------------------------


def test_a_tenant_chooses_among_its_companys_agreements_the_active_first() -> None:
    world = World()
    world.add_tenant("contoso")
    ended = world.fake.add_agreement(world.company.id, "A", active=False)
    active = world.fake.add_agreement(world.company.id, "B")
    world.fake.add_agreement(world.fake.add_company("Another").id)
    assert choices.agreements_for(world.tables, world.blobs, ACCOUNT, "contoso").read_at is None
    psa_lists.refresh(
        world.tables, world.blobs, ACCOUNT, world.connection, lambda: world.psa, world.clock.now()
    )
    found = choices.agreements_for(world.tables, world.blobs, ACCOUNT, "CONTOSO")
    assert [one.id for one in found.agreements] == [active.id, ended.id]
    with pytest.raises(NotFound):
        choices.agreements_for(world.tables, world.blobs, ACCOUNT, "fabrikam")


def test_a_line_says_whose_it_is() -> None:
    world = World()
    mapped = world.map_line()
    free = world.fake.add_line(mapped.agreement, world.product.id, 3, description="A free line")
    found = choices.lines_of(world.tables, ACCOUNT, world.psa, CONNECTION, mapped.agreement)
    assert {(one.line.id, one.tenant_id, one.mapping_id) for one in found} == {
        (free.id, "", ""),
        (mapped.line, "contoso", mapped.mapping),
    }


def test_what_bills_the_rest_of_a_period_beside_a_line_is_no_choice_and_cannot_be_chosen() -> None:
    world = World()
    mapped = world.map_line()
    second = world.fake.add_line(
        mapped.agreement, world.product.id, 2, marker=f"lic:{mapped.mapping}:p:1", ends=date(2026, 3, 31)
    )
    found = choices.lines_of(world.tables, ACCOUNT, world.psa, CONNECTION, mapped.agreement)
    assert [one.line.id for one in found] == [mapped.line]
    with pytest.raises(Rejected, match="bills the rest of a period"):
        world.map("contoso", "another", mapped.agreement, second.id)


def test_a_licence_keeps_the_id_of_its_mapping() -> None:
    known = {"old00001": LicenceMapping(id="old00001", sku_id=SKU, bill=False)}
    assert choices.mapping_id("contoso", SKU.upper(), "", known) == "old00001"
    new = choices.mapping_id("contoso", SKU, "", {})
    assert new == choices.mapping_id("CONTOSO", SKU.upper(), "", {})
    others = {choices.mapping_id("fabrikam", SKU, "", {}), choices.mapping_id("contoso", SKU, "sub", {})}
    assert new not in others
    LicenceMapping(id=new, sku_id=SKU, bill=False)
