"""The document of the API names what each kind of PSA is reached by."""

from pydantic.alias_generators import to_camel

from functions.api.psa_connections import PsaGiven
from shared.billing.psa.registry import PSAS


def test_the_description_of_the_settings_names_each_setting_of_each_kind() -> None:
    told = PsaGiven.model_fields["settings"].description or ""
    for name, kind in PSAS.items():
        part = told.partition(f"{name}: ")[2].partition(";")[0].partition(".")[0].split(", ")
        assert sorted(part) == sorted(map(to_camel, kind.settings.model_fields.keys() - {"self_hosted"}))
    assert "selfHosted" in told
    assert PsaGiven.model_fields["kind"].examples == sorted(PSAS)
