"""What every test stands on: no setting of the developer's own, no network but loopback, the real data where it is."""

from __future__ import annotations

import gc
import os
import re
import shutil
import signal
import sys
from functools import cache
from itertools import count
from pathlib import Path

import pandas as pd
import pytest

from tests import leftovers
from tests.extras import Extras
from tests.real_data.known import KNOWN

# Dozens of processes are started here. Where the machine forbids bytecode on disk each of them would compile the package anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_configure(config):
    """Nothing outlives the run, and what needs an extra that is not there skips."""
    leftovers.pytest_configure(config)
    config.pluginmanager.register(Extras(), "extras")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads how many processes there are to be
def pytest_cmdline_main(config):
    """What measures, or stops in a debugger, has the machine for itself."""
    alone = config.option.usepdb or re.search(r"(?<!not )\bbenchmark\b", config.option.markexpr)
    if alone and config.option.dist == "loadscope":
        config.option.numprocesses, config.option.dist = 0, "no"


def pytest_collection_finish(session):
    """Let the collector pass over what was imported, and come more seldom: it took a tenth of the run. What measures (one process) stays as it is."""
    if hasattr(session.config, "workerinput"):
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)


#: What one process runs: where a dear fixture is shared, or where two that begin at once may be given the same port.
GROUPS = {
    "tests/reporting/": "report",
    "tests/browser/": "report",
    "tests/files/test_exports.py": "exports",
    "tests/quality/test_quality.py::test_coverage_": "coverage",
    "tests/notebooks/": "kernels",
    "tests/explore/test_in_jupyterlab.py": "kernels",
    "tests/cli/test_cli.py::test_lab_": "kernels",
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Deal out the groups first, then test by test. (The mark xdist_group of pytest-xdist 3.8 has no effect under pytest 9.2.)"""
    from xdist.scheduler import LoadScopeScheduling

    class Grouped(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return next((group for start, group in GROUPS.items() if nodeid.startswith(start)), nodeid)

    return Grouped(config, log)


@pytest.fixture
def ctrl_c_reaches_children():
    """Where the shell that started the tests ignores SIGINT (in the background, say), each child would ignore it, too."""
    kept = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, kept)


#: A cache for each test; the folder is made by whoever writes into it, as hardly any does.
_NUMBERS = count()


@pytest.fixture(autouse=True)
def own_settings_do_not_count(monkeypatch, tmp_path_factory):
    """A developer's token, base URL or cache must neither be used nor filled."""
    for name in ("MAKINI_API_TOKEN", "MAKINI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MAKINI_CACHE_DIR", str(tmp_path_factory.getbasetemp() / f"cache{next(_NUMBERS)}"))


SCMS_COLUMNS = {
    "PO / SO #": "order_number",
    "Vendor": "vendor_name",
    "PO Sent to Vendor Date": "order_date",
    "Scheduled Delivery Date": "required_date",
    "Delivered to Client Date": "delivered_date",
    "Line Item Quantity": "quantity",
    "Pack Price": "unit_price",
    "Line Item Value": "amount",
    "Item Description": "description",
    "Product Group": "category",
    "Country": "site_id",
}

#: The real deliveries: an extract that is everywhere, and the whole file (10,324 order lines) where it is beside the project.
SCMS_FILES = {
    "extract": Path(__file__).parent / "real_data" / "scms_extract.csv.gz",
    "whole": Path(__file__).parents[2] / "shared" / "data" / "scms" / "scms_delivery_history.csv.gz",
}
SCMS = [name for name, path in SCMS_FILES.items() if path.exists()]


@cache
def scms_frame(name: str) -> pd.DataFrame:
    """Return the real deliveries as their file has them."""
    return pd.read_csv(SCMS_FILES[name], keep_default_na=False)


@cache
def scms_purchases(name: str):
    """Return the real deliveries as Purchases."""
    from makini_analytics import Purchases

    return Purchases.from_table(
        scms_frame(name), columns=SCMS_COLUMNS, connection="scms", currency="USD", as_of="2015-12-31"
    )


@pytest.fixture(params=[pytest.param(n, marks=[pytest.mark.full] if n == "whole" else []) for n in SCMS])
def scms_name(request) -> str:
    """Which of the files a test takes: a test that asks for any of the fixtures below runs on each that is there, on the whole file with the big counts."""
    return request.param


@pytest.fixture
def scms_table(scms_name) -> pd.DataFrame:
    """The real deliveries as their file has them."""
    return scms_frame(scms_name)


@pytest.fixture
def scms(scms_name):
    """The real deliveries as Purchases."""
    return scms_purchases(scms_name)


@pytest.fixture
def known(scms_name) -> dict:
    """The reference figures of the same file, counted by plain loops."""
    return KNOWN[scms_name]


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Every format of one report, made once for all tests of the group "report"."""
    import makini_analytics as ma
    from makini_analytics.reporting import content, write

    pytest.importorskip("xlsxwriter", reason="the extra 'report' is not installed")
    pytest.importorskip("pptx", reason="the extra 'report' is not installed")
    data = ma.load_sample(["emea", "us"])
    out = tmp_path_factory.mktemp("report")
    told = content(data)
    for name in ("r.html", "r.xlsx", "folder", "r.pptx"):
        write(told, out / name)
    return data, out, told


@pytest.fixture(scope="module")
def spark():
    """A session of Spark in local mode; skipped where Java or pyspark is absent."""
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, which is not on this machine")
    os.environ["PYSPARK_PYTHON"] = sys.executable  # of its workers
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").appName("makini-analytics tests")
    for key, value in {
        "spark.sql.shuffle.partitions": "1",
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.memory": "1g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.codegen.wholeStage": "false",  # few rows: to compile costs more than to run
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    }.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
    # and its Java, which would give the next session the environment of this one
    gateway, SparkContext._gateway, SparkContext._jvm = SparkContext._gateway, None, None
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait(timeout=60)
