"""What the lake has of fans, and the words of the audience language that read it."""

from tifo.fans import rules
from tifo.lake.public import Attribute, Choice, Column, Kind, LakeTable, Relation, declare, publish_table

FAN = publish_table(
    LakeTable(
        name="fan",
        key=("fan_id",),
        columns=(
            Column("fan_id", Kind.NUMBER, integer=True),
            Column("language", Kind.TEXT),
            Column("country", Kind.TEXT),
            Column("gender", Kind.TEXT),
            Column("birth_date", Kind.DATE),
            Column("timezone", Kind.TEXT),
            Column("source", Kind.TEXT),
            Column("joined_at", Kind.MOMENT),
            Column("member_since", Kind.MOMENT),
            Column("has_email", Kind.BOOL),
            Column("has_phone", Kind.BOOL),
            Column("erased", Kind.BOOL),
        ),
        truth=(
            "SELECT t.id, t.language, t.country, t.gender, t.birth_date, t.timezone, t.source, t.joined_at, "
            "t.member_since, t.email IS NOT NULL, t.phone IS NOT NULL, t.erased_at IS NOT NULL FROM fans_fan t"
        ),
    )
)

declare(
    Attribute(
        "language",
        "language",
        Kind.TEXT,
        help='The language she reads, e.g. language = "fr" or language in ("fr", "en").',
        values=rules.languages,
    )
)
declare(
    Attribute(
        "country",
        "country",
        Kind.TEXT,
        help='The country she lives in, by its code of two letters, e.g. country = "FR".',
        values=rules.countries,
    )
)
declare(
    Attribute(
        "gender",
        "gender",
        Kind.TEXT,
        help='female, male or other, where she said so, e.g. gender = "female".',
        values=rules.GENDERS,
    )
)
declare(
    Attribute(
        "age",
        "birth_date",
        Kind.DATE,
        help="Her age today in whole years, e.g. age >= 18; unknown without a birth date.",
        measure="age",
    )
)
declare(
    Attribute(
        "timezone",
        "timezone",
        Kind.TEXT,
        help='Her time zone by its IANA name, e.g. timezone = "Pacific/Tahiti".',
        values=rules.timezones,
    )
)
declare(
    Attribute(
        "source",
        "source",
        Kind.TEXT,
        help='Where she first came from: the name an import was given, or fan-club, e.g. source = "ticketing".',
    )
)
declare(
    Attribute(
        "joined",
        "joined_at",
        Kind.MOMENT,
        help="The moment she joined, e.g. joined >= 2024-01-01.",
    )
)
declare(
    Attribute(
        "club.member",
        "member_since",
        Kind.MOMENT,
        help="Whether she is a member of the club.",
        measure="present",
    )
)
declare(
    Relation(
        "reachable",
        "fan",
        "exists",
        arguments=(
            Choice(
                "channel",
                {"email": (("has_email", "=", True),), "phone": (("has_phone", "=", True),)},
                default="email",
                help="email or phone.",
            ),
        ),
        help='Whether we know an address of hers for a channel, e.g. reachable("email"); consent is another question.',
    )
)
