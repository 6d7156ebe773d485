"""The contract of Tables, held by the memory store and by Azure's (Azurite)."""

import hashlib
import random
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.core.exceptions import HttpResponseError

from shared.storage import keys
from shared.storage.connect import connect
from shared.storage.documents import Document
from shared.storage.table_limits import PACKED_LIMIT, TEXT_LIMIT, packed, unpacked
from shared.storage.tables import (
    AllTables,
    Conflict,
    Delete,
    Insert,
    Key,
    Put,
    Replace,
    RowChange,
    Tables,
    TooLarge,
)


class Note(Document):
    text: str = ""
    count: int = 0


def at(row: str, partition: str = "acme|notes") -> Key:
    return Key(partition, row)


def insert(row: str, text: str = "", count: int = 0) -> Insert:
    return Insert(at(row), Note(text=text, count=count))


def put(row: str, text: str = "", count: int = 0) -> Put:
    return Put(at(row), Note(text=text, count=count))


def note(tables: Tables, row: str) -> Note | None:
    found = tables.get(at(row))
    return found.read(Note) if found else None


def names(tables: Tables, prefix: str = "", partition: str = "acme|notes") -> list[str]:
    return [row.key.row for row in tables.rows(partition, prefix)]


def noise(size: int) -> str:
    """Text that compresses to about 6 bits a character."""
    return "".join(
        random.Random(size).choices(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", k=size
        )
    )


def test_what_is_not_there_is_none(tables: Tables) -> None:
    assert tables.get(at("nothing")) is None
    assert names(tables) == []


@pytest.mark.parametrize(
    "text", ["", "plain", 'žluťoučký 漢字 🎉 \u0000 " \\ </script>', "line\nline\r\n\t "]
)
def test_a_document_comes_back_as_it_went(tables: Tables, text: str) -> None:
    tables.commit([insert("a", text, 7)])
    assert note(tables, "a") == Note(text=text, count=7)
    assert [row.read(Note) for row in tables.rows("acme|notes")] == [Note(text=text, count=7)]


def test_an_inserted_row_is_not_inserted_again(tables: Tables) -> None:
    tables.commit([insert("a", "first")])
    with pytest.raises(Conflict):
        tables.commit([insert("a", "second")])
    assert note(tables, "a") == Note(text="first")


def test_put_writes_whatever_was_there_and_leaves_nothing_of_it(tables: Tables) -> None:
    tables.commit([put("a", noise(TEXT_LIMIT + 1))])
    tables.commit([put("a", "short")])
    tables.commit([put("a", count=3)])
    assert note(tables, "a") == Note(count=3)


@pytest.mark.parametrize("company", [0, 1], ids=["alone", "in a transaction"])
def test_every_etag_is_the_one_that_a_read_gives(tables: Tables, company: int) -> None:
    others = [put(f"other{n}") for n in range(company)]
    tables.commit([insert("gone")])
    gone = tables.get(at("gone"))
    assert gone
    first = tables.commit([insert("a"), *others])
    assert [row.etag for row in tables.rows("acme|notes") if row.key.row != "gone"] == first
    second = tables.commit([Replace(at("a"), Note(count=1), first[0]), *others])
    read = tables.get(at("a"))
    assert read
    assert read.etag == second[0] != first[0]
    third = tables.commit([put("a", count=2), *others])
    read = tables.get(at("a"))
    assert read
    assert read.etag == third[0] != second[0]
    assert tables.commit([Delete(at("gone"), gone.etag), *others])[0] == ""


@pytest.mark.parametrize("company", [0, 1], ids=["alone", "in a transaction"])
def test_a_row_changed_by_somebody_else_is_neither_replaced_nor_deleted(tables: Tables, company: int) -> None:
    others = [insert(f"other{n}") for n in range(company)]
    [old] = tables.commit([insert("a")])
    tables.commit([put("a", "theirs")])
    with pytest.raises(Conflict):
        tables.commit([Replace(at("a"), Note(text="mine"), old), *others])
    with pytest.raises(Conflict):
        tables.commit([Delete(at("a"), old), *others])
    assert note(tables, "a") == Note(text="theirs")
    assert names(tables) == ["a"]


