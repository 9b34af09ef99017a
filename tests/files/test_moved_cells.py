"""Texts whose cells stand elsewhere or hold what nobody sees: separators in texts, bars in printed lists, marks of encodings, lost letters."""

from __future__ import annotations

import pytest

import makini_analytics as ma
from tests.tiers import one_in

HEAD = "PO Number;Line;Vendor;Order Date;Description;Quantity;Unit Price;Amount;Currency;Notes"
ROWS = [f"47{i};10;ACME;2026-01-15;Bolt;{i};2.5;{i * 2.5};EUR;" for i in range(11, 15)]


def read(path, **options):
    return ma.Purchases.from_file(path, **({"as_of": "2026-06-01"} | options))


@pytest.mark.parametrize("head", [HEAD, HEAD.replace("Notes", "")])
@pytest.mark.parametrize("at", [0, 3])
def test_a_separator_in_a_text_never_moves_the_rest_of_its_row(written, head, at):
    rows = [r.replace("Bolt", "Bolt; M8") if i == at else r for i, r in enumerate(ROWS)]
    with pytest.raises(ma.SchemaError, match=f"row {at + 2} has more cells than there are headings"):
        read(written("\n".join([head, *rows])))


def test_a_separator_more_at_the_end_of_a_row_moves_nothing(written):
    rows = [ROWS[0] + ";", *ROWS[1:]]
    lines = read(written("\n".join([HEAD, *rows]))).lines
    assert lines.amount.tolist() == [27.5, 30.0, 32.5, 35.0]


LIST = """\
Liste der Einkaufsbelege                                          Seite 1
-----------------------------------------------------------------------
|EinkBeleg |Pos  |Lieferant|Belegdatum|Kurztext   |  Nettowert|Währg|
-----------------------------------------------------------------------
|4500000001|00010|100001   |15.01.2026|{text:11}|   1.200,50|EUR  |
|4500000001|00020|100001   |15.01.2026|Mutter     |     800,00|EUR  |
-----------------------------------------------------------------------
"""


@pytest.mark.parametrize(("place", "word"), one_in(2, [(4, "TBD"), (4, "n/a"), (5, "on request"), (-1, "open")]))
def test_a_word_for_a_date_or_a_number_moves_nothing_where_the_row_ends_with_a_separator_more(written, place, word):
    head = "Order;Line;Vendor;Currency;Due date;Quantity;Description;Amount;Order date"
    rows = [f"47{i};10;ACME;EUR;2024-02-1{i};{i + 1};Bolt;{i + 1},50;2024-01-1{i}" for i in range(8)]
    cells = rows[3].split(";")
    cells[place] = word
    got = read(written("\n".join([head, *rows[:3], ";".join(cells) + ";", *rows[4:]])))
    assert got.lines.order_number.tolist() == [f"47{i}" for i in range(8)]
    assert got.lines.amount.tolist() == [i + 1.5 for i in range(8)]


@pytest.mark.parametrize("text", one_in(3, ["Rohr 1|2", "|a|b|", "||||||"]))
def test_a_bar_in_a_text_of_a_printed_list_is_no_frame(written, text):
    got = read(written(LIST.format(text=text)))
    assert got.lines.amount.tolist() == [1200.5, 800.0]
    assert got.lines.currency.tolist() == ["EUR", "EUR"]
    assert got.lines.description.tolist() == [text.replace("|", "\u00a6"), "Mutter"]
    assert "bars in their texts" in got.sources.notes.item()


def test_bars_that_do_not_stand_in_line_are_never_guessed(written):
    rows = ["4711|10|ACME|2026-01-15|Bolt|2|2.5|5.0|EUR|", "4712|10|ACME|2026-01-15|Bolt|M8|2|2.5|5.0|EUR|"]
    with pytest.raises(ma.SchemaError, match="more cells"):
        read(written("\n".join([HEAD.replace(";", "|"), *rows])))


@pytest.mark.parametrize("encoding", one_in(3, ["utf-32", "utf-16", "utf-8-sig"]))
def test_marks_of_encodings_are_told_apart(written, encoding):
    got = read(written("\n".join([HEAD, *ROWS]), encoding=encoding))
    assert got.lines.order_number.tolist() == ["4711", "4712", "4713", "4714"]
    assert f"text, {encoding}" in got.sources.notes.item()


@pytest.mark.parametrize("unseen", one_in(3, ["\0\0", "\u200b", "\ufeff", "\u200e", "\u00a0", "\u2060", "\u202f"]))
def test_what_nobody_sees_is_part_of_no_value(written, unseen):
    rows = [
        ROWS[0],
        ROWS[1]
        .replace("4712", f"{unseen}4711")
        .replace("10;ACME;", f"20;ACME{unseen};{unseen}")
        .replace("EUR", f"EUR{unseen}"),
    ]
    got = read(written("\n".join([HEAD, *rows])))
    assert got.orders.order_number.tolist() == ["4711"]
    assert got.lines.vendor_name.tolist() == ["ACME", "ACME"]
    assert got.lines.currency.tolist() == ["EUR", "EUR"]
    assert got.lines.order_date.notna().all()
    assert not len(got.issues)


def test_lists_put_one_below_the_other_keep_the_second_one(written):
    text = "\ufeff" + "\n".join([HEAD, *ROWS])
    assert len(read(written(text + "\n" + text.replace(";10;", ";20;"))).lines) == 8


@pytest.mark.parametrize(
    ("name", "said"), [("M\ufffdller", "letters lost (\ufffd): 1"), ("MÃ¼ller", "letters garbled, as Ã¼ for ü: 1")]
)
def test_letters_that_were_lost_before_are_told(written, name, said):
    assert said in read(written("\n".join([HEAD, ROWS[0].replace("ACME", name)]))).sources.notes.item()
    assert "letters" not in read(written("\n".join([HEAD, ROWS[0].replace("ACME", "Müller SÃO")]))).sources.notes.item()
