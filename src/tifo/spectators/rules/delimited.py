"""Reading the tables that ticketing systems export: any usual encoding and separator, damage told by line.

Memory stays flat: the file is read line by line. A record that is damaged is told and skipped; the records
after it are read, also after a quote that is never closed.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tifo.spectators.types import Problem, gettext_noop

LONGEST_RECORD = 65_536
"""Characters in one record, over all its lines. The longest programme text of Paris 2024 has 300."""
LINES_IN_RECORD = 50
"""Lines that a quoted cell may run over before its quote counts as never closed."""
MOST_COLUMNS = 200
HEAD = 65_536

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
_DAMAGED = re.compile("[\udc80-\udcff]")


class Unreadable(Exception):  # noqa: N818  it is the file that is
    """The whole file can't be read; carries the problem."""

    def __init__(self, name: str, says: str, mend: str, **values: object) -> None:
        self.problem = Problem(name, 0, says, mend, values)
        super().__init__(str(self.problem))


@dataclass(frozen=True, slots=True)
class Sheet:
    """How a file is written, and which columns it has, by their place."""

    path: Path
    name: str
    encoding: str
    separator: str
    columns: Mapping[str, int]
    width: int
    ignored: tuple[str, ...]


def encoding_of(path: Path) -> str:
    """The encoding of a text file: by its byte order mark, else UTF-16 by its zero bytes, else UTF-8 where more
    lines with accents are UTF-8 than not, else Windows-1252 (what exports that say Latin-1 really are)."""
    with path.open("rb") as file:
        head = file.read(HEAD)
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
        if head.startswith(b"\xef\xbb\xbf"):
            return "utf-8-sig"
        even, odd = head[::2].count(0), head[1::2].count(0)
        if max(even, odd) > len(head) // 8:
            return "utf-16-be" if even > odd else "utf-16-le"
        file.seek(0)
        right = wrong = 0
        while line := file.readline(LONGEST_RECORD):
            if not line.isascii():
                try:
                    line.decode("utf-8")
                    right += 1
                except UnicodeDecodeError:
                    wrong += 1
    return "utf-8" if right >= wrong else "cp1252"


def _name(cell: str) -> str:
    return re.sub(r"[\s\-]+", "_", cell.strip().strip("\ufeff").lower())


def _errors(encoding: str) -> str:
    """Damaged bytes must show in their own line, not stop the file; 1252 leaves five bytes undefined."""
    return "surrogateescape" if encoding.startswith("utf-8") else "replace"


def open_sheet(path: Path, name: str, known: Sequence[str], required: Sequence[str]) -> Sheet:
    """Look at a file's encoding, separator and header.

    `known` are the columns that have a meaning; others are named in `ignored`. Raises Unreadable when the file
    is empty, a required column is missing, or a column stands twice.
    """
    encoding = encoding_of(path)
    with path.open(encoding=encoding, errors=_errors(encoding)) as file:
        first = file.readline(LONGEST_RECORD).rstrip("\n")
    if not first.strip():
        raise Unreadable(
            name,
            gettext_noop("the file is empty"),
            gettext_noop("its first line must name the columns: %(columns)s"),
            columns=", ".join(known),
        )
    if "\0" in first:
        raise Unreadable(name, gettext_noop("this is not a text file"), gettext_noop("export it as CSV"))

    def cells(separator: str) -> list[str]:
        return [_name(cell) for cell in next(csv.reader([first], delimiter=separator), [])]

    separator = max(SEPARATORS, key=lambda mark: len(set(cells(mark)) & set(known)))
    names = cells(separator)
    if len(names) > MOST_COLUMNS:
        raise Unreadable(
            name,
            gettext_noop("the header has %(count)s columns"),
            gettext_noop("at most %(most)s make sense"),
            count=len(names),
            most=MOST_COLUMNS,
        )
    twice = sorted({n for n in names if n and names.count(n) > 1})
    if twice:
        raise Unreadable(
            name,
            gettext_noop("the column %(column)s stands twice in the header"),
            gettext_noop("keep one of them"),
            column=twice[0],
        )
    missing = [n for n in required if n not in names]
    if missing:
        raise Unreadable(
            name,
            gettext_noop("the header lacks %(missing)s"),
            gettext_noop("columns found: %(found)s"),
            missing=", ".join(missing),
            found=", ".join(n for n in names if n)[:200] or "-",
        )
    columns = {column: place for place, column in enumerate(names) if column in known}
    return Sheet(
        path,
        name,
        encoding,
        separator,
        columns,
        len(names),
        tuple(n for n in names if n and n not in columns),
    )


