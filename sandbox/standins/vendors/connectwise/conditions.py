"""The subset of ConnectWise's `conditions` and `orderBy` language that the stand-in understands."""

import re
from collections.abc import Callable
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

Row = dict[str, Any]
Test = Callable[[Row], bool]

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


def condition(text: str) -> Test:
    """Compile a condition; an empty text lets everything through."""
    if not text.strip():
        return lambda row: True
    reader = _Reader(_tokens(text))
    test = reader.either()
    if reader.left():
        raise WrongCondition(f"Unexpected '{reader.peek()[1]}'.")
    return test


def ordered(rows: list[Row], order_by: str) -> list[Row]:
    """Sort by `field [asc|desc], ...`; rows without the field come first."""
    for part in reversed([part.split() for part in order_by.split(",") if part.strip()]):
        name = part[0]
        descending = len(part) > 1 and part[1].lower() == "desc"
        rows = sorted(rows, key=lambda row: _sortable(field_of(row, name)), reverse=descending)
    return rows


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
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._next = 0

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
        tests = [self.one()]
        while self.word("and"):
            tests.append(self.one())
        return lambda row: all(test(row) for test in tests)

    def one(self) -> Test:
        if self.word("not"):
            inner = self.one()
            return lambda row: not inner(row)
        if self.word("("):
            inner = self.either()
            if not self.word(")"):
                raise WrongCondition("A ')' is missing.")
            return inner
        kind, name = self.take()
        if kind != "word":
            raise WrongCondition(f"A field name is expected, not '{name}'.")
        return self.comparison(name)

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
            pattern = str(value).lower().replace("%", "*")
            return lambda row: fnmatchcase(str(field_of(row, name) or "").lower(), pattern)
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
