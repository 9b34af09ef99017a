"""Charts fit: whoever draws them, at whatever size, on whatever paper, nothing is cut off and no text lies over another."""

from __future__ import annotations

import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib import colors
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

import makini_analytics as ma
from makini_analytics import charts, lead_times, quality, slippage, spend, style
from makini_analytics.review._trend import BETTER, SAME, WORSE
from tests.tiers import one_in

LONG = ["株式会社東海精密機械製作所ベアリング事業本部名古屋営業所", "شركة الخليج العربي للصناعات الهندسية والتوريدات العامة", "Gesellschaft für Antriebstechnik Süd mbH & Co. Kommanditgesellschaft"]  # fmt: skip
DARK = "#11161b"


@pytest.fixture(scope="module")
def lines():
    return ma.load_sample(["emea"]).lines.query("currency == 'EUR'").iloc[:900]


@pytest.fixture(scope="module")
def long(lines):
    """The same lines with names that are wider than half of a chart."""
    code, names = pd.factorize(lines["vendor_name"])
    new = [f"{LONG[i % 3]} {i}" for i in range(len(names))]
    return lines.assign(vendor_name=pd.array([new[i] if i >= 0 else None for i in code], dtype="string"))


def drawn(figure):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that no font of this machine has
        figure.draw_without_rendering()
    return figure.canvas.get_renderer() if hasattr(figure.canvas, "get_renderer") else figure._get_renderer()


def boxes(figure):
    """The boxes of all texts that are seen, by what they say."""
    renderer = drawn(figure)
    seen = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {t.get_text(): t.get_window_extent(renderer) for t in seen}


PLOTS = [spend.plot_by_vendor, spend.plot_pareto, spend.plot_single_source, spend.plot_concentration, spend.plot_tail,
         lead_times.plot_by_vendor, slippage.plot_by_vendor, spend.plot_by_period]  # fmt: skip


@pytest.mark.parametrize("plot", PLOTS, ids=lambda p: f"{p.__module__.split('.')[1]}.{p.__name__}")
@pytest.mark.parametrize("size", [(10.0, 5.6), (6.0, 4.6)], ids=["slide", "half"])
def test_nothing_is_cut_off_by_the_edge_of_the_figure(plot, size, long):
    ax = plot(long)
    ax.figure.set_size_inches(*size)  # as a user does it, without us
    edge = ax.figure.bbox
    for said, box in boxes(ax.figure).items():
        assert box.x0 >= -1 and box.x1 <= edge.x1 + 1, said
        assert box.y0 >= -1 and box.y1 <= edge.y1 + 1, said


def test_the_picture_has_no_empty_band_whoever_saves_it(lines):
    ax = spend.plot_by_vendor(lines)
    drawn(ax.figure)
    title, subtitle, footnote = (t.get_window_extent() for t in ax.figure.texts)
    needs, edge, inch = ax.get_tightbbox(), ax.figure.bbox, ax.figure.dpi
    assert max(needs.x0, edge.x1 - needs.x1, needs.y0 - footnote.y1, subtitle.y0 - needs.y1) < 0.25 * inch
    assert footnote.y1 < needs.y0 and needs.y1 < subtitle.y0 < title.y0


@pytest.mark.parametrize("paper", one_in(3, ["white", DARK]))
@pytest.mark.parametrize("plot", one_in(3, PLOTS[:5]), ids=lambda p: p.__name__)
def test_a_chart_on_given_axes_stays_in_its_cell_with_all_its_texts(plot, paper, long):
    figure = Figure(figsize=(12, 5), facecolor=paper)
    left, right = figure.subplots(1, 2)
    right.set_axis_off()
    ax = plot(long, ax=left)
    said = boxes(figure)
    middle = figure.bbox.x1 / 2 + 12  # half way to the neighbour
    for text, box in said.items():
        assert box.x0 >= -1 and box.x1 <= middle and box.y0 >= -1 and box.y1 <= figure.bbox.y1 + 1, text
    words = charts.captions_of(ax)
    shown = " ".join(said).replace("\n", " ")
    assert "definition:" in shown.replace("\n", " ") and words.title.split()[0] in shown
    inks = [
        t.get_color()
        for t in figure.findobj(Text)
        if (t.get_text() in said and t.axes is ax) or t in ax.get_yticklabels()
    ]
    backgrounds = [paper, *(p.get_facecolor() for p in ax.patches)]
    assert all(max(charts.contrast(c, b) for b in backgrounds) > 3 for c in inks)
    if paper == DARK:
        assert not any(charts.contrast(c, paper) < 3 for c in (t.get_color() for t in ax.get_yticklabels()))


