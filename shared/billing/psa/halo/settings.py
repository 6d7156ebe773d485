"""How to reach one HaloPSA: each wrong setting names itself and says what it must be."""

import re

from pydantic import ValidationInfo, field_validator

from shared.billing.psa.kinds import PsaSettings
from shared.billing.psa.site import host_of, public_name

_CLOUD = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?\.halopsa\.com")
_EXAMPLE = "yourname.halopsa.com"


class HaloSettings(PsaSettings):
    """How to reach one Halo; the client secret is no setting but a secret."""

    site: str
    """The host alone, for example yourname.halopsa.com."""
    tenant: str
    """The name of the instance on its server, as Halo's page of API details shows it."""
    client_id: str
    quantity_by_hand: int = 0
    """What `recurring_invoice_quantity_type` is of a line whose quantity a person enters: every other line is one that
    Halo counts itself."""

    prorates: bool = False
    """True: more seats are written as a pro-rata row from their day on, which Halo bills and then adds to the quantity.
    False: the quantity itself is written, and the next invoice has it. Fewer seats are always written so: no credit."""

    @property
    def system(self) -> str:
        return f"{self.site}/{self.tenant.lower()}"

    @field_validator("site")
    @classmethod
    def _site_is_halo(cls, value: str, info: ValidationInfo) -> str:
        host = host_of(value, _EXAMPLE)
        if info.data.get("self_hosted"):
            return public_name(host, "Halo")
        if not _CLOUD.fullmatch(host):
            raise ValueError(
                f"Site must be a name like {_EXAMPLE}, not '{host}'."
                " For a Halo on your own server switch on 'self-hosted'."
            )
        return host

    @field_validator("tenant")
    @classmethod
    def _tenant_is_one_word(cls, value: str) -> str:
        value = value.strip()
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", value):
            raise ValueError(
                "Tenant must be the name that Halo shows under Configuration > Integrations > Halo API:"
                " letters, digits, - _ or ."
            )
        return value

    @field_validator("client_id")
    @classmethod
    def _client_id_is_one_word(cls, value: str) -> str:
        value = value.strip()
        if not re.fullmatch(r"[A-Za-z0-9_.-]{8,100}", value):
            raise ValueError(
                "Client id must be the Client ID of the API application in Halo, without spaces."
            )
        return value

    @field_validator("quantity_by_hand")
    @classmethod
    def _is_a_small_number(cls, value: int) -> int:
        if not -1 <= value <= 100:
            raise ValueError(
                "Quantity by hand must be the number of Halo's quantity type: 0 unless Halo shows another."
            )
        return value
