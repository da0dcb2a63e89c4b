"""Reading fans: by id, by identity, by search, and whole chunks as Arrow."""

from collections.abc import Collection, Iterable
from typing import Any

import pyarrow as pa
from allauth.account.models import EmailAddress
from django.db import connection
from django.db.models import Q, QuerySet

from tifo.fans import rules
from tifo.fans.models import Erased, Identity
from tifo.fans.models import Fan as FanRow
from tifo.fans.types import Addressee, Fan, LookAlikes
from tifo.kernel.public import Refused, bulk, tokens
from tifo.kernel.public import sentence as _

_IDS_AT_ONCE = 5_000
_LARGEST_ID = 2**63 - 1
_LAST_SIGN = "\U0010ffff"  # sorts after every other: `beginning <= key < beginning + _LAST_SIGN`


def _fan(row: FanRow) -> Fan:
    return Fan(
        id=row.id,
        source=row.source,
        joined_at=row.joined_at,
        email=row.email,
        phone=row.phone,
        first_name=row.first_name,
        last_name=row.last_name,
        birth_date=row.birth_date,
        gender=row.gender,
        language=row.language,
        country=row.country,
        postcode=row.postcode,
        timezone=row.timezone,
        external_id=row.external_id,
        member_since=row.member_since,
        erased_at=row.erased_at,
    )


def fans(ids: Collection[int]) -> dict[int, Fan]:
    """Fans by id, erased ones too (blank); ids that nobody has are left out."""
    wanted = [one for one in ids if one <= _LARGEST_ID]  # addresses of pages may hold any number
    return {
        row.id: _fan(row)
        for start in range(0, len(wanted), _IDS_AT_ONCE)
        for row in FanRow.objects.filter(id__in=wanted[start : start + _IDS_AT_ONCE])
    }


def fan_count() -> int:
    """How many fans there are, erased ones not counted."""
    return FanRow.objects.filter(erased_at=None).count()


def fan_by_email(email: str) -> Fan | None:
    """Who has this address, in any spelling, now or earlier; None where nobody does or it is no address."""
    try:
        key = rules.canonical_email(email)
    except Refused:
        return None
    row = Identity.objects.filter(kind="email", key=key).select_related("fan").first()
    return _fan(row.fan) if row else None


def lock_fan(fan_id: int) -> Fan:
    """This fan, kept as she is until the caller's transaction ends. Refused where there is none."""
    row = FanRow.objects.select_for_update(no_key=True).filter(id=fan_id).first()
    if row is None:
        raise Refused(_("there is no fan %(fan_id)s", fan_id=fan_id))
    return _fan(row)


def lock_fans(fan_ids: Iterable[int]) -> set[int]:
    """Those of them who are there and not erased, kept as they are until the caller's transaction ends."""
    where, ids = bulk.among("id", fan_ids)
    waits = " FOR NO KEY UPDATE" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM fans_fan WHERE {where} AND erased_at IS NULL ORDER BY id{waits}", [ids]
        )
        return {number for (number,) in cursor.fetchall()}


def holder_of(address: str) -> Fan | None:
    """The fan whose address this is now; an address that she had before opens nothing of hers."""
    fan = fan_by_email(address)
    if fan is None or fan.email is None or rules.canonical_email(fan.email) != rules.canonical_email(address):
        return None
    return fan


def fan_of_account(user_id: int) -> Fan | None:
    """The fan who signs in with this account: by an address that the account has proved to be its own."""
    proved = EmailAddress.objects.filter(user_id=user_id, verified=True, primary=True)
    address = proved.values_list("email", flat=True).first()
    return None if address is None else holder_of(address)


def identities_of(fan_id: int) -> list[tuple[str, str]]:
    """(kind, key) of everything she is found by."""
    return list(Identity.objects.filter(fan_id=fan_id).order_by("kind", "id").values_list("kind", "key"))


def destination_key(channel: str, address: str) -> bytes:
    """16 bytes standing for an address that nobody reads back. `channel`: email, phone or external."""
    canonical = {
        "email": rules.canonical_email,
        "phone": rules.canonical_phone,
        "external": rules.canonical_external_id,
    }.get(channel)
    if canonical is None:
        raise Refused(_("%(channel)r is no channel; write email, phone or external", channel=channel))
    return hash_of(channel, canonical(address))


def hash_of(kind: str, key: str) -> bytes:
    """The keyed hash of an identity that is canonical already."""
    return tokens.keyed_hash(f"fans.{kind}", key.encode())


def is_erased(channel: str, address: str) -> bool:
    """Whether the owner of this address asked to be forgotten."""
    return Erased.objects.filter(hash=destination_key(channel, address)).exists()


