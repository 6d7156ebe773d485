"""What customers, people at the MSP and people in its PSAs do."""

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from functions.queues.messages import PushConnection, StartRun
from sandbox.standins.controls.commands import control
from sandbox.standins.state import Document
from sandbox.standins.worlds.skus import BY_ID
from shared.accounts import sync_now
from shared.accounts.companies import added_tenants
from shared.accounts.directory import load_account
from shared.billing import agreement_store, line_decisions
from shared.billing.mapping.choices import mappings_of
from shared.billing.models import (
    LedgerEvent,
    LicenceMapping,
    LineKey,
    LineRecord,
)
from shared.billing.planning import approval
from shared.billing.psa.base import PsaRefused, PsaUnavailable, WriteKind
from shared.billing.psa_connections import psa_connections
from shared.billing.pushing import settle
from shared.errors import NotFound, Rejected, TooOften
from shared.storage.decisions import Decider
from tests.simulation.company_life import CompanyLife
from tests.simulation.custom_life import CustomLife
from tests.simulation.installation import Installation
from tests.simulation.mapping_life import MSP, WHO, MappingLife
from tests.simulation.price_life import PriceLife
from tests.simulation.prices import Prices
from tests.simulation.story import PEOPLE, Happening
from tests.simulation.truth import Truth, wanted
from tests.simulation.world import Branch


