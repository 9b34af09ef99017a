"""What importing costs, beside the two libraries that a fetch can't do without."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import pytest

CODE = {
    "import pandas, requests_cache": "import pandas, requests_cache",
    "import makini_analytics": "import pandas, requests_cache, makini_analytics",
    "client and metrics used": "import pandas, requests_cache\nimport makini_analytics as ma\nma.Client, ma.Purchases, ma.spend, ma.lead_times, ma.slippage",
}


@pytest.mark.benchmark
def test_import_costs_little(capsys):
    got = {name: [] for name in CODE}
    for _ in range(11):
        for name, code in CODE.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
            got[name].append(time.perf_counter() - began)
    base = got["import pandas, requests_cache"]
    with capsys.disabled():
        print("\n| what | seconds, median | / pandas and requests_cache |\n|---|---|---|")
        for name, s in got.items():
            ratio = statistics.median(a / b for a, b in zip(s, base, strict=True))
            print(f"| {name} | {statistics.median(s):.3f} | {ratio:.2f} |")
    assert statistics.median(a / b for a, b in zip(got["import makini_analytics"], base, strict=True)) < 1.1


def test_charts_and_widgets_are_loaded_only_when_used():
    code = "import sys, makini_analytics as ma\nma.Client, ma.Purchases, ma.spend, ma.lead_times, ma.slippage, ma.quality, ma.currency\n"
    code += "print([m for m in ('matplotlib', 'ipywidgets', 'IPython', 'xlsxwriter', 'pptx', 'narwhals', 'duckdb', 'holidays') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
