"""A made-up base of any size, from a seed, written by DuckDB as CSV: the same seed, the same base."""

from pathlib import Path

import duckdb

SPORTS = (
    "judo", "swimming", "athletics", "football", "basketball", "fencing", "rowing", "handball",
    "cycling-road", "surfing", "tennis", "boxing", "archery", "badminton", "hockey", "rugby-sevens",
)  # fmt: skip
LANGUAGES = (
    "fr", "en", "es", "ar", "de", "it", "pt", "nl", "ja", "zh", "ko", "pl", "sv", "da", "fi", "cs",
    "el", "hu", "ro", "tr", "uk", "he", "hi", "th", "vi", "id", "no", "hr", "bg", "sk",
)  # fmt: skip
ZONES = (
    "Europe/Paris", "Europe/London", "Europe/Madrid", "Africa/Casablanca", "America/New_York",
    "America/Los_Angeles", "Asia/Tokyo", "Australia/Sydney", "Pacific/Tahiti", "Asia/Kolkata",
)  # fmt: skip
COUNTRIES = ("FR", "GB", "ES", "MA", "US", "DE", "IT", "PT", "JP", "AU", "PF", "IN", "BE", "CA", "BR", "SE")
FIRST_NAMES = (
    "Léa",
    "Hugo",
    "Olivia",
    "Jack",
    "Lucía",
    "Mateo",
    "ليلى",
    "يوسف",
    "Manon",
    "Noé",
    "Zoë",
    "Ana",
)
LAST_NAMES = (
    "Moreau",
    "Smith",
    "García",
    "O'Brien",
    "Núñez",
    "منصور",
    "Le Goff",
    "Weiß",
    "Conceição",
    "Dubois",
)


def _pick(values: tuple[str, ...], salt: str, skew: float = 1.0) -> str:
    """SQL: one of `values` for fan n, the first ones more often the higher `skew`."""
    listed = "[" + ", ".join("'" + value.replace("'", "''") + "'" for value in values) + "]"
    return f"{listed}[1 + CAST(floor(pow({_uniform(salt)}, {skew}) * {len(values)}) AS INTEGER)]"


def _uniform(salt: str) -> str:
    """SQL: a number in [0, 1) that depends on the seed, the fan n and the salt only."""
    return f"((hash(n, $seed, '{salt}') % 1000000007) / 1000000007.0)"


def write_people(path: Path, fans: int, seed: int = 1) -> None:
    """`fans` rows of an import file: identities, facts, consents, tastes for sixteen sports."""
    consents = ", ".join(
        f"CASE WHEN {_uniform(purpose)} < {share} THEN joined WHEN {_uniform(purpose)} > 0.99 THEN 'no' END AS \"consent:{purpose}\""
        for purpose, share in (
            ("newsletter", 0.86),
            ("ticketing", 0.7),
            ("tracking", 0.55),
            ("research", 0.3),
        )
    )
    tastes = ", ".join(
        f"CASE WHEN {_uniform(sport)} < 0.12 THEN printf('%.2f', 0.3 + 0.7 * {_uniform(sport + '2')}) END AS \"likes:{sport}\""
        for sport in SPORTS
    )
    with duckdb.connect() as base:
        base.execute(
            f"""
            COPY (
                WITH fan AS (
                    SELECT n, strftime(TIMESTAMP '2022-06-01' + to_seconds(CAST({_uniform("joined")} * 70000000 AS BIGINT)),
                                       '%Y-%m-%dT%H:%M:%SZ') AS joined
                    FROM range($fans) AS numbers(n)
                )
                SELECT 'fan' || n || '@' || {_pick(("lac", "mail", "plaza", "stadium"), "domain")} || '.example' AS email,
                       {_pick(FIRST_NAMES, "first")} AS first_name, {_pick(LAST_NAMES, "last")} AS last_name,
                       strftime(DATE '1950-01-01' + CAST({_uniform("born")} * 20000 AS INTEGER), '%Y-%m-%d') AS birth_date,
                       {_pick(("female", "male", ""), "gender")} AS gender,
                       {_pick(LANGUAGES, "language", 3.0)} AS language, {_pick(COUNTRIES, "country", 2.0)} AS country,
                       {_pick(ZONES, "zone", 2.0)} AS timezone, 'B' || n AS external_id, joined AS joined_at,
                       CASE WHEN {_uniform("member")} < 0.55 THEN 'yes' ELSE 'no' END AS club_member, {consents}, {tastes}
                FROM fan
            ) TO '{path}' (HEADER, DELIMITER ',')
            """,
            {"fans": fans, "seed": seed},
        )


def write_tickets(path: Path, sessions: Path, fans: int, tickets: int, seed: int = 1) -> None:
    """`tickets` tickets for the sessions of a programme; one in ten has a holder we don't know."""
    with duckdb.connect() as base:
        base.execute(
            f"""
            COPY (
                WITH session AS (
                    SELECT session_code, row_number() OVER (ORDER BY session_code) - 1 AS number
                    FROM read_csv('{sessions}', all_varchar = true)
                ), ticket AS (
                    SELECT n, CAST(floor({_uniform("holder")} * $fans) AS BIGINT) AS holder,
                           CAST(floor({_uniform("session")} * (SELECT count(*) FROM session)) AS BIGINT) AS number
                    FROM range($tickets) AS numbers(n)
                )
                SELECT 'T' || a.n AS ticket_ref, s.session_code,
                       CASE WHEN hash(a.n, $seed, 'known') % 10 > 0 THEN p.email ELSE '' END AS holder_email,
                       p.email AS buyer_email, 'A' AS category, 'G' || (a.n % 4) AS gate, '' || (100 + a.n % 30) AS block,
                       '' || (1 + a.n % 40) AS "row", '' || (1 + a.n % 60) AS seat,
                       CASE WHEN a.n % 50 = 0 THEN 'cancelled' ELSE 'valid' END AS status
                FROM ticket a JOIN session s USING (number)
                JOIN (SELECT n, 'fan' || n || '@' || {_pick(("lac", "mail", "plaza", "stadium"), "domain")} || '.example' AS email
                      FROM range($fans) AS numbers(n)) p ON p.n = a.holder
                ORDER BY a.n
            ) TO '{path}' (HEADER, DELIMITER ',')
            """,
            {"fans": fans, "tickets": tickets, "seed": seed},
        )
