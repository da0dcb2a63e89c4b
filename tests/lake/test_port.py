"""What every engine of the lake does, method by method, held against each adapter."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tifo.kernel.public import Refused
from tifo.lake.adapters import lease
from tifo.lake.ports import Engine, Reader, Writer
from tifo.lake.public import Column, Kind, LakeTable, tables
from tifo.lake.queries import engine
from tifo.lake.rules import _tables

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("lake"),
    pytest.mark.parametrize("lake", ["duckdb", "chdb", "http"], indirect=True),
]

FIRST = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
THING = LakeTable(
    name="thing",
    key=("owner", "name"),
    columns=(
        Column("owner", Kind.NUMBER, integer=True),
        Column("name", Kind.TEXT),
        Column("weight", Kind.NUMBER),
        Column("on", Kind.BOOL),
        Column("day", Kind.DATE),
        Column("at", Kind.MOMENT),
    ),
    truth="SELECT 1",
)
SCHEMA = pa.schema(
    [
        ("owner", pa.int64()),
        ("name", pa.string()),
        ("weight", pa.float64()),
        ("on", pa.bool_()),
        ("day", pa.date32()),
        ("at", pa.timestamp("us")),
    ]
)


@pytest.fixture(autouse=True)
def _only_things(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(tables()):
        monkeypatch.delitem(_tables, name)
    monkeypatch.setitem(_tables, "thing", THING)


def row(owner: int, name: str, **more: Any) -> dict[str, Any]:
    return {"owner": owner, "name": name, "weight": None, "on": None, "day": None, "at": None, **more}


def batch(*rows: dict[str, Any]) -> list[pa.RecordBatch]:
    return pa.Table.from_pylist(list(rows), schema=SCHEMA).to_batches()


def held(reader: Reader) -> list[dict[str, Any]]:
    return reader.sql("SELECT * FROM thing ORDER BY owner, name").to_pylist()


def members(port: type) -> set[str]:
    """What a port asks of those who offer it."""
    annotated = set(getattr(port, "__annotations__", {}))
    return annotated | {
        name
        for name, value in vars(port).items()
        if not name.startswith("_") and (callable(value) or isinstance(value, property))
    }


class Watched:
    """Passes everything on, and notes what was asked."""

    asked: set[tuple[str, str]] = set()

    def __init__(self, port: str, inner: Any) -> None:
        self._port, self._inner = port, inner

    def __getattr__(self, name: str) -> Any:
        self.asked.add((self._port, name))
        return getattr(self._inner, name)


class WatchedEngine(Watched):
    @contextmanager
    def writing(self) -> Iterator[Writer]:
        self.asked.add(("Engine", "writing"))
        with self._inner.writing() as writer:
            yield Watched("Writer", writer)  # type: ignore[misc]

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        self.asked.add(("Engine", "reading"))
        with self._inner.reading() as reader:
            yield Watched("Reader", reader)  # type: ignore[misc]


def _before_anything(lake: Engine, _folder: Path) -> None:
    assert lake.current() is None
    with pytest.raises(Refused, match="tifo lake refresh"), lake.reading():
        pass


def _the_first_rows(lake: Engine, _folder: Path) -> None:
    full = row(1, "a", weight=0.5, on=True, day=date(1903, 2, 1), at=FIRST.replace(tzinfo=None))
    with lake.writing() as writer:
        assert writer.positions().get("thing", 0) == 0
        assert writer.upsert(THING, iter(batch(full, row(1, "b"))), fresh=True) == 2
        made = writer.publish(FIRST, {"thing": 7}, changed=True)
    assert lake.current() == made
    assert (made.as_of, dict(made.positions)) == (FIRST, {"thing": 7})
    with lake.reading() as reader:
        assert reader.generation == made
        assert reader.as_of == FIRST
        assert held(reader) == [full, row(1, "b")]
        assert reader.sql("SELECT * FROM thing").schema.types == SCHEMA.types


def _values_are_bound(lake: Engine, _folder: Path) -> None:
    given = {
        "n": 3,
        "x": 0.25,
        "s": 'l\'été \\ "$n" {n:Int64}\n\t',
        "b": False,
        "d": date(1999, 12, 31),
        "m": FIRST,
    }
    with lake.reading() as reader:
        shown = ", ".join(f"${name} AS {name}" for name in given)
        (found,) = reader.sql(f"SELECT {shown}", given).to_pylist()
        assert found == {**given, "m": found["m"]}
        assert found["m"].replace(tzinfo=UTC) == FIRST
        assert reader.sql(
            'SELECT count(*) AS n FROM thing WHERE "at" = $m', {"m": FIRST.replace(tzinfo=None)}
        ).to_pylist() == [{"n": 1}]


def _rows_are_replaced_by_their_key(lake: Engine, _folder: Path) -> None:
    before = lake.current()
    with lake.reading() as reader:
        was = held(reader)
        with lake.writing() as writer:
            assert writer.positions() == {"thing": 7}
            assert (
                writer.upsert(
                    THING, iter([*batch(row(1, "b", weight=2.0)), *batch(row(2, "b"))]), fresh=False
                )
                == 2
            )
            writer.publish(FIRST, {"thing": 9}, changed=True)
        assert held(reader) == was
    with lake.reading() as reader:
        assert before is not None
        assert reader.generation.number == before.number + 1
        assert [(one["owner"], one["name"], one["weight"]) for one in held(reader)] == [
            (1, "a", 0.5),
            (1, "b", 2.0),
            (2, "b", None),
        ]


def _files_are_added(lake: Engine, folder: Path) -> None:
    for number in (3, 4):
        turned = pa.Table.from_batches(batch(row(number, "file"))).select(SCHEMA.names[::-1])
        pq.write_table(turned, folder / f"{number}.parquet")
    with lake.writing() as writer:
        assert writer.append_files(THING, [folder / "3.parquet", folder / "4.parquet"]) == 2
        writer.publish(FIRST, {"thing": 11}, changed=True)
    with lake.reading() as reader:
        assert [one["owner"] for one in held(reader)] == [1, 1, 2, 3, 4]


def _what_is_not_published_was_never_there(lake: Engine, folder: Path) -> None:
    before = lake.current()
    with lake.reading() as reader:
        was = held(reader)

    def begin_and_fail() -> None:
        with lake.writing() as writer:
            assert writer.positions() == {"thing": 11}
            writer.upsert(THING, iter(batch(row(1, "a"), row(9, "new"))), fresh=False)
            writer.append_files(THING, [folder / "3.parquet"])
            raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            begin_and_fail()
    assert lake.current() == before
    with lake.writing() as writer:
        writer.upsert(THING, iter(batch(row(5, "x"))), fresh=False)
        writer.publish(FIRST, {"thing": 12}, changed=True)
    with lake.reading() as reader:
        assert held(reader) == [*was, row(5, "x")]


def _nothing_new_is_the_same_generation(lake: Engine, _folder: Path) -> None:
    before = lake.current()
    later = FIRST.replace(year=2027)
    with lake.writing() as writer:
        made = writer.publish(later, {"thing": 13}, changed=False)
    assert before is not None
    assert (made.number, made.as_of) == (before.number, later)
    assert lake.current() == made


def _one_writer_at_a_time(lake: Engine, _folder: Path) -> None:
    refused: list[str] = []

    def second() -> None:
        try:
            with lake.writing():
                refused.append("it got in")
        except Refused as error:
            refused.append(str(error))

    with lake.writing():
        other = threading.Thread(target=second)
        other.start()
        other.join()
    assert len(refused) == 1
    assert "Another process" in refused[0]


def _dropped_it_serves_until_it_is_there_again(lake: Engine, _folder: Path) -> None:
    with lake.reading() as reader:
        was = held(reader)
    lake.drop()
    with lake.reading() as reader:
        assert held(reader) == was
    with lake.writing() as writer:
        assert writer.positions().get("thing", 0) == 0
        writer.upsert(THING, iter(batch(row(1, "anew"))), fresh=True)
        writer.publish(FIRST, {"thing": 14}, changed=True)
    with lake.reading() as reader:
        assert held(reader) == [row(1, "anew")]


def _another_shape_is_read_anew(lake: Engine, _folder: Path) -> None:
    grown = LakeTable("thing", THING.key, (*THING.columns, Column("more", Kind.TEXT)), truth="SELECT 1")
    _tables["thing"] = grown
    with lake.writing() as writer:
        assert writer.positions().get("thing", 0) == 0
        writer.publish(FIRST, {"thing": 15}, changed=True)
    with lake.reading() as reader:
        assert reader.sql("SELECT more FROM thing").to_pylist() == []


CONTRACT: tuple[Callable[[Engine, Path], None], ...] = (
    _before_anything,
    _the_first_rows,
    _values_are_bound,
    _rows_are_replaced_by_their_key,
    _files_are_added,
    _what_is_not_published_was_never_there,
    _nothing_new_is_the_same_generation,
    _one_writer_at_a_time,
    _dropped_it_serves_until_it_is_there_again,
    _another_shape_is_read_anew,
)


def test_the_contract_holds_and_asks_for_every_method(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "LEASE_WAIT", 0.2)
    monkeypatch.setattr(Watched, "asked", set())
    watched: Any = WatchedEngine("Engine", engine())
    for step in CONTRACT:
        step(watched, tmp_path)
    for port in (Engine, Writer, Reader):
        assert members(port) == {name for named, name in Watched.asked if named == port.__name__}
