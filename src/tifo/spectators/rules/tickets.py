"""What a row of tickets.csv must say. The rules are SQL for DuckDB over the columns of a chunk: a whole base has
millions of rows."""

from tifo.spectators.types import STATUSES, gettext_noop

COLUMNS = (
    "ticket_ref", "session_code", "holder_email", "buyer_email", "category", "gate", "block", "row", "seat", "status",
)  # fmt: skip
REQUIRED = ("ticket_ref", "session_code", "holder_email", "status")

LENGTHS = {"ticket_ref": 64, "category": 64, "gate": 32, "block": 32, "row": 32, "seat": 32}

SAYS = {
    "no_ref": (gettext_noop("ticket_ref is empty"), gettext_noop("each ticket needs a reference of its own")),
    "too_long": (
        gettext_noop("%(value)s is longer than %(most)s characters"),
        gettext_noop("shorten it"),
    ),
    "status": (
        gettext_noop("the status %(value)s is not known"),
        gettext_noop("write valid, transferred, resold, used or cancelled"),
    ),
    "session": (
        gettext_noop("no session has the code %(value)s"),
        gettext_noop("add it to sessions.csv, or correct the code%(hint)s"),
    ),
    "holder": (
        gettext_noop("holder_email is not an address"),
        gettext_noop("correct it, or leave it empty where the holder is unknown"),
    ),
    "buyer": (
        gettext_noop("buyer_email is not an address"),
        gettext_noop("correct it, or leave it empty"),
    ),
}
"""Sentence and mend for each reason. Addresses are personal: no sentence repeats one."""

_TOO_LONG = "\n".join(
    f"WHEN length(c.{column}) > {most} THEN {{'why': 'too_long', 'value': '{column}', 'most': {most}}}"
    for column, most in LENGTHS.items()
)

CHECKED = f"""
SELECT c.line, c.ticket_ref AS ref, s.session_id, s.venue_code, c.category, c.gate, c.block, c.row, c.seat,
    lower(c.status) AS status,
    CASE WHEN h.banned THEN NULL ELSE h.key END AS holder_key, h.fan_id AS fan_id,
    CASE WHEN b.banned THEN NULL ELSE b.key END AS buyer_key, b.fan_id AS buyer_fan_id,
    CASE
        WHEN c.ticket_ref = '' THEN {{'why': 'no_ref', 'value': '', 'most': 0}}
        {_TOO_LONG}
        WHEN s.session_id IS NULL THEN {{'why': 'session', 'value': c.session_code, 'most': 0}}
        WHEN lower(c.status) NOT IN {STATUSES} THEN {{'why': 'status', 'value': coalesce(nullif(c.status, ''), '-'), 'most': 0}}
        WHEN c.holder_email <> '' AND h.key IS NULL THEN {{'why': 'holder', 'value': '', 'most': 0}}
        WHEN c.buyer_email <> '' AND b.key IS NULL THEN {{'why': 'buyer', 'value': '', 'most': 0}}
    END AS wrong
FROM chunk c
LEFT JOIN session s ON s.code = c.session_code
LEFT JOIN person h ON h.said = c.holder_email AND c.holder_email <> ''
LEFT JOIN person b ON b.said = c.buyer_email AND c.buyer_email <> ''
"""
"""Over `chunk` (the cells as trimmed texts, and `line`), `session` (code, session_id, venue_code) and `person`
(said, key, fan_id, banned): each row with what it means, and what is wrong with it (NULL: nothing). Of an erased
fan (banned) not even the key is kept."""

LATEST = """
SELECT * EXCLUDE (wrong) FROM checked WHERE wrong IS NULL
QUALIFY row_number() OVER (PARTITION BY ref ORDER BY line DESC) = 1
"""
"""A reference met twice: the later line counts, as exports are written in the order of time."""

SAID = ("session_id", "category", "gate", "block", "row", "seat", "status", "holder_key", "buyer_key")

FRESH = f"""
SELECT n.ref, n.session_id,
    -- a fan stays linked while the ticketing names the same address, also one that she left since
    coalesce(n.fan_id, CASE WHEN n.holder_key = o.holder_key THEN o.fan_id END) AS fan_id,
    coalesce(n.buyer_fan_id, CASE WHEN n.buyer_key = o.buyer_key THEN o.buyer_fan_id END) AS buyer_fan_id,
    n.holder_key, n.buyer_key, n.category, n.gate, n.block, n.row, n.seat, n.status,
    CASE
        WHEN o.ref IS NULL THEN 'created'
        WHEN {" OR ".join(f"n.{column} IS DISTINCT FROM o.{column}" for column in SAID)}
            OR (n.fan_id IS NOT NULL AND n.fan_id IS DISTINCT FROM o.fan_id)
            OR (n.buyer_fan_id IS NOT NULL AND n.buyer_fan_id IS DISTINCT FROM o.buyer_fan_id) THEN 'updated'
        ELSE 'unchanged'
    END AS outcome
FROM latest n LEFT JOIN old o ON o.ref = n.ref
"""
"""Over `latest` and `old` (the tickets that the truth holds under these references): what is to be written."""
