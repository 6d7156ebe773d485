"""K5: which PSA company a customer of a partner is, by name and domain: what is not sure is marked, never taken."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from shared.billing.psa.base import PsaCompany
from shared.microsoft.models import Customer

MOST_CANDIDATES: Final = 5
_LEGAL_FORMS: Final = frozenset(
    {
        *(
            "ab",
            "ag",
            "aps",
            "as",
            "asa",
            "bv",
            "co",
            "company",
            "corp",
            "corporation",
            "gmbh",
            "group",
            "holding",
        ),
        *(
            "holdings",
            "inc",
            "incorporated",
            "kg",
            "lda",
            "limited",
            "llc",
            "llp",
            "lp",
            "ltd",
            "ltda",
            "mbh",
            "nv",
        ),
        *("oy", "oyj", "plc", "pte", "pty", "sa", "sarl", "sas", "se", "spa", "srl", "the", "ug"),
    }
)
_SHARED_DOMAINS: Final = frozenset(
    {
        *("aol.com", "facebook.com", "gmail.com", "gmx.ch", "gmx.de", "gmx.net", "google.com", "hotmail.com"),
        *("icloud.com", "instagram.com", "linkedin.com", "live.com", "me.com", "msn.com", "outlook.com"),
        *("protonmail.com", "web.de", "yahoo.com"),
    }
)
"""Domains that many companies have: they say nothing about which one it is."""


class MatchState(StrEnum):
    SURE = "sure"
    UNSURE = "unsure"
    """There are candidates, and a person chooses."""
    NONE = "none"


class MatchedBy(StrEnum):
    NAME = "name"
    DOMAIN = "domain"
    SIMILAR_NAME = "similar_name"
    """The same but for the legal form: may be two companies of one group."""


class CompanyPlace(NamedTuple):
    """A company of one PSA connection."""

    connection: str
    company: PsaCompany

    @property
    def key(self) -> tuple[str, str]:
        return self.connection, self.company.id


@dataclass(frozen=True, slots=True)
class Candidate:
    place: CompanyPlace
    by: tuple[MatchedBy, ...]
    linked: bool
    """Another tenant has this company already."""


@dataclass(frozen=True, slots=True)
class CompanyMatch:
    """What is proposed for one customer; a sure match has exactly one candidate."""

    customer: Customer
    state: MatchState
    candidates: tuple[Candidate, ...] = ()


def matches(
    customers: Sequence[Customer], places: Iterable[CompanyPlace], linked: Collection[tuple[str, str]]
) -> list[CompanyMatch]:
    """One for each customer, in their order. `linked`: connection and id of the PSA companies that tenants have.

    Sure is only what a name or domain says of one company alone, which no other customer could be, which no tenant has
    yet, and whose domain does not contradict its name.
    """
    index = _Index.of(places)
    found = [index.find(customer) for customer in customers]
    wanted = Counter(place.key for hits in found for place, by in hits.items() if _is_exact(by))
    return [_match(customer, hits, wanted, linked) for customer, hits in zip(customers, found, strict=True)]


type _Hits = dict[CompanyPlace, tuple[MatchedBy, ...]]


def _match(
    customer: Customer,
    hits: _Hits,
    wanted: Mapping[tuple[str, str], int],
    linked: Collection[tuple[str, str]],
) -> CompanyMatch:
    if not hits:
        return CompanyMatch(customer, MatchState.NONE)
    exact = [place for place, by in hits.items() if _is_exact(by)]
    candidates = [Candidate(place, by, place.key in linked) for place, by in hits.items()]
    if len(exact) == 1 and wanted[exact[0].key] == 1 and exact[0].key not in linked:
        domains = {_domain(customer.domain), _host(exact[0].company.website)} - {""}
        if len(domains) < 2:
            sure = next(candidate for candidate in candidates if candidate.place == exact[0])
            return CompanyMatch(customer, MatchState.SURE, (sure,))
    candidates.sort(
        key=lambda candidate: (
            not _is_exact(candidate.by),
            candidate.place.company.name.casefold(),
            candidate.place.key,
        )
    )
    return CompanyMatch(customer, MatchState.UNSURE, tuple(candidates[:MOST_CANDIDATES]))


def _is_exact(by: Collection[MatchedBy]) -> bool:
    return MatchedBy.NAME in by or MatchedBy.DOMAIN in by


@dataclass(frozen=True, slots=True)
class _Index:
    """The PSA's companies by what a customer can be recognised by."""

    kinds: Mapping[MatchedBy, Mapping[str, Sequence[CompanyPlace]]]

    @classmethod
    def of(cls, places: Iterable[CompanyPlace]) -> "_Index":
        kinds: dict[MatchedBy, defaultdict[str, list[CompanyPlace]]] = {
            kind: defaultdict(list) for kind in MatchedBy
        }
        for place in places:
            for kind, key in _keys(place.company.name, _host(place.company.website)).items():
                kinds[kind][key].append(place)
        return cls(kinds)

    def find(self, customer: Customer) -> _Hits:
        hits: _Hits = {}
        for kind, key in _keys(customer.name, _domain(customer.domain)).items():
            for place in self.kinds[kind].get(key, ()):
                hits[place] = (*hits.get(place, ()), kind)
        return hits


def _keys(called: str, domain: str) -> dict[MatchedBy, str]:
    """What there is to recognise it by; an empty key says nothing."""
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", called).casefold())
    core = [word for word in words if word not in _LEGAL_FORMS]
    keys = {
        MatchedBy.NAME: "".join(words),
        MatchedBy.DOMAIN: domain,
        MatchedBy.SIMILAR_NAME: "".join(core),
    }
    return {kind: key for kind, key in keys.items() if key}


def _host(website: str) -> str:
    """The domain of a website as a person typed it, "" when it tells nothing."""
    text = website.strip()
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    return _domain(host.removeprefix("www."))


def _domain(domain: str) -> str:
    text = domain.strip().rstrip(".").casefold()
    if "." not in text or text in _SHARED_DOMAINS or text.endswith(".onmicrosoft.com"):
        return ""
    return text