class Life:
    """Carries out happenings of life; a happening that makes no sense at its time does nothing."""

    def __init__(
        self, installation: Installation, truth: Truth, prices: Prices, branches: Iterable[Branch]
    ) -> None:
        self.installation, self._truth = installation, truth
        self.state = installation.state
        self.mappings = MappingLife(installation, truth.text_of)
        self.prices = PriceLife(
            installation,
            self.mappings,
            prices,
            lambda: [place[:3] for place in self.lines_in_psa() if place[3]],
        )
        self.custom = CustomLife(installation, self.mappings, truth)
        self.companies = CompanyLife(self.mappings, truth, branches)
        self.refused: list[str] = []
        """What people were told why something cannot be done."""

    def happen(self, happening: Happening) -> None:
        chance = happening.chance
        do = self._deed(happening.what)
        try:
            with self.installation.person():
                do(chance)
        except (Rejected, NotFound, TooOften, PsaRefused, PsaUnavailable) as no:
            self.refused.append(f"{happening}: {type(no).__name__}")
        self._truth.note()

    def _deed(self, what: str) -> Callable[[random.Random], None]:
        if what == PEOPLE:
            return self.people_decide
        if hasattr(self.companies, what):
            shared: Callable[[random.Random], None] = getattr(self.companies, what)
            return shared
        if what == "price_rule_changed":
            return lambda chance: self.prices.price_rule_changed(chance, self._tenant(chance))
        if hasattr(self.custom, what):
            return lambda chance: getattr(self.custom, what)(chance, self._tenant(chance))
        if hasattr(self.prices, what):
            priced: Callable[[random.Random], None] = getattr(self.prices, what)
            return priced
        if hasattr(self.mappings, what):
            return lambda chance: getattr(self.mappings, what)(chance, self._tenant(chance))
        deed: Callable[[random.Random], None] = getattr(self, what)
        return deed

    # -- customers

    def seats_bought(self, chance: random.Random) -> None:
        self._change_units(chance, lambda units: units + chance.randint(1, 5))

    def seats_dropped(self, chance: random.Random) -> None:
        self._change_units(chance, lambda units: max(0, units - chance.randint(1, 3)))

    def most_seats_dropped(self, chance: random.Random) -> None:
        self._change_units(chance, lambda units: units // 4)

    def seats_to_zero(self, chance: random.Random) -> None:
        self._change_units(chance, lambda _: 0)

    def second_term_bought(self, chance: random.Random) -> None:
        self._buy(chance, {})

    def trial_bought(self, chance: random.Random) -> None:
        self._buy(chance, {"trial": True})

    def seats_of_another_seller(self, chance: random.Random) -> None:
        self._buy(chance, {"seller": "7d1fbbb6-0d5b-4a0a-9d46-3c7f5a2b9a11"})

    def in_grace(self, chance: random.Random) -> None:
        self._set_status(chance, "Warning")

    def suspended(self, chance: random.Random) -> None:
        self._set_status(chance, "Suspended")

    def licence_vanished(self, chance: random.Random) -> None:
        tenant = self._tenant(chance)
        if len(tenant["holdings"]) > 1:
            number = chance.randrange(len(tenant["holdings"]))
            self.state.change("tenant", tenant["id"], lambda document: document["holdings"].pop(number))

    def licence_appeared(self, chance: random.Random) -> None:
        tenant = self._tenant(chance)
        sku = chance.choice(["SPB", "EXCHANGESTANDARD", "SPE_E3", "POWER_BI_PRO", "VISIOCLIENT", "FLOW_FREE"])
        if not any(BY_ID[holding["sku_id"]].part_number == sku for holding in tenant["holdings"]):
            self.do("add_seats", tenant=tenant["id"], sku=sku, n=chance.randint(1, 12))

    def users_assigned(self, chance: random.Random) -> None:
        tenant = self._tenant(chance)
        if tenant["holdings"]:
            number = chance.randrange(len(tenant["holdings"]))
            most = min(tenant["users"], _enabled(tenant["holdings"][number]))
            assigned = chance.randint(0, most)
            self.state.change(
                "tenant",
                tenant["id"],
                lambda document: document["holdings"][number].update(assigned=assigned),
            )

    def customer_appeared(self, chance: random.Random) -> None:
        self.do(
            "add_tenant",
            name=f"Newcomer {chance.randrange(10**6)}",
            seats=chance.randint(1, 9),
            partner="harbour",
        )

    def _change_units(self, chance: random.Random, change: Callable[[int], int]) -> None:
        tenant = self._tenant(chance)
        if not tenant["holdings"]:
            return
        number = chance.randrange(len(tenant["holdings"]))

        def edit(document: Document) -> None:
            holding = document["holdings"][number]
            enabled = [part for part in holding["subscriptions"] if part["status"] == "Enabled"]
            if enabled:
                part = chance.choice(enabled)
                part["units"] = change(part["units"])
                holding["assigned"] = min(holding["assigned"], _enabled(holding))

        self.state.change("tenant", tenant["id"], edit)

    def _buy(self, chance: random.Random, words: dict[str, Any]) -> None:
        tenant = self._tenant(chance)
        if tenant["holdings"]:
            sku = BY_ID[chance.choice(tenant["holdings"])["sku_id"]].part_number
            self.do("buy", tenant=tenant["id"], sku=sku, units=chance.randint(1, 8), **words)

    def _set_status(self, chance: random.Random, status: str) -> None:
        """Some units are not paid for: they move from enabled to that status, or all of them come back."""
        tenant = self._tenant(chance)
        if not tenant["holdings"]:
            return
        number, back = chance.randrange(len(tenant["holdings"])), chance.random() < 0.4

        def edit(document: Document) -> None:
            parts = document["holdings"][number]["subscriptions"]
            part = chance.choice(parts)
            part["status"] = "Enabled" if back else status
            holding = document["holdings"][number]
            holding["assigned"] = min(holding["assigned"], _enabled(holding))

        self.state.change("tenant", tenant["id"], edit)

    # -- people in the PSA

    def edited_by_hand(self, chance: random.Random) -> None:
        ended = self.mappings.decided.ended
        lines = [place for place in self.lines_in_psa() if place[3] and place[2] not in ended]
        if lines:
            self.edit(*chance.choice(lines)[:3], chance.randint(0, 40))

    def other_line_edited(self, chance: random.Random) -> None:
        not_others = {
            second.line for second in self._truth.second_lines()
        } | self.mappings.decided.ended.keys()
        lines = [place for place in self.lines_in_psa() if not place[3] and place[2] not in not_others]
        if lines:
            self.edit(*chance.choice(lines)[:3], chance.randint(1, 9))

    def agreement_ended(self, chance: random.Random) -> None:
        self._end_agreement(chance, ended=True)

    def agreement_revived(self, chance: random.Random) -> None:
        self._end_agreement(chance, ended=False)

    def _end_agreement(self, chance: random.Random, *, ended: bool) -> None:
        tenant = self._tenant(chance)
        self.end_agreement(tenant, ended=ended)

    def end_agreement(self, tenant: Document, *, ended: bool) -> None:
        key = f"{tenant['psa_site']}/{tenant['agreement_id']}"
        if ended:
            self.mappings.decided.interrupted |= {
                line.line_id
                for place, line in self.kept_lines()
                if place.agreement_id == str(tenant["agreement_id"])
            }
        changes = {
            "cw_agreement": {"cancelled": ended},
            "halo_invoice": {"disabled": ended},
            "at_contract": {"status": 0 if ended else 1},
        }
        for kind, change in changes.items():
            if self.state.find(kind, key):
                self.state.change(kind, key, lambda document, change=change: document.update(change))  # type: ignore[misc]

    def lines_in_psa(self) -> list[tuple[str, str, str, bool]]:
        """Kind of document, its key, number of the line, and whether a licence is billed on it."""
        ours = {line.line_id for _, line in self.kept_lines()}
        found = []
        for kind, within in (
            ("cw_agreement", "additions"),
            ("halo_invoice", "lines"),
            ("at_contract", "services"),
        ):
            for document in self.state.all(kind):
                if document["site"] != "sim-preview":
                    key = f"{document['site']}/{document['id']}"
                    found += [(kind, key, number, number in ours) for number in document[within]]
        return found

    def edit(self, kind: str, key: str, number: str, quantity: int) -> None:
        self._truth.edited(number)
        agreement = key.split("/")[1]
        if kind == "cw_agreement":
            self.do("edit_line", agreement=agreement, addition=int(number), quantity=quantity)
        elif kind == "halo_invoice":
            self.do("halo_edit_line", invoice=agreement, line=int(number), qty_order=quantity)
        else:
            self.do("autotask_set_units", contract=agreement, service=int(number), units=quantity)

    # -- people at the MSP

    def people_decide(self, chance: random.Random) -> None:
        """They look at what waits, and decide some of it: what is held only by what is true."""
        for hold in list(approval.held(self._tables, MSP)):
            if hold.decided is None and chance.random() < 0.7:
                self._try(lambda hold=hold: self._judge(hold.change.id, chance))  # type: ignore[misc]
        for found in list(line_decisions.decidable(self._tables, MSP)):
            if chance.random() < 0.7:
                self._try(lambda found=found: self._choose(found.key, found.line, chance))  # type: ignore[misc]
        for key, line, _ in list(settle.undecidable(self._tables, MSP)):
            if chance.random() < 0.8:
                self._try(lambda key=key, line=line: self.settle(key, line))  # type: ignore[misc]
        for _, line in list(self.kept_lines()):
            if chance.random() < 0.6:
                self.prices.put_right(line, self.mapping(line.tenant_id, line.mapping_id))

    def _try(self, do: Callable[[], object]) -> None:
        try:
            do()
        except (Rejected, NotFound) as no:
            self.refused.append(f"{type(no).__name__}: {no}")

    def _judge(self, change_id: str, chance: random.Random) -> None:
        hold = next(hold for hold in approval.held(self._tables, MSP) if hold.change.id == change_id)
        mapping = self.mapping(hold.change.tenant_id, hold.change.mapping_id)
        sold = self._truth.sold_at(hold.change.tenant_id, self._now)
        is_right = mapping is not None and wanted(sold, mapping) == hold.change.after
        if is_right and chance.random() < 0.8:
            self.approve(change_id)
            if chance.random() < 0.3:
                self.approve(change_id)  # a second click, or a scanner
                self.installation.fate.happened.append("approved twice")
        elif not is_right or chance.random() < 0.3:
            approval.reject(self._tables, MSP, change_id, WHO, self._now)

    def approve(self, change_id: str) -> None:
        account = load_account(self._tables, MSP)
        approved = approval.approve(self._tables, account, change_id, WHO, self._now)
        if approved.run is not None:
            self._send(
                PushConnection(account=MSP, run=approved.run.id, connection=approved.hold.change.connection)
            )

    def _choose(self, key: LineKey, line: LineRecord, chance: random.Random) -> None:
        place = (self._tables, MSP, line.tenant_id, line.mapping_id)
        if line.frozen is not None:
            if chance.random() < 0.5:
                line_decisions.unfreeze(*place, self._by)
            return
        choice = chance.random()
        if line.drift is None or choice > 0.9:
            return
        psa = int(line.drift.psa)
        if choice < 0.3:
            line_decisions.take_theirs(self._stores, *place[1:], psa, self._by)
        elif choice < 0.75:
            self.keep_ours(line, psa)
        else:
            line_decisions.freeze(*place, self._by)

    @property
    def _stores(self) -> line_decisions.Stores:
        return line_decisions.Stores(self._tables, self.installation.blobs)

    def keep_ours(self, line: LineRecord, psa: int) -> None:
        mapping = self.mapping(line.tenant_id, line.mapping_id)
        if mapping is None:
            return
        ours = wanted(self._truth.sold_at(line.tenant_id, self._now), mapping)
        hold = line_decisions.keep_ours(
            self._stores, MSP, line.tenant_id, line.mapping_id, (psa, ours), self._by
        )
        self._push(hold)

    def settle(self, key: LineKey, line: LineRecord) -> None:
        """A person looks in the PSA once nothing is on its way any more."""
        if line.intent is None or self._truth.on_their_way():
            return
        write, since = line.intent.write, line.intent.at
        if write.kind is WriteKind.PRORATE:
            is_there = write.marker in {second.mark for second in self._truth.second_lines()}
            settle.settle(self._tables, MSP, key, self._by, applied=is_there)
            return
        made = [
            applied
            for applied in self._truth.applied()
            if applied.agreement == key.agreement_id
            and applied.at >= since.replace(microsecond=0)
            and (applied.line == line.line_id if line.line_id else applied.before is None)
            and (not line.line_id or applied.difference == write.after - write.before)
        ]
        owned = {other.line_id for _, other in self.kept_lines()}
        new = [applied.line for applied in made if not line.line_id and applied.line not in owned]
        applied = bool(made if line.line_id else new)
        settle.settle(
            self._tables,
            MSP,
            key,
            self._by,
            applied=applied,
            line_id=new[0] if new and not line.line_id else "",
        )

    def undone(self, chance: random.Random) -> None:
        lines = list(self.kept_lines())
        if not lines:
            return
        key, line = chance.choice(lines)
        entries = agreement_store.ledger(self._tables, MSP, *key)
        newest = [entry for entry in entries if entry.event is LedgerEvent.CONFIRMED]
        if newest:
            hold = line_decisions.undo(
                self._stores, MSP, line.tenant_id, line.mapping_id, newest[-1].change_id, self._by
            )
            self._push(hold)

    def sync_now(self, chance: random.Random) -> None:
        account = load_account(self._tables, MSP)
        tenants = None if chance.random() < 0.3 else (self._tenant(chance)["id"],)
        run = sync_now.sync_now(self._tables, account, tenants, self._by)
        self._send(StartRun.of(MSP, run))

    # -- looking

    def do(self, name: str, /, **words: Any) -> Any:
        return control(self.state, {"do": name, **words}, self.installation.stand_ins.faults)

    def kept_lines(self) -> Iterator[tuple[LineKey, LineRecord]]:
        for connection in psa_connections(self._tables, MSP):
            for kept in agreement_store.all_of(self._tables, MSP, connection.id):
                for line in kept.record.lines.values():
                    yield LineKey(connection.id, kept.record.agreement_id, line.mapping_id), line

    def mapping(self, tenant_id: str, mapping: str) -> LicenceMapping | None:
        found = mappings_of(self._tables, MSP, tenant_id).mappings
        return next((one for one in found if one.id == mapping), None)

    def tenants(self) -> list[Document]:
        """The added customers that the MSP bills."""
        added = added_tenants(self._tables, MSP)
        return sorted(
            (t for t in self.state.all("tenant") if t["id"] in added), key=lambda t: str(t["domain"])
        )

    def _tenant(self, chance: random.Random) -> Document:
        return chance.choice(self.tenants())

    def _push(self, hold: Any) -> None:
        account = load_account(self._tables, MSP)
        today = self._now.astimezone(account.zone).date()
        run = approval.push_now(self._tables, MSP, hold, self._now, today)
        self._send(PushConnection(account=MSP, run=run.id, connection=hold.change.connection))

    def _send(self, work: Any) -> None:
        self.installation.queues.send(work.queue, work.model_dump_json())

    @property
    def _tables(self) -> Any:
        return self.installation.tables

    @property
    def _now(self) -> Any:
        return self.installation.clock.now()

    @property
    def _by(self) -> Decider:
        return Decider(WHO, "simulated", self._now)


def _enabled(holding: Document) -> int:
    return sum(part["units"] for part in holding["subscriptions"] if part["status"] == "Enabled")