@pytest.mark.full
def test_no_line_of_a_text_is_longer_than_its_chart_whatever_the_dots_per_inch(lines):
    ax = spend.plot_by_vendor(lines, title="word " * 60)
    for dpi in (72, 133):
        ax.figure.set_dpi(dpi)
        for wide in (6.0, 6.2, 6.4):
            ax.figure.set_size_inches(wide, 5)
            drawn(ax.figure)
            assert max(t.get_window_extent().x1 for t in ax.figure.texts) <= ax.figure.bbox.x1 - 0.13 * dpi


def test_the_name_of_an_axis_is_no_wider_than_the_chart_and_stays_as_the_user_writes_it(lines):
    figure = Figure(figsize=(12, 4))
    ax, _, _ = figure.subplots(1, 3)
    slippage.plot_funnel(lines, ax=ax)
    said = "effective due lines: those of one order count as fewer"
    for label in (said, "lines"):
        ax.set_xlabel(label)
        drawn(figure)
        assert " ".join(ax.get_xlabel().split()) == label
        assert ax.xaxis.label.get_window_extent().x1 < 0.38 * figure.bbox.x1
        assert ax.get_window_extent().width > 0.5 * figure.bbox.x1 / 3


def test_axes_drawn_on_again_have_the_texts_of_the_new_chart_alone(lines):
    figure = Figure()
    ax = figure.subplots()
    spend.plot_by_vendor(lines, ax=ax, title="First")
    spend.plot_by_vendor(lines, ax=ax, title="Second")
    assert [t for t in boxes(figure) if t in ("First", "Second")] == ["Second"]
    ax.clear()
    ax.plot([1, 2])
    assert "Second" not in boxes(figure)


@pytest.mark.full
@pytest.mark.parametrize("engine", one_in(2, [None, "constrained", "tight", "called"]))
def test_a_chart_is_as_good_under_a_layout_engine_of_matplotlibs_own(engine, lines):
    figure = Figure(figsize=(12, 4), layout=None if engine == "called" else engine)
    left, middle, right = figure.subplots(1, 3)
    spend.plot_by_period(lines, ax=left)
    slippage.plot_funnel(lines, ax=middle)
    right.plot([1, 2])
    right.set_ylabel("somebody else's")
    if engine == "called":
        figure.tight_layout()
    said = boxes(figure)
    for ax in (left, middle):
        title, subtitle, footnote = ax.get_axes_locator().texts
        assert title.get_fontweight() == "bold" and title.get_fontsize() > subtitle.get_fontsize()
        assert title.get_window_extent().x0 == pytest.approx(footnote.get_window_extent().x0)
        assert ax.get_window_extent().height > 0.3 * figure.bbox.height
    cells = [Bbox.union([said[t.get_text()] for t in ax.get_axes_locator().texts]) for ax in (left, middle)]
    assert all(cell.y0 >= 0 and cell.y1 <= figure.bbox.y1 for cell in cells)
    assert cells[0].x1 <= cells[1].x0
    assert engine is None or cells[1].x1 <= said["somebody else's"].x0  # without an engine nobody makes room for it


def test_a_chart_stays_in_its_part_of_a_figure_of_figures(lines):
    figure = Figure(figsize=(12, 4))
    parts = figure.subfigures(1, 2)
    both = [spend.plot_by_vendor(lines, ax=part.subplots()) for part in parts]
    drawn(figure)
    for part, ax in zip(parts, both, strict=True):
        box, place = ax.get_tightbbox(), part.bbox
        assert place.x0 <= box.x0 and box.x1 <= place.x1 and place.y0 <= box.y0 and box.y1 <= place.y1


def test_a_notebook_that_cuts_pictures_tight_cuts_off_no_text(lines):
    figure = Figure()
    ax = spend.plot_by_vendor(lines, ax=figure.subplots())
    drawn(figure)
    kept, inch = figure.get_tightbbox(), figure.dpi
    texts = [t.get_window_extent() for t in ax.get_axes_locator().texts]
    assert all(kept.y0 * inch <= t.y0 and t.y1 <= kept.y1 * inch for t in texts)


