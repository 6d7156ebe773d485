"""What the templates of a digest are given: groups, sections, customers and rows, all in words."""

from dataclasses import dataclass

from shared.alerts.digest.decide import DigestKind


@dataclass(frozen=True, slots=True)
class RowView:
    who: str
    what: str
    fix: str
    badge: str
    """"New", "Open again", "Changed", or "" for a repeat."""
    age: str
    """"open 9 days", "first seen 3 Nov", or "" for a row that is new."""
    money: str
    """Per month with the currency's symbol, "" when nothing is known to be at stake."""
    unchecked: str
    """"not checked since 20 Nov", or ""."""
    exclude: str
    """The address of the page that excludes what the row is about, "" when that cannot be."""
    open: str
    """The address of the row in the front end, "" where there is none."""


@dataclass(frozen=True, slots=True)
class BlockView:
    """The rows of one customer in a section."""

    who: str
    rows: tuple[RowView, ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    title: str
    to_do: str
    who: str
    """Over the first column."""
    money: str
    count: int
    blocks: tuple[BlockView, ...]
    """Of the rows that are shown; () when all of the section are only counted."""
    more: str
    """What is said of the others, or ""."""

    @property
    def rows(self) -> list[RowView]:
        return [row for block in self.blocks for row in block.rows]


@dataclass(frozen=True, slots=True)
class GroupView:
    title: str
    sections: tuple[SectionView, ...]

    @property
    def count(self) -> int:
        return sum(section.count for section in self.sections)


@dataclass(frozen=True, slots=True)
class DigestView:
    """One mail to one recipient."""

    kind: DigestKind
    recipient: str
    account_name: str
    subject: str
    preheader: str
    headline: str
    synced: str
    warning: str
    attached: str
    """Why there is a file with all rows, "" when every row is shown."""
    groups: tuple[GroupView, ...]
    reason: str
