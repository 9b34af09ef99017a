"""What each of several changes did, averaged over all orders in which they can be made (Shapley 1953).

Changes are bits: with the changes a, b and c, the state 5 (binary 101) is the one in which a and c have been made. From 100 pieces at
1.00 to 120 pieces at 1.50::

    state      0    1 (price)    2 (quantity)    3 (both)
    value    100          150             120         180

    price first:     +50, then quantity +30         price     (50 + 60) / 2 = 55
    quantity first:  +20, then price    +60         quantity  (20 + 30) / 2 = 25
"""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def steps(n: int, change: int) -> tuple[Ints, Ints, Floats]:
    """Return the states of ``n`` changes before and after one of them is made, and the share of all orders that go that way.

    >>> [x.tolist() for x in steps(2, 0)]
    [[0, 2], [1, 3], [0.5, 0.5]]
    """
    states = np.arange(2**n)
    before = states[(states >> change) & 1 == 0]
    made = np.array([int(s).bit_count() for s in before])
    share = np.array([factorial(m) * factorial(n - 1 - m) / factorial(n) for m in range(n)])
    return before, before | (1 << change), share[made]


def shares(value: npt.NDArray[Any]) -> Floats:
    """Return the part of each change, a row each, from the value of every state: of one or of many things side by side.

    A state may have no value, as a rate of nothing has none. Then the average is over the orders of which every step has one, and
    missing where there is no such order.

    >>> shares(np.array([[100.0], [150.0], [120.0], [180.0]])).ravel().tolist()
    [55.0, 25.0]
    >>> shares(np.array([[100.0], [np.nan], [120.0], [180.0]])).ravel().tolist()
    [60.0, 20.0]
    """
    n = len(value).bit_length() - 1
    known = np.isfinite(value)
    # In how many orders a state is reached from nothing, and all is reached from it: where every state has a value these are
    # the factorials of the changes made, and of those still to be made.
    reached, going_on = known.astype(float), known.astype(float)
    for state in range(1, 2**n):
        others = 2**n - 1 - state
        reached[state] *= sum(reached[state ^ (1 << k)] for k in range(n) if state >> k & 1)
        going_on[others] *= sum(going_on[others | (1 << k)] for k in range(n) if not others >> k & 1)
    at = np.where(known, value, 0.0)
    out = np.zeros((n, *value.shape[1:]))
    for change in range(n):
        before, after, _ = steps(n, change)
        out[change] = (reached[before] * going_on[after] * (at[after] - at[before])).sum(axis=0)
    orders = reached[-1]
    average: Floats = np.divide(out, orders, out=np.full(out.shape, np.nan), where=orders > 0)
    return average