@pytest.mark.full
def test_a_chart_takes_the_place_that_another_locator_gives_it(lines):
    figure = Figure(figsize=(10, 6))
    inset = figure.subplots().inset_axes((0.5, 0.5, 0.5, 0.5))
    place = Bbox.from_extents(*inset.get_window_extent().extents)
    for _ in range(2):  # drawn on again, too
        spend.plot_by_vendor(lines, ax=inset)
        drawn(figure)
        box = inset.get_tightbbox()
        assert place.x0 <= box.x0 and box.x1 <= place.x1 and place.y0 <= box.y0 and box.y1 <= place.y1


def test_dark_paper_is_for_the_chart_on_it_alone(lines):
    light, dark = Figure(), Figure(facecolor=DARK)
    usual = style.look.highlight

    def colours(figure):
        return charts.bar_colours(spend.plot_by_vendor(lines, ax=figure.subplots()))[0]

    with ThreadPoolExecutor(2) as both:  # threads don't see each other's paper
        got = [f.result() for f in [both.submit(colours, f) for f in (light, dark)]]
    assert got[0] == usual != got[1]
    assert charts.contrast(got[1], DARK) > 3
    assert style.look.highlight == usual
    try:
        style.use(dark=True, highlight="#4B0082")  # indigo is hardly seen on black
        ax = spend.plot_by_vendor(lines)
        assert charts.contrast(charts.bar_colours(ax)[0], ax.figure.get_facecolor()) >= 3
        assert colors.to_hex(ax.figure.get_facecolor()) == style.look.paper.lower() == DARK
    finally:
        style.use()
    assert colors.to_hex(spend.plot_by_vendor(lines).figure.get_facecolor()) == "#ffffff"


def test_the_rest_is_cut_where_it_would_dwarf_all_and_told():
    frame = pd.DataFrame({"vendor_id": [f"v{i:03}" for i in range(300)], "amount": 10.0, "currency": "EUR"})
    ax = spend.plot_by_vendor(frame, top=5)
    assert np.isclose(sum(p.get_width() for p in ax.patches), 3000)
    assert ax.get_xlim()[1] < 20
    assert "2.95 k EUR  98 %, bar cut" in [t.get_text() for t in ax.texts]
    whole = spend.plot_by_vendor(frame.iloc[:7], top=5)  # 10 each, and 20 together
    assert whole.get_xlim()[1] < 20 or "bar cut" not in " ".join(t.get_text() for t in whole.texts)


def test_the_bridge_is_cut_only_where_its_effects_are_small_beside_the_totals():
    old = pd.DataFrame({"product_code": ["A"], "quantity": [100.0], "amount": [1000.0], "currency": "EUR"})
    small = spend.plot_bridge(old, old.assign(amount=1050.0))
    base = small.get_xlim()[0]
    assert 900 <= base < 1000
    assert f"axis cut at {charts.money(base, 'EUR')}" in charts.captions_of(small).subtitle
    assert [t.get_text() for t in small.get_yticklabels()][-1] == "the same from zero"
    lengths = [s[1][0] - s[0][0] for s in small.collections[-1].get_segments()]
    assert lengths[0] / lengths[1] == pytest.approx(1000 / 1050)
    large = spend.plot_bridge(old, old.assign(amount=2000.0))
    assert large.get_xlim()[0] == 0
    assert "axis cut" not in charts.captions_of(large).subtitle


