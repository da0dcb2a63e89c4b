"""A made-up base of any size, from a seed, written by DuckDB as CSV: the same seed, the same base."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
from babel.core import Locale

SPORTS = (
    "judo", "swimming", "athletics", "football", "basketball", "fencing", "rowing", "handball",
    "cycling-road", "surfing", "tennis", "boxing", "archery", "badminton", "hockey", "rugby-sevens",
    "canoe", "diving", "equestrian", "golf", "gymnastics", "pentathlon", "sailing", "shooting",
    "skateboarding", "climbing", "table-tennis", "taekwondo", "triathlon", "volleyball", "water-polo", "wrestling",
)  # fmt: skip
LANGUAGES = (
    "fr", "en", "es", "ar", "de", "it", "pt", "nl", "ja", "zh", "ko", "pl", "sv", "da", "fi", "cs",
    "el", "hu", "ro", "tr", "uk", "he", "hi", "th", "vi", "id", "no", "hr", "bg", "sk",
)  # fmt: skip
ZONES = (
    "Europe/Paris", "Europe/London", "Europe/Madrid", "Africa/Casablanca", "America/New_York",
    "America/Los_Angeles", "Asia/Tokyo", "Australia/Sydney", "Pacific/Tahiti", "Asia/Kolkata",
)  # fmt: skip
_LARGEST = ("FR", "GB", "ES", "MA", "US", "DE", "IT", "PT", "JP", "AU", "PF", "IN", "BE", "CA", "BR", "SE")
_NO_COUNTRY = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"}
_OTHERS = {code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()}
COUNTRIES = (*_LARGEST, *sorted(_OTHERS - _NO_COUNTRY - set(_LARGEST)))[:200]
FIRST_NAMES = (
    "Léa", "Hugo", "Olivia", "Jack", "Lucía", "Mateo", "ليلى", "يوسف", "Manon", "Noé", "Zoë", "Ana",
)  # fmt: skip
_NAME_BEGINS = (
    "Mor", "Gar", "O'Br", "Núñ", "Le Go", "Wei", "Conce", "Dub", "Smi", "Ander", "Kowal", "Tana",
    "Ro", "Bel", "Fer", "Mar", "De La", "Ham", "Stein", "Yil",
)  # fmt: skip
_NAME_ENDS = (
    "eau", "cía", "ien", "ez", "ff", "ß", "ção", "ois", "th", "son", "ski", "ka", "ini", "mann", "dez", "sen",
    "dız", "ova", "منصور", "bert",
)  # fmt: skip
LAST_NAMES = tuple(first + last for first in _NAME_BEGINS for last in _NAME_ENDS)
DOMAINS = ("lac", "mail", "plaza", "stadium")
CONSENTING = {"newsletter": 0.86, "ticketing": 0.5, "tracking": 0.55, "research": 0.1}
LIKING = 0.045  # of the fans, each sport
JOINED_SECONDS = 70_000_000  # over which they joined
TICKETS = (13, 11)  # tickets for so many fans


def _pick(values: Sequence[str], salt: str, skew: float = 1.0) -> str:
    """SQL: one of `values` for fan n, the first ones more often the higher `skew`."""
    listed = "[" + ", ".join("'" + value.replace("'", "''") + "'" for value in values) + "]"
    return f"{listed}[1 + CAST(floor(pow({_uniform(salt)}, {skew}) * {len(values)}) AS INTEGER)]"


def _uniform(salt: str) -> str:
    """SQL: a number in [0, 1) that depends on the seed, the fan n and the salt only."""
    return f"((hash(n, $seed, '{salt}') % 1000000007) / 1000000007.0)"


def _email() -> str:
    """SQL: the address of fan n."""
    return f"'fan' || n || '@' || {_pick(DOMAINS, 'domain')} || '.example'"


def _copy(statement: str, path: Path, params: dict[str, int]) -> None:
    with duckdb.connect(config={"preserve_insertion_order": "true"}) as base:
        base.execute(f"COPY ({statement}) TO '{path}' (HEADER, DELIMITER ',')", params)


def write_people(path: Path, fans: int, seed: int = 1) -> None:
    """`fans` rows of an import file: identities, facts, consents, tastes for thirty-two sports."""
    consents = ", ".join(
        f"CASE WHEN {_uniform(purpose)} < {share} THEN joined WHEN {_uniform(purpose)} > 0.99 THEN 'no' END AS \"consent:{purpose}\""
        for purpose, share in CONSENTING.items()
    )
    tastes = ", ".join(
        f"CASE WHEN {_uniform(sport)} < {LIKING} THEN printf('%.2f', 0.3 + 0.7 * {_uniform(sport + '2')}) END AS \"likes:{sport}\""
        for sport in SPORTS
    )
    _copy(
        f"""
        WITH fan AS (
            SELECT n, strftime(TIMESTAMP '2022-06-01' + to_seconds(CAST({_uniform("joined")} * {JOINED_SECONDS} AS BIGINT)),
                               '%Y-%m-%dT%H:%M:%SZ') AS joined
            FROM range($fans) AS numbers(n)
        )
        SELECT {_email()} AS email,
               {_pick(FIRST_NAMES, "first")} AS first_name, {_pick(LAST_NAMES, "last")} AS last_name,
               strftime(DATE '1950-01-01' + CAST({_uniform("born")} * 20000 AS INTEGER), '%Y-%m-%d') AS birth_date,
               {_pick(("female", "male", ""), "gender")} AS gender,
               {_pick(LANGUAGES, "language", 3.0)} AS language, {_pick(COUNTRIES, "country", 4.0)} AS country,
               {_pick(ZONES, "zone", 2.0)} AS timezone, 'B' || n AS external_id, joined AS joined_at,
               CASE WHEN {_uniform("member")} < 0.55 THEN 'yes' ELSE 'no' END AS club_member, {consents}, {tastes}
        FROM fan
        """,
        path,
        {"fans": fans, "seed": seed},
    )


def tickets_of(fans: int) -> int:
    """How many tickets a base of so many fans holds."""
    return fans * TICKETS[0] // TICKETS[1]


def write_tickets(path: Path, sessions: Path, fans: int, tickets: int, seed: int = 1) -> None:
    """`tickets` tickets for the sessions of a programme, in the order of customers, as a shop's export lists them; one in
    ten has a holder we don't know."""
    _copy(
        f"""
        WITH session AS (
            SELECT session_code, row_number() OVER (ORDER BY session_code) - 1 AS number
            FROM read_csv('{sessions}', all_varchar = true)
        ), ticket AS (
            SELECT n AS ticket, CAST(floor({_uniform("holder")} * $fans) AS BIGINT) AS n,
                   CAST(floor({_uniform("session")} * (SELECT count(*) FROM session)) AS BIGINT) AS number
            FROM range($tickets) AS numbers(n)
        ), held AS (SELECT *, {_email()} AS email FROM ticket)
        SELECT 'T' || a.ticket AS ticket_ref, s.session_code,
               CASE WHEN hash(a.ticket, $seed, 'known') % 10 > 0 THEN a.email ELSE '' END AS holder_email,
               a.email AS buyer_email, 'A' AS category, 'G' || (a.ticket % 4) AS gate, '' || (100 + a.ticket % 30) AS block,
               '' || (1 + a.ticket % 40) AS "row", '' || (1 + a.ticket % 60) AS seat,
               CASE WHEN a.ticket % 50 = 0 THEN 'cancelled' ELSE 'valid' END AS status
        FROM held a JOIN session s USING (number) ORDER BY a.n, a.ticket
        """,
        path,
        {"fans": fans, "tickets": tickets, "seed": seed},
    )


def addresses(fans: int, count: int, seed: int = 1) -> Iterable[str]:
    """Addresses to which nothing may be sent: half of them fans' of the base, half of strangers."""
    with duckdb.connect() as base:
        base.execute(
            f"""
            SELECT {_email()} FROM (
                SELECT CASE WHEN i % 2 = 0 THEN (i * 7919) % $fans ELSE $fans + i END AS n
                FROM range($count) AS numbers(i)
            )
            """,
            {"fans": fans, "count": count, "seed": seed},
        )
        for (address,) in base.fetchall():
            yield address
