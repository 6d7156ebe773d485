"""Every kind of PSA: how one is reached, and how it is opened."""

from collections.abc import Mapping
from typing import Protocol

from pydantic import ConfigDict

from shared.billing.psa.base import Psa
from shared.billing.psa.tickets import PsaTickets
from shared.storage.documents import Document


class PsaSettings(Document):
    """How to reach one PSA; each kind has its own. What is secret is no setting."""

    # A person may paste a password into any field: no error repeats what was typed.
    model_config = ConfigDict(hide_input_in_errors=True)

    self_hosted: bool = False
    """True: an owner said that the site is the MSP's own server."""

    @property
    def system(self) -> str:
        """Which PSA it is: two connections to the same would own its lines twice."""
        raise NotImplementedError


class Psas(Protocol):
    """Every kind of PSA: `registry.RegisteredPsas`, and the fakes of tests."""

    def settings(self, kind: str, given: Mapping[str, object]) -> PsaSettings:
        """Raises Rejected, which names the setting that is wrong and what it must be, never what it is."""
        ...

    def system(self, kind: str, settings_json: str) -> str:
        """Which PSA stored settings lead to; "" when they cannot be read any more."""
        ...

    def open(self, kind: str, settings_json: str, secret: str) -> Psa:
        """Does no I/O. Raises PsaRefused for wrong settings."""
        ...

    def open_tickets(self, kind: str, settings_json: str, secret: str) -> PsaTickets:
        """Does no I/O. Raises PsaRefused for wrong settings, and for a kind whose tickets Seatwise does not make."""
        ...
