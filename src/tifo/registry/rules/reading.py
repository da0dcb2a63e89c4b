"""Records of a CSV file with the exact line each begins on, in memory that doesn't grow with the file.

Python's own reader is used rather than DuckDB's because it alone says on which line a record begins when
quoted cells hold newlines; at about 5 s a million records (17 columns) it isn't what an import waits for.
"""

import codecs
import csv
import dataclasses
import functools
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from tifo.registry.types import BadFile, Block, Fault, FileLook, gettext_noop

LONGEST_CELL = 65_536  # characters; no fact about a person comes near
LONGEST_LINE = 16_000_000
MOST_COLUMNS = 1_000
MOST_CELLS = 100_000
BLOCK_BYTES = 32_000_000
DELIMITERS = (",", ";", "\t")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1")
_LOOK = 1 << 16
LINE_TOO_LONG = gettext_noop(
    "Line %(line)s is longer than %(most)s characters. "
    "Is this a CSV file with line ends? Save it again as CSV."
)
CELL_TOO_LONG = gettext_noop("holds a cell of %(found)s characters; %(most)s is the most")
CELL_NUL = gettext_noop("holds a NUL (character 0): delete it")
CELL_BYTES = gettext_noop("holds bytes that aren't letters of this encoding: save the file as UTF-8")
CELL_LOST = gettext_noop("holds a letter that was lost in an earlier conversion (�): write it again")
_SPREADSHEET = {
    b"PK\x03\x04": gettext_noop(
        "The file is a spreadsheet or zip archive: save it as CSV (UTF-8) and import that."
    ),
    b"\xd0\xcf\x11\xe0": gettext_noop(
        "The file is an old spreadsheet: save it as CSV (UTF-8) and import that."
    ),
    b"\x1f\x8b": gettext_noop("The file is compressed (gzip): unpack it and import what is inside."),
    b"%PDF": gettext_noop("The file is a PDF: export the list as CSV (UTF-8) and import that."),
    b"SQLite f": gettext_noop("The file is a database: export the list as CSV (UTF-8) and import that."),
}


def _tolerant(error: UnicodeError) -> tuple[str, int]:
    """Bytes that cp1252 leaves undefined become the control characters of the same number, as browsers do."""
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101  registered for decoding only
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("tifo-latin-1", _tolerant)


