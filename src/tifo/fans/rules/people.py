"""Many people at once: from the texts of a file to values, with what is wrong named row by row.

Distinct values go through the rules once; addresses and names that need no second look through Arrow alone.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tifo.fans.rules.email import canonical_email, plain_emails
from tifo.fans.rules.person import (
    FIELDS,
    IDENTITIES,
    LONGEST,
    OLDEST,
    canonical_birth_date,
    canonical_external_id,
    canonical_gender,
    canonical_moment,
    name_key,
    plain_text,
    yes_or_no,
)
from tifo.fans.rules.phone import canonical_phone
from tifo.fans.rules.places import canonical_country, canonical_language, canonical_timezone
from tifo.fans.rules.plain import plain_dates, plain_moments
from tifo.fans.types import PersonProblem
from tifo.kernel.public import Refused

TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(FIELDS, pa.string()),
    "birth_date": pa.date32(),
    "joined_at": pa.timestamp("us", tz="UTC"),
    "club_member": pa.bool_(),
}
"""The Arrow type of each field."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ORDINARY = r"^[\x20-\x7e\x{a1}-\x{ac}\x{ae}-\x{2ff}\x{386}-\x{1fff}]+$"  # no control and no joining signs


def _strip(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Without white space around; what is then empty is not known."""
    trimmed = pc.utf8_trim_whitespace(column.cast(pa.string()))
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _each(texts: Iterable[str], rule: Callable[[str], Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Values and complaints by text."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for text in texts:
        try:
            values[text] = rule(text)
        except Refused as error:
            wrong[text] = str(error)
    return values, wrong


def _plain_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.and_(
        pc.match_substring_regex(column, _ORDINARY), pc.less_equal(pc.utf8_length(column), LONGEST)
    )


class _Reading:
    """One table on its way: columns become values, complaints gather."""

    def __init__(self, raw: pa.Table, now: datetime, country: str | None) -> None:
        self.raw, self.now, self.country = raw, now, country
        self.rows: list[int] = raw.column("row").to_pylist()
        self.problems: list[PersonProblem] = []
        self.columns: dict[str, pa.ChunkedArray] = {}

    def texts(self, name: str) -> pa.ChunkedArray:
        if name not in self.raw.column_names:
            return pa.chunked_array([pa.nulls(self.raw.num_rows, pa.string())])
        return _strip(self.raw.column(name))

    def by_rule(
        self, name: str, rule: Callable[[str], Any], plain: Callable[[pa.Array], pa.Array] | None = None
    ) -> None:
        """Every distinct text through the rule once; `plain` knows the values of most of them at once."""
        column = self.texts(name)
        coded = column.combine_chunks().dictionary_encode()
        texts = coded.dictionary
        known = plain(texts) if plain else pa.nulls(len(texts), TYPES[name])
        values, wrong = _each(texts.filter(pc.is_null(known)).to_pylist(), rule)
        if values:
            judged = pa.array([values.get(text) for text in texts.to_pylist()], TYPES[name])
            known = pc.coalesce(known, judged)
        self.columns[name] = pa.chunked_array([known.take(coded.indices)])
        if wrong:
            self.complain(name, column.to_pylist(), wrong)

    def fast(
        self,
        name: str,
        plain: Callable[[pa.ChunkedArray], pa.ChunkedArray],
        rule: Callable[[str], str],
    ) -> None:
        """Texts that are plain stay as they are; the others go through the rule."""
        column = self.texts(name)
        odd = pc.fill_null(pc.invert(plain(column)), False)
        if not pc.any(odd).as_py():
            self.columns[name] = column
            return
        values, wrong = _each(column.filter(odd).unique().to_pylist(), rule)
        found = column.to_pylist()
        kept = [
            values.get(text) if strange else text
            for text, strange in zip(found, odd.to_pylist(), strict=True)
        ]
        self.columns[name] = pa.chunked_array([pa.array(kept, pa.string())])
        if wrong:
            self.complain(name, found, wrong)

    def phones(self) -> None:
        """A number without its country's code is read in the person's country, else in the file's."""
        texts = self.texts("phone").to_pylist()
        countries = self.columns["country"].to_pylist()
        seen: dict[tuple[str, str | None], str | None] = {}
        values: list[str | None] = []
        for row, text, country in zip(self.rows, texts, countries, strict=True):
            if text is None:
                values.append(None)
                continue
            key = (text, country or self.country)
            if key not in seen:
                try:
                    seen[key] = canonical_phone(*key)
                except Refused as error:
                    self.problems.append(PersonProblem(row, "phone", str(error)))
                    values.append(None)
                    continue
            values.append(seen[key])
        self.columns["phone"] = pa.chunked_array([pa.array(values, pa.string())])

    def complain(self, name: str, found: list[str | None], wrong: dict[str, str]) -> None:
        self.problems.extend(
            PersonProblem(row, name, wrong[text])
            for row, text in zip(self.rows, found, strict=True)
            if text is not None and text in wrong
        )

    def nameless(self) -> None:
        known = pc.is_valid(self.columns["email"])
        for field in IDENTITIES.values():
            known = pc.or_(known, pc.is_valid(self.columns[field]))
        if not pc.all(known).as_py():
            blamed = {problem.row for problem in self.problems}
            self.problems.extend(
                PersonProblem(row, "email", "no email, phone or external_id: nobody could find her again")
                for row, has in zip(self.rows, known.to_pylist(), strict=True)
                if not has and row not in blamed
            )


def _address(text: str) -> str:
    canonical_email(text)
    return text


def read_people(
    raw: pa.Table, *, now: datetime, country: str | None = None
) -> tuple[pa.Table, list[PersonProblem]]:
    """People from texts: `raw` has `row` (int64) and any of FIELDS as texts, other columns are left alone.

    Gives the good rows with `row` and all FIELDS as values (ready for merge_people), and what is wrong with the
    others, ordered by row. `country` is for phone numbers of people whose own country is empty.
    """
    reading = _Reading(raw, now, country)
    reading.fast("email", plain_emails, _address)
    for name in ("first_name", "last_name", "postcode"):
        reading.fast(name, _plain_texts, plain_text)
    reading.fast("external_id", _plain_ascii, canonical_external_id)
    today = now.date()
    reading.by_rule(
        "birth_date",
        lambda text: canonical_birth_date(text, today),
        lambda texts: plain_dates(texts, OLDEST, today),
    )
    reading.by_rule("gender", canonical_gender)
    reading.by_rule("language", canonical_language)
    reading.by_rule("country", canonical_country)
    reading.by_rule("timezone", canonical_timezone)
    reading.by_rule(
        "joined_at",
        lambda text: canonical_moment(text, now),
        lambda texts: plain_moments(texts, _EPOCH, now),
    )
    reading.by_rule("club_member", yes_or_no)
    reading.phones()
    reading.nameless()
    problems = sorted(reading.problems, key=lambda problem: (problem.row, FIELDS.index(problem.column)))
    people = pa.table(
        [raw.column("row").cast(pa.int64()), *(reading.columns[name] for name in FIELDS)],
        names=["row", *FIELDS],
    )
    if problems:
        bad = pa.array(sorted({problem.row for problem in problems}), pa.int64())
        people = people.filter(pc.invert(pc.is_in(people.column("row"), value_set=bad)))
    return people, problems


def _plain_ascii(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.match_substring_regex(column, rf"^[\x20-\x7e]{{1,{LONGEST}}}$")


def name_keys(names: pa.ChunkedArray) -> pa.ChunkedArray:
    """`name_key` of many names; an unknown name has the empty key."""
    ascii_only = pc.match_substring_regex(names, r"^[!-~]+(?: [!-~]+)*$")
    keys = pc.ascii_lower(names)
    odd = pc.fill_null(pc.invert(ascii_only), False)
    if pc.any(odd).as_py():
        spelled = {text: name_key(text) for text in names.filter(odd).unique().to_pylist()}
        keys = pa.chunked_array(
            [
                pa.array(
                    [
                        spelled[name] if strange else key
                        for name, key, strange in zip(
                            names.to_pylist(), keys.to_pylist(), odd.to_pylist(), strict=True
                        )
                    ],
                    pa.string(),
                )
            ]
        )
    return pc.fill_null(keys, "")
