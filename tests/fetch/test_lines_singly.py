"""Lists in which some orders, or all, come without lines: each of these is asked for on its own, and no other order takes its place."""

from __future__ import annotations

import random

import pytest

import makini_analytics as ma
from makini_analytics.records import cut_lines
from tests.faults.server import TOKEN, FaultServer, order
from tests.tiers import one_in

WHAT_COMES = ("whole", "empty", "other", "no key", "no lines", "404", "403")


def fetch(server, **options):
    with ma.Client(
        TOKEN,
        base_url=server.url,
        cache_dir=None,
        progress=False,
        retries=0,
        per_page=4,
        delivery_date="actual",
    ) as client:
        return client.fetch_purchases(**options)


def playing(rows, listed, single, contract="v3"):
    """Return a server that lists ``listed`` and answers for each order singly as ``single`` says."""
    server = FaultServer(listed, contract)
    whole = {r["key"]: r for r in rows}

    def answer(s, h, query):
        key = h.path.rsplit("/", 1)[-1]
        if key not in whole:
            return False
        said = single[key]
        bare = {k: v for k, v in whole[key].items() if k != "lineItems"}
        bodies = {
            "whole": whole[key],
            "empty": bare | {"lineItems": []},
            "other": order(7777),
            "no key": {"lineItems": whole[key]["lineItems"]},
            "no lines": bare,
        }
        s.send(h, {"data": bodies[said]} if said in bodies else {}, int(said) if said.isdigit() else 200)
        return True

    server.always = answer
    return server


def without(row, how):
    """Return an order as a list has it that tells nothing of its lines."""
    bare = {k: v for k, v in row.items() if k != "lineItems"}
    return bare | {"lineItems": None} if how == "null" else bare


def check(seed, contract, folder=None):
    r = random.Random(seed)
    rows = [order(i) for i in range(1, r.randint(2, 12))]
    kind = {o["key"]: r.choice(["listed", "absent", "null"]) for o in rows}
    single = {key: r.choice(["whole", r.choice(WHAT_COMES)]) for key in kind}
    listed = [o if kind[o["key"]] == "listed" else without(o, kind[o["key"]]) for o in rows]
    with playing(rows, listed, single, contract) as server:
        data = fetch(server) if folder is None else ma.Purchases.load(fetch(server, to=folder))
        asked = [path.rsplit("/", 1)[-1] for _, path, *_ in server.requests]
    bare = {key for key, k in kind.items() if k != "listed"}
    had = {o["key"] for o in rows if kind[o["key"]] == "listed" or single[o["key"]] == "whole"}
    assert sorted(data.orders.order_id) == [o["key"] for o in rows]
    assert sorted(data.lines.order_id) == sorted(had)
    assert [a for a in asked if a in kind and a not in bare] == []  # what has its lines is not asked for
    assert sorted(a for a in asked if a in bare) == sorted(bare)
    told = data.issues[data.issues.column == "n_lines"]
    assert set(told.id) == {key for key in bare if single[key] not in ("whole", "empty")}
    assert bool(bare) == ("on its own" in data.sources.notes.item())


@pytest.mark.parametrize("contract", one_in(3, ["v3", "v4", "v1"]))
def test_orders_without_lines_among_others_are_asked_for(contract):
    for seed in range(5):
        check(seed, contract)


@pytest.mark.full
@pytest.mark.parametrize("contract", ["v3", "v4", "v1"])
def test_orders_without_lines_among_others_are_asked_for_however_they_lie(contract):
    for seed in range(100, 300):
        check(seed, contract)


