"""The bridge: exact on random pairs of periods, and a planted move lands in its own bar."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from makini_analytics import ConfigError, SchemaError, charts, currency, explain, spend
from makini_analytics.review import _change_kind
from makini_analytics.spend import _plots
from makini_analytics.spend._bridge import EFFECTS

from .test_oracle import random_lines


def lines(*rows, **more):
    columns = ["product_code", "quantity", "amount", "currency"]
    return pd.DataFrame(rows, columns=columns).assign(unit_of_measure="EA", **more)


def bars(before, after, **options):
    got = spend.bridge(before, after, **options)
    assert abs(math.fsum(got.value[got.effect.isin(EFFECTS)]) - change(got)) < 0.005
    return got.set_index("effect").value.round(6).to_dict()


def change(got):
    return got.value[got.effect == "after"].sum() - got.value[got.effect == "before"].sum()


@pytest.mark.parametrize("seed", [pytest.param(i, marks=[pytest.mark.full] if i >= 10 else []) for i in range(200)])
def test_random_pairs_add_up_to_the_cent(seed):
    """Converted at rates that move, so that each of the effects is at work."""
    r = np.random.default_rng(seed + 5000)
    sides = []
    for i in (0, 1):
        side = random_lines(seed * 2 + i, n=80)
        known = side.assign(currency=side.currency.fillna("EUR"))
        sides.append(currency.convert(known, "EUR", {"USD": float(r.uniform(0.7, 1.2))}))
    got = spend.bridge(*sides, mixed_units="apart")
    assert abs(math.fsum(got.value[got.effect.isin(EFFECTS)]) - change(got)) < 0.005
    before, after = (spend.by_vendor(side).spend.sum() for side in sides)
    assert abs(change(got) - (after - before)) < 0.005
    for by in ("category", ["vendor", "category"]):
        parts = spend.bridge(*sides, by=by, mixed_units="apart")
        assert abs(math.fsum(parts.value[parts.effect.isin(EFFECTS)]) - change(got)) < 0.005
        assert abs(change(parts) - change(got)) < 0.005


def test_a_planted_price_rise_lands_in_price():
    before = lines(("A", 10, 100.0, "EUR"), ("B", 4, 80.0, "EUR"))
    after = lines(("A", 10, 110.0, "EUR"), ("B", 4, 80.0, "EUR"))
    got = bars(before, after)
    assert got == {"before": 180, "price": 10, "volume": 0, "mix": 0, "currency": 0, "new": 0, "lost": 0, "not itemised": 0, "after": 190}  # fmt: skip


def test_a_planted_move_of_the_rate_lands_in_currency():
    before = currency.convert(lines(("A", 10, 100.0, "USD"), ("B", 1, 7.0, "EUR")), "EUR", {"USD": 0.9})
    after = currency.convert(lines(("A", 10, 100.0, "USD"), ("B", 1, 7.0, "EUR")), "EUR", {"USD": 0.8})
    got = bars(before, after)
    assert got["currency"] == -10
    assert got["price"] == got["volume"] == got["mix"] == got["new"] == 0


def test_price_and_rate_together_fall_as_defined():
    """p 10 -> 12, f 0.5 -> 0.6, q 10 -> 20: price at the old rate, currency at the new price, quantity at the old of both."""
    before = currency.convert(lines(("A", 10, 100.0, "USD")), "EUR", {"USD": 0.5})
    after = currency.convert(lines(("A", 20, 240.0, "USD")), "EUR", {"USD": 0.6})
    got = bars(before, after)
    assert (got["price"], got["currency"], got["volume"] + got["mix"]) == (20, 24, 50)
    assert got["after"] - got["before"] == 144 - 50


def test_volume_is_the_common_growth_and_mix_the_rest():
    before = lines(("cheap", 10, 10.0, "EUR"), ("dear", 10, 90.0, "EUR"))
    after = lines(("cheap", 5, 5.0, "EUR"), ("dear", 25, 225.0, "EUR"))
    got = bars(before, after)
    assert (got["volume"], got["mix"], got["price"]) == (50, 80, 0)  # 20 -> 30 pieces is half as much again


def test_volumes_of_two_units_are_never_added():
    before = pd.concat([lines(("A", 10, 10.0, "EUR")), lines(("B", 1000, 10.0, "EUR")).assign(unit_of_measure="KG")])
    after = pd.concat([lines(("A", 20, 20.0, "EUR")), lines(("B", 1000, 10.0, "EUR")).assign(unit_of_measure="KG")])
    assert bars(before, after)["volume"] == 10
    assert bars(before, after)["mix"] == 0


def test_grams_and_kilograms_are_one_unit_and_a_box_is_refused():
    kilos = lines(("A", 2, 20.0, "EUR")).assign(unit_of_measure="KG")
    grams = lines(("A", 2000, 22.0, "EUR")).assign(unit_of_measure="G")
    assert bars(kilos, grams)["price"] == pytest.approx(2)
    box = lines(("A", 1, 30.0, "EUR")).assign(unit_of_measure="BOX")
    with pytest.raises(SchemaError, match=r"A in BOX and KG.*mixed_units='apart'"):
        spend.bridge(kilos, box)
    apart = bars(kilos, box, mixed_units="apart")
    assert (apart["new"], apart["lost"]) == (30, -20)


def test_a_changed_vendor_is_price_or_lost_and_new_as_you_say():
    before = lines(("A", 1, 10.0, "EUR"), vendor_id="old")
    after = lines(("A", 1, 8.0, "EUR"), vendor_id="new")
    assert bars(before, after)["price"] == -2
    other = bars(before, after, per_vendor=True)
    assert (other["new"], other["lost"], other["price"]) == (8, -10, 0)


def test_what_has_no_price_is_a_bar_of_its_own():
    before = lines(("A", 1, 10.0, "EUR"), (None, 1, 5.0, "EUR"), ("A", np.nan, 3.0, "EUR"))
    after = lines(("A", 1, 10.0, "EUR"), ("A", -1, -10.0, "EUR"), ("S", 1, 100.0, "EUR"))
    after["type"] = [None, None, "Service"]
    assert bars(before, after)["not itemised"] == -10 + 100 - 8


def test_one_bridge_per_currency_and_empty_sides():
    before, after = lines(("A", 1, 10.0, "EUR"), ("A", 1, 10.0, "USD")), lines(("A", 1, 12.0, "EUR"))
    got = spend.bridge(before, after)
    assert got.currency.drop_duplicates().tolist() == ["EUR", "USD"]
    assert got.query("currency == 'USD' and effect == 'lost'").value.item() == -10
    assert spend.bridge(before.iloc[:0], after).query("effect == 'new'").value.item() == 12
    assert len(spend.bridge(before.iloc[:0], after.iloc[:0])) == 0
    assert spend.bridge(before, after, per_item=True).change.tolist() == [-10, 2]
    assert "The side before: 2 lines." in explain(got)
    with pytest.raises(ConfigError, match="mixed_units"):
        spend.bridge(before, after, mixed_units="guess")
    with pytest.raises(SchemaError, match="quantity"):
        spend.bridge(before.drop(columns="quantity"), after)


def test_a_waterfall_of_single_items_says_what_is_drawn():
    before, after = lines(("A", 1, 10.0, "EUR")), lines(("A", 1, 12.0, "EUR"))
    with pytest.raises(ConfigError, match="pass per_item=False"):
        spend.plot_bridge(before, after, per_item=True)
    with pytest.raises(SchemaError, match="with the column 'effect', or before and after"):
        spend.plot_bridge(spend.bridge(before, after, per_item=True))


def test_new_and_lost_items_are_one_effect_to_the_title_as_to_the_finding():
    before = lines(("A", 10, 100.0, "EUR"), ("old", 1, 900.0, "EUR"))
    after = lines(("A", 10, 130.0, "EUR"), ("new", 1, 890.0, "EUR"))
    drawn = spend.plot_bridge(before, after)
    assert charts.captions_of(drawn).title.endswith("; largest effect: price, +30.00 EUR")
    assert highlighted(drawn) == ["Price"]
    more = spend.plot_bridge(before, lines(("A", 10, 100.0, "EUR"), ("new", 1, 1190.0, "EUR")))
    assert charts.captions_of(more).title.endswith("; largest effect: new and lost items, +290.00 EUR")
    assert highlighted(more) == ["New items", "Lost items"]
    even = spend.plot_bridge(before, lines(("A", 10, 100.0, "EUR"), ("new", 1, 900.01, "EUR")))
    assert charts.captions_of(even).title.endswith("; largest effect: new and lost items, +0.01 EUR")


def highlighted(ax):
    names = [t.get_text() for t in ax.get_yticklabels()]
    colours = charts.bar_colours(ax)
    return [n for n, c in zip(names, colours, strict=False) if c.lower() == charts.look.highlight.lower()]


def test_an_effect_has_one_name_in_charts_and_findings():
    drawn = {_plots._bridge._word(effect) for effect in EFFECTS}
    told = _change_kind._EFFECTS
    assert {charts.NO_PRICE.capitalize(), charts.OTHER_CURRENCY.capitalize()} <= drawn
    assert charts.NO_PRICE in told["not itemised"]
    assert told["document currency"] == charts.OTHER_CURRENCY
    assert {charts.read_as("effect", e).capitalize() for e in EFFECTS} == drawn  # as tables have them
    assert charts.NO_PRICE in spend.bridge.__doc__
    assert charts.OTHER_CURRENCY in " ".join(spend.bridge.__doc__.split())