def erased_keys(keys: Collection[bytes]) -> set[bytes]:
    """Which of these destination keys belong to people who asked to be forgotten."""
    if not keys or not Erased.objects.exists():
        return set()
    with bulk.temp_table("fans_asked", pa.table({"hash": pa.array(keys, pa.binary())})) as asked:
        found = bulk.read(
            f"SELECT e.hash FROM fans_erased e WHERE e.hash IN (SELECT hash FROM {asked})",
            schema=pa.schema([("hash", pa.binary())]),
        )
    return set(found.column("hash").to_pylist())


_DESTINATION_SCHEMA = pa.schema(
    [
        ("fan_id", pa.int64()),
        ("email", pa.string()),
        ("language", pa.string()),
        ("country", pa.string()),
        ("timezone", pa.string()),
        ("first_name", pa.string()),
        ("last_name", pa.string()),
        ("erased", pa.bool_()),
    ]
)


def _id_table(ids: Iterable[int]) -> pa.Table:
    return pa.table({"fan_id": pa.array(ids, pa.int64()).unique()})


def mail_addresses(ids: Iterable[int]) -> dict[int, str | None]:
    """Where a mail server takes mail for these fans, None for who has no address; erased ones are left out."""
    return {
        fan_id: None if address is None else _mailable(address)
        for fan_id, address, erased in _selected("id, email, erased_at IS NOT NULL", ids)
        if not erased
    }


def addressees(ids: Iterable[int]) -> dict[int, Addressee]:
    """Where and how to write to each of these fans; ids that nobody has are left out."""
    rows = _selected(
        "id, email, first_name, last_name, language, country, timezone, erased_at IS NOT NULL", ids
    )
    keys = rules.email_keys(pa.chunked_array([pa.array([row[1] for row in rows], pa.string())])).to_pylist()
    return {
        fan_id: Addressee(
            None if email is None else _mailable(email),
            None if key is None else hash_of("email", key),
            first,
            last,
            language,
            country,
            zone,
            bool(erased),
        )
        for (fan_id, email, first, last, language, country, zone, erased), key in zip(rows, keys, strict=True)
    }


def _selected(columns: str, ids: Iterable[int]) -> list[tuple[Any, ...]]:
    condition, wanted = bulk.among("id", ids)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM fans_fan WHERE {condition}", [wanted])
        return list(cursor.fetchall())


def _mailable(address: str) -> str:
    return address if address.isascii() else rules.mailable_email(address)


def destinations(ids: Collection[int]) -> pa.Table:
    """Where and how to write to these fans, ordered by id: `fan_id, email, destination_key, language, country,
    timezone, first_name, last_name, erased`. `email` is as a mail server takes it; ids that nobody has are left out.
    """
    with bulk.temp_table("fans_wanted", _id_table(ids)) as wanted:
        found = bulk.read(
            "SELECT f.id, f.email, f.language, f.country, f.timezone, f.first_name, f.last_name, "
            "CASE WHEN f.erased_at IS NULL THEN 0 ELSE 1 END "
            f"FROM {wanted} w JOIN fans_fan f ON f.id = w.fan_id ORDER BY f.id",
            schema=_DESTINATION_SCHEMA,
        )
    emails = found.column("email")
    keys = rules.email_keys(emails).to_pylist()
    typed = emails.to_pylist()
    mailable = [None if address is None else _mailable(address) for address in typed]
    hashes = [None if key is None else hash_of("email", key) for key in keys]
    return found.set_column(1, "email", pa.array(mailable, pa.string())).add_column(
        2, "destination_key", pa.array(hashes, pa.binary())
    )


_FACTS_SCHEMA = pa.schema(
    [("fan_id", pa.int64()), ("birth_date", pa.date32()), ("country", pa.string()), ("erased", pa.bool_())]
)


def ages(ids: Iterable[int]) -> pa.Table:
    """`fan_id, birth_date, country, erased` of these fans, for rules about age."""
    with bulk.temp_table("fans_aged", _id_table(ids)) as wanted:
        return bulk.read(
            "SELECT f.id, f.birth_date, f.country, CASE WHEN f.erased_at IS NULL THEN 0 ELSE 1 END "
            f"FROM {wanted} w JOIN fans_fan f ON f.id = w.fan_id",
            schema=_FACTS_SCHEMA,
        )


_ALIKE_SCHEMA = pa.schema([("fan_id", pa.int64()), ("because", pa.string()), ("mark", pa.int64())])


def look_alikes(ids: Iterable[int]) -> list[LookAlikes]:
    """Who among these may be the same person under several addresses, before anything scarce is given."""
    with bulk.temp_table("fans_alike", _id_table(ids)) as wanted:
        found = bulk.read(_alike_sql(wanted), schema=_ALIKE_SCHEMA)
    groups: dict[tuple[str, int], list[int]] = {}
    for row in found.to_pylist():
        groups.setdefault((row["because"], row["mark"]), []).append(row["fan_id"])
    return [LookAlikes(because, tuple(fan_ids)) for (because, _mark), fan_ids in groups.items()]


