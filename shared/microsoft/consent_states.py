"""What a person carries to Microsoft and back: signed, so that it is believed for its account and person alone."""

import hashlib
from collections.abc import Sequence
from typing import Final

from itsdangerous import BadData, URLSafeSerializer

from shared.errors import Rejected
from shared.storage.keys import AccountId

OVER: Final = "This sign-in at Microsoft is not valid any more. Begin the connection again."
_SALT: Final = "seatwise.partner-consent.1"


class ConsentStates:
    """Signs what comes back from Microsoft, so that it is believed for its account and person alone."""

    def __init__(self, secret_keys: Sequence[bytes]) -> None:
        self._serializer = URLSafeSerializer(
            list(reversed(secret_keys)),
            salt=_SALT,
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )

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
