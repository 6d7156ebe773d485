"""The subset of ConnectWise's `conditions` and `orderBy` language that the stand-in understands.

Every field that is named must be one of the list's own: a misspelt one is refused, not taken for an empty one.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

Row = dict[str, Any]
Test = Callable[[Row], bool]
Names = Mapping[str, str]
"""The fields of a list, `company` and `company/id`: in lower case -> as the schema writes them."""

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<date>\[[^\]]*\])
    | (?P<operator><=|>=|!=|=|<|>)
    | (?P<mark>[(),])
    | (?P<number>-?\d+(?:\.\d+)?(?![\w/]))
    | (?P<word>[A-Za-z_][\w/.]*)
    )""",
    re.VERBOSE,
)


class WrongCondition(ValueError):
    """The text is not a condition this stand-in understands."""


def condition(text: str, names: Names) -> Test:
    """Compile a condition; an empty text lets everything through. Raises WrongCondition."""
    if not text.strip():
        return lambda row: True
    reader = _Reader(_tokens(text), names)
    test = reader.either()
    if reader.left():
        raise WrongCondition(f"Unexpected '{reader.peek()[1]}'.")
    return test


def child_condition(text: str, names: Names) -> Test:
    """Compile `childConditions`: they let a row through of which one child, `types/name` and so on, fits."""
    if not text.strip():
        return lambda row: True
    reader = _Reader(_tokens(text), names)
    test = reader.either()
    if reader.left():
        raise WrongCondition(f"Unexpected '{reader.peek()[1]}'.")
    lists = {name.partition("/")[0] for name in reader.named}
    if len(lists) != 1:
        raise WrongCondition("The stand-in takes child conditions on one list at a time.")
    name = lists.pop()
    return lambda row: any(test({name: child}) for child in row.get(name) or ())


def ordered(rows: list[Row], order_by: str, names: Names) -> list[Row]:
    """Sort by `field [asc|desc], ...`; rows without the field come first. Raises WrongCondition."""
    for part in reversed([part.split() for part in order_by.split(",") if part.strip()]):
        name = known(part[0], names)
        if len(part) > 2 or (part[1:] and part[1].lower() not in ("asc", "desc")):
            raise WrongCondition(f"'{' '.join(part)}' is not an order.")
        descending = len(part) > 1 and part[1].lower() == "desc"
        rows = sorted(rows, key=lambda row: _sortable(field_of(row, name)), reverse=descending)
    return rows


def known(name: str, names: Names) -> str:
    """The field as the schema writes it. Raises WrongCondition for one that the list does not have."""
    found = names.get(name.lower())
    if found is None:
        raise WrongCondition(f"'{name}' is not a field.")
    return found


def field_of(row: Row, path: str) -> Any:
    """The value at `company/id`; None when it is not there."""
    value: Any = row
    for part in path.split("/"):
        if not isinstance(value, dict):
            return None
        value = next((inner for name, inner in value.items() if name.lower() == part.lower()), None)
    return value


def _sortable(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    if isinstance(value, (int, float)):
        return (1, float(value))
    return (2, str(value).lower())


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    while text[position:].strip():
        found = _TOKEN.match(text, position)
        if found is None:
            raise WrongCondition(f"Unexpected text at '{text[position:].strip()[:20]}'.")
        tokens.append((str(found.lastgroup), found.group().strip()))
        position = found.end()
    return tokens


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]], names: Names) -> None:
        self._tokens = tokens
        self._names = names
        self._next = 0
        self.named: list[str] = []
        """The fields that were named."""

    def left(self) -> bool:
        return self._next < len(self._tokens)

    def peek(self) -> tuple[str, str]:
        return self._tokens[self._next] if self.left() else ("end", "the end")

    def take(self) -> tuple[str, str]:
        token = self.peek()
        self._next += 1
        return token

    def word(self, *choices: str) -> bool:
        """Take the next token if it is one of these words."""
        if self.peek()[1].lower() in choices:
            self._next += 1
            return True
        return False

    def either(self) -> Test:
        tests = [self.both()]
        while self.word("or"):
            tests.append(self.both())
        return lambda row: any(test(row) for test in tests)

    def both(self) -> Test:
        tests = [self.single()]
        while self.word("and"):
            tests.append(self.single())
        return lambda row: all(test(row) for test in tests)

    def single(self) -> Test:
        if self.word("not"):
            inner = self.single()
            return lambda row: not inner(row)
        if self.word("("):
            inner = self.either()
            if not self.word(")"):
                raise WrongCondition("A ')' is missing.")
            return inner
        kind, name = self.take()
        if kind != "word":
            raise WrongCondition(f"A field name is expected, not '{name}'.")
        self.named.append(known(name, self._names))
        return self.comparison(self.named[-1])

    def comparison(self, name: str) -> Test:
        negated = self.word("not")
        operator = self.take()[1].lower()
        test = self.listed(name) if operator == "in" else self.compared(name, operator)
        return (lambda row: not test(row)) if negated else test

    def listed(self, name: str) -> Test:
        if not self.word("("):
            raise WrongCondition("'in' needs a list in parentheses.")
        values = [self.value()]
        while self.word(","):
            values.append(self.value())
        if not self.word(")"):
            raise WrongCondition("A ')' is missing.")
        return lambda row: any(_same(field_of(row, name), value) for value in values)

    def compared(self, name: str, operator: str) -> Test:
        value = self.value()
        if operator == "=":
            return lambda row: _same(field_of(row, name), value)
        if operator == "!=":
            return lambda row: not _same(field_of(row, name), value)
        if operator == "contains":
            return lambda row: str(value).lower() in str(field_of(row, name) or "").lower()
        if operator == "like":
            pattern = re.compile(re.sub(r"%|\\\*", ".*", re.escape(str(value))), re.IGNORECASE | re.DOTALL)
            return lambda row: pattern.fullmatch(str(field_of(row, name) or "")) is not None
        if operator in _ORDER:
            return lambda row: _ordered(field_of(row, name), value, operator)
        raise WrongCondition(f"'{operator}' is not an operator.")

    def value(self) -> Any:
        kind, text = self.take()
        if kind == "string":
            return re.sub(r"\\(.)", r"\1", text[1:-1])
        if kind == "number":
            return float(text)
        if kind == "date":
            return _instant(text[1:-1])
        if kind == "word" and text.lower() in _WORDS:
            return _WORDS[text.lower()]
        raise WrongCondition(f"A value is expected, not '{text}'.")


_WORDS = {"true": True, "false": False, "null": None}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise WrongCondition(f"'{text}' is not a date.") from wrong
    return found.replace(tzinfo=None)


def _comparable(left: Any, right: Any) -> Any:
    if isinstance(right, datetime):
        try:
            return datetime.fromisoformat(str(left)).replace(tzinfo=None)
        except ValueError:
            return None
    return left


def _same(left: Any, right: Any) -> bool:
    left = _comparable(left, right)
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    if right is None:
        return left is None or left == ""
    return bool(left == right)


def _ordered(left: Any, right: Any, operator: str) -> bool:
    left = _comparable(left, right)
    if left is None or isinstance(left, str) != isinstance(right, str):
        return False
    return _ORDER[operator](left, right)
