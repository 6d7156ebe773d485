"""The table "to change X, open Y" of the architecture page is true: each file is there and holds what it names."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/architecture.md").read_text()
TABLE = PAGE.partition("## To change X, open Y")[2].partition("\n## ")[0]
ROWS = re.findall(r"^\| (.+?) \| (`.+`.*) \|$", TABLE, re.MULTILINE)


def files_at(path: str) -> list[Path]:
    """The file, or those of a folder."""
    place = ROOT / path
    return [place] if place.is_file() else [each for each in place.rglob("*.*") if each.is_file()]


def is_defined(symbol: str, text: str) -> bool:
    """As Python or TypeScript would define it."""
    by_word = rf"^(export |async )*(def|class|function|const|type|interface) {symbol}\b"
    by_value = rf"^(\w+, )*{symbol}(, \w+)*( =|:)"
    return re.search(f"{by_word}|{by_value}", text, re.MULTILINE) is not None


def test_each_row_of_the_table_is_tried() -> None:
    assert len(ROWS) == len(re.findall(r"^\| (?!To change|---)", TABLE, re.MULTILINE)) >= 100


@pytest.mark.parametrize("change, where", ROWS, ids=[row[0] for row in ROWS])
def test_the_file_to_open_holds_what_is_to_be_changed(change: str, where: str) -> None:
    named = re.findall(r"`([^`]+)`", where)
    paths, symbols = [name for name in named if "/" in name], [name for name in named if "/" not in name]
    assert paths
    assert symbols
    for path in paths:
        assert files_at(path), f"to change {change}: {path}"
    text = "\n".join(file.read_text(errors="ignore") for path in paths for file in files_at(path))
    assert [symbol for symbol in symbols if not is_defined(symbol, text)] == [], f"to change {change}"