@pytest.mark.parametrize(
    ("first", "last", "freq", "below"),
    [
        ("2024-11", "2025-02", "M", ["Nov\n2024", "Dec", "Jan\n2025", "Feb"]),
        ("2023-01", "2024-12", "M", ["J\n2023", *"FMAMJJASOND", "J\n2024", *"FMAMJJASOND"]),
        ("2024Q3", "2025Q1", "Q", ["Q3\n2024", "Q4", "Q1\n2025"]),
        ("2024Q2", "2024Q3", "Q-MAR", ["Q2\nFY2024", "Q3"]),
        ("2023", "2025", "Y", ["2023", "2024", "2025"]),
        ("2015Q3", "2019Q4", "Q", ["2016", "2017", "2018", "2019"]),
        ("2016Q1", "2020Q1", "Q-MAR", ["FY2016", "FY2017", "FY2018", "FY2019", "FY2020"]),
        ("2000Q1", "2014Q4", "Q", [str(y) for y in range(2000, 2015, 2)]),
        ("2025-01-06", "2025-01-20", "W", ["6 Jan\n2025", "13 Jan", "20 Jan"]),
    ],
)
def test_every_period_can_be_told_from_the_axis(first, last, freq, below):
    ax = Figure().subplots()
    periods = list(pd.period_range(first, last, freq=freq))
    assert len(charts.periods_below(ax, periods)) == len(periods)
    assert [t.get_text() for t in ax.get_xticklabels()] == below
    assert all(t.get_rotation() == 0 and t.get_ha() == "center" for t in ax.get_xticklabels())


def test_equal_names_of_different_things_are_told_apart():
    items = pd.DataFrame({"product_code": ["F1", "F2", "F3"], "description": "Filter", "vendor_id": "v", "currency": "EUR", "amount": [9.0, 5.0, 1.0]})  # fmt: skip
    ax = spend.plot_single_source(items)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["Filter (F1)", "Filter (F2)", "Filter (F3)"]


@pytest.mark.full
def test_a_companys_marks_reach_every_number(lines):
    points = re.compile(r"\d\.\d")
    try:
        style.use(decimal=",", thousands=".")
        for ax in (
            spend.plot_price_history(lines, of="MOT-32"),
            spend.plot_price_dispersion(lines),
            spend.plot_price_changes(lines),
            spend.plot_concentration(lines),
            slippage.plot_funnel(lines),
        ):
            drawn(ax.figure)
            said = [t.get_text() for t in [*ax.texts, *ax.get_yticklabels(), *ax.figure.texts[:2]]]
            numbers = " ".join(re.sub(r"\b\d+\.\d{3}\b", "", s) for s in said)  # thousands
            assert not points.search(numbers), said
    finally:
        style.use()


def test_what_is_in_order_is_not_called_no_data():
    table = pd.DataFrame({"order_number": ["1", "2"], "vendor_name": ["Acme", "Bolt"], "amount": [1.0, 2.0]})
    ax = quality.plot_duplicates(ma.Purchases.from_table(table, currency="EUR"))
    assert charts.captions_of(ax).title == "Nothing seems to be there twice"
    once = pd.DataFrame({"product_code": "A", "order_date": pd.to_datetime(["2025-01-01"]), "quantity": 1.0, "amount": 5.0, "currency": "EUR", "vendor_id": "v"})  # fmt: skip
    for plot in (spend.plot_price_changes, spend.plot_price_index):
        assert "No data" not in charts.captions_of(plot(once)).title
        assert "No data" in charts.captions_of(plot(once.iloc[:0])).title


def test_one_is_singular_in_every_title_and_subtitle(lines):
    one = lines[lines.delivered_date.notna()].iloc[[0]]
    for plot in [
        *PLOTS,
        lead_times.plot_per_line,
        slippage.plot_per_line,
        spend.plot_small_multiples,
        slippage.plot_ageing,
    ]:
        words = charts.captions_of(plot(one))
        said = f"{words.title} {words.subtitle} {words.footnote}"
        assert not re.search(r"(?<![\d.,])1 (lines|vendors|orders|periods|materials)|of 1 vendor", said), said


def scorecard(purchases, **options):
    """A scorecard with everything that takes room: marks of all kinds, long percentages in bold."""
    card = ma.scorecard(purchases, currency="EUR").head(12)
    words = [BETTER, WORSE, SAME, None] * 3
    trends = {str(c): pd.array(words, dtype="string") for c in card if str(c).endswith("_trend")}
    price = np.where(np.arange(12) % 4 == 0, -0.123, card["price_change"])
    return ma.plot_scorecard(card.assign(**trends, price_change=price), **options)


def unfinished(purchases, **options):
    """Two months of which no median is known."""
    lines = purchases.lines.assign(first_receipt_date=pd.NaT, completed_date=pd.NaT)
    late = lines["order_date"] > pd.Timestamp("2025-10-31")
    lines = lines.assign(
        state=lines["state"].mask(late, "open"), delivered_date=lines["delivered_date"].mask(late),
        received_quantity=lines["received_quantity"].mask(late, 0.0),
    )  # fmt: skip
    return lead_times.plot_by_period(lines, **options)


