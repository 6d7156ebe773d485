"""The only place that reads the environment: once, when first asked, never at import."""

import os
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

_MAIL_PREFIX = "SEATWISE_MAIL_"


class WrongSetting(Exception):
    """A setting is missing or wrong; the text names it and says what it must be, never what it is."""


class Config(BaseModel):
    """Application settings. The alias is the name in the environment."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    storage: str | None = Field(
        None,
        alias="AzureWebJobsStorage",
        description="a storage connection string (locally: of the emulator)",
        repr=False,
    )
    storage_account: str | None = Field(
        None,
        alias="AzureWebJobsStorage__accountName",
        description="the storage account's name, used with the app's own identity",
    )
    identity: str | None = Field(
        None, alias="AzureWebJobsStorage__clientId", description="client id of a user-assigned identity"
    )
    key_vault: str | None = Field(
        None,
        alias="SEATWISE_KEY_VAULT",
        description="https://NAME.vault.azure.net",
        pattern=r"^https://[^/]+/?$",
    )
    secret_keys: str = Field(
        "",
        alias="SEATWISE_SECRET_KEYS",
        description="base64 of 32 random bytes, several by comma, the newest first (only without a Key Vault)",
        repr=False,
    )
    mail_transport: str = Field(
        "", alias="SEATWISE_MAIL", description="the name of a mail transport, such as smtp"
    )
    mail_settings: dict[str, str] = Field(default_factory=dict, repr=False)
    link_keys: str = Field(
        "",
        alias="SEATWISE_LINK_KEYS",
        description="base64 of 32 random bytes, several by comma, the newest first: they sign the links in mails",
        repr=False,
    )
    public_url: str = Field(
        "",
        alias="SEATWISE_PUBLIC_URL",
        description="the https address of this app, without a path: the links in mails begin with it",
        pattern=r"^(https://[A-Za-z0-9.-]+(:\d+)?|http://(127\.0\.0\.1|localhost):\d+)/?$",
    )
    api_client_id: str = Field(
        "",
        alias="SEATWISE_API_CLIENT_ID",
        description="the client id (a GUID) of the app registration that people sign in to: tokens for it open the API",
        pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    )
    web_origin: str = Field(
        "",
        alias="SEATWISE_WEB_ORIGIN",
        description="the https address of the web front end, without a path: only its pages may call the API",
        pattern=r"^(https://[A-Za-z0-9.-]+(:\d+)?|http://(127\.0\.0\.1|localhost):\d+)$",
    )
    owner_tenants: str = Field(
        "",
        alias="SEATWISE_OWNER_TENANTS",
        description="ids of the Entra tenants that may open an account, several by comma",
        pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(,[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})*$",
    )
    partner_client_id: str = Field(
        "",
        alias="SEATWISE_PARTNER_CLIENT_ID",
        description="the client id (a GUID) of the app registration that partners consent to, if they bring none",
        pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    )
    partner_client_secret: str = Field(
        "", alias="SEATWISE_PARTNER_CLIENT_SECRET", description="its client secret", repr=False
    )
    sender: str = Field(
        "",
        alias="SEATWISE_SENDER",
        description="the address that mails come from, for example seatwise@example.com",
        pattern=r"^[^@\s<>]+@[^@\s<>]+$",
    )
    reply_to: str = Field(
        "",
        alias="SEATWISE_REPLY_TO",
        description="the address of a mailbox that a person reads: answers go there; without it, to the sender",
        pattern=r"^[^@\s<>]+@[^@\s<>]+$",
    )
    claim_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        600.0,
        alias="SEATWISE_CLAIM_SECONDS",
        description="the seconds that a worker owns an agreement for, more than 0",
    )
    settle_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        120.0,
        alias="SEATWISE_SETTLE_SECONDS",
        description="the seconds within which an unclear write may still arrive, 0 or more",
    )

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> "Config":
        if not self.storage and not self.storage_account:
            raise ValueError("AzureWebJobsStorage or AzureWebJobsStorage__accountName must be set")
        if not self.key_vault and not self.secret_keys:
            raise ValueError("SEATWISE_KEY_VAULT or SEATWISE_SECRET_KEYS must be set")
        if not self.mail_transport or not self.sender:
            raise ValueError(
                "SEATWISE_MAIL and SEATWISE_SENDER must be set: Seatwise is heard from by mail alone"
            )
        if bool(self.link_keys) != bool(self.public_url):
            raise ValueError("SEATWISE_LINK_KEYS and SEATWISE_PUBLIC_URL must be set both, or neither")
        if bool(self.partner_client_id) != bool(self.partner_client_secret):
            raise ValueError(
                "SEATWISE_PARTNER_CLIENT_ID and SEATWISE_PARTNER_CLIENT_SECRET must be set both, or neither"
            )
        if self.api_client_id and not (self.link_keys and self.web_origin):
            raise ValueError(
                "SEATWISE_API_CLIENT_ID needs SEATWISE_LINK_KEYS and SEATWISE_WEB_ORIGIN: they sign invitations, and "
                "say where people open them"
            )
        return self

    @property
    def may_open(self) -> frozenset[str]:
        """Entra tenants that may open an account."""
        return frozenset(filter(None, self.owner_tenants.lower().split(",")))


def read(environment: Mapping[str, str] | None = None) -> Config:
    """The settings of this process; an empty one is none. Raises WrongSetting, which tells each one that is wrong."""
    given = os.environ if environment is None else environment
    mail = {
        name.removeprefix(_MAIL_PREFIX).lower(): value
        for name, value in given.items()
        if name.startswith(_MAIL_PREFIX) and value
    }
    aliases = [alias for field in Config.model_fields.values() if (alias := field.alias)]
    known = {alias: given[alias] for alias in aliases if given.get(alias)}
    unresolved = [
        name
        for name, value in given.items()
        if (name in known or name.startswith(_MAIL_PREFIX)) and value.startswith("@Microsoft.KeyVault(")
    ]
    if unresolved:
        raise WrongSetting(
            f"{', '.join(unresolved)}: the Key Vault reference was not resolved. Check that the app may read the vault."
        )
    try:
        return Config.model_validate({**known, "mail_settings": mail})
    except ValidationError as wrong:
        raise WrongSetting("; ".join(_sentences(wrong))) from None


def _sentences(wrong: ValidationError) -> list[str]:
    by_alias = {field.alias: field for field in Config.model_fields.values()}
    told = []
    for error in wrong.errors(include_input=False, include_url=False):
        name = str(error["loc"][0]) if error["loc"] else ""
        field = by_alias.get(name)
        if field is not None:
            told.append(f"{name} must be {field.description}")
        else:
            told.append(error["msg"].removeprefix("Value error, "))
    return told
