"""Which open lines of the real deliveries will be late: the forecast beside its rivals, without a look ahead.

    python -m tests.benchmarks.late_delivery [FILE] [--page docs/late_delivery.md]

FILE is the SCMS Delivery History of USAID (dataset a3rc-nmf6 of data.usaid.gov) as CSV, gzipped or not. On the first day of each quarter of
2010 to 2014 each rival says of each line that is open and not overdue how likely it is to come by its scheduled date, from what was
known on that day; then it is told what became of them. Gradient boosting is scikit-learn's, and left out where that is not
installed. With ``--page`` the table in the page, and the chart beside it, are written anew.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np
import pandas as pd

from makini_analytics import Purchases, slippage
from tests.conftest import SCMS_COLUMNS, SCMS_FILES

try:
    from sklearn.ensemble import HistGradientBoostingClassifier as Boosting
except ImportError:
    Boosting = None

DAYS = pd.date_range("2010-01-01", "2014-10-01", freq="QS")
MONTH = pd.Timedelta(days=30)
OURS = "makini_analytics"
TRAILING, VENDOR = "trailing rate, 90 days", "vendor's rate, 90 days, shrunken"
BOOSTED, OVERSAMPLED = "gradient boosting", "gradient boosting, late lines oversampled"
HEAD = "| | Brier score | below the trailing rate | quarters no worse | bias | AUC | F1 of late |\n|---|---|---|---|---|---|---|"


def lines_of(path: Path) -> pd.DataFrame:
    """Return the lines that have an order date, 4,587 of 10,324, each with a number of its own and whether it came in time."""
    table = pd.read_csv(path, keep_default_na=False)
    data = Purchases.from_table(table, columns=SCMS_COLUMNS, connection="scms", currency="USD", as_of="2015-12-31")
    lines = data.lines[data.lines.delivered_date >= data.lines.order_date]
    return lines.assign(
        line_id=np.arange(len(lines)).astype(str), in_time=lines.delivered_date <= lines.required_date
    ).reset_index(drop=True)


def open_on(lines: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return the lines that were ordered by a day, and neither there nor due."""
    return lines[(lines.order_date <= day) & (lines.delivered_date > day) & (lines.required_date > day)]


def features(lines: pd.DataFrame, day: pd.Timestamp, codes: dict[str, pd.Index]) -> np.ndarray:
    """Return what is known of open lines on a day, as numbers."""
    known = {
        "age": (day - lines.order_date).dt.days,
        "to go": (lines.required_date - day).dt.days,
        "month": lines.required_date.dt.month,
        "quantity": lines.quantity,
        "amount": np.log1p(lines.amount.fillna(0)),
        **{name: labels.get_indexer(lines[name].astype(object)) for name, labels in codes.items()},
    }
    return np.column_stack([np.asarray(x, dtype=float) for x in known.values()])