#: On a figure of its own each of them; on one that is given two, the others with the big counts.
HALVED = [(plot, True) for plot in (scorecard, slippage.plot_ladder, lead_times.plot_by_vendor, unfinished)] + [
    *one_in(2, [(plot, False) for plot in (slippage.plot_ladder, scorecard, unfinished, lead_times.plot_by_vendor)])
]


@pytest.mark.parametrize(("plot", "own"), HALVED)
def test_at_half_size_no_text_lies_over_another_or_over_a_mark(plot, own):
    purchases = ma.load_sample(["emea"])
    ax = plot(purchases) if own else plot(purchases, ax=Figure(figsize=(5.6, 3.15)).subplots())
    before = state(ax) if own else None
    ax.figure.set_size_inches(5.6, 3.15)
    renderer = drawn(ax.figure)
    # those of axes that are not drawn, or beyond what is shown; and "J" over "2025" is wider than it looks
    hidden = [] if ax.axison and plot is not unfinished else [*ax.get_xticklabels(), *ax.get_yticklabels()]
    texts = [t for t in ax.figure.findobj(Text) if t.get_visible() and t.get_text().strip() and t not in hidden]
    where = [(t.get_text(), t.get_window_extent(renderer).padded(-0.6)) for t in texts]
    for i, (text, box) in enumerate(where):
        assert not [other for other, b in where[i + 1 :] if box.overlaps(b)], text
    dots = []
    for line in ax.lines:
        if line.get_marker() not in ("None", None, ""):
            size = line.get_markersize() * ax.figure.dpi / 72 / 2
            for x, y in (at for at in ax.transData.transform(line.get_xydata()) if ax.bbox.contains(*at)):
                dots.append(Bbox.from_extents(x - size * (line.get_marker() != "|"), y - size, x + size * (line.get_marker() != "|"), y + size))  # fmt: skip
    bars = [p.get_window_extent(renderer) for a in [ax, *ax.child_axes] for p in a.patches if isinstance(p, Rectangle)]
    for a in [ax, *ax.child_axes]:
        for c in a.collections:
            if isinstance(c, LineCollection):
                bars += [Bbox(a.transData.transform(s)).padded(0.5) for s in c.get_segments()]
    # what lies beyond the axes, as rows that have no room do, is not drawn
    bars = [inside for b in bars if (inside := Bbox.intersection(b, ax.bbox))]
    if plot is unfinished:  # the shade behind what is not finished
        assert [t for t, _ in where if t.startswith("not yet")]
        bars = [b for b in bars if b.width < 5]
    own_words = {"as usual"}  # stands on the filled outline, on paper of its own
    for text, box in where:
        assert text[:8] in own_words or not any(box.overlaps(mark) for mark in [*dots, *bars]), text
    if own:
        ax.figure.set_size_inches(*before[0])
        assert state(ax) == before  # as it was, once there is room again


def order_pattern(purchases, **options):
    return spend.plot_order_pattern(purchases, small=500, currency="EUR", **options)


def payment_terms(purchases, **options):
    return spend.plot_payment_terms(purchases, currency="EUR", **options)


DENSE = [quality.plot_coverage, quality.plot_duplicates, slippage.plot_ladder, order_pattern, payment_terms, scorecard]


@pytest.mark.full
@pytest.mark.parametrize("plot", one_in(3, DENSE), ids=lambda p: p.__name__)
@pytest.mark.parametrize("size", [(6.0, 4.6), (5.2, 3.0)], ids=["half", "less"])
def test_no_letter_is_too_small_to_be_read_and_what_has_no_room_is_told(plot, size):
    ax = plot(ma.load_sample(["emea"]))
    subtitle = ax.figure.texts[1]
    drawn(ax.figure)
    assert "no room" not in subtitle.get_text()
    before = state(ax)
    ax.figure.set_size_inches(*size)
    drawn(ax.figure)
    names = ax.get_yticklabels() if ax.axison else []
    shown = [t for t in [*names, *ax.texts, *(t for p in ax.child_axes for t in p.findobj(Text))]
             if t.get_visible() and t.get_text().strip()]  # fmt: skip
    assert min(t.get_fontsize() for t in shown) >= 6.5
    gone = len(ax.get_yticks()) - round(ax.get_ylim()[0] + 0.5) if ax.axison else 0
    said = re.search(r"no room for the last ((\d+) rows|row)\b", " ".join(subtitle.get_text().split()))
    assert (int(said[2] or 1) if said else 0) == max(gone, 0)
    assert gone > 0 or plot is not quality.plot_coverage
    ax.figure.set_size_inches(*before[0])
    assert state(ax) == before


