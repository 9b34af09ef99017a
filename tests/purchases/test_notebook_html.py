"""What a notebook shows of the data set: small, whole, and safe with names from outside."""

from __future__ import annotations

from io import StringIO

import pandas as pd

import makini_analytics as ma

EVIL = "<script>alert(1)</script> & Co"


def test_purchases_show_their_connections_and_escape_what_comes_from_outside():
    table = pd.DataFrame({"order_number": ["1"], "vendor_name": [EVIL], "amount": [1.0]})
    data = ma.Purchases.from_table(table, connection=EVIL, as_of="2025-03-01")
    shown = data._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Co" in shown
    assert "1 orders, 1 lines, " in shown
    assert shown.count("2025-03-01") == 2
    assert "color" not in shown  # the notebook's own colours, light or dark
    sample = ma.load_sample()
    head, *rows = pd.read_html(StringIO(sample._repr_html_()), flavor="lxml")[0].pipe(
        lambda t: [list(t.columns), *t.to_numpy().tolist()]
    )
    assert head == ["connection", "orders", "lines", "as of", "notes"]
    assert [r[0] for r in rows] == ["emea", "us", "apac"]
    assert [r[2] for r in rows] == [3402, 2863, 1885]
    note = "a long note " * 40
    noted = ma.Purchases(sample.orders, sample.lines, sample.issues, sample.sources.assign(notes=note))
    assert noted._repr_html_().count(note.strip()) == 3  # never cut


def test_an_empty_data_set_shows_its_head_alone():
    sample = ma.load_sample(["us"])
    shown = ma.Purchases(sample.orders.iloc[:0], sample.lines.iloc[:0])._repr_html_()
    assert "0 orders, 0 lines, 0 issues, as of unknown" in shown
    assert "<table" not in shown
