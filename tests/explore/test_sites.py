"""The explorer's filter of sites: people read names, and the code picks by keys."""

from __future__ import annotations

import re

import pandas as pd

import makini_analytics as ma
from makini_analytics import charts, explore

KEY = re.compile("[0-9a-f]{40}")


def table(**columns):
    n = len(next(iter(columns.values())))
    usual = {"vendor_name": "a", "amount": 1.0, "order_date": "2025-01-01", "order_number": [str(i) for i in range(n)]}
    return ma.Purchases.from_table(pd.DataFrame({**usual, **columns}), currency="EUR")


def names(control):
    return [text for text, _ in control.options]


def picked(explorer, data):
    """Return the rows that the code picks."""
    return eval(re.search(r"lines = (data\.filter.*)", explorer.code)[1], {"data": data})


def test_sites_are_read_by_name_everywhere(tmp_path):
    data = ma.load_sample()
    got = explore.spend(data, folder=tmp_path)
    control = got.filters.picks["site_id"]
    assert "site_name" not in got.filters.picks
    assert names(control)[1:3] == ["Gdańsk plant", "Gent plant"]
    control.label = "Gent plant"
    captions = charts.captions_of(got._axes)
    assert captions.title.startswith("Gent plant: ")
    assert captions.footnote.startswith("Only site Gent plant · ")
    got.buttons[1].click()
    (file,) = tmp_path.iterdir()
    assert "Gent_plant" in file.name
    for said in (*names(control), captions.title, captions.footnote, file.name, got._fold.description):
        assert not KEY.search(said)
    lines = picked(got, data)
    assert set(lines.site_name) == {"Gent plant"}
    assert len(got._now) == len(lines) > 0


def test_two_sites_of_one_name_are_told_apart_and_one_without_a_name_has_its_key(tmp_path):
    data = table(site_id=["1", "2", "3", "4"], site_name=["Ulm", "Ulm", "Gent", None])
    got = explore.spend(data, folder=tmp_path)
    control = got.filters.picks["site_id"]
    assert names(control) == ["all", "4", "Gent", "Ulm (1)", "Ulm (2)"]
    control.label = "Ulm (2)"
    assert list(got._now.order_number) == list(picked(got, data).order_number) == ["1"]
    assert charts.captions_of(got._axes).title.startswith("Ulm (2): ")


def test_names_without_keys_are_a_filter(tmp_path):
    data = table(site_name=["Ulm", "Gent", None, "Ulm"])
    got = explore.spend(data, folder=tmp_path)
    control = got.filters.picks["site_name"]
    assert names(control) == ["all", "Gent", "Ulm", "(none)"]
    control.label = "Ulm"
    assert list(got._now.order_number) == list(picked(got, data).order_number) == ["0", "3"]
    assert charts.captions_of(got._axes).footnote.startswith("Only site Ulm · ")
    some = table(site_id=["1", "2", None], site_name=["Ulm", "Gent", "Lyon"])
    control = explore.spend(some, folder=tmp_path).filters.picks["site_name"]
    assert "Lyon" in names(control)  # beside the keys, where some lines have a name alone
