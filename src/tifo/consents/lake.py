"""What the lake has of consents, and the word that reads it."""

from tifo.consents.models import Purpose
from tifo.lake.public import Argument, Column, Kind, LakeTable, Relation, declare, publish_table

CONSENT = publish_table(
    LakeTable(
        name="consent",
        key=("fan_id", "purpose"),
        columns=(
            Column("fan_id", Kind.NUMBER, integer=True),
            Column("purpose", Kind.TEXT),
            Column("state", Kind.TEXT),
            Column("version", Kind.NUMBER, integer=True),
            Column("moment", Kind.MOMENT),
        ),
        truth="SELECT t.fan_id, t.purpose, t.state, t.version, t.moment FROM consents_head t",
    )
)


def _purposes() -> list[str]:
    return list(Purpose.objects.order_by("position", "key").values_list("key", flat=True))


declare(
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
                values=_purposes,
                positional=True,
                required=True,
                help="The purpose, e.g. newsletter.",
            ),
            Argument(
                "within",
                Kind.MOMENT,
                "moment",
                compare="within",
                help="Only where she said yes in this time, e.g. within: 30 days.",
            ),
        ),
        help='Whether she says yes to a purpose today, e.g. consents("newsletter").',
    )
)
