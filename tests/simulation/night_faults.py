"""What goes wrong in a night, by the names of the list of faults to survive."""

import random
from collections.abc import Callable
from typing import Any, Final

from sandbox.standins.faults import What
from tests.simulation.installation import Installation, Moment
from tests.simulation.life import Life
from tests.simulation.story import Happening

_WRITES: Final = ("connectwise.write", "halo.write", "autotask.write")
_LINES: Final = (
    "connectwise.read.additions",
    "halo.read.recurringinvoice",
    "autotask.read.contractserviceunits",
)
_LISTS: Final = ("graph.subscribed_skus", "graph.subscriptions")
TROUBLES: Final = (50076, 65001, 700082, 90002)


class NightFaults:
    """Switches faults on; what has a moment comes at a request of the night."""

    def __init__(self, installation: Installation, life: Life) -> None:
        self._installation, self._life = installation, life
        self._prepared: list[str] = []
        """Documents of Halo that somebody edits right after one of the next reads."""

    def happen(self, happening: Happening) -> None:
        self._do[happening.what](happening.chance)

    @property
    def _do(self) -> dict[str, Callable[[random.Random], None]]:
        return {
            "F1 throttled": lambda c: self._fault(
                c, What.THROTTLE, ("graph.", "partnercenter.", "microsoft.token")
            ),
            "F1 throttled in a batch": lambda c: self._fault(c, What.THROTTLE, (*_LISTS, "graph.users")),
            "F2 refused without a wait": lambda c: self._fault(
                c,
                c.choice((What.THROTTLE_SILENT, What.STATUS)),
                ("graph.", *_LISTS, "partnercenter.", "microsoft.token"),
            ),
            "F2 web page": lambda c: self._fault(c, What.HTML, ("graph.", "partnercenter.", *_LINES)),
            "F3 pages": lambda c: self._fault(
                c,
                c.choice((What.LOOPING_PAGE, What.FOREIGN_PAGE, What.EMPTY_PAGE, What.CUT)),
                (*_LISTS, "graph.users"),
            ),
            "F4 odd counts": lambda c: self._fault(
                c,
                c.choice((What.NULL_COUNT, What.NEGATIVE_COUNT, What.MISSING_COUNT, What.DUPLICATE_SKU)),
                _LISTS,
            ),
            "F4 empty answer": lambda c: self._fault(
                c, What.EMPTY_LIST, (*_LISTS, "graph.users", "graph.contracts")
            ),
            "F6 consent lost of many": self._lose_consent,
            "F8 tenant refused": self._refuse_tenant,
            "F8 partner refused": self._refuse_partner,
            "F8 tenant back": self._bring_back,
            "F9 write unanswered": lambda c: self._fault(
                c, c.choice((What.TIMEOUT_AFTER, What.TIMEOUT_BEFORE)), _WRITES, seconds=30
            ),
            "F9 write applied late": lambda c: self._fault(
                c, What.APPLIED_LATE, _WRITES, seconds=30, late=c.choice((5, 20, 90, 200, 900, 5000))
            ),
            "F10 write refused and applied": lambda c: self._fault(
                c, What.STATUS_AFTER, _WRITES, status=c.choice((429, 500, 502, 503))
            ),
            "F10 stale read-back": lambda c: self._fault(c, What.STALE, _LINES),
            "F10 write cut": lambda c: self._fault(c, c.choice((What.CUT, What.RESET_AFTER)), _WRITES),
            "F10 write not applied": lambda c: self._fault(
                c, What.STATUS, _WRITES, status=c.choice((500, 503))
            ),
            "F11 killed": self._kill,
            "F12 message doubled": self._double,
            "F12 messages in another order": self._shuffle,
            "F13 second worker": self._second_worker,
            "F14 poison": self._poison,
            "F15 tick missed": lambda _: None,  # the night looks for it
            "F15 tick doubled": lambda _: None,
            "F17 storage refuses": self._refuse_storage,
            "F18 vault down": self._vault_down,
            "F19 mail refused": lambda c: self._fault(c, What.STATUS, ("sendgrid.send",), status=503),
            "F19 mail unanswered": lambda c: self._fault(
                c, What.TIMEOUT_AFTER, ("sendgrid.send",), seconds=30
            ),
            "F20 edited while written": self._edit_while_written,
            "F21 killed between two lines": self._kill_between,
            "F22 calls of others": self._others_call,
            "F25 edited by hand": self._life.edited_by_hand,
            "PSA sign-in refused": self._refuse_psa,
            "PSA throttled": lambda c: self._fault(
                c, What.THROTTLE, ("connectwise.read", "halo.read", "autotask.read", *_WRITES)
            ),
            "PSA list spoiled": lambda c: self._fault(
                c,
                c.choice((What.EMPTY_LIST, What.CUT, What.TIMEOUT_BEFORE, What.STATUS)),
                (
                    "connectwise.read.agreements",
                    *_LINES,
                    "autotask.read.contracts",
                    "halo.read.recurringinvoice",
                ),
            ),
        }

    def over(self) -> None:
        """What is left of the night's faults ends."""
        installation = self._installation
        installation.stand_ins.faults.clear()
        fate = installation.fate
        fate.kill_at_storage = fate.kill_at_vendor = fate.fail_at_storage = fate.second_worker_at = None
        fate.kill_after_second_line = None
        edited = [
            key for key in self._prepared if "after_reads" not in installation.state.get("halo_invoice", key)
        ]
        fate.happened += ["edited after a read"] * len(edited)
        self._prepared = [key for key in self._prepared if key not in edited]
        installation.queues.twice, installation.queues.shuffled = 0, None
        installation.vault.down = False
        for kind, site in (("halo_site", "sim-halo"), ("at_site", "sim-autotask"), ("cw_site", "sim-cw")):
            changes = {"missing_rights": [], "others_an_hour": 0, "others_per_5_minutes": 0}
            installation.state.change(kind, site, lambda document, changes=changes: document.update(changes))  # type: ignore[misc]
        self._change_partner({"trouble": None, "secret_expired": False})

    def everything_back(self) -> None:
        """And what the customers' side refused is given again."""
        for tenant in self._life.tenants():
            self._life.do("tenant_trouble", tenant=tenant["id"], code=0)
            self._life.do("grant_consent", tenant=tenant["id"])
            self._life.do("grant_role", tenant=tenant["id"])

    def _fault(self, chance: random.Random, what: What, kinds: tuple[str, ...], **conditions: Any) -> None:
        conditions |= {"kind": chance.choice(kinds), "count": chance.choice((1, 1, 2, 3))}
        conditions |= {"every": chance.choice((1, 1, 2, 5)), "retry_after": chance.choice((1, 5, 40))}
        self._installation.stand_ins.faults.add(what, conditions)

    # -- Microsoft's side

    def _lose_consent(self, _: random.Random) -> None:
        for tenant in self._life.tenants()[::2]:
            self._life.do("remove_consent", tenant=tenant["id"])

    def _refuse_tenant(self, chance: random.Random) -> None:
        tenant = chance.choice(self._life.tenants())
        if chance.random() < 0.5:
            self._life.do("tenant_trouble", tenant=tenant["id"], code=chance.choice(TROUBLES))
        else:
            self._life.do("remove_role", tenant=tenant["id"])

    def _bring_back(self, chance: random.Random) -> None:
        for tenant in self._life.tenants():
            if chance.random() < 0.7:
                self._life.do("tenant_trouble", tenant=tenant["id"], code=0)
                self._life.do("grant_role", tenant=tenant["id"])
                self._life.do("grant_consent", tenant=tenant["id"])

    def _refuse_partner(self, chance: random.Random) -> None:
        self._change_partner(chance.choice(({"trouble": 50076}, {"secret_expired": True})))

    def _change_partner(self, change: dict[str, Any]) -> None:
        self._installation.state.change("partner", "harbour", lambda document: document.update(change))

    # -- our side

    def _kill(self, chance: random.Random) -> None:
        moment = Moment(chance.randint(1, 120), carried_out=chance.random() < 0.5)
        if chance.random() < 0.5:
            self._installation.fate.kill_at_storage = moment
        else:
            self._installation.fate.kill_at_vendor = moment

    def _kill_between(self, _: random.Random) -> None:
        self._installation.fate.kill_after_second_line = Moment(1, carried_out=True)

    def _refuse_storage(self, chance: random.Random) -> None:
        self._installation.fate.fail_at_storage = Moment(chance.randint(1, 120), chance.random() < 0.5)

    def _double(self, chance: random.Random) -> None:
        self._installation.queues.twice = chance.randint(1, 40)

    def _shuffle(self, chance: random.Random) -> None:
        self._installation.queues.shuffled = chance.random

    def _second_worker(self, chance: random.Random) -> None:
        self._installation.fate.second_worker_at = Moment(chance.randint(1, 4))

    def _poison(self, chance: random.Random) -> None:
        queue = chance.choice(("read-tenant", "push-connection", "close-run", "evaluate"))
        self._installation.queues.send(queue, '{"v": 2, "account": "demo"}')

    def _vault_down(self, _: random.Random) -> None:
        self._installation.vault.down = True

    # -- the PSAs' side

    def _edit_while_written(self, chance: random.Random) -> None:
        lines = [place for place in self._life.lines_in_psa() if place[0] == "halo_invoice"]
        if lines:
            _, key, number, _ = chance.choice(lines)
            self._life.do(
                "halo_edit_line",
                invoice=key.split("/")[1],
                line=int(number),
                after_reads=chance.randint(1, 3),
                qty_order=chance.randint(1, 30),
            )
            self._prepared = [*(kept for kept in self._prepared if kept != key), key]

    def _others_call(self, chance: random.Random) -> None:
        if chance.random() < 0.5:
            self._life.do("halo_limit", site="sim-halo", others=chance.choice((150, 280)))
        else:
            self._life.do("autotask_limit", site="sim-autotask", others=chance.choice((5000, 8000, 9990)))

    def _refuse_psa(self, chance: random.Random) -> None:
        if chance.random() < 0.5:
            self._life.do("set_missing_rights", site="sim-cw", rights="agreements.edit")
        else:
            self._life.do("autotask_rights", site="sim-autotask", missing="ContractServiceAdjustments.create")
