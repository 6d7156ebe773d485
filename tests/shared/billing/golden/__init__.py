"""Golden tables: a file of rows for a person to read, a column for each thing that is given or comes out."""

from pathlib import Path

HERE = Path(__file__).parent


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a table, by the names in its first line. A line that begins with # explains."""
    lines = (HERE / f"{name}.txt").read_text().splitlines()
    told = [line for line in lines if line.strip() and not line.startswith("#")]
    head, *body = [[cell.strip() for cell in line.split("|")] for line in told]
    return [dict(zip(head, cells, strict=True)) for cells in body]


def case(row: dict[str, str]) -> str:
    return row["case"]