def find_encoding(path: Path) -> str:
    """Which encoding the file is in: by its mark, by zero bytes, by being valid UTF-8, else cp1252.

    A file with real UTF-8 letters and a few bad bytes stays UTF-8: those records are rejected one by one.
    """
    with path.open("rb") as file:
        head = file.read(_LOOK)
        for magic, what in _SPREADSHEET.items():
            if head.startswith(magic):
                raise BadFile(what)
        if head.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        pairs = max(len(head) // 2, 1)
        if head[1::2].count(0) > pairs * 0.4:
            return "utf-16-le"
        if head[0::2].count(0) > pairs * 0.4:
            return "utf-16-be"
        decoder = codecs.getincrementaldecoder("utf-8")()
        file.seek(0)
        try:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "utf-8" if _has_utf8_letters(path) else "cp1252"
    return "utf-8"


def _has_utf8_letters(path: Path) -> bool:
    """Whether at least as many letters are written in two or three UTF-8 bytes as stray high bytes are left."""
    whole = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
    good = stray = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            rest, found = whole.subn(b"", chunk)
            good += found
            stray += len(rest) - len(rest.translate(None, bytes(range(0x80, 0x100))))
    return good > stray


def _open(path: Path, encoding: str) -> TextIO:
    errors = {"cp1252": "tifo-latin-1"}.get(encoding, "surrogateescape")
    if encoding.startswith("utf-16"):
        errors = "replace"
    return path.open(encoding=encoding, errors=errors, newline="")


def find_delimiter(header: str) -> str:
    """Comma, semicolon or tab: whichever splits the header most often outside quotes."""
    bare = re.sub(r'"(?:[^"]|"")*"', "", header)
    return max(DELIMITERS, key=lambda sign: (bare.count(sign), sign == ","))


def look(path: Path, *, encoding: str = "", delimiter: str = "", sample: int = 5) -> FileLook:
    """First look: encoding, delimiter, the header's cells and some records. Raises BadFile."""
    if path.stat().st_size == 0:
        raise BadFile(
            gettext_noop("The file is empty. Its first line must name the columns, e.g. email,first_name.")
        )
    encoding = encoding or find_encoding(path)
    with _open(path, encoding) as file:
        first = file.readline(LONGEST_LINE)
    delimiter = delimiter or find_delimiter(first)
    with _open(path, encoding) as file:
        found = list(itertools.islice(_records(file, delimiter), sample + 1))
    if not found:
        raise BadFile(gettext_noop("The file has no line with text. Its first line must name the columns."))
    header = found[0][1]
    if isinstance(header, Fault):
        raise BadFile(header.template, **header.values)
    if len(header) > MOST_COLUMNS:
        raise BadFile(
            gettext_noop(
                "Line 1, the header, has %(columns)s columns; %(most)s is the most. "
                "Delete those that say nothing about people."
            ),
            columns=f"{len(header):,}",
            most=f"{MOST_COLUMNS:,}",
        )
    for position, cell in enumerate(header, 1):
        if fault := cell_fault(cell):
            raise BadFile(
                gettext_noop("Line 1, the header: column %(column)s %(fault)s."),
                column=position,
                fault=fault.words(str),
            )
    rows = tuple(tuple(cells) for _, cells in found[1:] if not isinstance(cells, Fault))
    return FileLook(encoding, delimiter, tuple(cell.strip() for cell in header), rows)


def blocks(path: Path, encoding: str, delimiter: str, width: int, size: int) -> Iterator[Block]:
    """The records after the header, at most `size` or BLOCK_BYTES at a time; empty lines are passed over.

    Raises BadFile where nothing after a place can be trusted (a quote that is never closed).
    """
    with _open(path, encoding) as file:
        records = _records(file, delimiter)
        next(records, None)
        block, begins = Block([], []), 0
        lines, rows, faults = block.lines, block.cells, block.faults
        for line, cells in records:
            if type(cells) is list and len(cells) == width:
                lines.append(line)
                rows.append(cells)
            elif isinstance(cells, Fault):
                faults.append((line, cells))
            elif any(cells):
                faults.append((line, _width_fault(len(cells), width)))
            full = len(lines) + len(faults) >= size
            if not full and line & 63:
                continue
            position = file.buffer.tell()
            if full or position - begins > BLOCK_BYTES:
                yield dataclasses.replace(block, position=position)
                block, begins = Block([], []), position
                lines, rows, faults = block.lines, block.cells, block.faults
        if lines or faults:
            yield dataclasses.replace(block, position=file.buffer.tell())


def header_and_rows(
    path: Path, encoding: str, delimiter: str
) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The header's cells, and every readable record with its line: for looking rows up again."""

    def rows() -> Iterator[tuple[int, list[str]]]:
        with _open(path, encoding) as file:
            for line, cells in itertools.islice(_records(file, delimiter), 1, None):
                if not isinstance(cells, Fault):
                    yield line, cells

    return list(look(path, encoding=encoding, delimiter=delimiter, sample=0).columns), rows()


def _width_fault(found: int, width: int) -> Fault:
    if found > width:
        return Fault(
            gettext_noop(
                "has %(found)s cells where the header names %(width)s columns: "
                "quote a cell that holds the separator"
            ),
            {"found": found, "width": width},
        )
    return Fault(
        gettext_noop(
            "has %(found)s cells where the header names %(width)s columns: keep a separator for each empty cell"
        ),
        {"found": found, "width": width},
    )


def cell_fault(cell: str) -> Fault | None:
    """What makes a cell unreadable in any column, or None."""
    if len(cell) > LONGEST_CELL:
        return Fault(CELL_TOO_LONG, {"found": f"{len(cell):,}", "most": f"{LONGEST_CELL:,}"})
    if "\0" in cell:
        return Fault(CELL_NUL)
    if any("\ud800" <= sign <= "\udfff" for sign in cell):
        return Fault(CELL_BYTES)
    if "\ufffd" in cell:
        return Fault(CELL_LOST)
    return None


def _records(file: TextIO, delimiter: str) -> Iterator[tuple[int, list[str] | Fault]]:
    """(line it begins on, cells), or (line, what is wrong with it)."""
    # The limit is the process's, so it is set well above ours, once and always to the same number.
    csv.field_size_limit(LONGEST_LINE - 1)
    # A line beyond all measure comes in pieces, so that no file can fill the memory.
    lines = iter(functools.partial(file.readline, LONGEST_LINE), "")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    begins = 1
    while True:
        try:
            for cells in reader:
                if cells:
                    if len(cells) > MOST_CELLS:
                        raise BadFile(LINE_TOO_LONG, line=begins, most=f"{LONGEST_LINE:,}")
                    yield begins, cells
                begins = reader.line_num + 1
        except csv.Error as error:
            yield begins, _csv_fault(str(error), begins, reader.line_num)
            begins = reader.line_num + 1
        else:
            return


def _csv_fault(error: str, begins: int, ends: int) -> Fault:
    if "field limit" in error and ends == begins:
        raise BadFile(LINE_TOO_LONG, line=begins, most=f"{LONGEST_LINE:,}")
    if "unexpected end" in error or "field limit" in error:
        raise BadFile(
            gettext_noop(
                'A quote (") opened in the record that begins on line %(line)s is never closed. '
                "Close it, or double it where it belongs to the text."
            ),
            line=begins,
        )
    if "expected after" in error:
        if ends > begins:
            raise BadFile(
                gettext_noop(
                    'The record that begins on line %(line)s has a quote (") that closes only on line %(end)s, '
                    "followed by more text. Close the quote where the cell ends, or double it inside the text."
                ),
                line=begins,
                end=ends,
            )
        return Fault(
            gettext_noop('has text after a closing quote ("): double each quote that belongs to the text')
        )
    return Fault(gettext_noop("can't be read as CSV (%(error)s)"), {"error": error})
