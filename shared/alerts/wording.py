"""How an alert type is worded; the words themselves stand in its rule."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """What a type is called, how its rows are counted, what to do about them."""

    title: str
    one: str
    """A single row in a sentence: "1 held push"."""
    many: str
    to_do: str
    """One sentence over the section; the row says what to do about itself."""
    who: str = "Customer"
    """What the first cell of its rows names."""

    def count(self, rows: int) -> str:
        return f"{rows:,} {self.one if rows == 1 else self.many}"


@dataclass(frozen=True, slots=True)
class LinkWording:
    """The page behind the link under a row. `{customer}` and `{product}`, its licences, are put in."""

    question: str
    effect: str
    """One sentence: what nobody is mailed about any more."""