def _lines(sheet: Sheet, told: Callable[[int], None] | None) -> Iterator[str]:
    with sheet.path.open("rb") as raw:
        file = io.TextIOWrapper(raw, encoding=sheet.encoding, errors=_errors(sheet.encoding))
        count = 0
        while line := file.readline(LONGEST_RECORD + 2):
            yield line
            count += 1
            if told and count % 20_000 == 0:
                told(raw.tell())


def _parsed(text: str, separator: str) -> list[str] | None:
    """The cells of one record; None when its quotes make no record."""
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _flaw(cells: list[str], text: str, sheet: Sheet, line: int) -> Problem | None:
    if len(cells) != sheet.width:
        return Problem(
            sheet.name,
            line,
            gettext_noop("%(count)s cells, but the header has %(width)s"),
            gettext_noop("a cell with a separator in it needs quotes"),
            {"count": len(cells), "width": sheet.width},
        )
    if "\0" in text:
        return Problem(
            sheet.name, line, gettext_noop("a NUL character stands here"), gettext_noop("delete it")
        )
    if not text.isascii() and _DAMAGED.search(text):
        return Problem(
            sheet.name,
            line,
            gettext_noop("this line is not UTF-8, though others are"),
            gettext_noop("export the file again as UTF-8"),
        )
    return None


def records(
    sheet: Sheet, told: Callable[[int], None] | None = None
) -> Iterator[tuple[int, list[str]] | Problem]:
    """(line, cells) for each record after the header, or the Problem that stands there; blank lines are skipped.

    `told` hears how many bytes were read, now and then.
    """
    waiting: list[str] = []  # lines to look at again after a quote that was never closed
    source = _lines(sheet, told)
    number = 0

    def following() -> str | None:
        return waiting.pop(0) if waiting else next(source, None)

    while (text := following()) is not None:
        number += 1
        if number == 1 or not text.strip("\r\n\t ,;"):
            continue
        if len(text) > LONGEST_RECORD:
            while text is not None and not text.endswith("\n"):
                text = following()
            yield Problem(
                sheet.name,
                number,
                gettext_noop("this line is longer than %(most)s characters"),
                gettext_noop("shorten it"),
                {"most": LONGEST_RECORD},
            )
            continue
        if '"' not in text:
            cells = text.rstrip("\n").split(sheet.separator)
            yield _flaw(cells, text, sheet, number) or (number, cells)
            continue
        taken = [text]
        cells_or_none = None
        while True:
            whole = "".join(taken)
            if whole.count('"') % 2 == 0:
                cells_or_none = _parsed(whole, sheet.separator)
                break
            if len(taken) >= LINES_IN_RECORD or len(whole) > LONGEST_RECORD:
                break
            more = following()
            if more is None:
                break
            taken.append(more)
        if cells_or_none is None:
            waiting[:0] = taken[1:]
            yield Problem(
                sheet.name,
                number,
                gettext_noop("a quote is opened and not closed as it should be"),
                gettext_noop('close it, or double it inside a cell ("")'),
            )
            continue
        yield _flaw(cells_or_none, whole, sheet, number) or (number, cells_or_none)
        number += len(taken) - 1
