"""The document of the API names what each kind of PSA is reached by."""

from pydantic.alias_generators import to_camel, to_snake

from functions.api.psa_connections import PsaGiven, shown
from shared.billing.models import PsaConnection
from shared.billing.psa.autotask.settings import AutotaskSettings
from shared.billing.psa.connectwise.settings import ConnectWiseSettings
from shared.billing.psa.halo.settings import HaloSettings
from shared.billing.psa.kinds import PsaSettings
from shared.billing.psa.registry import PSAS

STORED: dict[str, PsaSettings] = {
    "autotask": AutotaskSettings(user_name="q7w2e@NORTHWIND.COM", integration_code="ABC"),
    "connectwise": ConnectWiseSettings(
        site="api-eu.myconnectwise.net",
        company_id="harbour",
        public_key="pk",
        client_id="2f1b9c0e-4a47-4c1e-9a5d-6c1f7f1c9a10",
        billed_in_advance="Managed Services",
    ),
    "halo": HaloSettings(
        self_hosted=True,
        site="psa.harbour.example",
        tenant="harbour",
        client_id="c" * 8,
        quantity_by_hand=3,
        prorates=True,
    ),
}
"""With no setting that has a default at it."""


def test_the_description_of_the_settings_names_each_setting_of_each_kind() -> None:
    told = PsaGiven.model_fields["settings"].description or ""
    for name, kind in PSAS.items():
        part = told.partition(f"{name}: ")[2].partition(";")[0].partition(".")[0].split(", ")
        assert sorted(part) == sorted(map(to_camel, kind.settings.model_fields.keys() - {"self_hosted"}))
    assert "selfHosted" in told
    assert PsaGiven.model_fields["kind"].examples == sorted(PSAS)


def test_what_is_shown_of_a_connection_is_all_that_must_be_sent_back_to_leave_it_as_it_is() -> None:
    """A form sends back what it was shown: a setting that was left out would be its default from then on."""
    assert STORED.keys() == PSAS.keys()
    for kind, settings in STORED.items():
        connection = PsaConnection(id="x", name="X", kind=kind, settings_json=settings.model_dump_json())
        given = {to_snake(name): value for name, value in shown(connection).settings.items()}
        assert type(settings).model_validate(given) == settings
