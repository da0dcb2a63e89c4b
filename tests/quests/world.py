"""Quest files for tests."""

from datetime import UTC, datetime, timedelta

OPENS = datetime(2020, 1, 1, tzinfo=UTC)
CLOSES = datetime(2090, 1, 1, tzinfo=UTC)

QUIZ = """quest: {name}
kind: quiz
title: {{en: The judo quiz, fr: Le quiz du judo}}
lead: {{en: Two questions}}
opens: 2020-01-01T00:00Z
closes: {closes}
points: 5
status: 1
topics: [judo]
{more}
questions:
  - ask: {{en: What ends a fight at once}}
    options:
      ippon: {{en: Ippon}}
      yuko: {{en: Yuko}}
    right: ippon
    because: {{en: Ippon is worth the whole fight.}}
  - ask: {{en: Which are throws}}
    options:
      osoto: {{en: Osoto-gari}}
      uchi: {{en: Uchi-mata}}
      juji: {{en: Juji-gatame}}
    right: [osoto, uchi]
"""
RIGHT = {"1": ("ippon",), "2": ("osoto", "uchi")}
HALF = {"1": ("ippon",), "2": ("osoto",)}

PREDICTION = """quest: {name}
kind: prediction
title: {{en: Who wins, fr: Qui gagne}}
opens: 2020-01-01T00:00Z
closes: {closes}
points: 10
questions:
  - ask: {{en: The final}}
    options: {{red: {{en: Red}}, blue: {{en: Blue}}, white: {{en: White}}}}
  - ask: {{en: Third}}
    options: {{red: {{en: Red}}, blue: {{en: Blue}}, white: {{en: White}}}}
"""


def quiz(name: str = "judo-quiz", *, closes: datetime = CLOSES, more: str = "") -> str:
    return QUIZ.format(name=name, closes=closes.isoformat(), more=more)


def prediction(name: str = "final", *, closes: datetime = CLOSES) -> str:
    return PREDICTION.format(name=name, closes=closes.isoformat())


def simple(kind: str, more: str, name: str = "") -> str:
    """A quest of a kind, with what is its own."""
    return (
        f"quest: {name or kind}\nkind: {kind}\ntitle: {{en: Something to do}}\nopens: 2020-01-01T00:00Z\n"
        f"closes: 2090-01-01T00:00Z\npoints: 7\n{more}\n"
    )


LATER = timedelta(days=1)