@pytest.mark.parametrize("company", [0, 1], ids=["alone", "in a transaction"])
def test_a_row_that_is_gone_is_neither_replaced_nor_deleted(tables: Tables, company: int) -> None:
    others = [insert(f"other{n}") for n in range(company)]
    [old] = tables.commit([insert("a")])
    assert tables.commit([Delete(at("a"), old)]) == [""]
    with pytest.raises(Conflict):
        tables.commit([Replace(at("a"), Note(), old), *others])
    with pytest.raises(Conflict):
        tables.commit([Delete(at("a"), old), *others])
    assert names(tables) == []


def test_a_row_deleted_and_written_again_has_another_etag(tables: Tables) -> None:
    [old] = tables.commit([insert("a")])
    tables.commit([Delete(at("a"), old)])
    tables.commit([insert("a")])
    with pytest.raises(Conflict):
        tables.commit([Replace(at("a"), Note(), old)])


@pytest.mark.parametrize("bad", ["insert", "replace", "delete"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_transaction_happens_as_a_whole_or_not_at_all(tables: Tables, bad: str, place: int) -> None:
    [old] = tables.commit([insert("there", "before")])
    tables.commit([put("there", "now")])
    [kept] = tables.commit([insert("kept", "before")])
    refusals: dict[str, RowChange] = {
        "insert": insert("there", "mine"),
        "replace": Replace(at("there"), Note(text="mine"), old),
        "delete": Delete(at("there"), old),
    }
    good: list[RowChange] = [insert("new"), Replace(at("kept"), Note(text="after"), kept)]
    with pytest.raises(Conflict):
        tables.commit([*good[:place], refusals[bad], *good[place:]])
    assert names(tables) == ["kept", "there"]
    assert note(tables, "kept") == Note(text="before")
    assert note(tables, "there") == Note(text="now")


def test_a_transaction_of_every_kind_of_change_is_applied(tables: Tables) -> None:
    replaced, deleted = tables.commit([insert("replaced"), insert("deleted")])
    etags = tables.commit(
        [
            insert("inserted", "1"),
            Replace(at("replaced"), Note(text="2"), replaced),
            put("put", "3"),
            Delete(at("deleted"), deleted),
        ]
    )
    assert [bool(etag) for etag in etags] == [True, True, True, False]
    assert {row.key.row: row.read(Note).text for row in tables.rows("acme|notes")} == {
        "inserted": "1",
        "replaced": "2",
        "put": "3",
    }


def test_a_hundred_changes_are_one_transaction(tables: Tables) -> None:
    etags = tables.commit([insert(f"{n:03}", count=n) for n in range(100)])
    assert [row.etag for row in tables.rows("acme|notes")] == etags
    assert [row.read(Note).count for row in tables.rows("acme|notes")] == list(range(100))


@pytest.mark.parametrize("count", [0, 101])
def test_a_transaction_of_none_or_over_a_hundred_is_refused(tables: Tables, count: int) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        tables.commit([insert(f"{n:03}") for n in range(count)])
    assert names(tables) == []


def test_a_transaction_over_two_partitions_is_refused(tables: Tables) -> None:
    with pytest.raises(ValueError, match="one partition"):
        tables.commit([insert("a"), Insert(at("a", "other|notes"), Note())])
    assert names(tables) == []


def test_a_transaction_that_changes_a_row_twice_is_refused(tables: Tables) -> None:
    with pytest.raises(ValueError, match="once"):
        tables.commit([put("a", "1"), put("a", "2")])
    assert names(tables) == []


@pytest.mark.parametrize("etag", ["", "*"])
def test_a_replace_or_delete_without_a_real_etag_is_refused(tables: Tables, etag: str) -> None:
    tables.commit([insert("a", "theirs")])
    for change in (Replace(at("a"), Note(), etag), Delete(at("a"), etag)):
        with pytest.raises(ValueError, match="ETag"):
            tables.commit([change])
    assert note(tables, "a") == Note(text="theirs")


def test_a_prefix_finds_its_rows_and_none_of_their_neighbours(tables: Tables) -> None:
    rows = [
        "day|a|2026-01-01",
        "head",
        "head|",
        "head|a",
        "head|a'b",
        "head|aa",
        "head|ab",
        "head|b",
        "head}",
        "hea|a",
        "~",
    ]
    tables.commit([insert(row) for row in rows])
    tables.commit([Insert(at("head|a", "acme|notes2"), Note())])
    assert names(tables) == sorted(rows)
    for prefix in ("head|a", "head|", "head", "head|a'", "head|ab", "~", "x", "day|a|"):
        assert names(tables, prefix) == sorted(row for row in rows if row.startswith(prefix)), prefix


def test_reading_goes_on_behind_a_row_also_when_it_is_gone(tables: Tables) -> None:
    rows = [f"log|{number:02d}" for number in range(1, 8, 2)]
    tables.commit([insert(row) for row in ["a", *rows, "z"]])
    for after in ("", "a", "log|01", "log|04", "log|07", "log|08", "z"):
        found = [row.key.row for row in tables.rows("acme|notes", "log|", after)]
        assert found == [row for row in rows if row > after], after
        everything = [row.key.row for row in tables.rows("acme|notes", after=after)]
        assert everything == [row for row in ["a", *rows, "z"] if row > after], after
    with pytest.raises(ValueError, match="a key is"):
        list(tables.rows("acme|notes", "log|", "a/b"))


def test_a_partition_is_read_without_its_neighbours(tables: Tables) -> None:
    for partition in ("acme|notes", "acme|notes2", "acme-2|notes", "acme|note", "acm|notes"):
        tables.commit([Insert(at(partition, partition), Note())])
    assert names(tables) == ["acme|notes"]


def test_all_pages_are_read_by_row_key(tables: Tables) -> None:
    wanted = [f"row|{n:04}" for n in range(1_050)]
    for start in range(0, 1_050, 100):
        tables.commit([put(row) for row in reversed(wanted[start : start + 100])])
    assert names(tables) == wanted
    assert names(tables, "row|") == wanted
    assert names(tables, "row|104") == wanted[1_040:]


LEGAL = ["a", "a b", "it's", "100%", "a|b:c;d,e+f&g=h", "(x)", '~!@$^*[]{}<>"`_-.', "k" * 512]
ILLEGAL = [
    "",
    "a/b",
    "a\\b",
    "a#b",
    "a?b",
    "a\tb",
    "a\x00b",
    "a\x7fb",
    "a\x85b",
    "ž",
    "\ud800",
    "a\n",
    "k" * 513,
]


@pytest.mark.parametrize("text", LEGAL)
def test_a_legal_key_is_written_and_found(tables: Tables, text: str) -> None:
    key = Key(text, text)
    [etag] = tables.commit([Insert(key, Note(count=1))])
    [etag] = tables.commit([Replace(key, Note(count=2), etag)])
    found = tables.get(key)
    assert found
    assert found.key == key
    assert [row.key for row in tables.rows(text, text)] == [key]
    tables.commit([Delete(key, etag)])
    assert tables.get(key) is None


@pytest.mark.parametrize("text", ILLEGAL)
def test_an_illegal_key_is_refused(tables: Tables, text: str) -> None:
    for key in (Key(text, "a"), Key("a", text)):
        with pytest.raises(ValueError, match="a key is"):
            tables.commit([Put(key, Note())])
        with pytest.raises(ValueError, match="a key is"):
            tables.get(key)
    with pytest.raises(ValueError, match="a key is"):
        list(tables.rows(text))
    if text:
        with pytest.raises(ValueError, match="a key is"):
            list(tables.rows("a", text))


ENVELOPE = len('{"text":""}')


@pytest.mark.parametrize("character", ["x", "é", "漢", "🎉"])
@pytest.mark.parametrize("extra", [-2, 0, 1, 2, 5_000])
def test_bodies_around_the_length_of_a_text_come_back(tables: Tables, character: str, extra: int) -> None:
    room = TEXT_LIMIT - ENVELOPE + extra
    text = character * (room // len(character.encode())) + "x" * (room % len(character.encode()))
    tables.commit([put("a", text)])
    assert note(tables, "a") == Note(text=text)


def test_a_body_that_compresses_below_the_limit_is_kept_and_one_above_is_too_large(tables: Tables) -> None:
    fits, over = noise(PACKED_LIMIT * 4 // 3 - 1_500), noise(PACKED_LIMIT * 4 // 3 + 1_500)
    tables.commit([put("a", fits)])
    assert note(tables, "a") == Note(text=fits)
    with pytest.raises(TooLarge, match="blob"):
        tables.commit([insert("b"), put("a", over)])
    assert note(tables, "a") == Note(text=fits)
    assert names(tables) == ["a"]


def test_changes_that_are_together_too_large_are_refused(tables: Tables) -> None:
    text = noise(29_000)
    tables.commit([put(f"{n:03}", text) for n in range(100)])
    assert len(names(tables)) == 100
    with pytest.raises(TooLarge, match="together"):
        tables.commit([put(f"{n:03}", noise(60_000)) for n in range(100)])
    assert {row.read(Note).text for row in tables.rows("acme|notes")} == {text}


def test_increments_by_etag_from_several_threads_lose_nothing(tables: Tables) -> None:
    tables.commit([insert("counter")])

    def increment(_: int) -> int:
        conflicts = 0
        while True:
            row = tables.get(at("counter"))
            assert row
            try:
                tables.commit([Replace(row.key, Note(count=row.read(Note).count + 1), row.etag)])
            except Conflict:
                conflicts += 1
            else:
                return conflicts

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(increment, range(40)))
    assert note(tables, "counter") == Note(count=40)


def test_of_many_who_insert_one_row_one_wins(tables: Tables) -> None:
    start = threading.Barrier(6)

    def claim(who: int) -> bool:
        start.wait()
        try:
            tables.commit([insert("claim", count=who), insert(f"by|{who}")])
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        won = list(threads.map(claim, range(6)))
    assert won.count(True) == 1
    assert names(tables) == [f"by|{won.index(True)}", "claim"]


def test_rows_are_read_while_others_write(tables: Tables) -> None:
    tables.commit([insert(f"{n}") for n in range(9)])
    reading: Iterator[object] = tables.rows("acme|notes")
    next(reading)
    tables.commit([put("5", "changed"), insert("new")])
    assert len(list(reading)) in (8, 9)


@pytest.mark.azurite
def test_a_missing_table_is_a_fault_and_not_an_empty_row(storage_connection: str) -> None:
    tables = connect(storage_connection).tables
    with pytest.raises(HttpResponseError, match="TableNotFound"):
        tables.get(at("a"))
    with pytest.raises(HttpResponseError, match="TableNotFound"):
        names(tables)
    replace, delete = Replace(at("a"), Note(), 'W/"1"'), Delete(at("a"), 'W/"1"')
    refused: list[list[RowChange]] = [
        [insert("a")],
        [insert("a"), insert("b")],
        [put("a")],
        [replace],
        [delete],
        [insert("b"), replace],
    ]
    for changes in refused:
        with pytest.raises(HttpResponseError, match="TableNotFound"):
            tables.commit(changes)


def test_rows_between_two_partitions_are_those_of_one_account_and_no_other(tables: AllTables) -> None:
    for account in ("acm", "acme", "acme-2", "acmf", "a"):
        for partition in ("notes", "psa|1"):
            tables.commit([Put(Key(f"{account}|{partition}", row), Note(text=account)) for row in ("b", "a")])
    found = list(tables.rows_between(*keys.partitions_of(keys.account_id("acme"))))
    assert [row.key for row in found] == [
        Key(f"acme|{partition}", row) for partition in ("notes", "psa|1") for row in ("a", "b")
    ]
    assert {row.read(Note).text for row in found} == {"acme"}


def test_a_long_body_is_stored_compressed_and_a_short_one_as_text() -> None:
    assert packed(Note(text="x" * (TEXT_LIMIT - ENVELOPE))) == f'{{"text":"{"x" * (TEXT_LIMIT - ENVELOPE)}"}}'
    long = Note(text=noise(2 * TEXT_LIMIT))
    stored = packed(long)
    assert isinstance(stored, bytes)
    assert Note.model_validate_json(unpacked(stored)) == long


def test_a_body_that_only_the_best_compression_fits_into_a_row_is_kept() -> None:
    words = [
        f'{{"sku":"{hashlib.sha256(str(n).encode()).hexdigest()[:16]}","seats":{n % 7}}}'
        for n in range(4_800)
    ]
    note = Note(text=",".join(words))
    assert len(zlib.compress(note.body(), level=1)) > PACKED_LIMIT
    assert len(packed(note)) <= PACKED_LIMIT
