"""How to reach one Autotask: each wrong setting names itself and says what it must be."""

import re

from pydantic import field_validator

from shared.billing.psa.kinds import PsaSettings


class AutotaskSettings(PsaSettings):
    """The user's name leads to the database's zone; the user's secret is no setting."""

    user_name: str
    """Of the API user, for example q7w2e@NORTHWIND.COM."""
    integration_code: str
    """The tracking identifier of the API user."""

    @property
    def system(self) -> str:
        """All API users of a database have the same domain behind their names."""
        return f"autotask/{self.user_name.rpartition('@')[2].lower()}"

    @field_validator("user_name")
    @classmethod
    def _user_name_is_an_address(cls, value: str) -> str:
        value = value.strip()
        if not re.fullmatch(r"[!-?A-~]{1,100}@[A-Za-z0-9._-]{1,100}", value):
            raise ValueError(
                "User name must be the API user's name in Autotask, for example q7w2e@NORTHWIND.COM."
            )
        return value

    @field_validator("integration_code")
    @classmethod
    def _integration_code_is_one_word(cls, value: str) -> str:
        value = value.strip()
        if not re.fullmatch(r"[!-~]{1,100}", value):
            raise ValueError("Integration code must be the API user's tracking identifier, without spaces.")
        return value
