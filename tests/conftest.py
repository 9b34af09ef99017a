"""What every test stands on: no setting of the developer's own, no network but loopback, the real data where it is."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(autouse=True)
def own_settings_do_not_count(monkeypatch, tmp_path):
    """A developer's token, base URL or cache must neither be used nor filled."""
    for name in ("MAKINI_API_TOKEN", "MAKINI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MAKINI_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def scms_table() -> pd.DataFrame:
    """The real SCMS deliveries as their file has them: 10,324 order lines."""
    path = SHARED / "data" / "scms" / "scms_delivery_history.csv.gz"
    if not path.exists():
        pytest.skip("the real deliveries (../shared/data/scms) are not on this machine")
    return pd.read_csv(path, keep_default_na=False)


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


@pytest.fixture(scope="session")
def scms(scms_table):
    """The real SCMS deliveries as Purchases."""
    from makini_analytics import Purchases

    return Purchases.from_table(scms_table, columns=SCMS_COLUMNS, connection="scms", currency="USD", as_of="2015-12-31")
