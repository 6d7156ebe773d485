"""How to reach one ConnectWise: each wrong setting names itself and says what it must be."""

import re
from typing import Annotated
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator

from shared.billing.psa.kinds import PsaSettings
from shared.billing.psa.site import host_of, public_name

CLOUD_SITES = ("api-na.myconnectwise.net", "api-eu.myconnectwise.net", "api-au.myconnectwise.net")


class ConnectWiseSettings(PsaSettings):
    """How to reach one ConnectWise; the private key is no setting but a secret."""

    site: str
    """The host alone, for example api-na.myconnectwise.net."""
    company_id: str
    public_key: str
    client_id: str
    billed_in_advance: Annotated[str, Field(max_length=1000)] = ""
    """Names of types of agreement, by comma, whose invoice is for the period that begins: they are billed up to the day
    before the next one, and seats that come within are prorated. Of others nobody knows, and more seats are held."""

    @property
    def in_advance(self) -> frozenset[str]:
        """Those types, in small letters."""
        return frozenset(
            filter(None, (name.strip().casefold() for name in self.billed_in_advance.split(",")))
        )

    @property
    def system(self) -> str:
        return f"{self.site}/{self.company_id.lower()}"

    @field_validator("site")
    @classmethod
    def _site_is_connectwise(cls, value: str, info: ValidationInfo) -> str:
        host = host_of(value, CLOUD_SITES[0])
        if info.data.get("self_hosted"):
            return public_name(host, "ConnectWise")
        if host not in CLOUD_SITES:
            raise ValueError(
                f"Site must be one of {', '.join(CLOUD_SITES)}, not '{host}'."
                " For a ConnectWise on your own server switch on 'self-hosted'."
            )
        return host

    @field_validator("company_id")
    @classmethod
    def _company_id_is_one_word(cls, value: str) -> str:
        value = value.strip()
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,50}", value) or not value.strip("."):
            raise ValueError(
                "Company id must be the name you type when you sign in to ConnectWise: letters, digits, - _ or ."
            )
        return value

    @field_validator("public_key")
    @classmethod
    def _public_key_is_one_word(cls, value: str) -> str:
        value = value.strip()
        if not re.fullmatch(r"[!-~]{1,200}", value) or ":" in value:
            raise ValueError("Public key must be the API member's public key, without spaces or ':'.")
        return value

    @field_validator("client_id")
    @classmethod
    def _client_id_is_a_guid(cls, value: str) -> str:
        try:
            return str(UUID(value.strip()))
        except ValueError:
            raise ValueError(
                "Client id must be a GUID like 00000000-0000-0000-0000-000000000000: ConnectWise gives it out"
                " on its developer site."
            ) from None