@pytest.mark.parametrize("plot", [spend.plot_payment_terms, lead_times.plot_buffer])
def test_rows_that_have_no_room_are_out_of_view_where_names_are_shortened_too(plot, long):
    ax = plot(long, ax=Figure(figsize=(4.6, 2.8)).subplots())
    drawn(ax.figure)
    said = " ".join(" ".join(t.get_text() for t in ax.texts).split())
    gone = int(re.search(r"no room for the last (\d+) rows", said)[1])
    named = [t for t in ax.get_yticklabels() if t.get_visible()]
    assert len(named) == len(ax.get_yticks()) - gone == round(ax.get_ylim()[0] + 0.5)
    assert any("…" in t.get_text() for t in named)


@pytest.mark.parametrize(
    "plot",
    one_in(2, [spend.plot_small_multiples, spend.plot_price_index, slippage.plot_arrivals, slippage.plot_backtest]),
)
def test_at_a_third_of_a_page_no_name_lies_over_another_or_under_a_mark(plot):
    ax = plot(ma.load_sample(["emea"]).filter(currency="EUR"), ax=Figure(figsize=(10, 6)).subplots())
    before = state(ax)
    ax.figure.set_size_inches(4.6, 3.2)
    renderer = drawn(ax.figure)
    around = ax.get_axes_locator().texts
    words = [*(t for t in ax.texts if t not in around), *(t for p in ax.child_axes for t in p.findobj(Text))]
    where = [
        (t.get_text(), t.get_window_extent(renderer).padded(-0.6)) for t in words if t.get_visible() and t.get_text()
    ]
    for i, (text, box) in enumerate(where):
        assert not [other for other, b in where[i + 1 :] if box.overlaps(b)], text
    marks = [
        ax.transData.transform(s) for c in ax.collections if isinstance(c, LineCollection) for s in c.get_segments()
    ]
    dots = [Bbox([at, at]).padded(2) for line in ax.lines if line.get_marker() == "o" for at in ax.transData.transform(line.get_xydata())]  # fmt: skip
    for text, box in where:
        assert not any(box.overlaps(mark) for mark in [*(Bbox(s).padded(0.5) for s in marks), *dots]), text
    ax.figure.set_size_inches(*before[0])
    assert state(ax) == before


def state(ax):
    """The size of a chart, and of all of its letters and marks."""
    drawn(ax.figure)
    texts = [(t.get_text(), t.get_fontsize()) for t in ax.figure.findobj(Text)]
    return tuple(ax.figure.get_size_inches()), texts, [(m.get_markersize(), m.get_linewidth()) for m in ax.lines]


def test_a_value_over_a_column_stands_clear_of_the_marks_beside_it():
    """Beside a mark "577 k EUR" would read as less than none."""
    months = pd.date_range("2024-01-15", periods=24, freq="MS") + pd.Timedelta(days=14)
    amount = [500.0] * 24
    amount[9] = 530.0  # the mark of the year before over October, two columns from December's value
    lines = pd.DataFrame({"order_date": months, "amount": amount, "currency": "EUR", "order_id": range(24)})
    lines = pd.concat([lines] * 6, ignore_index=True)  # fewer lines in a month are no finding
    ax = spend.plot_by_period(lines, as_of="2025-12-31")
    ax.figure.set_size_inches(5.2, 3.0)
    drawn(ax.figure)
    (value,) = (t for t in ax.texts if t.get_text() == "3 k EUR" or t.get_text().startswith("3.00 k"))
    box = value.get_window_extent()
    for (x0, y), (x1, _) in ax.collections[0].get_segments():
        (left, at), (right, _) = ax.transData.transform([(x0, y), (x1, y)])
        assert not (left < box.x1 and right > box.x0 and box.y0 < at < box.y1)


