"""What kept a part of a night's work from being done. Nothing else excuses that something is older than the world."""

from datetime import datetime

from sandbox.standins.state import Document
from tests.simulation.installation import Installation, Met

_PARTNERS_LISTS = ("graph.contracts", "graph.delegatedadmin", "partnercenter.", "microsoft.token")
_SITES = {"connectwise": "cw_site", "halo": "halo_site", "autotask": "at_site"}


class Night:
    """One night, and what went wrong in it."""

    def __init__(self, installation: Installation) -> None:
        self._installation, self._state = installation, installation.state
        self.began: datetime = installation.clock.now()
        self._met_before = len(installation.faults_met)
        self._vault_was_down = installation.vault.down
        self._restarts_before = installation.restarts

    @property
    def met(self) -> list[Met]:
        return self._installation.faults_met[self._met_before :]

    @property
    def is_cut_short(self) -> bool:
        """A process ended in it, or the vault was down: what comes last in a night may not have come."""
        return self._vault_was_down or self._installation.restarts > self._restarts_before

    def keeps_unread(self, tenant_id: str) -> bool:
        """Microsoft refused this very tenant or its partner, or a fault met a request for one of them."""
        tenant = self._state.get("tenant", tenant_id)
        partners = [self._state.get("partner", key) for key in tenant["access"]]
        theirs = {"", *(partner["tenant_id"] for partner in partners)}
        return (
            self._vault_was_down
            or any(_is_refused(access) for access in tenant["access"].values())
            or any(partner["trouble"] or partner["secret_expired"] for partner in partners)
            or any(met.tenant == tenant_id for met in self.met)
            or any(met.tenant in theirs and met.kind.startswith(_PARTNERS_LISTS) for met in self.met)
        )

    def fails_connection(self, kind: str) -> bool:
        """A fault met a request to this PSA, or its people took rights or calls away."""
        sites = self._state.all(_SITES[kind])
        return (
            self._vault_was_down
            or any(met.kind.startswith(f"{kind}.") for met in self.met)
            or any(_is_short(site) for site in sites)
        )

    def shows_stale(self, agreement: str, line: str, since: datetime | None = None) -> bool:
        """A read of this agreement answered as before its newest change, tonight or since then."""
        return any(
            met.what == "stale" and (met.is_about(agreement) or (line and met.is_about(line)))
            for met in self._installation.faults_met
            if met.at >= (since or self.began)
        )


def _is_refused(access: Document) -> bool:
    return bool(
        access["trouble"] or not access["consent"] or not access["roles"] or access["gdap"] != "active"
    )


def _is_short(site: Document) -> bool:
    others = site.get("others_an_hour") or site.get("others_per_5_minutes")
    return bool(site.get("missing_rights") or others)