def _alike_sql(wanted: str) -> str:
    at = "strpos" if connection.vendor == "postgresql" else "instr"
    local, domain = f"substr(key, 1, {at}(key, '@') - 1)", f"substr(key, {at}(key, '@') + 1)"
    untagged = f"CASE WHEN {at}(part, '+') > 1 THEN substr(part, 1, {at}(part, '+') - 1) ELSE part END"
    google = "domain IN ('gmail.com', 'googlemail.com')"
    return f"""
        WITH person AS (
            SELECT f.id AS fan_id, f.last_key, f.first_key, f.birth_date FROM {wanted} w JOIN fans_fan f ON f.id = w.fan_id
            WHERE f.erased_at IS NULL AND f.birth_date IS NOT NULL AND f.last_key <> '' AND f.first_key <> ''
        ), address AS (
            SELECT i.fan_id, {local} AS part, {domain} AS domain FROM {wanted} w JOIN fans_identity i ON i.fan_id = w.fan_id
            WHERE i.kind = 'email'
        ), plain AS (SELECT fan_id, {untagged} AS part, domain FROM address
        ), mailbox AS (
            SELECT DISTINCT fan_id, CASE WHEN {google} THEN replace(part, '.', '') ELSE part END AS part,
                CASE WHEN {google} THEN 'gmail.com' ELSE domain END AS domain FROM plain
        ), found AS (
            SELECT fan_id, 'person' AS because, dense_rank() OVER (ORDER BY last_key, first_key, birth_date) AS mark,
                count(*) OVER (PARTITION BY last_key, first_key, birth_date) AS many FROM person
            UNION ALL
            SELECT fan_id, 'mailbox', dense_rank() OVER (ORDER BY domain, part),
                count(*) OVER (PARTITION BY domain, part) FROM mailbox
        )
        SELECT fan_id, because, mark FROM found WHERE many > 1 ORDER BY because DESC, mark, fan_id"""


def _begins(column: str, beginning: str) -> Q:
    """As a range, so that the index serves it on both databases."""
    return Q(**{f"{column}__gte": beginning, f"{column}__lt": beginning + _LAST_SIGN})


def _by_identity(text: str) -> list[QuerySet[FanRow]]:
    searches = [Q(identities__kind="external") & _begins("identities__key", text)]
    if not any(sign.isspace() for sign in text):
        searches.append(Q(identities__kind="email") & _begins("identities__key", text.lower()))
    digits = "".join(sign for sign in text if sign in "+0123456789")
    if len(digits) >= 4 and not any(sign.isalpha() for sign in text):
        searches.append(Q(identities__kind="phone") & _begins("identities__key", digits))
        searches.append(Q(identities__kind="phone") & _begins("identities__key", f"+{digits}"))
        searches.append(Q(identities__kind="phone", identities__key__endswith=digits.lstrip("+0")))
    return [FanRow.objects.filter(search) for search in searches]


def _by_name(text: str) -> list[QuerySet[FanRow]]:
    words = rules.name_key(text).split()
    if not words:
        return []
    searches = [_begins("last_key", " ".join(words))]
    for cut in range(1, len(words)):
        one, other = " ".join(words[:cut]), " ".join(words[cut:])
        searches.append(_begins("last_key", one) & _begins("first_key", other))
        searches.append(_begins("last_key", other) & _begins("first_key", one))
    searches.append(_begins("first_key", " ".join(words)))
    everywhere = Q()
    for word in words:
        everywhere &= Q(last_key__contains=word) | Q(first_key__contains=word)
    searches.append(everywhere)
    return [FanRow.objects.filter(search).order_by("last_key", "first_key", "id") for search in searches]


def search_fans(text: str, limit: int = 50) -> list[Fan]:
    """Fans by the beginning of an e-mail, a phone number or an external id, or by name without regard to case,
    accents and order; the surest first. Empty text finds nobody."""
    wanted = text.strip().replace("\x00", "")
    if not wanted:
        return []
    exact = [fan for fan in [fan_by_email(wanted)] if fan]
    found = {fan.id: fan for fan in exact}
    names = [] if "@" in wanted else _by_name(wanted)  # no name has one, and the last search walks all names
    for search in [*_by_identity(wanted), *names]:
        if len(found) >= limit:
            break
        for row in search.filter(erased_at=None)[: limit + len(found)]:
            found.setdefault(row.id, _fan(row))
    return list(found.values())[:limit]


def newest_fans(*, before: int | None = None, limit: int = 50) -> list[Fan]:
    """Fans who aren't erased, highest id first, below `before`: a list to leaf through."""
    rows = FanRow.objects.filter(erased_at=None).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [_fan(row) for row in rows[:limit]]
