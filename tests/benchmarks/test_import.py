"""What importing costs, beside the two libraries that a fetch can't do without."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

CODE = {
    "import pandas, requests_cache": "import pandas, requests_cache",
    "and makini_analytics": "import pandas, requests_cache, makini_analytics",
    "and its client and metrics used": "import pandas, requests_cache\nimport makini_analytics as ma\nma.Client, ma.Purchases, ma.spend, ma.lead_times, ma.slippage",
}


@pytest.mark.benchmark
def test_import_costs_little(measured):
    got = {name: [] for name in CODE}
    for _ in range(11):
        for name, code in CODE.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
            got[name].append(time.perf_counter() - began)
    theirs = measured.add("import", got, "import pandas, requests_cache")
    assert theirs["and makini_analytics"] < 1.1


def test_charts_and_widgets_are_loaded_only_when_used():
    code = "import sys, makini_analytics as ma\nma.Client, ma.Purchases, ma.spend, ma.lead_times, ma.slippage, ma.quality, ma.currency\n"
    code += "print([m for m in ('matplotlib', 'ipywidgets', 'IPython', 'xlsxwriter', 'pptx', 'polars', 'duckdb', 'holidays') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