def test_names_that_are_cut_don_t_become_one():
    firm = "Gesellschaft für Antriebs- und Fördertechnik {} mbH & Co. Kommanditgesellschaft"
    names = [f"{firm.format(side)} / {firm.format('West')} ({n})" for side in ("Süd", "Nord") for n in (15, 16)]
    for most in (60, 40, 24):
        cut = charts.shortened(names, most)
        assert len(set(cut)) == 4
        assert all(charts.text_width(n) <= most and n.count("(") == n.count(")") == 1 for n in cut)
        assert all(part.count("…") == 1 for n in cut for part in n.split(" / "))
    assert charts.label("Gesellschaft für Antr…chnik Süd mbH", 20).count("…") == 1
    assert charts.shortened([f"{firm}  n=1,234"], 30) == ["Gesellscha…sellschaft  n=1,234"]


def test_rows_of_an_item_and_a_vendor_have_names_of_their_own(lines):
    firm = "Gesellschaft für Antriebs- und Fördertechnik {} mbH & Co. Kommanditgesellschaft"
    two = [firm.format(side) for side in ("Süd", "Nord")]
    bought = pd.DataFrame({"material_id": list("abab"), "description": two * 2, "vendor_id": list("vvww"), "vendor_name": [two[0]] * 2 + [two[1]] * 2, "currency": "EUR", "order_date": pd.Timestamp("2025-03-01"), "quantity": 5.0, "amount": 50.0})  # fmt: skip
    own = bought[["material_id", "vendor_id"]].assign(price=[8.0, 8.5, 9.0, 9.5])
    ax = spend.plot_agreed_prices(bought, own)
    ax.figure.set_size_inches(6.0, 4.6)
    drawn(ax.figure)
    names = [t.get_text() for t in ax.get_yticklabels()]
    assert len(set(names)) == 4 and all(n.count("…") == 2 for n in names)


def test_a_title_has_the_whole_name_where_it_has_room_for_it():
    lines = pd.DataFrame({"vendor_id": ["v", "w"], "vendor_name": ["株式会社東海ベアリング", LONG[2][:50]], "amount": [90.0, 1.0], "currency": "EUR"})  # fmt: skip
    assert charts.captions_of(spend.plot_by_vendor(lines)).title.startswith("株式会社東海ベアリング makes")
    ax = spend.plot_by_vendor(lines.iloc[:1])
    assert charts.captions_of(ax).title.startswith("Ordered spend with 株式会社東海ベアリング:")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["株式会社東海ベアリング"]
    assert charts.captions_of(spend.plot_pareto(lines.iloc[1:])).title.startswith(LONG[2][:50])


def test_a_funnel_of_few_has_an_axis_of_numbers_and_of_one_nothing_to_compare():
    due = pd.DataFrame({"vendor_id": list("aab"), "order_id": list("123"), "required_date": pd.Timestamp("2025-01-10"), "delivered_date": pd.Timestamp("2025-01-08")})  # fmt: skip
    few = pd.concat([due.assign(order_id=f"{due.index}{i}", vendor_id=due.vendor_id) for i in range(20)])
    few["order_id"] = range(len(few))
    ax = slippage.plot_funnel(few, as_of="2025-12-31")
    assert len([t for t in ax.get_xticklabels() if t.get_text()]) >= 3
    (left, right), far = ax.get_xlim(), max(ax.lines[0].get_xdata())
    assert right / left >= 10 and np.log(far / left) > 0.9 * np.log(right / left)
    assert not [t for t in ax.texts if "95 %" in t.get_text()]  # all came on time: there is no limit
    one = slippage.plot_funnel(few[few.vendor_id == "a"], as_of="2025-12-31")
    assert "Nothing to compare it with" in [t.get_text() for t in one.texts]
    assert charts.captions_of(one).title == "100 % of 40 due lines came on time"


