"""The lines of two snapshots, matched by their ids."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import SchemaError
from ..frames import Encoding, encode, texts_of, values

Ints = npt.NDArray[np.int64]
#: What makes a line the same line in another snapshot.
_KEY = ("connection", "order_id", "line_id")


def match_lines(earlier: pd.DataFrame, later: pd.DataFrame) -> tuple[Ints, Ints]:
    """Return where each later line is among the earlier ones, -1 where it is not, and the earlier lines that are gone.

    Raises
    ------
    SchemaError
        Several lines of a snapshot have the same ids.
    """
    sides = {"earlier": earlier, "later": later}
    keys = [np.zeros(len(side), dtype=np.int64) for side in sides.values()]
    limit = 1
    # mixed radix, as in compute's groups: the columns' codes are the digits of one number per line, so that each text is compared
    # once and a million lines are matched as whole numbers
    for name in _KEY:
        parts = [encode(values(side, name, "string"), sort=False) for side in sides.values()]
        codes, n = _in_common(*parts)
        if (
            limit * n >= 2**62
        ):  # the next digit would not fit: renumber what occurs, which is never more than there are lines
            dense = pd.factorize(np.concatenate(keys))[0].astype(np.int64)
            keys, limit = np.split(dense, [len(earlier)]), len(dense)
        keys = [key * n + code for key, code in zip(keys, codes, strict=True)]
        limit *= n
    before, now = map(pd.Index, keys)
    for (which, side), key in zip(sides.items(), (before, now), strict=True):
        if key.has_duplicates:
            twice = np.flatnonzero(key.duplicated())[:1]
            line = " / ".join(x for c in _KEY for x in texts_of(side, c, twice).fillna("") if x)
            raise SchemaError(f"the {which} snapshot has several lines {line}: they can't be matched")
    place = before.get_indexer(now).astype(np.int64)
    gone = np.ones(len(earlier), dtype=bool)
    gone[place[place >= 0]] = False
    return place, np.flatnonzero(gone)


def line_keys(lines: pd.DataFrame, *within: str) -> pd.DataFrame:
    """Return what makes each row one line, "place" telling apart those with the same ids: the first, second, ... of them.

    ``within`` are columns of a snapshot: rows that differ in these are the same line at different times.
    """
    ids = list(_KEY)
    keys = lines[ids].astype("string").fillna("")
    keys["place"] = keys.groupby([*ids, *(lines[c] for c in within)], dropna=False).cumcount()
    return keys


def _in_common(first: Encoding, other: Encoding) -> tuple[list[Ints], int]:
    """Return the codes of two columns under one numbering, in which a missing text is an empty one, and how many there are."""
    labels = [x.labels.astype("string") for x in (first, other)]
    if isinstance(first.labels.dtype, pd.StringDtype) and first.labels.equals(other.labels):
        # texts of one numbering already: a million line ids need not be told apart again
        place = np.append(np.arange(1, len(labels[0]) + 1), 0)
        place[:-1][np.asarray(labels[0] == "", dtype=bool)] = 0
        return [place[x.codes] for x in (first, other)], len(place)
    empty = pd.Index([""], dtype="string")
    if labels[0].equals(labels[1]):
        places, found = pd.factorize(empty.append(labels[0]))
        own = [places[1:]] * 2
    else:
        places, found = pd.factorize(empty.append(labels[0]).append(labels[1]))
        own = np.split(places[1:], [len(labels[0])])
    return [np.append(p, places[0])[x.codes].astype(np.int64) for p, x in zip(own, (first, other), strict=True)], len(
        found
    )
