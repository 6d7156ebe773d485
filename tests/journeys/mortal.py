"""A living sandbox whose processes can be ended at a chosen moment, and started again."""

from typing import Any

from sandbox.processes import SandboxProcesses
from sandbox.standins.worlds.registry import world_named
from shared.billing.psa.base import Write, WriteKind
from shared.mail.records import MailRow, mails
from tests.journeys.living import DEMO, Living, eventually
from tests.journeys.storage_proxy import StorageProxy, Trap

LEASE_SECONDS = 4


def sends_by_sendgrid(world: str) -> dict[str, str]:
    """Settings under which mails go to the stand-in of SendGrid, which remembers what it accepted."""
    return {"SEATWISE_MAIL": "sendgrid", "SEATWISE_MAIL_API_KEY": world_named(world).sendgrid_key}


class ProxiedStage(SandboxProcesses):
    """The host reaches the storage through the proxy; the test itself does not."""

    proxy: StorageProxy | None = None

    @property
    def environment(self) -> dict[str, str]:
        given = super().environment
        del given["SEATWISE_MAIL_PATH"]
        if self.proxy is not None:
            given["AzureWebJobsStorage"] = self.proxy.connection_string
        return given


class Mortal(Living):
    """A living sandbox whose host can be killed."""

    def __init__(self, stage: ProxiedStage, proxy: StorageProxy) -> None:
        super().__init__(stage, stage.start_host(timers=False, lease_seconds=LEASE_SECONDS))
        self.proxy = proxy

    def kill_at_storage(self, *, carried_out: bool, method: str = "", path: str = "", body: str = "") -> None:
        """At the first request that fits: before the storage sees it, or after it has carried it out."""
        self.proxy.kill_at(Trap(self.host.pid, method, path, body, carried_out))

    def kill_at_vendor(self, **request: Any) -> None:
        """At the request that fits, which the vendor carries out."""
        self.fault("kill", pid=self.host.pid, count=1, when="after_apply", **request)

    def kill_at_vendor_before_it_applies(self, **request: Any) -> None:
        """At the request that fits, which the vendor never carries out."""
        self.fault("timeout_before", seconds=0.1, count=1, **request)
        self.fault("kill", pid=self.host.pid, count=1, **request)

    def wait_until_killed(self) -> None:
        eventually(lambda: not self.host.alive(), "the host to be killed", seconds=40)

    def restart(self) -> None:
        self.host = self.stage.start_host(timers=False, lease_seconds=LEASE_SECONDS)

    def agreement(self, tenant: str) -> str:
        return str(self.stage.stand_ins.control("tenant", tenant=tenant)["agreement_id"])

    def applied(self) -> list[Write]:
        """Every write that the PSA applied, by its own log."""
        return [
            Write(
                kind=WriteKind.CREATE_LINE if row["before"] is None else WriteKind.SET_QUANTITY,
                agreement_id=row["agreement"].split("/")[1],
                line_id="" if row["before"] is None else str(row["addition"]),
                product_id="",
                before=int(row["before"] or 0),
                after=int(row["after"]),
                marker=row["marker"] if row["before"] is None else "",
            )
            for row in self.stage.stand_ins.control("writes")
        ]

    def accepted_mails(self) -> list[dict[str, Any]]:
        """What the mail provider accepted, oldest first."""
        return [row["mail"] for row in self.stage.stand_ins.control("mails")]

    def mail_row(self, on: object) -> MailRow:
        (row,) = (row for row in mails(self.tables, DEMO) if row.on == on and row.kind == "digest")
        return row
