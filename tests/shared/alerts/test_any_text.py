"""Whatever text the vendors send, an evaluation ends, every row is one line, and no two things share an identity."""

from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.alerts import failed_messages
from shared.alerts.digest.compose import compose
from shared.alerts.digest.decide import decide
from shared.alerts.digest.memory import DigestMemory
from shared.alerts.digest.wording import DigestWords
from shared.alerts.matching import identity
from shared.alerts.models import Slug
from shared.billing.models import Block, BlockReason
from shared.licensing.tenant_state import ReadFailure
from shared.microsoft.models import Customer, FailureCause
from tests.shared.alerts.world import World, line, sku

# What a JSON answer can carry: everything but lone surrogates; much of it looks like our own separators.
TEXT = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("|/%#?\\ \n\r\u202e'\"<&{}"), max_size=30
)
IDS = TEXT.filter(str.strip).map(str.lower)
"""As every answer of Microsoft is read."""


@given(st.lists(st.lists(TEXT, max_size=4).map(tuple), unique=True, min_size=2, max_size=2))
def test_different_parts_never_give_the_same_identity(both: list[tuple[str, ...]]) -> None:
    # A thing always has a part: no parts and one empty part are the same empty text.
    first, second = ((*parts, "end") for parts in both)
    assert identity(*first) != identity(*second)


@settings(max_examples=60)
@given(
    tenants=st.lists(IDS, unique=True, min_size=1, max_size=3),
    skus=st.lists(IDS, unique=True, min_size=1, max_size=3),
    others=st.lists(IDS, unique=True, max_size=3),
    text=TEXT,
    long=st.integers(0, 3_000),
)
@example(tenants=["\U00010d50"], skus=["s"], others=[], text="", long=0)
def test_an_evaluation_takes_any_text_and_keeps_things_apart(
    tenants: list[str], skus: list[str], others: list[str], text: str, long: int
) -> None:
    world, text = World(), text + "x" * long
    for number, tenant in enumerate(tenants):
        company = f"company{number}"
        world.add(tenant, *(sku(one, 10, 4, part=f"P {text}") for one in skus), name=text, company=company)
    world.lines(
        line("mapping1", tenant=tenants[0], blocked=Block(reason=BlockReason.PSA, text=text)), unreadable=text
    )
    refused = ReadFailure(cause=FailureCause.TENANT, code=text, stored_sentence=text)
    world.add("unread", name=text)
    world.fail("unread", refused)
    world.add("left", name=text)
    world.leave("left")
    world.partner("p1", [Customer(tenant_id=one, name=text, domain=text) for one in others])
    removed = world.only(Slug.TENANT_REMOVED).finding
    world.partner("p2", failure=ReadFailure(cause=FailureCause.PARTNER, code=text, stored_sentence=text))
    failed_messages.record(world.tables, world.account.id, text, text, world.now)
    evaluation = world.evaluate()
    alerts = world.alerts()
    assert removed in [alert.finding for alert in alerts], "it stays while a list is missing"
    count = {slug: sum(alert.finding.slug == slug for alert in alerts) for slug in Slug}
    assert count[Slug.NO_BILLING_PROFILE] == count[Slug.UNUSED_LICENSES] == len(tenants) * len(skus)
    assert count[Slug.TENANT_NOT_ADDED] == len(set(others) - set(tenants) - {"unread", "left"})
    assert count[Slug.INVALID_AUTH] == 2
    assert count[Slug.PUSH_FAILED] == 1 + bool(text)
    for alert in alerts:
        finding = alert.finding
        assert finding.what.splitlines() == [finding.what]
        assert finding.fix.splitlines() == [finding.fix]
        assert len(finding.who) <= 80
        assert len(finding.what) < 1_000
    mail = decide(alerts, DigestMemory(), world.account, evaluation, due=True, now=world.now)
    assert mail is not None
    words = DigestWords(world.account, evaluation, "clerk@acme.example", world.now)
    view = compose(mail, DigestMemory(), words).view
    assert len(view.subject.splitlines()) == 1
    world.now += timedelta(minutes=1)
    assert world.alerts() == alerts
