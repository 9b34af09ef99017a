"""A history of which a file is damaged or missing says so, in every method that reads it, and what was added before is not called forgotten."""

from __future__ import annotations

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.history._damage import tells_damage
from tests.tiers import one_in


def cut(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


DAMAGE = {
    "lines cut": ("part=lines/**/*.parquet", cut),
    "lines gone": ("part=lines/**/*.parquet", lambda f: f.unlink()),
    "issues empty": ("part=issues/**/*.parquet", lambda f: f.write_bytes(b"")),
    "log garbled": ("_delta_log/*1.json", lambda f: f.write_text("{no", encoding="utf-8")),
    "log empty": ("_delta_log/*1.json", lambda f: f.write_bytes(b"")),
    "log gone": ("_delta_log/*0.json", lambda f: f.unlink()),
}


@pytest.mark.parametrize("kind", one_in(2, DAMAGE))
def test_it_is_told(kind, tmp_path):
    table = pd.DataFrame({"order_number": ["1", "2"], "quantity": ["3", "three"], "unit_price": [2.5, 4.0]})
    history = ma.History(tmp_path / "h")
    history.add(ma.Purchases.from_table(table, connection="erp", as_of="2025-12-31"), seen_at="2025-12-31")
    pattern, damage = DAMAGE[kind]
    damage(next((tmp_path / "h").glob(pattern)))
    for read in (lambda h: h.at(), lambda h: h.scan(), lambda h: h.compact()):
        with pytest.raises(ma.SchemaError, match="damaged, missing") as told:
            read(ma.History(tmp_path / "h"))
        assert str(tmp_path / "h") in str(told.value)
        assert "\x1b" not in str(told.value)
    if "log" in kind:
        for look in (repr, lambda h: h.days, lambda h: h.snapshots):
            with pytest.raises(ma.SchemaError, match="damaged, missing"):
                look(history)


def test_files_that_may_not_be_read_are_not_called_damaged(tmp_path):
    class Forbidden(ma.History):
        @tells_damage
        def at(self, *_, **__):
            raise PermissionError(13, "Permission denied")

    with pytest.raises(ma.SchemaError, match="may not read or write the files of this history"):
        Forbidden(tmp_path / "h").at()
