"""The line of code behind each picture and each example table, run on the sample when the site is built.

What is not listed is called as ``room.name(lines)``, so a new figure with ordinary arguments needs no line here.
"""

from __future__ import annotations

from typing import Any

from .names import ROOMS, module

#: What the reader runs once; every call on the site assumes it.
PREAMBLE = """\
import makini_analytics as ma
from makini_analytics import currency, lead_times, quality, slippage, spend

data = ma.load_sample()  # or ma.Client().fetch_purchases()
lines = currency.convert(data.lines, to="EUR")
before, after = lines[lines.order_date < "2025"], lines[lines.order_date >= "2025"]"""

#: What the calls on a history assume beside it.
HISTORY = """\
from tempfile import mkdtemp

history = ma.History(mkdtemp())
with ma.sandbox() as server:  # a Makini on loopback that lives through five weeks
    for week in range(5):
        server.live(1)
        seen = server.client("us", delivery_date="actual", progress=False).fetch_purchases()
        history.add(seen, seen_at=seen.as_of)"""

_LIST = (
    'before.groupby(["material_id", "vendor_id", "currency"], as_index=False)'
    '.agg(price=("unit_price", "median"), price_unit=("price_unit", "median"))'
)

CALLS = {
    # a list of your own: the usual prices of the year before, each for as many pieces as it is quoted for
    "spend.agreed_prices": "spend.agreed_prices(lines, " + _LIST + ")",
    "spend.plot_agreed_prices": "spend.plot_agreed_prices(lines, " + _LIST + ")",
    "lead_times.receipts": "lead_times.receipts(history)",
    "slippage.promise_history": "slippage.promise_history(history)",
    "slippage.plot_promise_history": "slippage.plot_promise_history(history)",
    "spend.order_pattern": "spend.order_pattern(lines, small=500)",
    "spend.plot_order_pattern": "spend.plot_order_pattern(lines, small=500)",
    "spend.bridge": "spend.bridge(before, after)",
    "spend.plot_bridge": "spend.plot_bridge(before, after)",
    "spend.tail": 'spend.tail(lines, definition="share")',
    "spend.plot_small_multiples": 'spend.plot_small_multiples(lines, by="category", freq="Q")',
    "spend.single_source": 'spend.single_source(lines[lines.order_date >= "2025-07"], min_orders=2)',
    "spend.plot_single_source": 'spend.plot_single_source(lines[lines.order_date >= "2025-07"], min_orders=2)',
    "lead_times.by_vendor": "lead_times.by_vendor(lines, min_lines=20)",
    "lead_times.recommend": 'lead_times.recommend(lines, by="vendor", min_lines=20)',
    "slippage.swings": "slippage.swings(slippage.ladder(lines))",
    "slippage.date_changes": (
        "slippage.date_changes(lines, lines.assign(required_date=lines.required_date.shift(1)))"
        ".query(\"change == 'postponed'\")"
    ),
    "slippage.plot_arrivals": 'slippage.plot_arrivals(lines[lines.connection == "emea"])',
    "quality.coverage": "quality.coverage(data)",
    "quality.plot_coverage": "quality.plot_coverage(data)",
    "quality.duplicates": "quality.duplicates(data)",
    "quality.plot_duplicates": "quality.plot_duplicates(data)",
    "quality.reconcile": "quality.reconcile(data)",
    "quality.plot_reconcile": 'quality.plot_reconcile(data, currency="EUR")',
    "quality.rename_vendors": (
        'quality.rename_vendors(lines, {"Great Lakes Bearing Co.": "Great Lakes Bearing"})'
        '[["vendor_id", "vendor_name", "amount", "currency"]]'
    ),
}

#: Pictures of hand-written pages, with the line that stands beside them there.
PICTURES = {
    "start": 'spend.plot_by_vendor(data.lines, currency="EUR")',
    "changes": (
        'ma.plot_compare(lines[lines.order_date < "2025-11"], '
        "lines.assign(unit_price=lines.unit_price * 1.02, amount=lines.amount * 1.02))"
    ),
    "sensitivity": (
        "ma.plot_sensitivity(slippage.by_vendor, lines, "
        '{"late_days": [0, 3], "calendar": [None, "weekdays"], "weight": ["lines", "value"]}, value="on_time_low")'
    ),
    "scorecard": 'ma.plot_scorecard(data, currency="EUR")',
}

#: The table whose figures a chart draws, where the names differ.
DRAWS = {
    "spend.plot_pareto": "spend.by_vendor",
    "spend.plot_small_multiples": "spend.by_period",
    "slippage.plot_funnel": "slippage.by_vendor",
    "slippage.plot_swings": "slippage.swings",
}


def call(name: str) -> str:
    """Return the line of code for a figure or chart, such as ``spend.by_vendor``."""
    return CALLS.get(name, f"{name}(lines)")


def drawn(name: str) -> str:
    """Return the figure that a chart draws.

    >>> drawn("spend.plot_tail"), drawn("spend.plot_pareto")
    ('spend.tail', 'spend.by_vendor')
    """
    return DRAWS.get(name, name.replace(".plot_", "."))


class Sample:
    """The sample, loaded once, on which the lines of code run."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {room: module(room) for room in ROOMS}
        exec(PREAMBLE, self.names)

    def with_history(self) -> dict[str, Any]:
        """Return the names with a history, which is made when the first line asks for one."""
        if "history" not in self.names:
            exec(HISTORY, self.names)
        return self.names

    def run(self, name: str) -> Any:
        """Run the line of one figure, chart or picture; an error says which, and where a line for it belongs."""
        line = PICTURES.get(name) or call(name)
        try:
            return eval(line, dict(self.with_history() if "history" in line else self.names))
        except Exception as error:
            raise RuntimeError(f"{line} fails on the sample: give it a line in docs/generator/calls.py") from error
