"""A misspelt option is an error of ours in every public function and method, with the near name, before anything else happens."""

from __future__ import annotations

import inspect
import traceback
from types import ModuleType

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import spend
from makini_analytics.errors import ConfigError, OptionError, SchemaError
from makini_analytics.frames import need
from makini_analytics.system import check_options, known_options, names_of, near

ROOMS = [m for n in ma.__all__ if isinstance(m := getattr(ma, n), ModuleType)]
#: The one below the room that has the check; its argument is its only one.
TAKES_NO_OPTION = {"support_report"}


def public_calls():
    """Yield what a user calls that has an argument to name: functions of the root and of its rooms, classes, their methods."""
    found = {n: getattr(ma, n) for n in ma.__all__ if callable(getattr(ma, n))}
    for room in ROOMS:
        short = room.__name__.partition(".")[2]
        found |= {f"{short}.{n}": getattr(room, n) for n in room.__all__ if inspect.isfunction(getattr(room, n))}
    for name, value in list(found.items()):
        if inspect.isclass(value):
            del found[name]
            if name == "Client":
                found[name] = value
            # those of `Fetched` and the errors are ours to make; text has its methods from Python
            if name in ("Client", "Purchases", "Sandbox"):
                methods = ((n, getattr(value, n)) for n in vars(value) if not n.startswith("_"))
                found |= {f"{name}.{n}": m for n, m in methods if callable(m)}
    for name, call in found.items():
        kinds = [p.kind for p in inspect.signature(call).parameters.values()]
        if inspect.Parameter.KEYWORD_ONLY in kinds or inspect.Parameter.POSITIONAL_OR_KEYWORD in kinds[1:]:
            yield name, call


#: These pass names on: columns of lines, filters of a list, fields of a record, options of a fault, of `Client` (tested below), or of the figure that is given.
ANY_NAME = {
    "fetch_all",
    "sensitivity",
    "plot_sensitivity",
    "Purchases.from_file",
    "Purchases.filter",
    "Client.fetch_table",
    "Sandbox.edit",
    "Sandbox.misbehave",
    "Sandbox.client",
}
CALLS = {name: call for name, call in public_calls() if name not in TAKES_NO_OPTION | ANY_NAME}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_misspelt_option_is_an_error_that_names_the_near_one(name):
    call = CALLS[name]
    options = [p.name for p in inspect.signature(call).parameters.values() if p.kind is p.KEYWORD_ONLY]
    option = next(iter(options or list(inspect.signature(call).parameters)[1:]))
    takes = inspect.signature(call).parameters.values()
    assert not [p for p in takes if p.kind is p.VAR_KEYWORD]  # else it would refuse what it passes on
    said = name if name.partition(".")[0] in ("Client", "Purchases", "Sandbox") else name.rpartition(".")[2]
    with pytest.raises(OptionError, match=rf"^{said}\(\) has no option '{option}x'; near: .*\b{option}\b"):
        call(**{f"{option}x": None})


def test_what_is_checked_is_most_of_what_there_is():
    assert {"Client", "Client.fetch_purchases", "Purchases.from_table", "report", "currency.convert",
            "style.use", "style.save", "explore.spend", "units.convert", "spend.by_vendor", "slippage.plot_funnel"} <= set(CALLS)  # fmt: skip
    assert len(CALLS) > 70


def test_an_option_of_one_connection_is_named_with_it():
    with pytest.raises(OptionError, match=r"^fetch_all\(\) has no option 'sinc'; near: since"):
        ma.fetch_all({"a": "token"}, sinc="2025-01-01")
    with pytest.raises(OptionError, match=r"^connection 'a': Client\(\) has no option 'aera'; near: area"):
        ma.fetch_all({"a": {"token": "token", "aera": "erp"}})
    with (
        ma.sandbox({"vendors": []}) as server,
        pytest.raises(OptionError, match=r"^Client\(\) has no option 'progres'"),
    ):
        server.client(progres=False)


def test_what_from_file_passes_on_to_from_table_is_known(tmp_path):
    (tmp_path / "list.csv").write_text("order;amount\n4711;1,5\n")
    with pytest.raises(OptionError, match=r"^Purchases\.from_file\(\) has no option 'curency'; near: currency"):
        ma.Purchases.from_file(tmp_path / "list.csv", curency="EUR")
    columns = {"order": "order_number", "amount": "amount"}
    data = ma.Purchases.from_file(tmp_path / "list.csv", columns=columns, currency="EUR", decimal=",")
    assert (data.lines.amount.tolist(), data.lines.currency.tolist()) == ([1.5], ["EUR"])


def test_the_function_keeps_its_name_signature_and_result():
    @known_options
    def area(wide: float, *, high: float = 1.0) -> float:
        """Multiply."""
        return wide * high

    assert (area(2.0, high=3.0), area(wide=2.0)) == (6.0, 2.0)
    assert (area.__name__, area.__doc__) == ("area", "Multiply.")
    assert str(inspect.signature(area)) == "(wide: 'float', *, high: 'float' = 1.0) -> 'float'"
    with pytest.raises(OptionError, match=r"^area\(\) has no option 'colour'; it has wide, high"):
        area(1.0, colour="red")
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'wide'"):
        area()


def test_no_frame_of_ours_holds_the_token_of_a_client_that_can_t_be_made():
    """Whatever shows local variables with a traceback must not show it."""
    with pytest.raises(ma.ConfigError) as caught:
        ma.Client("a-secret-token", contract="v9")
    ours = [f.f_locals for f, _ in traceback.walk_tb(caught.tb) if "makini_analytics" in f.f_code.co_filename]
    assert len(ours) >= 2
    values = [
        value for variables in ours for name, value in variables.items() if name != "self"
    ]  # which is not whole yet
    assert "a-secret-token" not in repr(values)


def test_near_names_are_found_in_one_way_whatever_is_misspelt():
    with pytest.raises(OptionError, match=r"^total\(\) has no option 'VENDORS'; near: vendor$"):
        check_options("total", ["VENDORS"], ["vendor", "top"])
    with pytest.raises(ConfigError, match=r"'SPENDING' is none of spend, quality; near: spend$"):
        names_of("sections", "SPENDING", ["spend", "quality"])
    with pytest.raises(SchemaError, match=r"'DELIVERED', which is missing; near: delivered_date$"):
        need(["order_date", "delivered_date"], "DELIVERED", metric="slippage.otif")
    with pytest.raises(OptionError, match=r"has no option 'xyz'; it has vendor, top$"):
        check_options("total", ["xyz"], ["vendor", "top"])


def test_what_is_passed_by_place_and_has_to_be_named_is_an_error_that_names_it():
    lines = pd.DataFrame({"amount": [1.0]})
    with pytest.raises(OptionError, match="takes lines by place; name what follows: by="):
        spend.by_vendor(lines, "category")
    with pytest.raises(OptionError, match=r"Client.. takes token by place; name what follows: connection="):
        ma.Client("token", "emea")


def test_near_names_of_odd_things():
    assert near("x", [1, "x", None]) == "; near: x"
    assert near(None, ["a"]) == near("", ["", "a"]) == near("x", []) == ""