def test_the_value_of_the_last_month_stands_low_over_its_own_column():
    """Over the high mark of the month before it seemed to be that month's."""
    months = pd.date_range("2024-01-01", periods=24, freq="MS") + pd.Timedelta(days=14)
    amount = np.full(24, 100.0)
    amount[4], amount[10] = 500.0, 150.0  # May, the highest, and November of the year before
    lines = pd.DataFrame({"order_date": months, "amount": amount, "currency": "EUR", "order_id": range(24)})
    ax = spend.plot_by_period(pd.concat([lines] * 6, ignore_index=True), as_of="2025-12-31")
    drawn(ax.figure)
    (value,) = (t for t in ax.texts if t.get_text() == "600.00 EUR" and t.xy[0] > 22)
    box, column = value.get_window_extent(), ax.patches[23].get_window_extent()
    assert box.x0 >= column.x0 - 3 and 0 <= box.y0 - column.y1 < 10


@pytest.mark.parametrize(
    "plot", one_in(3, [slippage.plot_by_vendor, lead_times.plot_by_vendor, lead_times.plot_buffer])
)
def test_names_as_long_as_usual_are_whole_on_the_page(lines, plot):
    ax = charts.bare(plot(lines, as_of="2025-12-31"))
    usual = {t.get_fontsize() for t in ax.get_yticklabels()}
    whole = [t.get_text() for t in ax.get_yticklabels()]
    assert any(len(name) > 30 for name in whole)
    ax.figure.set_size_inches(5.2, 3.2)  # as on the page
    drawn(ax.figure)
    assert [t.get_text() for t in ax.get_yticklabels()] == whole
    assert all(t.get_fontsize() >= 6.5 for t in ax.get_yticklabels())
    ax.figure.set_size_inches(10, 6.2)
    drawn(ax.figure)
    assert {t.get_fontsize() for t in ax.get_yticklabels()} == usual


@pytest.mark.parametrize("size", [(10.0, 5.6), (6.0, 4.6)], ids=["slide", "half"])
def test_of_few_rows_the_axis_is_right_below_the_last_one(size, lines):
    of_one = lines[lines["vendor_id"] == lines["vendor_id"].mode()[0]]
    for plot in (spend.plot_by_vendor, spend.plot_concentration, lead_times.plot_by_vendor, slippage.plot_by_vendor):
        ax = plot(of_one)
        ax.figure.set_size_inches(*size)
        drawn(ax.figure)
        (name,) = [t.get_window_extent() for t in ax.get_yticklabels()]
        assert 0 < (name.y0 + name.y1) / 2 - ax.bbox.y0 < 0.5 * ax.figure.dpi, plot
        assert ax.bbox.y1 > 0.6 * ax.figure.bbox.y1  # at the top, below the texts


@pytest.mark.full
def test_a_number_is_nearer_to_its_own_bar_than_to_the_next_column(lines):
    for size in ("slide", "half"):
        ax = spend.plot_order_pattern(lines, small=100.0)
        charts.resize(ax, *charts.SIZES[size])
        renderer = drawn(ax.figure)
        checked = 0
        for text in (t for t in ax.texts if isinstance(t, Annotation) and t.get_visible()):
            column = int(text.xy[0])
            (begins, _), (bar, _) = (ax.transData.transform((x, 0)) for x in (column + 1.04, text.xy[0]))
            box = text.get_window_extent(renderer)
            assert begins - box.x1 > 1.5 * (box.x0 - bar), text.get_text()
            checked += 1
        assert checked > 30


def test_lines_of_one_name_are_nearer_than_those_of_two():
    pairs = [
        f"{word} Antriebstechnik und Förderanlagen" for word in ["Nord", "Süd", "Ost", "West", "Mitte", "Rand", "Kern"]
    ]
    orders = pd.DataFrame({"order_number": [str(i) for i in range(14)], "amount": 1.0,
                           "vendor_name": [n + end for n in pairs for end in (" GmbH", "")]})  # fmt: skip
    ax = quality.plot_duplicates(ma.Purchases.from_table(orders))
    for size in ("slide", "half"):
        charts.resize(ax, *charts.SIZES[size])
        renderer = drawn(ax.figure)
        seen = [t for t in ax.get_yticklabels() if t.get_visible()]
        assert len(seen) > 3 and all("\n" in t.get_text() for t in seen)
        tall = [t.get_window_extent(renderer) for t in seen]
        line = seen[0].get_fontsize() * ax.figure.dpi / 72 * 1.2
        assert all(a.y0 - b.y1 > 0.25 * line for a, b in pairwise(tall))
