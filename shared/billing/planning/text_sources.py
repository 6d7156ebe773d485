"""Loading what the texts on an account's invoices are made of: of a tenant without any, nothing is read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.billing.models import BillingProfile, LicenceMapping
from shared.billing.planning.invoice_text import CustomFacts, TextFacts, text_of
from shared.billing.planning.people import users_of
from shared.billing.planning.quantities import Numbers
from shared.billing.planning.wishes import Wish
from shared.billing.psa.texts import longest
from shared.billing.psa_connections import psa_connections
from shared.errors import NotFound
from shared.licensing import terms
from shared.licensing.custom_licences.counting import people_of
from shared.licensing.custom_licences.rules import CustomLicence
from shared.licensing.tenant_state import Snapshot, TenantState
from shared.microsoft.models import User
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


@dataclass(frozen=True, slots=True)
class TextSources:
    """Where the texts of an account come from."""

    tables: Tables
    blobs: Blobs
    account: AccountId
    profiles: Mapping[str, BillingProfile]
    now: datetime

    def with_texts(
        self,
        wishes: Iterable[Wish],
        state: TenantState,
        mapped: Sequence[LicenceMapping],
        numbers: Numbers | None,
        custom: Mapping[str, CustomLicence],
    ) -> Iterable[Wish]:
        """The wishes of one tenant, with the texts that their mappings ask for."""
        asked = {mapping.id: mapping for mapping in mapped if mapping.options.has_text}
        if not asked or numbers is None:
            return wishes
        facts = self._facts(state, asked.values(), numbers, custom)
        most = {one.id: longest(one.kind) for one in psa_connections(self.tables, self.account)}
        return [
            replace(wish, text=self._text(asked[wish.mapping_id], facts, most))
            if wish.mapping_id in asked
            else wish
            for wish in wishes
        ]

    def _facts(
        self,
        state: TenantState,
        asked: Iterable[LicenceMapping],
        numbers: Numbers,
        custom: Mapping[str, CustomLicence],
    ) -> TextFacts | None:
        """None: what was read is doubted."""
        snapshot = state.snapshot
        if snapshot is None or snapshot.counts_are_doubted or snapshot.users_are_doubted:
            return None
        names = numbers.shares is None and any(mapping.options.names_on_invoice for mapping in asked)
        users = users_of(self.blobs, self.account, state.tenant_id, snapshot) if names else None
        return TextFacts(
            rows=numbers.rows,
            users=users,
            shares=numbers.shares,
            terms=terms.known(state, self.now),
            custom={
                sku_id: CustomFacts(licence.rule.sku_ids, _people(licence, snapshot, users))
                for sku_id, licence in custom.items()
            },
        )

    def _text(self, mapping: LicenceMapping, facts: TextFacts | None, most: Mapping[str, int]) -> str | None:
        profile, longest_there = self.profiles.get(mapping.profile), most.get(mapping.connection)
        if facts is None or profile is None or not longest_there:
            return None
        return text_of(mapping, profile.name, facts, longest_there)


def _people(
    licence: CustomLicence, snapshot: Snapshot, users: Sequence[User] | None
) -> Sequence[User] | None:
    try:
        return None if users is None else people_of(licence.rule, snapshot, users)
    except NotFound:
        return None
