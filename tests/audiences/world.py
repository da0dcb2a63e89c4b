"""A small world to ask questions of: tables, words, and DuckDB filled with given rows."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from tifo.lake.public import NOW, Argument, Attribute, Choice, Kind, Relation, Word

MOMENT = datetime(2024, 7, 27, 12, 0, tzinfo=UTC)

ZONES = ("Europe/Paris", "Pacific/Kiritimati", "Etc/GMT+12", "Pacific/Tahiti")
"""At MOMENT, noon in UTC, it is yesterday in one of them and tomorrow in another."""

SCHEMAS: dict[str, dict[str, pa.DataType]] = {
    "fan": {
        "fan_id": pa.int64(),
        "language": pa.string(),
        "country": pa.string(),
        "birth_date": pa.date32(),
        "joined_at": pa.timestamp("us"),
        "member_since": pa.timestamp("us"),
        "has_email": pa.bool_(),
        "has_phone": pa.bool_(),
        "visits": pa.int64(),
        "erased": pa.bool_(),
    },
    "consent": {
        "fan_id": pa.int64(),
        "purpose": pa.string(),
        "state": pa.string(),
        "moment": pa.timestamp("us"),
    },
    "ticket": {
        "ticket_id": pa.int64(),
        "fan_id": pa.int64(),
        "buyer_fan_id": pa.int64(),
        "session_code": pa.string(),
        "venue_code": pa.string(),
        "status": pa.string(),
        "starts_at": pa.timestamp("us"),
        "local_day": pa.date32(),
        "timezone": pa.string(),
    },
    "preference": {"fan_id": pa.int64(), "topic": pa.string(), "score": pa.float64(), "declared": pa.bool_()},
    "profile": {"fan_id": pa.int64(), "nickname": pa.string(), "level": pa.int64()},
}

TICKET_ARGUMENTS = (
    Argument("venue", Kind.TEXT, "venue_code", positional=True, values=("STA", "BER")),
    Argument("day", Kind.DATE, "local_day", compare="on_day", zone="timezone", zones=ZONES),
    Argument("utc_day", Kind.DATE, "local_day", compare="on_day"),
    Argument("session", Kind.TEXT, "session_code", compare="contains"),
    Argument("within", Kind.MOMENT, "starts_at", compare="within"),
    Argument("since", Kind.MOMENT, "starts_at", compare="since"),
    Argument("before", Kind.DATE, "local_day", compare="before"),
    Argument("starts", Kind.MOMENT, "starts_at"),
    Choice(
        "when",
        {"any": (), "upcoming": (("starts_at", ">", NOW),), "past": (("starts_at", "<=", NOW),)},
        default="any",
    ),
)

WORDS: dict[str, Word] = {
    word.name: word
    for word in (
        Attribute("language", "language", Kind.TEXT, values=("ar", "en", "es", "fr")),
        Attribute("country", "country", Kind.TEXT),
        Attribute("age", "birth_date", Kind.DATE, measure="age"),
        Attribute("born", "birth_date", Kind.DATE),
        Attribute("joined", "joined_at", Kind.MOMENT),
        Attribute("visits", "visits", Kind.NUMBER),
        Attribute("club.member", "member_since", Kind.MOMENT, measure="present"),
        Attribute("by_phone", "has_phone", Kind.BOOL),
        Attribute("nickname", "nickname", Kind.TEXT, table="profile"),
        Attribute("named", "nickname", Kind.TEXT, table="profile", measure="present"),
        Attribute("level", "level", Kind.NUMBER, table="profile"),
        Relation(
            "reachable",
            "fan",
            "exists",
            arguments=(
                Choice(
                    "channel",
                    {"email": (("has_email", "=", True),), "sms": (("has_phone", "=", True),)},
                    default="email",
                ),
            ),
        ),
        Relation(
            "consents",
            "consent",
            "exists",
            fixed=(("state", "=", "given"),),
            arguments=(
                Argument(
                    "purpose",
                    Kind.TEXT,
                    "purpose",
                    values=lambda: ["newsletter", "ticketing"],
                    positional=True,
                    required=True,
                ),
            ),
        ),
        Relation("holds_ticket", "ticket", "exists", "", (("status", "!=", "cancelled"),), TICKET_ARGUMENTS),
        Relation("tickets", "ticket", "count", "", (("status", "in", ("valid", "used")),), TICKET_ARGUMENTS),
        Relation("tickets_bought", "ticket", "count", arguments=TICKET_ARGUMENTS, fan_column="buyer_fan_id"),
        Relation("venues_seen", "ticket", "count", distinct="venue_code", arguments=TICKET_ARGUMENTS),
        *(
            Relation(
                name,
                "preference",
                measure,
                value="score",
                default=default,
                arguments=(
                    Argument("topic", Kind.TEXT, "topic", positional=True),
                    Argument("declared", Kind.BOOL, "declared"),
                ),
            )
            for name, measure, default in (
                ("likes", "max", 0),
                ("likes_known", "max", None),
                ("least", "min", 1.5),
                ("least_known", "min", None),
                ("taste", "sum", 0),
            )
        ),
    )
}

World = Mapping[str, Sequence[Mapping[str, Any]]]


def fill(connection: duckdb.DuckDBPyConnection, world: World) -> None:
    """Lay the rows in DuckDB, a table each."""
    for name, schema in SCHEMAS.items():
        rows = [{column: row.get(column) for column in schema} for row in world.get(name, ())]
        connection.register("laid", pa.Table.from_pylist(rows, schema=pa.schema(list(schema.items()))))
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM laid")
