"""The queries that count lines by a rule: by group, reason and mark; the distinct orders of a group; sums over its clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import ConfigError
from ._engine_frames import LINES
from ._rule import OF_ORDER, Clustering, RuleResult
from ._sql import Piece, SqlColumns, select
from ._sql_facts import FALSE, Facts

#: What is added up over the clusters of a group, of which each has n lines and h hits: the fields of `ClusterSums`. A column of the
#: user's own may be called "n".
POWERS = {
    "clusters": "{n} / {n}", "n": "{n}", "n2": "{n} * {n}", "n3": "{n} * {n} * {n}",
    "h": "{h}", "h2": "{h} * {h}", "hn": "{h} * {n}", "h2_n": "{h} * {h} / {n}",
}  # fmt: skip


class Counting:
    """The queries of one rule. What they return beside the columns of the lines has names that begin with "__"."""

    def __init__(self, c: SqlColumns, ruled: RuleResult, keys: Sequence[str]) -> None:
        self.c, self.ruled, self.keys = c, ruled, list(keys)
        self.reasons = ["", *dict.fromkeys(reason for _, reason in ruled.left_out)]
        self.facts, amount = Facts(), c.number("amount")
        # what is left out has a value, too, so nothing is known of these lines yet
        self.added = {"__amount": self.facts.shorter(amount)} if c.has("amount") else {}
        # the first reason that fits holds, as it does in CASE
        rows: list[Any] = []
        for given, why in ruled.left_out:
            if given is None:
                continue
            mask = self.facts.shorter(given)
            if mask is not FALSE:
                rows += mask, self.reasons.index(why)
                self.facts.learn(mask, False)
        self.reason = Piece(f"CASE{' WHEN {} THEN {}' * (len(rows) // 2)} ELSE 0 END" if rows else "0", *rows)
        self.kept = self.reason == 0
        # rows that are left out get one mark, so that they come back as a row for each reason instead of one for each day
        self.marks = {f"__mark_{k}": self._of_kept(v, 0) for k, v in ruled.marks.items()}
        #: The column that each sum of the rule is in; of the amount that is the one of the book, and not another.
        self.sums = {k: "__amount" if v is amount else f"__sum_{k}" for k, v in ruled.sums.items()}
        self.added |= {self.sums[k]: self._of_kept(v, 0.0) for k, v in ruled.sums.items() if v is not amount}

    def lines(self) -> str:
        """Return the query of reason, marks and sums of each line."""
        return f"{select(self.numbers(), LINES, self.c.dialect)} SELECT * FROM __made"

    def cells(self) -> str:
        """Return the query of the lines by group, reason and marks, and of their sums."""
        by = self._listed(*self.keys, "__reason", *self.marks)
        return f"{self._read()} SELECT {by}, count(*) AS __n{self._totals()} FROM __made GROUP BY {by}"

    def cells_and_orders(self) -> str:
        """Return the query of the same with the distinct orders of each row, for a rule that has one mark or none.

        Lines meet by order first, and orders then by the first mark that a line of theirs has. Where ``__span`` is not 0 they have
        several, and neither count is right.
        """
        order = self._order()
        if "connection" in self.keys:
            order.pop("__connection")  # lines have met by it already
        by, mark = self._listed(*self.keys, "__reason"), next(iter(self.marks), None)
        if self.c.dialect.counts_distinct and not mark and len(order) == 1:
            counts = f"count(*) AS __n, count(DISTINCT __order) AS __orders, 0 AS __span{self._totals()}"
            return f"{self._read(order)} SELECT {by}, {counts} FROM __made GROUP BY {by}"
        ends = f", min({mark}) AS __first, max({mark}) AS __last" if mark else ""
        each = self._listed(*self.keys, "__reason", *order)
        met = f"SELECT {each}{ends}, count(*) AS __n{self._totals()} FROM __made GROUP BY {each}"
        first, span = (f", __first AS {mark}", "max(__last - __first)") if mark else ("", "0")
        return (
            f"{self._read(order)}, __met AS ({met}) "
            f"SELECT {by}{first}, CAST(sum(__n) AS BIGINT) AS __n, count(__order) AS __orders, {span} AS __span{self._totals()} "
            f"FROM __met GROUP BY {by}{', __first' if mark else ''}"
        )

    def orders(self, groups: Mapping[str, Piece]) -> str:
        """Return the query of the distinct orders of each group, exact whatever an order's lines have."""
        order = self._order()
        if self.ruled.of_order:
            groups = {**groups, OF_ORDER: self.ruled.of_order(*self.ruled.marks.values())}
        each = self._listed(*groups, *order)
        read = select({**groups, **order, "__kept": self.c.pick(self.kept, 1, 0)}, LINES, self.c.dialect)
        met, by = f"SELECT {each}, max(__kept) AS __any FROM __made GROUP BY {each}", self._listed(*groups)
        counted = f"SELECT {by + ', ' if by else ''}count(__order) AS n_orders FROM __met WHERE __any = 1"
        return f"{read}, __met AS ({met}) {counted}{by and ' GROUP BY ' + by}"

    def clusters(self, groups: Mapping[str, Piece], clustering: Clustering) -> str:
        """Return the query of the sums over the clusters of each group, those of lines without a cluster apart."""
        due, hit = clustering.counted(self.ruled.marks)
        named = self.told_apart_by(clustering.cluster)
        cluster = self._order() if clustering.cluster == "order" else {"__order": self.c.key(*named)}
        if "connection" in groups:
            cluster.pop("__connection", None)  # lines meet by it already
        # numbers are added up, and no line is filtered by a mark: DuckDB would put the rule's whole expression into each place where
        # the filter names one, and take seconds to simplify that
        counted = {k: self._of_kept(self.c.pick(rows, 1, 0), 0) for k, rows in (("__due", due), ("__hit", due & hit))}
        read, each = select({**groups, **cluster, **counted}, LINES, self.c.dialect), self._listed(*groups, *cluster)
        n, h = (f"CAST(sum({k}) AS {self.c.dialect.double})" for k in counted)
        met = f"SELECT {each}, {n} AS __lines, {h} AS __hits FROM __made GROUP BY {each}"
        by = self._listed(*groups, "__known")
        sums = ", ".join(f"sum({p.format(n='__lines', h='__hits')}) AS __{k}" for k, p in POWERS.items())
        told = f"SELECT {self._listed(*groups, '__lines', '__hits')}, CASE WHEN __order IS NULL THEN 0 ELSE 1 END AS __known FROM __met WHERE __lines > 0"
        return f"{read}, __met AS ({met}), __told AS ({told}) SELECT {by}, {sums} FROM __told GROUP BY {by}"

    def _of_kept(self, what: Any, other: Any) -> Piece:
        """Return something of the lines that count, of which no reason holds, and another for the rest."""
        return self.c.pick(self.kept, self.facts.shorter(what), other)

    def _read(self, more: Mapping[str, Piece] | None = None) -> str:
        keys = {k: self.c.key(k) for k in self.keys}
        return select({**keys, **self.numbers(), **(more or {})}, LINES, self.c.dialect)

    def numbers(self) -> dict[str, Piece]:
        """Return what is told of a line: why it is left out, the marks, and what is added up."""
        return {"__reason": self.reason, **self.marks, **self.added}

    def _totals(self) -> str:
        return "".join(f", CAST(sum({k}) AS {self.c.dialect.double}) AS {k}" for k in self.added)

    def _listed(self, *names: str) -> str:
        return ", ".join(map(self.c.dialect.quoted, names))

    def told_apart_by(self, cluster: str) -> list[str]:
        """Return the columns of which the first known one tells of each line to which cluster it belongs, or order of its connection."""
        if cluster == "order":
            return [name for name in ("order_id", "order_number") if self.c.has(name)]
        if not self.c.has(cluster):
            raise ConfigError(f"cluster={cluster!r}: pass 'order' or a column of the lines")
        return [cluster]

    def _order(self) -> dict[str, Piece]:
        """Return what makes an order one order: its connection and id, its number where there is no id."""
        c, ids = self.c, self.told_apart_by("order")
        order = c.key(ids[0]) if ids else Piece(f"CAST(NULL AS {c.dialect.text})")
        if len(ids) > 1:  # one by itself stays as it is: to compare codes costs less than to compare texts
            order = Piece("coalesce({}, {})", *map(c.text, ids))
        return {"__order": order} | ({"__connection": c.raw("connection")} if c.has("connection") else {})
