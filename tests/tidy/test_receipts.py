"""What receipts and return orders say of the lines: days and quantities, no row multiplied, nothing taken off twice."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics import Client, Purchases, lead_times, slippage, spend
from tests.faults.server import TOKEN, FaultServer, order
from tests.tidy.plain import tidy_orders
from tests.tiers import one_in


def po(key, *lines, **extra):
    made = [{"key": f"{key}-{i}", "lineNo": str(10 * (i + 1)), **line} for i, line in enumerate(lines)]
    return {"key": key, "orderNo": f"PO-{key}", "orderDate": "2025-01-01", "updatedAt": "2025-06-30T00:00:00Z", "currency": "EUR",
            "lineItems": made} | extra  # fmt: skip


def receipt(key, order_key, day, *lines, **extra):
    return {"key": key, "poKey": order_key, "receivedAt": day, "lineItems": list(lines)} | extra


def tidied(orders, receipts=(), returns=(), **options):
    lookups = {"receipts": list(receipts), "returns": list(returns)}
    return tidy_orders([orders], connection="x", lookups=lookups, **({"delivery_date": "planned"} | options))


TEN = {"quantity": 10, "price": 2, "lineTotalValue": 20, "dueAt": "2025-02-01"}


def test_p18_two_receipts_of_one_line_are_one_line():
    """6 + 4 of 10 on time: one line, its value once, on time."""
    got = tidied(
        [po("a", TEN)],
        [
            receipt("r1", "a", "2025-01-20", {"lineNo": "10", "quantity": 6}),
            receipt("r2", "a", "2025-01-28", {"lineNo": "10", "quantity": 4}),
        ],
    )
    line = got.lines.iloc[0]
    assert len(got.lines) == 1
    assert (line.first_receipt_date, line.delivered_date) == (pd.Timestamp("2025-01-20"), pd.Timestamp("2025-01-28"))
    assert (line.n_receipts, line.received_quantity, line.amount) == (2, 10, 20)
    on_time = slippage.by_vendor(got.lines.assign(vendor_id="v"), as_of="2025-06-30")
    assert on_time["on_time_rate"].item() == 1
    assert spend.by_vendor(got.lines.assign(vendor_id="v"))["spend"].item() == 20
    assert lead_times.per_line(got.lines, as_of="2025-06-30")["lead_time_days"].item() == 27
    assert "The deliveries of 1 lines are those of their 2 receipts." in got.notes


@pytest.mark.parametrize(
    ("parts", "first", "complete"),
    one_in(
        3,
        [
            ([("2025-01-20", 4)], "2025-01-20", None),  # six are lacking
            ([("2025-01-20", 12)], "2025-01-20", "2025-01-20"),  # P19: more than ordered
            (
                [("2025-01-20", 10), ("2025-01-22", -10), ("2025-02-03", 10)],
                "2025-01-20",
                "2025-02-03",
            ),  # reversed and come again
            ([("2025-01-20", 10), ("2025-01-25", -3)], "2025-01-20", None),
            ([("2025-01-28", 4), ("2025-01-20", 6)], "2025-01-20", "2025-01-28"),  # in any order
            ([("2025-01-20", None)], "2025-01-20", "2025-01-20"),  # a quantity that is not told can't lack
        ],
    ),
)
def test_complete_is_the_day_from_which_all_is_there(parts, first, complete):
    receipts = [receipt(f"r{i}", "a", day, {"lineNo": "10", "quantity": n}) for i, (day, n) in enumerate(parts)]
    line = tidied([po("a", TEN)], receipts).lines.iloc[0]
    assert line.first_receipt_date == pd.Timestamp(first)
    assert pd.isna(line.delivered_date) if complete is None else line.delivered_date == pd.Timestamp(complete), (
        line.delivered_date
    )


def test_a_line_without_a_quantity_came_with_its_last_receipt():
    got = tidied(
        [po("a", {"lineTotalValue": 5})],
        [receipt("r", "a", "2025-01-20", {"lineNo": "10"}), receipt("s", "a", "2025-01-25", {"lineNo": "10"})],
    )
    assert got.lines.delivered_date.tolist() == [pd.Timestamp("2025-01-25")]


@pytest.mark.parametrize(
    "names",
    one_in(
        3,
        [
            {"poLineKey": "a-1"},
            {"poLineItemKey": "a-1"},
            {"key": "a-1"},
            {"lineNo": "20"},
            {"lineRef": "20"},
            {"materialKey": "m1"},
            {"code": "C1"},
        ],
    ),
    ids=lambda n: next(iter(n)),
)
def test_a_receipt_finds_its_line_by_whatever_names_it(names):
    lines = [TEN | {"materialKey": f"m{i}", "code": f"C{i}"} for i in range(3)]
    got = tidied([po("b", TEN), po("a", *lines)], [receipt("r", "a", "2025-01-20", names | {"quantity": 10})])
    assert got.lines.set_index("line_id").delivered_date.dropna().to_dict() == {"a-1": pd.Timestamp("2025-01-20")}


def test_the_only_line_needs_no_name_and_two_of_one_material_are_not_guessed():
    same = TEN | {"materialKey": "m"}
    got = tidied(
        [po("a", TEN), po("b", same, same)],
        [
            receipt("r", "a", "2025-01-20", {"quantity": 10}),
            receipt("s", "b", "2025-01-20", {"materialKey": "m", "quantity": 10}),
        ],
    )
    assert got.lines.set_index("line_id").delivered_date.dropna().index.tolist() == ["a-0"]
    said = got.issues[got.issues["table"] == "receipt lines"]
    assert said[["id", "reason"]].to_numpy().tolist() == [
        ["b", "a receipt of no order line that is known; not counted"]
    ]


def test_receipts_of_other_orders_deleted_ones_and_undated_ones_are_not_counted():
    got = tidied(
        [po("a", TEN)],
        [
            receipt("r", "elsewhere", "2025-01-20", {"lineNo": "10", "quantity": 10}),
            receipt("s", "a", "2025-01-20", {"lineNo": "10", "quantity": 10}, deletedAt="2025-01-21T00:00:00Z"),
            receipt("t", "a", "9999-12-31", {"lineNo": "10", "quantity": 10}),
            "no object",
            {"key": "u"},
            receipt("v", None, "2025-01-20", {"lineNo": "10"}),
        ],
    )
    assert got.lines.delivered_date.isna().all()
    assert got.lines.n_receipts.isna().all()
    reasons = got.issues.groupby("table").reason.apply(sorted).to_dict()
    assert reasons["receipt lines"] == ["a receipt of no order line that is known; not counted"] * 2 + [
        "a receipt without a day; not counted"
    ]
    assert "stands for no date" in reasons["receipts"]


@pytest.mark.parametrize("status", one_in(3, ["Cancelled", "DRAFT", {"name": "Storniert"}, "voided", "In transit"]))
def test_a_receipt_that_its_status_says_has_not_come_is_not_counted_and_listed(status):
    six, four = ({"lineNo": "10", "quantity": n} for n in (6, 4))
    got = tidied(
        [po("a", TEN), po("b", TEN)],
        [
            receipt("r", "a", "2025-01-20", six) | {"status": "Posted"},
            receipt("s", "a", "2025-01-28", four) | {"status": status},
            receipt("t", "b", "2025-01-20", six, four | {"status": status}) | {"status": "Incomplete"},
            receipt("u", "b", "2025-01-29", four, cancelledAt="2025-01-30T00:00:00Z"),
            receipt("v", "b", "2025-01-29", four, deletedAt="X"),
            receipt("w", "b", "2025-01-29", four | {"deletedAt": "X"}),
        ],
    )
    assert got.lines.received_quantity.tolist() == [6, 6] and got.lines.n_receipts.tolist() == [1, 1]
    assert got.lines.delivered_date.isna().all() and got.lines.state.tolist() == ["open", "open"]
    said = got.issues[(got.issues["table"] == "receipts") & (got.issues["column"] == "status")]
    word = status if isinstance(status, str) else status["name"]
    left_out = "a receipt that is cancelled, a draft or still to come by its status; not counted"
    unclear = "a receipt whose status does not tell whether it came; counted as received"
    assert sorted(zip(said.value, said.reason, strict=True)) == sorted(
        [(word, left_out)] * 2 + [("Incomplete", unclear)]
    )
    assert not len(got.issues[got.issues["table"] == "receipt lines"])


@pytest.mark.parametrize(
    "said",
    one_in(3, [{"status": s} for s in ("On hold", "ONHOLD", "Pending approval", "In Review", "Unvollständig", "30 - Incomplete", "Aguardando aprovação",
                             "Wstrzymane", "Ritirato", "Retiré", "Closed", "Posted", "Partially cancelled", "-", 0, True)]
    + [{"deletedAt": mark} for mark in ("00000000", "00000000000000", "0000-00-00", False, 0, "N", "")]),
    ids=str,
)  # fmt: skip
def test_a_receipt_that_is_not_said_to_be_undone_is_counted(said):
    """What waits for a check or an approval has come, as has a delivery that is not complete; no date is no mark."""
    line = {"lineNo": "10", "quantity": 10}
    got = tidied(
        [po("a", TEN), po("b", TEN)],
        [receipt("r", "a", "2025-01-20", line) | said, receipt("s", "b", "2025-01-20", line | said)],
    )
    assert got.lines.n_receipts.tolist() == [1, 1]


@pytest.mark.parametrize("own", one_in(3, ["Open", "Received", "-"]))
def test_what_is_cancelled_as_a_whole_has_no_line_that_counts(own):
    line = {"lineNo": "10", "quantity": 4, "price": 2, "status": own}
    got = tidied([po("a", TEN)], [receipt("r", "a", "2025-01-20", line, status="Cancelled")])
    assert not got.lines.n_receipts.notna().any() and "Cancelled" in set(got.issues["value"])
    got = tidied([po("a", TEN)], returns=[{"key": "ro", "poKey": "a", "status": "Cancelled", "lineItems": [line]}])
    assert got.lines.state.tolist() == ["open", "cancelled"]


@pytest.mark.parametrize(
    ("ended", "state"),
    one_in(3, [({"status": "Posted"}, "open"), ({"status": "Cancelled"}, "cancelled"), ({"status": "Draft"}, "draft"), ({"deletedAt": "2025-02-01T00:00:00Z"}, "cancelled"),
     ({"deletedAt": "X"}, "cancelled"), ({"deletedAt": True, "status": "Open"}, "cancelled"), ({"status": "On hold"}, "draft"),
     ({"status": "In preparation"}, "draft")]),
)  # fmt: skip
def test_a_return_order_that_ended_takes_nothing_back(ended, state):
    line = {"key": "ro-1", "quantity": 4, "price": 2, "lineTotalValue": 8}
    for head, own in ((ended, {}), ({}, ended)) if state != "open" else ((ended, {}),):
        got = tidied([po("a", TEN)], returns=[{"key": "ro", "poKey": "a", "lineItems": [line | own]} | head])
        assert got.lines.state.tolist() == ["open", state]
        spent = spend.by_vendor(got.lines.assign(vendor_id="v", currency="EUR", order_date=pd.Timestamp("2025-01-01")))
        assert spent.spend.sum() == (12 if state == "open" else 20)


@pytest.mark.parametrize(("shift", "role"), [(0, "actual"), (3, "planned")])
def test_receipts_show_what_the_lines_own_delivery_date_means(shift, role):
    days = pd.date_range("2025-01-10", periods=20)
    orders = [po(str(i), TEN | {"deliveryAt": str((d + pd.Timedelta(days=shift)).date())}) for i, d in enumerate(days)]
    receipts = [
        receipt(f"r{i}", str(i), str(d.date()), {"lineNo": "10", "quantity": 10}) for i, d in enumerate(days[:15])
    ]
    got = tidied(orders, receipts, delivery_date="auto")
    assert got.delivery_date == role
    assert "on 15 of the 15 lines" in " ".join(got.notes) or "on 0 of the 15 lines" in " ".join(got.notes)
    assert got.lines.delivered_date.iloc[:15].tolist() == days[:15].tolist()
    assert got.lines.delivered_date.iloc[15:].notna().all() == (role == "actual")
    assert got.lines.promised_date.notna().all() == (role == "planned")


def test_receipts_against_a_plain_loop():
    """Random receipts, against counting them one by one."""
    rng = np.random.default_rng(3)
    orders = [
        po(str(k), *({"quantity": float(rng.integers(1, 9))} for _ in range(rng.integers(1, 5)))) for k in range(150)
    ]
    receipts, want = [], {}
    for o in orders:
        for line in o["lineItems"]:
            parts = sorted((int(rng.integers(0, 40)), int(rng.integers(-2, 6))) for _ in range(rng.integers(0, 5)))
            day = pd.Timestamp("2025-01-05")
            for n, (d, q) in enumerate(parts):
                receipts.append(
                    receipt(
                        f"{line['key']}/{n}",
                        o["key"],
                        str((day + pd.Timedelta(days=d)).date()),
                        {"poLineKey": line["key"], "quantity": q},
                    )
                )
            total, complete = 0, None
            for d, q in parts:
                total += q
                complete = None if total < line["quantity"] else complete or day + pd.Timedelta(days=d)
            want[line["key"]] = (len(parts) or None, complete)
    receipts = [receipts[i] for i in rng.permutation(len(receipts))]
    # receipts of one day may come in any order: sums by day decide, so give each day once
    got = tidied(orders, sorted(receipts, key=lambda r: (r["receivedAt"], int(r["lineItems"][0]["quantity"]))))
    for row in got.lines.itertuples():
        n, complete = want[row.line_id]
        assert (row.n_receipts if pd.notna(row.n_receipts) else None) == n
        assert (row.delivered_date if pd.notna(row.delivered_date) else None) == complete
    assert len(got.lines) == len(want)


@pytest.mark.parametrize("name", ["receipts", "receiving"])
def test_over_http_under_either_name(name):
    rows = [order(i) for i in range(12)]
    with FaultServer(rows) as server:
        server.tables[name] = [
            receipt(f"r{i}", f"{i:04d}", "2025-12-24", {"lineNo": None, "quantity": 1}) for i in range(12)
        ]
        client = Client(TOKEN, base_url=server.url, progress=False, delivery_date="planned")
        data = client.fetch_purchases()
        assert data.lines.delivered_date.eq(pd.Timestamp("2025-12-24")).all()
        assert "12 receipts" in data.sources.notes.item()
        n = len(server.requests)
        assert len(client.fetch_purchases().lines) == 12
        assert len(server.requests) == n  # cached, what is not there as well


# ---- returns -----------------------------------------------------------------------------------------------------------

BOUGHT = {"quantity": 10, "price": 10, "lineTotalValue": 100, "materialKey": "m"}
BACK = {"quantity": 2, "price": 10, "lineTotalValue": 20, "materialKey": "m"}


@pytest.mark.parametrize(
    ("lines", "returns"),
    one_in(
        3,
        [
            ([BOUGHT, BACK | {"quantity": -2, "lineTotalValue": -20}], []),
            ([BOUGHT, BACK | {"quantity": -2}], []),  # the amount given as positive
            ([BOUGHT, BACK | {"isReturn": True}], []),
            ([BOUGHT, BACK | {"type": "RETURN"}], []),
            ([BOUGHT], [{"key": "ret", "poKey": "a", "lineItems": [BACK | {"key": "ret-1"}]}]),
            (
                [BOUGHT, BACK | {"quantity": -2, "lineTotalValue": -20}],
                [{"key": "ret", "poKey": "a", "lineItems": [BACK | {"key": "ret-1"}]}],
            ),
        ],
    ),
    ids=["negative", "negative quantity only", "flag", "type", "document", "line and document"],
)
def test_p4_gross_100_return_20_is_net_80_in_each_shape(lines, returns):
    got = tidied([po("a", *lines, vendorKey="v")], returns=returns)
    assert len(got.lines) == 2
    assert got.lines.amount.sum() == 80
    assert got.lines.quantity.sum() == 8
    assert got.lines.is_return.tolist() == [False, True]
    assert spend.by_vendor(got.lines)["spend"].item() == 80
    assert got.lines.unit_price.tolist() == [10, 10]  # an average price never turns negative
    assert got.orders.n_lines.item() == 2
    judged = slippage.per_line(
        got.lines.assign(delivered_date=pd.Timestamp("2025-01-05"), required_date=pd.Timestamp("2025-01-05")),
        as_of="2025-06-30",
    )
    assert judged["reason"].tolist()[1] == "return"


def test_a_return_of_an_order_that_is_not_here_is_listed():
    got = tidied(
        [po("a", BOUGHT)],
        returns=[
            {"key": "r", "poKey": "zz", "lineItems": [BACK | {"key": "r-1"}]},
            "no object",
            {"key": "s", "lineItems": [BACK]},
        ],
    )
    assert got.lines.amount.tolist() == [100]
    said = got.issues[got.issues["table"] == "return lines"]
    assert said["value"].tolist() == ["r-1", None] or said["value"].isna().tolist() == [False, True]
    assert (said["reason"] == "a return of an order that is not here; not counted").all()


def test_a_table_s_returns_are_signed_too():
    table = pd.DataFrame({"quantity": [10, 2], "amount": [100.0, 20.0], "is_return": [False, True], "vendor_name": "v"})
    data = Purchases.from_table(table, currency="EUR", as_of="2025-01-01")
    assert data.lines.amount.tolist() == [100, -20]
    assert data.issues.reason.tolist() == ["a return given as positive; counted as negative"] * 2
