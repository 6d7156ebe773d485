"""What a person carries to Microsoft and back: signed, so that it is believed for its account and person alone."""

import hashlib
from collections.abc import Sequence
from typing import Final

from itsdangerous import BadData, URLSafeSerializer

from shared.errors import Rejected
from shared.storage.keys import AccountId, account_id

OVER: Final = "This sign-in at Microsoft is not valid any more. Begin the connection again."
_SALT: Final = "seatwise.partner-consent.1"


class ConsentStates:
    """Signs what comes back from Microsoft, so that it is believed for its account and person alone."""

    def __init__(self, secret_keys: Sequence[bytes]) -> None:
        self._serializer = _serializer(secret_keys, _SALT)

    def make(self, account: AccountId, member: str, consent: str) -> str:
        return str(self._serializer.dumps([account, member, consent]))

    def read(self, state: str, account: AccountId, member: str) -> str:
        """The consent's id. Raises Rejected for a state of another account or person, and for an invented one."""
        try:
            of, who, consent = self._serializer.loads(state)
        except (BadData, ValueError, TypeError):
            raise Rejected(OVER, "consent_over", "state") from None
        if (of, who) != (account, member):
            raise Rejected(OVER, "consent_over", "state")
        return str(consent)


class TenantConsentStates:
    """Signs what a customer's administrator comes back with. They have no account here: it names the account itself."""

    def __init__(self, secret_keys: Sequence[bytes]) -> None:
        self._serializer = _serializer(secret_keys, "seatwise.tenant-consent.1")

    def make(self, account: AccountId, consent: str) -> str:
        return str(self._serializer.dumps([account, consent]))

    def read(self, state: str) -> tuple[AccountId, str]:
        """The account and the consent's id. Raises Rejected for what was not signed here for this purpose."""
        try:
            account, consent = self._serializer.loads(state)
            return account_id(account), str(consent)
        except (BadData, ValueError, TypeError):
            raise Rejected("This consent link is not valid.", "consent_over", "state") from None


def _serializer(secret_keys: Sequence[bytes], purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        list(reversed(secret_keys)),
        salt=purpose,
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )
