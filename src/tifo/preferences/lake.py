"""What preferences give to the lake, and the words about them."""

from collections.abc import Collection

from tifo.lake.public import Argument, Column, Kind, LakeTable, Relation, declare, publish_table
from tifo.preferences.models import Topic

PREFERENCE = publish_table(
    LakeTable(
        name="preference",
        key=("fan_id", "topic"),
        columns=(
            Column("fan_id", Kind.NUMBER, integer=True),
            Column("topic", Kind.TEXT),
            Column("score", Kind.NUMBER),
            Column("declared", Kind.BOOL),
        ),
        truth=(
            "SELECT t.fan_id, p.slug, t.score, (t.declared IS NOT NULL) FROM preferences_preference t "
            "JOIN preferences_topic p ON p.id = t.topic_id"
        ),
    )
)


def _slugs() -> Collection[str]:
    return set(Topic.objects.values_list("slug", flat=True))


_TOPIC = Argument(
    "topic", Kind.TEXT, "topic", values=_slugs, positional=True, required=True, help="slug of the topic"
)

LIKES = declare(
    Relation(
        name="likes",
        table="preference",
        measure="max",
        value="score",
        arguments=(_TOPIC,),
        default=0.0,
        help="how much she likes the topic, 0 to 1; 0 where nothing is known",
    )
)

DECLARED = declare(
    Relation(
        name="declared",
        table="preference",
        measure="exists",
        fixed=(("declared", "=", True),),
        arguments=(_TOPIC,),
        help="said herself how much she likes the topic",
    )
)
