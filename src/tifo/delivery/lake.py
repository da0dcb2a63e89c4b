"""What delivery tells the lake: the ledger's rows and the classified hits, and the words made of them."""

from collections.abc import Iterator
from pathlib import Path

from django.db.models import Min

from tifo.delivery.models import HitFile, Mailing
from tifo.delivery.rules import classify
from tifo.kernel.public import archive
from tifo.lake.public import Argument, Column, Kind, LakeTable, Relation, declare, publish_table

publish_table(
    LakeTable(
        name="message",
        key=("message_id",),
        columns=(
            Column("message_id", Kind.NUMBER, integer=True),
            Column("mailing_id", Kind.NUMBER, integer=True),
            Column("label", Kind.TEXT),
            Column("fan_id", Kind.NUMBER, integer=True),
            Column("state", Kind.TEXT),
            Column("reason", Kind.TEXT),
            Column("at", Kind.MOMENT),
            Column("language", Kind.TEXT),
            Column("variant", Kind.TEXT),
            Column("composed", Kind.NUMBER, integer=True),
            Column("unsubscribed", Kind.BOOL),
        ),
        truth=(
            "SELECT t.id, t.mailing_id, g.label, t.fan_id, t.state, t.reason, t.at, t.language, t.variant, "
            "t.composed, CASE WHEN t.unsubscribed_at IS NULL THEN 0 ELSE 1 END "
            "FROM delivery_message t JOIN delivery_mailing g ON g.id = t.mailing_id"
        ),
    )
)


def _hit_files(after: int) -> Iterator[tuple[int, Path]]:
    """The archived files after a position, in order."""
    rows = HitFile.objects.filter(position__gt=after).order_by("position").values_list("position", "path")
    for position, path in rows.iterator():
        yield position, archive.location(path)


def _rule_of_all() -> int:
    """The version of the rule by which all hits have been judged: the lake reads them anew when it rises."""
    lowest: int | None = HitFile.objects.aggregate(lowest=Min("rule"))["lowest"]
    return classify.VERSION if lowest is None else lowest


publish_table(
    LakeTable(
        name="hit",
        key=("hit_id",),
        columns=(
            Column("hit_id", Kind.NUMBER, integer=True),
            Column("message_id", Kind.NUMBER, integer=True),
            Column("mailing_id", Kind.NUMBER, integer=True),
            Column("label", Kind.TEXT),
            Column("fan_id", Kind.NUMBER, integer=True),
            Column("kind", Kind.TEXT),
            Column("link", Kind.NUMBER, integer=True),
            Column("class", Kind.TEXT),
            Column("at", Kind.MOMENT),
        ),
        archive=_hit_files,
        edition=_rule_of_all,
    )
)


def _labels() -> frozenset[str]:
    return frozenset(Mailing.objects.values_list("label", flat=True))


WITHIN = Argument("within", Kind.MOMENT, "at", compare="within", help="only in this time until now")
CAMPAIGN = Argument("campaign", Kind.TEXT, "label", values=_labels, help="only this campaign")
PERSON = ("class", "=", "person")

declare(
    Relation(
        "received",
        "message",
        "count",
        fixed=(("state", "=", "accepted"),),
        arguments=(WITHIN, CAMPAIGN),
        help="how many messages her mail server took",
    )
)
declare(
    Relation(
        "contacted",
        "message",
        "count",
        fixed=(("state", "in", ("committing", "accepted", "unknown")),),
        arguments=(WITHIN, CAMPAIGN),
        help="how many messages were sent to her, those in doubt too",
    )
)
declare(
    Relation(
        "opened",
        "hit",
        "count",
        fixed=(("kind", "=", "open"), PERSON),
        arguments=(WITHIN, CAMPAIGN),
        distinct="message_id",
        help="how many messages she surely opened (she allows tracking)",
    )
)
declare(
    Relation(
        "clicked",
        "hit",
        "count",
        fixed=(("kind", "=", "click"), PERSON),
        arguments=(WITHIN, CAMPAIGN),
        distinct="message_id",
        help="in how many messages she followed a link (she allows tracking)",
    )
)