@pytest.mark.full
def test_orders_without_lines_among_others_are_asked_for_part_by_part(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow", reason="pyarrow, the extra 'fast', is not installed")
    monkeypatch.setattr("makini_analytics.purchases._spool.PART_LINES", 3)
    for seed in range(3):
        check(seed, "v3", tmp_path / str(seed))


@pytest.mark.parametrize("field", one_in(3, ["orderDate", "vendorName", "orderNo"]))
def test_what_an_order_on_its_own_leaves_out_stays_as_listed(field):
    rows = [order(i, vendorName=f"V{i}") for i in range(1, 4)]
    listed = [{k: v for k, v in r.items() if k != "lineItems"} for r in rows]
    with FaultServer(listed) as server:
        server.always = lambda s, h, q: (
            s.send(h, {"data": rows[int(h.path[-1]) - 1] | {field: None}}) or True if h.path[-4:].isdigit() else False
        )
        got = fetch(server)
    with FaultServer(rows) as server:
        assert got.orders.equals(fetch(server).orders)


# ---- orders whose own lines are cut ------------------------------------------------------------------------------------

CUT = [
    {"hasMoreLineItems": True}, {"lineItemCount": 9}, {"lineItemsMeta": {"total": 9, "last_page": 9}}, {"lineItems@nextLink": "x?page=2"},
    {"lineItemsTruncated": True}, {"lines_meta": {"total": 9}},
]  # fmt: skip


def cut_order(said, n_lines=1):
    whole = order(3, lineItems=[{"key": f"0003-{n}", "quantity": 1, "price": 2} for n in range(9)])
    return whole, whole | said | {"lineItems": whole["lineItems"][:n_lines]}


@pytest.mark.parametrize("said", one_in(3, CUT), ids=str)
@pytest.mark.parametrize("contract", one_in(3, ["v3", "v1"]))
def test_an_order_whose_lines_are_cut_is_asked_for_on_its_own(said, contract):
    whole, cut = cut_order(said)
    rows = [order(1), order(2), cut]
    with playing([whole], rows, {"0003": "whole"}, contract) as server:
        data = fetch(server)
        assert data.lines.groupby("order_id").size()["0003"] == 9
        assert not data.issues.reason.str.contains("lines").any()
    with playing([cut], rows, {"0003": "404"}, contract) as server:
        data = fetch(server)
    (told,) = data.issues[data.issues.id == "0003"].reason
    assert told.startswith(
        f"some of its lines are missing, and with them their amounts: the list says that it has more ({next(iter(said))}"
    )
    assert "Warning: lines of 1 of 3 orders could not be fetched" in data.sources.notes.item()
    assert len(data.lines[data.lines.order_id == "0003"]) == 1


@pytest.mark.parametrize(
    ("said", "alone", "n_lines", "why"),
    one_in(
        3,
        [
            ({}, {"hasMoreLines": True}, 5, "a sign of more lines (hasMoreLines)"),
            ({}, {"lines_meta": {"total": 7}}, 5, "a sign of more lines (lines_meta)"),
            ({"lineItemCount": 9}, {}, 5, "a sign of more lines (lineItemCount)"),
            ({"hasMoreLineItems": True}, {}, 0, "fewer lines than in the list"),
            ({"hasMoreLineItems": True}, {}, 9, None),
        ],
    ),
)
def test_so_is_one_that_is_asked_for_on_its_own(said, alone, n_lines, why):
    _, listed = cut_order(said)
    if not said:
        del listed["lineItems"]
    single = cut_order(alone, n_lines)[1]
    with playing([single], [order(1), listed], {"0003": "whole"}) as server:
        data = fetch(server)
    told = data.issues[data.issues.id == "0003"].reason.tolist()
    assert len(data.lines[data.lines.order_id == "0003"]) == max(n_lines, 1)
    assert (not told and why is None) or why in told[0]


def test_what_else_an_order_says_of_lines_is_no_sign():
    for said in (
        {"lineCount": 1}, {"numberOfLines": "1"}, {"nextLineNumber": 20}, {"remainingLines": 3}, {"lineItemsTotal": 1234}, {"lineNumber": 10}, {"lastLineNo": 90},
        {"hasMoreLines": "false"}, {"lineItemsMeta": {"total": 1, "last_page": 1, "next": None, "per_page": 50}}, {"itemCount": 9}, {"onlineCount": 9}, {"line" * 30: 9},
        {"lineItems_next": None}, {"lineInfo": "x"}, {"lineOfBusinessNumber": 7}, {"lines": None},
    ):  # fmt: skip
        assert not cut_lines(order(3) | said, ["lineItems", "lines"]), said
    assert not cut_lines("x", ["lines"])
    assert not cut_lines({"lineItems": {"data": []}, "lineCount": 3}, ["lineItems"])
    assert cut_lines({"lines": [], "LINE_COUNT": 3.0}, ["lineItems", "lines"]) == "LINE_COUNT"


def test_offline_a_cut_order_that_was_refused_is_told_as_it_was(tmp_path):
    whole, cut = cut_order({"lineItemCount": 9})
    with playing([whole], [order(1), cut], {"0003": "404"}) as server:
        options = {
            "base_url": server.url,
            "cache_dir": tmp_path,
            "progress": False,
            "delivery_date": "actual",
            "retries": 0,
        }
        with ma.Client(TOKEN, **options) as client:
            client.fetch_purchases()
        with ma.Client(TOKEN, offline=True, **options) as client:
            data = client.fetch_purchases()
    assert "the order on its own is not in the cache" in data.issues[data.issues.id == "0003"].reason.item()


@pytest.mark.parametrize("had", [True, False])
def test_lines_that_are_no_list_are_asked_for_or_warned_of(had):
    listed = order(1)
    listed["lineItems"] = {"0": listed["lineItems"][0]}  # what PHP makes of a list of which some were filtered out
    with playing([order(1)], [listed, order(2), None], {"0001": "whole" if had else "no lines"}) as server:
        got = fetch(server)
    assert got.lines.amount.sum() == (3 if had else 2)
    assert f"Warning: lines of {1 if had else 2} of 3 orders could not be fetched or read" in got.sources.notes.item()