def oversampled(x: np.ndarray, in_time: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows, with late ones repeated at random until there are as many as of the others."""
    late, rest = np.flatnonzero(~in_time), np.flatnonzero(in_time)
    if len(late) and len(late) < len(rest):
        rows = np.concatenate([rest, late, rng.choice(late, len(rest) - len(late))])
        return x[rows], in_time[rows]
    return x, in_time


def boosted(lines: pd.DataFrame, day: pd.Timestamp, now: pd.DataFrame, *, oversample: bool) -> np.ndarray:
    """Return the chances by boosting, learnt from the lines open on each of the twelve months before that have fallen due since."""
    codes = {name: pd.Index(lines[name].astype(object).unique()) for name in ("vendor_name", "category", "site_id")}
    x, y = [], []
    for then in [day - MONTH * k for k in range(1, 13)]:
        known = open_on(lines, then)
        known = known[known.required_date <= day]
        if len(known):
            x.append(features(known, then, codes))
            y.append(known.in_time.to_numpy(dtype=bool))  # due by now, so it is known by now
    past, in_time = np.concatenate(x), np.concatenate(y)
    if oversample:
        past, in_time = oversampled(past, in_time, np.random.default_rng(0))
    model = Boosting(random_state=0, max_leaf_nodes=15, learning_rate=0.05).fit(past, in_time)
    return model.predict_proba(features(now, day, codes))[:, list(model.classes_).index(True)]


def forecasts(lines: pd.DataFrame, days: pd.DatetimeIndex = DAYS) -> pd.DataFrame:
    """Return one row per day and line open on it: what became of it, and the chance that each rival gave it."""
    out = []
    for day in days:
        ours = slippage.open_orders(lines.drop(columns="in_time"), as_of=day).set_index("line_id").chance_on_time
        now = open_on(lines, day)
        due = lines[
            (lines.order_date <= day)
            & (lines.required_date > day - pd.Timedelta(days=90))
            & (lines.required_date <= day)
        ]
        rate = due.in_time.mean()
        by_vendor = slippage.by_vendor(due, as_of=day).set_index("vendor_name").on_time_shrunken
        said = {
            TRAILING: rate,
            VENDOR: now.vendor_name.map(by_vendor).astype(float).fillna(rate),
            # where nothing is said, of lines older than any that came, the trailing rate is what one would go by
            OURS: now.line_id.map(ours).astype(float).fillna(rate),
        }
        if Boosting is not None:
            said |= {name: boosted(lines, day, now, oversample=name == OVERSAMPLED) for name in (BOOSTED, OVERSAMPLED)}
        out.append(pd.DataFrame({"day": day, "in_time": now.in_time, **said}))
    return pd.concat(out, ignore_index=True)


def area(chance: np.ndarray, in_time: np.ndarray) -> float:
    """Return how often a line that came in time had the higher chance than one that did not (ties count half)."""
    rank = pd.Series(chance).rank().to_numpy()
    n = in_time.sum()
    return float((rank[in_time].sum() - n * (n + 1) / 2) / (n * (len(in_time) - n)))


def f1(late_said: np.ndarray, late: np.ndarray) -> float:
    """Return the harmonic mean of precision and recall of the late lines."""
    hits = (late_said & late).sum()
    return float(2 * hits / max(late_said.sum() + late.sum(), 1))


def table_of(got: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of each rival."""
    y = got.in_time.to_numpy(dtype=bool)
    rows, base = {}, (got[TRAILING] - y) ** 2
    for name in [c for c in got.columns if c not in ("day", "in_time")]:
        p = got[name].to_numpy()
        error = (p - y) ** 2
        by_day = pd.DataFrame({"ours": error, "base": base}).groupby(got.day).mean()
        rows[name] = {
            "brier": error.mean(),
            "below": 1 - error.mean() / base.mean(),
            "no_worse": (by_day.ours <= by_day.base + 1e-12).mean(),
            "bias": (p - y).mean(),
            "auc": area(p, y),
            "f1": f1(p < 0.5, ~y),
        }
    return pd.DataFrame(rows).T


def as_the_notebook(lines: pd.DataFrame) -> float:
    """Return the F1 that one finds by oversampling first and splitting at random then: copies of a late line are on both sides."""
    rng = np.random.default_rng(0)
    codes = {name: pd.Index(lines[name].astype(object).unique()) for name in ("vendor_name", "category", "site_id")}
    x, y = oversampled(features(lines, lines.order_date.max(), codes), lines.in_time.to_numpy(dtype=bool), rng)
    shuffled = rng.permutation(len(y))
    learn, test = np.split(shuffled, [int(0.8 * len(y))])
    model = Boosting(random_state=0).fit(x[learn], y[learn])
    return f1(~model.predict(x[test]).astype(bool), ~y[test])


def markdown(table: pd.DataFrame) -> str:
    """Return the table as the page shows it, the least error first."""
    rows = [
        f"| {name} | {r.brier:.4f} | {r.below:+.1%} | {r.no_worse:.0%} | {r.bias:+.3f} | {r.auc:.2f} | {r.f1:.2f} |"
        for name, r in table.sort_values("brier").iterrows()
    ]
    return "\n".join([HEAD, *rows])


def draw(got: pd.DataFrame, path: Path) -> None:
    """Draw what each rival said against what came, by fifths of its forecasts."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    from makini_analytics.charts import look

    names = [c for c in got.columns if c not in ("day", "in_time", TRAILING)]
    fig, axes = plt.subplots(1, len(names), figsize=(2.9 * len(names), 3.2), sharey=True, squeeze=False)
    for ax, name in zip(axes[0], names, strict=True):
        parts = np.array_split(np.argsort(got[name].to_numpy(), kind="stable"), 8)
        said, came = ([float(got[c].to_numpy(dtype=float)[p].mean()) for p in parts] for c in (name, "in_time"))
        ax.plot([0.0, 1], [0.0, 1], color=look.line, lw=1.2)
        ax.plot(said, came, "o-", color=look.highlight if name == OURS else look.plain, ms=5, lw=1.2)
        ax.set_title(name.replace(", ", ",\n"), fontsize=9.5, loc="left")
        ax.set_xlabel("said to come in time", fontsize=9)
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
    axes[0][0].set_ylabel("came in time", fontsize=9)
    fig.tight_layout()
    fig.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(fig)


def main() -> None:
    """Print the table, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, default=SCMS_FILES["whole"])
    parser.add_argument("--page", type=Path)
    asked = parser.parse_args()
    if not asked.file.exists():
        parser.error(f"{asked.file} is not there: dataset a3rc-nmf6 of data.usaid.gov, as CSV")
    lines = lines_of(asked.file)
    got = forecasts(lines)
    told = markdown(table_of(got))
    print(f"{len(got):,} forecasts on {got.day.nunique()} days; {1 - got.in_time.mean():.1%} came late\n\n{told}\n")
    if Boosting is None:
        print("Gradient boosting is left out: scikit-learn is not installed.")
    else:
        print(f"Oversampled first, split at random then: F1 {as_the_notebook(lines):.2f}")
    if asked.page:
        page = asked.page.read_text(encoding="utf-8")
        page = re.sub(re.escape(HEAD) + r"(\n\|.*)*", lambda _: told, page)
        asked.page.write_text(page, encoding="utf-8")
        draw(got, asked.page.parent / "_static" / "late_delivery.png")


if __name__ == "__main__":
    main()
