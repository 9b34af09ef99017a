"""What a user sets and takes of all charts: a company's look, charts as files, and a door that shows these alone."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings

import pytest

import makini_analytics as ma
from makini_analytics import ConfigError, charts, spend, style

Image = pytest.importorskip("PIL.Image")


def test_the_door_shows_what_a_user_needs_and_loads_matplotlib_when_it_is_used():
    code = """
import sys
from makini_analytics import style
print(*dir(style))
print("matplotlib" in sys.modules)
style.use(highlight="#7A1FA2")
print(style.look.highlight, isinstance(style.look, style.Look), *dir(style))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    names = "Look alt_text look save table use"
    assert done.stdout.splitlines() == [names, "False", f"#7A1FA2 True {names}"]


def test_a_company_sets_its_look_in_one_place(tmp_path):
    data = ma.load_sample(["emea"])
    try:
        style.use(highlight="#7A1FA2", decimal=",", thousands=".")
        ax = spend.plot_by_vendor(data.lines, currency="EUR")
        assert charts.bar_colours(ax)[0] == "#7A1FA2"
        assert "1,25 M EUR" in style.alt_text(ax)
        page = ma.report(data, tmp_path / "x.html", sections=["spend"]).read_text(encoding="utf-8")
        assert re.search(r">[^<>]*\d\.\d{3}\.\d{3} EUR", page)
        assert re.search(r"\d,\d\s%<", page)
        for wrong in (
            {"highlight": "#FFFF00"},
            {"highlight": "nocolour"},
            {"fonts": ["No Such Font"]},
            {"decimal": ",", "thousands": ","},
            {"decimal": ""},
            {"decimal": ";;"},
            {"thousands": "0"},
            {"thousands": 7},
        ):
            with pytest.raises(ConfigError):
                style.use(**wrong)
    finally:
        style.use()
    assert charts.bar_colours(spend.plot_by_vendor(data.lines, currency="EUR"))[0] == "#0072B2"


@pytest.mark.parametrize(
    ("given", "marks"),
    [
        ({"decimal": ","}, ",."),
        ({"thousands": "."}, ",."),
        ({"decimal": "."}, ".,"),
        ({"decimal": ",", "thousands": " "}, ", "),
        ({"thousands": "'"}, ".'"),
        ({"decimal": "·"}, "·,"),
    ],
)
def test_the_other_mark_moves_by_itself(given, marks):
    try:
        style.use(**given)
        assert style.look.decimal + style.look.thousands == marks
    finally:
        style.use()


@pytest.mark.parametrize("mark", [".", ","])
def test_two_equal_marks_are_an_error_that_says_what_to_pass(mark):
    with pytest.raises(ConfigError, match="pass one of them"):
        style.use(decimal=mark, thousands=mark)


@pytest.mark.full
def test_charts_fit_the_sizes_of_a_meeting(tmp_path):
    data = ma.load_sample(["emea"])
    for size, (wide, high) in charts.SIZES.items():
        ax = spend.plot_by_vendor(data.lines, currency="EUR")
        with Image.open(style.save(ax, tmp_path / f"{size}.png", size=size)) as image:
            assert image.size == (round(wide * 200), round(high * 200))
        figure = ax.figure
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            figure.draw_without_rendering()
            texts = [t.get_window_extent() for t in figure.texts]
            inside = ax.get_tightbbox()
        assert all(t.x1 <= figure.bbox.x1 and t.x0 >= 0 for t in texts)
        title, subtitle, footnote = texts
        assert footnote.y1 <= inside.y0 + 1 and inside.y1 <= subtitle.y0 + 1 and subtitle.y1 <= title.y0 + 3
