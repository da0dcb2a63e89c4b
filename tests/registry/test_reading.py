"""Files as people have them: encodings, separators, line numbers, and everything hostile."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tifo.registry.rules import columns, reading
from tifo.registry.types import BadFile

TEXT = "email,first_name\nlea@example.org,Léa\nzoe@example.org,Zoë\n"


def rows_of(path: Path, **how: str) -> tuple[list[tuple[int, list[str]]], list[tuple[int, str]]]:
    look = reading.look(path, **how)
    rows: list[tuple[int, list[str]]] = []
    faults: list[tuple[int, str]] = []
    for block in reading.blocks(path, look.encoding, look.delimiter, len(look.columns), 3):
        rows += zip(block.lines, block.cells, strict=True)
        faults += [(line, fault.words(str)) for line, fault in block.faults]
    return rows, faults


@pytest.mark.parametrize(
    ("written_as", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
        ("latin-1", "cp1252"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_separator_and_line_end_reads_the_same(
    tmp_path: Path, written_as: str, found: str, delimiter: str, end: str
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(TEXT.replace(",", delimiter).replace("\n", end).encode(written_as))
    look = reading.look(path)
    assert (look.encoding, look.delimiter, look.columns) == (found, delimiter, ("email", "first_name"))
    assert rows_of(path) == ([(2, ["lea@example.org", "Léa"]), (3, ["zoe@example.org", "Zoë"])], [])


def test_lines_are_counted_as_an_editor_does_though_cells_hold_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text('email,first_name\n\na@x.org,"one\ntwo\nthree"\n\nb@x.org,B\nc@x.org\nd@x.org,D\n')
    rows, faults = rows_of(path)
    assert rows == [(3, ["a@x.org", "one\ntwo\nthree"]), (7, ["b@x.org", "B"]), (9, ["d@x.org", "D"])]
    assert faults == [
        (8, "has 1 cells where the header names 2 columns: keep a separator for each empty cell")
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (b"\n\n", "no line with text"),
        (b"PK\x03\x04....", "spreadsheet or zip"),
        (b"\x1f\x8b....", "gzip"),
        (b'email\na@x.org\n"b@x.org\nc@x.org\n', "begins on line 3 is never closed"),
        (b'email,n\na@x.org,"A\nb@x.org,"B"\n', "begins on line 2 has a quote"),
        (b"email,x\0y\n", "column 2 holds a NUL"),
        (b"c," * 9_999 + b"email\n", "has 10,000 columns"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_with_line_and_mend(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    with pytest.raises(BadFile, match=words):
        rows_of(path)


def test_text_after_a_closing_quote_costs_its_row_only(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text('email,n\na@x.org,"A"x\nb@x.org,B\n')
    rows, faults = rows_of(path)
    assert rows == [(3, ["b@x.org", "B"])]
    assert faults[0][0] == 2
    assert "closing quote" in faults[0][1]


def test_a_line_without_end_stops_instead_of_filling_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LONGEST_LINE", 1000)
    path = tmp_path / "people.csv"
    path.write_text("email\n" + "x" * 5000)
    with pytest.raises(BadFile, match="Line 2 is longer than 1,000"):
        rows_of(path)


def test_a_few_bad_bytes_in_real_utf8_stay_utf8(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("email,n\na@x.org,Léa\nb@x.org,Zoë\n".encode() + b"c@x.org,\xff\n")
    assert reading.find_encoding(path) == "utf-8"


@given(
    st.lists(
        st.lists(
            st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0\r"), min_size=1),
            min_size=2,
            max_size=2,
        ),
        min_size=1,
        max_size=12,
    )
)
def test_what_a_csv_writer_writes_is_read_back_with_its_lines(
    tmp_path_factory: pytest.TempPathFactory, records: list[list[str]]
) -> None:
    import csv

    path = tmp_path_factory.mktemp("round") / "people.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(["email", "n"])
        writer.writerows(records)
    rows, faults = rows_of(path, encoding="utf-8", delimiter=",")
    line, expected = 2, []
    for record in records:
        expected.append((line, record))
        line += 1 + sum(cell.count("\n") for cell in record)
    assert (rows, faults) == (expected, [])


def test_headers_are_understood_proposed_and_refused() -> None:
    headers = (
        "E-Mail",
        "Prénom",
        "nom",
        "Consent:Newsletter",
        "likes:Artistic Gymnastics",
        "shoe size",
        "line",
    )
    assert columns.propose(headers) == (
        "email", "first_name", "last_name", "consent:newsletter", "likes:artistic-gymnastics", "", "-",
    )  # fmt: skip
    with pytest.raises(BadFile, match=r"column 1: 'E-Mail' isn't a known column. --map 'E-Mail=email'"):
        columns.targets_of(headers, {}, leave_unknown=False)
    chosen = {"E-Mail": "email", "Prénom": "first_name", "nom": "-"}
    assert columns.targets_of(headers, chosen, leave_unknown=True) == (
        "email", "first_name", "-", "consent:newsletter", "likes:artistic-gymnastics", "-", "-",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        (("email", "Email"), "columns 1 and 2 \\('Email'\\) are both email"),
        (("first_name",), "no column says who a person is"),
        (("email", "consent:spam"), "purpose 'spam', which doesn't exist. Purposes: newsletter"),
        (("email", "likes:***"), "names no topic"),
    ],
)
def test_a_header_that_cannot_be_followed_names_its_columns(headers: tuple[str, ...], words: str) -> None:
    targets = tuple(columns.understand(header) or "likes:" for header in headers)
    with pytest.raises(BadFile, match=words):
        columns.check_targets(headers, targets, ["newsletter"])
