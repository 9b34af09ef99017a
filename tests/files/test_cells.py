"""Texts as they break: quotes that don't close, line breaks in cells, no headings, faulty bytes; no row is lost and none is made."""

from __future__ import annotations

import pandas as pd
import pytest

import makini_analytics as ma
from tests.tiers import one_in

from .files import HEAD, ROWS, lines_of, text


@pytest.mark.parametrize("separator", one_in(3, [";", "\t", ","]))
@pytest.mark.parametrize("opened", one_in(3, [[0], [0, 2], [0, 1], [1], [0, 1, 2]]))
def test_a_quote_that_does_not_close_takes_no_rows_with_it(written, separator, opened):
    rows = [r.replace("Größe", '"Größe').replace("Pièce", '"Pièce') if i in opened else r for i, r in enumerate(ROWS)]
    lines = lines_of(written(text(rows).replace(";", separator)))
    assert lines.amount.tolist() == [25.0, 20.0, 7.5]
    assert lines.vendor_name.tolist() == ["Müller GmbH", "Müller GmbH", "Café Noir"]
    assert [d.startswith('"') for d in lines.description] == [i in opened for i in range(3)]


def test_quotes_that_do_not_close_leave_the_others_as_they_are(written):
    rows = [
        '"4711";1;"A ""B""";2024-01-15;"Plate 3/4;10;2.5;25.0;EUR;Open',
        *ROWS[1:],
        ROWS[2].replace("Pièce", '"Rod 1/2'),
    ]
    lines = lines_of(written(text(rows)))
    assert lines.order_number.tolist() == ["4711", "4711", "4712", "4712"]
    assert lines.vendor_name.tolist()[0] == 'A "B"'


@pytest.mark.parametrize("text_", one_in(3, ["Größe\n1", "Größe\n1\nblau", "\nGröße 1"]))
def test_a_line_break_in_a_cell_without_quotes_makes_no_row(written, text_):
    rows = [ROWS[0].replace("Größe 1", text_), *ROWS[1:], *(r.replace("471", "481") for r in ROWS)]
    got = ma.Purchases.from_file(written(text(rows)))
    assert got.lines.amount.tolist() == [25.0, 20.0, 7.5] * 2
    assert got.lines.description[0] == " ".join(text_.split())
    assert "cut off by a line break" in got.sources.notes.item()


def test_rows_that_end_early_stay_rows(written):
    rows = [*ROWS, "4713;1;Café Noir;2024-02-20;Pièce", "4714;1;Café Noir;2024-02-20;Pièce"]
    assert lines_of(written(text(rows))).order_number.tolist() == ["4711", "4711", "4712", "4713", "4714"]


@pytest.mark.parametrize("mark", one_in(3, [":", "~", "^"]))
def test_a_first_line_that_says_the_separator_is_obeyed(written, mark):
    body = text([r.replace(":", "") for r in ROWS]).replace(";", mark)
    assert lines_of(written(f"sep={mark}\n{body}")).amount.tolist() == [25.0, 20.0, 7.5]
    with pytest.raises(ma.SchemaError, match="separator="):
        lines_of(written(body))
    assert lines_of(written(body), separator=mark).amount.tolist() == [25.0, 20.0, 7.5]


def test_a_list_without_headings_is_read_by_place(written, tmp_path):
    path = written("\n".join(ROWS))
    with pytest.raises(ma.SchemaError, match="0 where there is none"):
        lines_of(path)
    names = [
        "order_number",
        "line_number",
        "vendor_name",
        "order_date",
        "description",
        "quantity",
        "unit_price",
        "amount",
    ]
    columns = {str(i): n for i, n in enumerate(names, 1)}
    assert lines_of(path, header=0, columns=columns).amount.tolist() == [25.0, 20.0, 7.5]
    pd.DataFrame([r.split(";") for r in ROWS]).to_excel(tmp_path / "book.xlsx", header=False, index=False)
    assert lines_of(tmp_path / "book.xlsx", header=0, columns=columns).line_id.tolist() == ["1", "2", "3"]


def test_a_faulty_byte_spoils_no_other_letter(written):
    data = text().encode() + b"4713;1;M" + b"\xfc" + b"ller;2024-02-20;x;1;7.5;7.5;EUR;Open\n"
    got = ma.Purchases.from_file(written(data))
    assert got.lines.vendor_name.tolist()[:3] == ["Müller GmbH", "Müller GmbH", "Café Noir"]
    assert "1 faulty byte" in got.sources.notes.item()


@pytest.mark.parametrize("data", [text().encode("utf-16")[:-1], b"\xef\xbb\xbf" + text().encode("cp1252")])
def test_a_file_that_is_not_what_it_says_asks(written, data):
    with pytest.raises(ma.SchemaError, match="encoding="):
        lines_of(written(data))


def test_a_separator_is_one_character(written):
    with pytest.raises(ma.ConfigError, match="one character"):
        lines_of(written(HEAD), separator="||")
