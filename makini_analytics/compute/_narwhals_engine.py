"""The heavy step in another engine - polars, PyArrow, DuckDB, Spark, whatever narwhals reads - as one grouped count.

Nothing is sorted and no line is collected: what comes back has a row for each group, reason, day and outcome. What an engine can't
do exactly is refused, and the error says what to do instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..errors import ConfigError, SchemaError
from ..frames import AsOf, AsOfDays, known_days, need
from ._expressions import EngineColumns
from ._groups import ENTITIES, By, none_of
from ._provenance import Selection
from ._rule import Clustering, Rule, Tally

#: Stands for the dot of a name in Spark and DuckDB, where ``ship_to.country`` would be a field of a struct or of a table.
_DOT = "\u2024"


@dataclass(frozen=True)
class EngineLines:
    """Lines that their own engine counts."""

    frame: Any  # nw.LazyFrame, or nw.DataFrame where the engine knows no other
    attrs: Mapping[Any, Any]
    dot: str = "."  # what stands for the dot in names such as ship_to.country

    @classmethod
    def of(cls, lines: Any, *needed: str, metric: str) -> EngineLines:
        """Return the lines of a frame that narwhals reads, or of an object that has one in ``lines``, and maybe ``attrs``."""
        frame = nw.from_native(lines, pass_through=True)
        attrs: Mapping[Any, Any] = {}
        if frame is lines and hasattr(lines, "lines"):
            frame, attrs = nw.from_native(lines.lines, pass_through=True), getattr(lines, "attrs", {})
        if not isinstance(frame, nw.DataFrame | nw.LazyFrame):
            raise SchemaError(f"{metric} takes the lines as a DataFrame, not {type(lines).__name__}: pass data.lines")
        if frame.implementation.is_dask():
            raise ConfigError(
                "Dask counts groups wrongly by way of narwhals: pass the lines as polars, DuckDB or Spark"
            )
        names = frame.collect_schema().names()
        need(names, *needed, metric=metric)
        if any("." in n for n in names) and (frame.implementation.is_spark_like() or frame.implementation.is_duckdb()):
            return cls(_without_dots(frame, names), attrs, _DOT)
        return cls(frame.lazy() if frame.implementation.is_polars() else frame, attrs)

    def has(self, name: str) -> bool:
        """Whether the lines have the column."""
        return name in self.frame.collect_schema()

    def texts(self, name: str) -> set[str]:
        """Return the values that a text column has."""
        if not self.has(name):
            return set()
        one = self.frame.select(nw.col(name).cast(nw.String))
        return set(_collected(one.group_by(name).agg(nw.len().alias("__n")))[name].dropna())

    def as_of(self, as_of: AsOf | None) -> AsOfDays:
        """Return the day to look from."""
        name = ["connection"] if self.has("connection") else []

        def latest() -> Mapping[Any, Any]:
            if not self.has("updated_at"):
                return {}
            last = nw.col("updated_at").max()
            if not name:
                return {None: _collected(self.frame.select(last))["updated_at"].iloc[0]}
            of = self.frame.select(nw.col("connection").cast(nw.String), nw.col("updated_at")).group_by(name).agg(last)
            return dict(_collected(of)[["connection", "updated_at"]].itertuples(index=False))

        def connections() -> set[Any]:
            if not name:
                return {None}
            found = _collected(self.frame.select(nw.col("connection").cast(nw.String)).unique())["connection"]
            return {None if pd.isna(k) else k for k in found}

        given = self.attrs.get("as_of") if as_of is None else as_of
        empty = given is None and not _collected(self.frame.select(nw.len().alias("__n")))["__n"].iloc[0]
        return known_days(self.attrs, as_of, latest, connections, empty=empty)

    def tally(
        self,
        rule: Rule,
        *,
        by: By = None,
        also: tuple[str, ...] = (),
        orders: bool = False,
        clustering: Clustering | None = None,
        at_once: bool = False,
    ) -> Tally:
        """Return rows that stand for many lines each, counted by reason, by what the rule marks, and by the columns of ``by``."""
        by = [name.replace(".", self.dot) for name in ([by] if isinstance(by, str) else by or ())]
        schema = self.frame.collect_schema()
        c = EngineColumns(schema, self.frame.implementation, _zone(self.frame))
        ruled = rule(c)
        keys = self._keys(by, also)
        marks = {f"__mark_{k}": v for k, v in ruled.marks.items()}
        sums = {f"__sum_{k}": v for k, v in ruled.sums.items()}
        amount = c.number("amount") if self.has("amount") else None
        of_order = None if not orders or ruled.of_order is None else ruled.of_order()
        # the reasons are chosen from the last to the first, each over the one before, so that the first one that fits holds
        reasons = ["", *dict.fromkeys(reason for _, reason in ruled.left_out)]
        reason: Any = 0
        for rows, why in reversed(ruled.left_out):
            reason = c.pick(rows, reasons.index(why), reason)
        # rows that are left out get one mark, so that they come back as a row for each reason instead of one for each day
        counts = reason == 0
        made = {k: c.plan.expr(c.pick(counts, v, 0)) for k, v in marks.items()}
        made |= {k: c.plan.expr(c.pick(counts, v, 0.0)) for k, v in sums.items()}
        made |= {"__reason": c.plan.expr(reason)}
        if amount is not None:
            made["__amount"] = c.plan.expr(amount)  # what is left out has a value in the book, too
        if of_order is not None:
            made["__of_order"] = c.plan.expr(of_order)

        more = _order_keys(schema) if orders else _cluster_keys(schema, clustering.cluster) if clustering else {}
        read = c.plan.on(self.frame.select(**{k: _text(schema, k) for k in keys}, **c.read, **more))
        read = read.select(*keys, *more, **made)
        added = [k for k in made if k in sums or k == "__amount"]
        total = [nw.col(k).sum().alias(f"{k}_total") for k in added]
        cells = _collected(read.group_by(*keys, "__reason", *marks).agg(nw.len().alias("__n"), *total))
        n = cells["__n"].to_numpy(dtype=np.int64)
        frame = cells[keys].rename(columns=lambda name: name.replace(self.dot, "."))
        if amount is not None:
            frame = frame.assign(amount=_floats(cells["__amount_total"]))
        if "original_currency" in schema:  # says that the amounts were converted
            frame = frame.assign(original_currency=None)
        frame.attrs = dict(self.attrs)
        selection = Selection(frame, n)
        selection.reasons, selection.codes = reasons, cells["__reason"].to_numpy(dtype=np.int8)
        found, sums_by_cluster = None, None
        kept = read.filter(nw.col("__reason") == 0)
        if orders:
            found = _distinct_orders(kept, by, schema, of_order is not None)
            found = found.rename(columns=lambda name: name.replace(self.dot, "."))
        elif clustering:
            sums_by_cluster = _cluster_sums(kept, _group_keys(by, schema), list(ruled.marks), clustering)
            sums_by_cluster = sums_by_cluster.rename(columns=lambda name: name.replace(self.dot, "."))
        return Tally(
            frame,
            selection,
            {k: cells[f"__mark_{k}"].to_numpy(dtype=np.int64) for k in ruled.marks},
            {k: _floats(cells[f"__sum_{k}_total"]) for k in ruled.sums},
            n,
            found,
            clustered=sums_by_cluster,
        )

    def _keys(self, by: Sequence[str], also: tuple[str, ...]) -> list[str]:
        """Return the columns that the groups of ``by`` are made of and named by."""
        wanted: list[str] = []
        for name in by:
            if name in ENTITIES:
                if not any(self.has(c) for c in ENTITIES[name][0]):
                    raise none_of(name)
                wanted += [c for part in ENTITIES[name] for c in part if self.has(c)] + ["connection"] * self.has(
                    "connection"
                )
            else:
                need(self.frame.collect_schema().names(), name, metric=f"by={name!r}")
                wanted.append(name)
        return list(dict.fromkeys([*wanted, *(c for c in (*also, "currency") if self.has(c))]))


def _zone(frame: Any) -> str | None:
    """Return the time zone of a Spark session; narwhals remembers the one that it had first."""
    if not frame.implementation.is_pyspark():
        return None
    zone: str = frame.to_native().sparkSession.conf.get("spark.sql.session.timeZone")
    return zone


def _without_dots(frame: Any, names: list[str]) -> Any:
    """Return the frame with other names for its columns with a dot, which in Spark and DuckDB reaches into a struct or table."""
    native, new = frame.to_native(), [n.replace(".", _DOT) for n in names]
    if frame.implementation.is_spark_like():
        return nw.from_native(native.toDF(*new))
    old = ['"' + n.replace('"', '""') + '"' for n in names]
    return nw.from_native(
        native.project(", ".join(f"{a} AS {b.replace('.', _DOT)}" for a, b in zip(old, old, strict=True)))
    )


def _text(schema: Mapping[str, Any], name: str) -> nw.Expr:
    kind = schema[name]
    return nw.col(name).cast(nw.String) if kind in (nw.Categorical, nw.Enum, nw.Unknown) else nw.col(name)


def _order_keys(schema: Mapping[str, Any]) -> dict[str, nw.Expr]:
    """Return what makes an order one order: its connection and id, its number where there is no id."""
    names = [nw.col(c).cast(nw.String) for c in ("order_id", "order_number") if c in schema]
    order = nw.coalesce(*names) if len(names) > 1 else (names or [nw.lit(None, nw.String)])[0]
    return {"__order": order, "__connection": _text(schema, "connection") if "connection" in schema else nw.lit("")}


def _cluster_keys(schema: Mapping[str, Any], cluster: str) -> dict[str, nw.Expr]:
    """Return what lines hang together by: their order, or a column."""
    if cluster == "order":
        return _order_keys(schema)
    if cluster not in schema:
        raise ConfigError(f"cluster={cluster!r}: pass 'order' or a column of the lines")
    return {"__order": nw.col(cluster).cast(nw.String), "__connection": nw.lit("")}


def _group_keys(by: Sequence[str], schema: Mapping[str, Any]) -> dict[str, nw.Expr]:
    """Return what makes a group one group: of a vendor the key, and not its name."""
    keys: dict[str, nw.Expr] = {}
    for name in by:
        if name in ENTITIES:
            columns = [nw.col(c).cast(nw.String) for c in ENTITIES[name][0] if c in schema]
            keys[ENTITIES[name][0][0]] = nw.coalesce(*columns) if len(columns) > 1 else columns[0]
            keys |= {"connection": nw.col("connection")} if "connection" in schema else {}
        else:
            keys[name] = nw.col(name)
    return keys


def _distinct_orders(read: Any, by: Sequence[str], schema: Mapping[str, Any], of_order: bool) -> pd.DataFrame:
    """Return the distinct orders of each group.

    Machines can't add up distinct counts before all lines of an order in a group have met. So a cluster shuffles twice here: first
    lines, by group and order, of which each machine sends one row per order; then counts, one row per group.
    """
    keys = _group_keys(by, schema)
    keys |= {"currency": nw.col("currency")} if "currency" in schema else {}
    keys |= {"of_order": nw.col("__of_order")} if of_order else {}
    order = {k: nw.col(k) for k in ("__order", "__connection")}
    known = read.filter(~nw.col("__order").is_null()).select(**keys, **order)
    met = known.group_by(*keys, *order).agg(nw.len().alias("__n"))
    counted = met.group_by(*keys).agg(nw.len().alias("n_orders")) if keys else met.select(nw.len().alias("n_orders"))
    return _collected(counted)


def _cluster_sums(read: Any, keys: dict[str, nw.Expr], marks: list[str], clustering: Clustering) -> pd.DataFrame:
    """Return the fields of `ClusterSums`, each after "__", a row per group: lines by group and cluster first, then clusters by group."""
    order, of_marks = ["__order", "__connection"], [f"__mark_{k}" for k in marks]
    # Lines of equal marks are counted first, and none are filtered by them: DuckDB would put the rule's whole expression in each of the
    # two dozen places where due and on time name a mark, and take seconds to simplify that. What it has added up is a number.
    alike = read.select(**keys, **{k: nw.col(k) for k in [*order, *of_marks]})
    alike = alike.group_by(*keys, *order, *of_marks).agg(nw.len().alias("__lines"))
    due, hit = clustering.counted({k: nw.col(f"__mark_{k}") for k in marks})
    counted = {
        f"__{name}": nw.when(rows).then(nw.col("__lines").cast(nw.Float64)).otherwise(nw.lit(0.0))
        for name, rows in {"due": due, "hits": due & hit}.items()
    }
    known = ~nw.col("__order").is_null()
    met = alike.select(*keys, *order, __known=known, **counted).group_by(*keys, *order, "__known")
    met = met.agg(nw.col("__due").sum(), nw.col("__hits").sum()).filter(nw.col("__due") > 0)
    n, h = nw.col("__due"), nw.col("__hits")
    powers = {
        "clusters": n / n,
        "n": n,
        "n2": n * n,
        "n3": n * n * n,
        "h": h,
        "h2": h * h,
        "hn": h * n,
        "h2_n": h * h / n,
    }
    powers = {f"__{name}": value for name, value in powers.items()}
    sums = _collected(
        met.select(*keys, "__known", **powers).group_by(*keys, "__known").agg(*(nw.col(k).sum() for k in powers))
    )
    # lines of no known cluster have met as if they were one: each stands alone, and then all powers are the number itself
    alone = ~sums["__known"].to_numpy(dtype=bool)
    for name in powers:
        sums.loc[alone, name] = sums.loc[alone, "__h" if name.startswith("__h") else "__n"]
    if not keys:
        return sums[list(powers)].sum().to_frame().T
    return sums.groupby(list(keys), dropna=False, as_index=False)[list(powers)].sum()


def _floats(column: pd.Series) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return sums as floats. The sum of nothing is 0; some engines return a missing value."""
    out: np.ndarray[Any, np.dtype[np.float64]] = np.nan_to_num(column.to_numpy(dtype=float, na_value=np.nan))
    return out


def _collected(frame: Any) -> pd.DataFrame:
    """Return a small result as a pandas frame."""
    table = frame.collect("pyarrow").to_native() if isinstance(frame, nw.LazyFrame) else frame.to_arrow()
    small: pd.DataFrame = table.to_pandas(types_mapper=_text_type, date_as_object=False)
    return small


def _text_type(kind: Any) -> Any:
    return pd.StringDtype() if "string" in str(kind) else None
