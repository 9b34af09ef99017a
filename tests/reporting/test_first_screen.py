"""Every number of the findings and of the figures at a glance, read back in each format, is that of the frames."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts
from makini_analytics.reporting import content, write

openpyxl = pytest.importorskip("openpyxl", reason="openpyxl, which reads workbooks back, is not installed")
Presentation = pytest.importorskip("pptx", reason="the extra 'report' is not installed").Presentation
pytest.importorskip("xlsxwriter", reason="the extra 'report' is not installed")


class Page(HTMLParser):
    """What a page says of each finding and tile: its texts, and the value that it carries."""

    def __init__(self) -> None:
        super().__init__()
        self.findings: list[tuple[str, float, list[str]]] = []
        self.tiles: dict[str, tuple[float, list[str]]] = {}
        self.at: list[str] | None = None
        self.kind = self.tile = ""
        self.all: list[str] = []

    def handle_starttag(self, tag, attrs):
        got = dict(attrs)
        if tag == "li" and "data-kind" in got:
            self.kind, self.at = got["data-kind"], []
        elif got.get("class") == "tile":
            self.tile, self.at = got["data-name"], []
        elif "data-v" in got and self.at is not None:
            if self.tile:
                self.tiles[self.tile] = (float(got["data-v"]), self.at)
            elif self.kind:
                self.findings.append((self.kind, float(got["data-v"]), self.at))
        elif tag == "section":
            self.at, self.kind, self.tile = None, "", ""

    def handle_data(self, data):
        text = data.replace("\N{NO-BREAK SPACE}", " ")
        self.all.append(text)
        if self.at is not None and text.strip():
            self.at.append(text)


def numbers(text: str) -> list[str]:
    return re.findall(r"\d[\d.,]*", text.replace("\N{NO-BREAK SPACE}", " "))


def test_the_page_says_the_frame_s_findings_and_tiles(made):
    _, out, told = made
    page = Page()
    page.feed((out / "r.html").read_text(encoding="utf-8"))
    ranked = told.ranked
    assert [k for k, _, _ in page.findings] == ranked["kind"].tolist()
    for (_, value, texts), row in zip(page.findings, ranked.to_dict("records"), strict=True):
        assert value == row["stake"]
        said = " ".join(texts)
        assert row["sentence"] in said
        assert row["why"] in said
        assert charts.money(row["stake"], row["currency"]) in said
        assert row["stake_of"] in said
    assert list(page.tiles) == [t.name for t in told.tiles]
    for tile in told.tiles:
        value, texts = page.tiles[tile.name]
        assert value == tile.value
        assert tile.value_text in texts
        assert tile.change_text in texts or not tile.change_text
    whole = " ".join(page.all)
    for sentence in (*told.data_line, *told.quiet_line, *told.untold):
        assert sentence in whole


def test_slides_begin_with_them(made):
    _, out, told = made
    deck = list(Presentation(str(out / "r.pptx")).slides)
    assert len(deck) <= 12
    of = {s.name: s.table for slide in deck[:2] for s in slide.shapes if s.has_table}
    rows = [[c.text_frame.text.replace("\N{NO-BREAK SPACE}", " ") for c in r.cells] for r in of["findings"].rows]
    assert len(rows) == len(told.ranked)
    for (rank, said, stake, sure), row in zip(rows, told.ranked.to_dict("records"), strict=True):
        assert int(rank) == row["rank"]
        assert said.split("\n") == [row["sentence"], row["why"]]
        assert stake.split("\n") == [charts.money(row["stake"], row["currency"]), row["stake_of"]]
        assert sure.lower() == row["certainty"]
    for cells, tile in zip(of["tiles"].rows, told.tiles, strict=True):
        assert [c.text_frame.text for c in cells.cells] == [tile.label, tile.value_text, tile.change_text]


def test_the_workbook_begins_with_them_as_numbers(made):
    _, out, told = made
    rows = list(openpyxl.load_workbook(out / "r.xlsx")["At a glance"].iter_rows(values_only=True))
    values = {row[1]: row[0] for row in rows if isinstance(row[0], float | int)}
    for row in told.ranked.to_dict("records"):
        assert values[row["sentence"]] == pytest.approx(row["stake"])
    tiles = {row[0]: row[1:3] for row in rows}
    for tile in told.tiles:
        assert tiles[tile.label] == (pytest.approx(tile.value), tile.change_text or None)


def test_the_folder_has_the_frame(made):
    data, out, told = made
    back = pd.read_csv(out / "folder" / "tables" / "findings.csv", encoding="utf-8-sig")
    assert back["stake"].fillna(-1).tolist() == pytest.approx(told.findings["stake"].fillna(-1).tolist())
    assert back["sentence"].tolist() == told.findings["sentence"].tolist()
    want = ma.findings(data)
    assert want["sentence"].tolist() == told.findings["sentence"].tolist()
    assert want["stake"].fillna(-1).tolist() == pytest.approx(told.findings["stake"].fillna(-1).tolist())


def test_each_number_of_a_tile_s_text_is_its_value(made):
    for tile in made[2].tiles:
        shown = float(numbers(tile.value_text)[0].replace(",", ""))
        size = {"k": 1e3, "M": 1e6}.get([*tile.value_text.split(" "), ""][1], 1.0)
        scale = 100 if tile.kind == "share" else 1 / size
        assert shown == pytest.approx(tile.value * scale, rel=0.01)
        if tile.kind == "share" and tile.change_text:
            points = float(numbers(tile.change_text)[0])
            assert points == pytest.approx(abs(tile.value - tile.before) * 100, abs=0.1)


def test_every_link_of_a_finding_leads_to_an_exhibit(made):
    told = made[2]
    there = {e.name for e in told.exhibits}
    assert set(told.ranked["exhibit"]) <= there


@pytest.mark.full
def test_currencies_and_sections(tmp_path):
    data = ma.load_sample(["us"])
    told = content(data, currency="cad", sections=["spend"])
    assert told.findings is None
    assert {t.unit for t in told.tiles if t.kind == "money"} == {"CAD"}
    assert all(set(e.table["currency"].dropna()) == {"CAD"} for e in told.exhibits if "currency" in e.table)
    assert "in CAD" in told.subtitle
    assert all(set(e.table["currency"].dropna()) <= {"CAD"} for e in told.beside() if "currency" in e.table)
    with pytest.raises(ma.ConfigError, match=r"rate|currency"):
        content(data, currency="XXX")
    assert write(told, tmp_path / "x.html").exists()
