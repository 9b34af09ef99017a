"""Every list beside the orders x every oddity, over real sockets: all orders, whole and unchanged, or under strict an error of ours."""

from __future__ import annotations

import itertools
import time

import pytest

import makini_analytics as ma
from tests.fetch.odd_lists import LISTS, ODD, ORDERS_LISTED, TIMEOUT, OddServer

SLOW = [
    name for name, said in ODD.items() if not isinstance(said, bytes) and name not in ("closes", "resets", "moved in a loop")
]  # fmt: skip
QUICK = [name for name in ODD if name not in SLOW]
WANTED = [(o["key"], line["key"], line["lineTotalValue"]) for o in ORDERS_LISTED for line in o["lineItems"]]


@pytest.fixture(scope="module")
def server():
    made = OddServer()
    yield made
    made.close()


def fetch(server, name, odd, **options):
    server.name, server.odd = name, ODD[odd]
    with ma.Client(
        "token-0123456789",
        base_url=server.url,
        cache_dir=None,
        progress=False,
        retries=0,
        timeout=TIMEOUT,
        max_body=5_000_000,
        delivery_date="actual",
    ) as client:
        return client.fetch_purchases(**options)


def fault(server, folder, name, odd, strict):
    """Return what is wrong with a fetch, or None; and the seconds that it took."""
    began = time.monotonic()
    try:
        data = fetch(server, name, odd, strict=strict)
    except ma.MakiniError as e:
        wrong = None if strict else f"{type(e).__name__}: {e}"
        return wrong, time.monotonic() - began
    except Exception as e:
        return f"raw {type(e).__name__}: {e}", time.monotonic() - began
    took = time.monotonic() - began
    bought = data.lines[~data.lines.is_return.fillna(False)]
    got = list(zip(bought.order_id, bought.line_id, bought.amount, strict=True))
    if data.orders.order_id.tolist() != [o["key"] for o in ORDERS_LISTED] or got != WANTED:
        return f"other orders: {got}", took
    try:
        data.sources.notes.item().encode()
        if folder:
            data.save(folder / "data")
    except Exception as e:
        return f"can't be saved: {type(e).__name__}: {e}", took
    return None, took


def played(server, folder, trials):
    """Return what was wrong in which trial, and the longest time."""
    wrong, longest = {}, 0.0
    for name, odd, strict in trials:
        worked = time.process_time()
        said, took = fault(server, folder, name, odd, strict)
        # Beside what it waits for there is the work on the frames, which takes longer than its processor time on a busy machine.
        work = 4 * (time.process_time() - worked)
        if said or took >= 2 * TIMEOUT + work:
            wrong[name, odd, strict] = (said, round(took, 2))
        longest = max(longest, took)
    return wrong, longest


@pytest.mark.full
def test_thirty_oddities_spread_over_the_lists(server):
    spread = zip(QUICK[:: len(QUICK) // 29], itertools.cycle(LISTS), itertools.cycle([False, True]))
    trials = [(name, odd, strict) for odd, name, strict in spread]
    assert len(trials) >= 30
    assert played(server, None, trials)[0] == {}


@pytest.mark.parametrize("odd", ["half a surrogate as a state", "values of a state"])
def test_an_odd_state_of_the_synchronisation_is_told(server, odd):
    assert played(server, None, [("integrations/current", odd, False)])[0] == {}


def test_a_list_that_hangs_ends_in_time(server):
    assert played(server, None, [("vendors", "hangs", False)])[0] == {}


@pytest.mark.full
@pytest.mark.parametrize("name", LISTS)
def test_every_oddity_of_every_list(server, tmp_path, name):
    assert len(ODD) >= 50
    wrong, longest = played(server, tmp_path, [(name, odd, False) for odd in ODD])
    print(f"{name}: {len(ODD)} fetches, the longest took {longest / TIMEOUT:.2f} of the timeout")
    assert wrong == {}


@pytest.mark.full
@pytest.mark.parametrize("name", ["receipts", "receiving", "return-orders"])
def test_every_oddity_of_what_changes_figures_under_strict(server, tmp_path, name):
    assert played(server, tmp_path, [(name, odd, True) for odd in ODD])[0] == {}


@pytest.mark.full
def test_lists_that_hang_share_one_time(server):
    """All of them hang: the orders come, and it takes less than twice the timeout in all."""
    began = time.monotonic()
    data = fetch(server, "", "hangs")
    assert time.monotonic() - began < 5 * TIMEOUT  # a busy machine adds to the two; one by one they took ten
    assert len(data.orders) == len(ORDERS_LISTED)
    notes = data.sources.notes.item()
    for ours in ("receipts", "returns", "vendors", "statuses", "currencies", "units", "sites", "materials"):
        assert f"The list of {ours} " in notes
    assert "state of the synchronisation could not be had" in notes
