"""What points give to the lake, and the words about them."""

from collections.abc import Collection

from tifo.lake.public import Argument, Column, Kind, LakeTable, Relation, declare, publish_table
from tifo.points.models import Level, Rule

ENTRY = publish_table(
    LakeTable(
        name="points_entry",
        key=("transfer_id",),
        columns=(
            Column("transfer_id", Kind.NUMBER, integer=True),
            Column("fan_id", Kind.NUMBER, integer=True),
            Column("currency", Kind.TEXT),
            Column("kind", Kind.TEXT),
            Column("rule", Kind.TEXT),
            Column("amount", Kind.NUMBER, integer=True),
            Column("effective_at", Kind.MOMENT),
            Column("recorded_at", Kind.MOMENT),
        ),
        truth=(
            "SELECT t.id, t.fan_id, t.currency, t.kind, coalesce(r.key, ''), "
            "CASE WHEN t.credit_id > 0 THEN t.amount ELSE -t.amount END, t.effective_at, t.recorded_at "
            "FROM points_transfer t LEFT JOIN points_rule r ON r.id = t.rule_id"
        ),
    )
)

STANDING = publish_table(
    LakeTable(
        name="points_standing",
        key=("fan_id",),
        columns=(Column("fan_id", Kind.NUMBER, integer=True), Column("level", Kind.TEXT)),
        truth=(
            "SELECT t.fan_id, coalesce(l.key, '') FROM points_standing t LEFT JOIN points_level l ON l.rank = t.rank"
        ),
    )
)


def _levels() -> Collection[str]:
    return set(Level.objects.values_list("key", flat=True))


def _rules() -> Collection[str]:
    return set(Rule.objects.values_list("key", flat=True).distinct())


_UNTIL = Argument(
    "until",
    Kind.MOMENT,
    "effective_at",
    compare="before",
    help="only what counted before this moment, e.g. until: 2024-01-01",
)
_RULE = Argument("rule", Kind.TEXT, "rule", values=_rules, help="only what this rule earned")

POINTS = declare(
    Relation(
        name="points",
        table="points_entry",
        measure="sum",
        value="amount",
        fixed=(("currency", "=", "points"),),
        arguments=(_UNTIL, _RULE),
        default=0.0,
        help="points that she has, or had: points(until: 2024-01-01) >= 100000",
    )
)

STATUS = declare(
    Relation(
        name="status_points",
        table="points_entry",
        measure="sum",
        value="amount",
        fixed=(("currency", "=", "status"),),
        arguments=(_UNTIL, _RULE),
        default=0.0,
        help="status points, which are never spent",
    )
)

LEVEL = declare(
    Relation(
        name="level",
        table="points_standing",
        measure="exists",
        arguments=(
            Argument(
                "level",
                Kind.TEXT,
                "level",
                values=_levels,
                positional=True,
                required=True,
                help="key of the level",
            ),
        ),
        help='whether she has this level now, e.g. level("gold")',
    )
)
