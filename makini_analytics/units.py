"""Units of measure: what a source's unit means, from a small table of UN/ECE and SAP codes. A unit that is not in it stays unknown.

Quantities of two units are never added or compared unless both are understood and measure the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .errors import ConfigError, SchemaError
from .frames import categoricals, encode, frame_of, values
from .system import known_options, text_of

__all__ = ["based", "convert", "factor", "from_api", "understood"]


def __dir__() -> list[str]:
    return sorted(__all__)


# UN/ECE Recommendation 20 code: (what it measures, how many of the first unit of that kind, other spellings). SAP's internal and
# commercial codes are among the spellings. Packages (box, pallet) measure nothing by themselves: how many are in one differs.
_TABLE: dict[str, tuple[str, float, str]] = {
    "C62": ("pieces", 1, "ea; each; pc; pcs; pce; piece; pieces; st; stk; stck; stück; stueck; un; unit; units; h87; nos"),
    "DZN": ("pieces", 12, "dz; doz; dozen; dzd; dutzend"),
    "CEN": ("pieces", 100, "hun; hundred"),
    "MIL": ("pieces", 1000, "th; thousand; tsd; 1000pc"),
    "PR": ("pairs", 1, "pr; paa; pair; pairs; paar"),
    "SET": ("sets", 1, "set; sets; satz; kit"),
    "GRM": ("mass", 0.001, "g; gr; gram; grams; gramm"),
    "KGM": ("mass", 1, "kg; kgs; kilo; kilogram; kilograms; kilogramm"),
    "TNE": ("mass", 1000, "t; to; ton metric; tonne; tonnes; metric ton; mt"),
    "LBR": ("mass", 0.45359237, "lb; lbs; lbm; pound; pounds"),
    "ONZ": ("mass", 0.028349523125, "oz; ounce; ounces"),
    "MMT": ("length", 0.001, "mm; millimeter; millimetre"),
    "CMT": ("length", 0.01, "cm; centimeter; centimetre"),
    "MTR": ("length", 1, "m; mtr; meter; metre; meters; metres; lfm"),
    "KMT": ("length", 1000, "km; kilometer; kilometre"),
    "INH": ("length", 0.0254, "in; inch; inches; zoll"),
    "FOT": ("length", 0.3048, "ft; foot; feet"),
    "YRD": ("length", 0.9144, "yd; yard; yards"),
    "MTK": ("area", 1, "m2; m²; sqm; square meter; square metre; qm"),
    "FTK": ("area", 0.09290304, "ft2; sqft; square foot; square feet"),
    "MLT": ("volume", 0.001, "ml; milliliter; millilitre"),
    "LTR": ("volume", 1, "l; lt; ltr; liter; litre; liters; litres"),
    "MTQ": ("volume", 1000, "m3; m³; cbm; cubic meter; cubic metre"),
    "GLL": ("volume", 3.785411784, "gal; gallon; gallons; gll us"),
    "MIN": ("time", 1 / 60, "min; minute; minutes"),
    "HUR": ("time", 1, "h; hr; hrs; hour; hours; std; stunde"),
    # no 24 hours: a day that somebody is paid for has eight or so, and how many nobody says
    "DAY": ("days", 1, "day; d; days; tag"),
    "KWH": ("energy", 1, "kwh; kilowatt hour"),
    "MWH": ("energy", 1000, "mwh; megawatt hour"),
    "BX": ("boxes", 1, "box; boxes; bx; kar; karton; carton; ctn; cs; case"),
    "PK": ("packs", 1, "pk; pack; packs; pak; pkg; package"),
    "PF": ("pallets", 1, "pal; pallet; pallets; pf; palette"),
    "RO": ("rolls", 1, "rol; roll; rolls; ro; rolle"),
    "BG": ("bags", 1, "bag; bags; bg; sack"),
    "LS": ("lump sums", 1, "ls; lump sum; lot; au; le; leistungseinheit; activity unit; service"),
}  # fmt: skip
_CODE = {name.strip(): code for code, (_, _, names) in _TABLE.items() for name in (*names.split(";"), code.casefold())}


def understood(units: pd.Series) -> pd.Series:
    """Return the UN/ECE code of each unit, missing where it is not understood.

    Parameters
    ----------
    units : Series of units as the sources write them: codes, abbreviations or names, upper or lower case

    Returns
    -------
    Series of codes, with the same index

    Examples
    --------
    >>> from makini_analytics import units
    >>> units.understood(pd.Series(["EA", "Kilogram", "BOX", "XYZ"], dtype="string")).tolist()
    ['C62', 'KGM', 'BX', <NA>]
    """
    given = categoricals.from_series(units)
    known = [_CODE.get(str(u).strip().rstrip(".").casefold()) for u in given.categories]
    return pd.Series(categoricals.relabel(given, known), index=units.index)


#: The unit that each kind of measure is counted in, under its commonest name.
_BASE = {kind: names.split(";")[0].upper() for kind, times, names in _TABLE.values() if times == 1}


def based(units: pd.Series) -> tuple[pd.Series, npt.NDArray[np.float64]]:
    """Return the base unit of each unit and how many of it are in one; what is not understood is its own base.

    Parameters
    ----------
    units : Series of units as the sources write them

    Returns
    -------
    Series of base units with the same index, and an array of factors: 0.001 for a gram, whose base is the kilogram

    Examples
    --------
    >>> from makini_analytics import units
    >>> unit, times = units.based(pd.Series(["G", "kg", "EA", "box", "XYZ"], dtype="string"))
    >>> unit.tolist(), times.tolist()
    (['KG', 'KG', 'EA', 'BOX', 'XYZ'], [0.001, 1.0, 1.0, 1.0, 1.0])
    """
    given = encode(units, sort=False)
    codes, distinct = given.codes, given.labels
    known = [_TABLE.get(_CODE.get(str(u).strip().rstrip(".").casefold(), "")) for u in distinct]
    names = [_BASE[k[0]] if k else str(u).strip() for k, u in zip(known, distinct, strict=True)]
    times = np.array([1.0, *(k[1] if k else 1.0 for k in known)])
    based_on = pd.Series(categoricals.from_codes(names, codes), index=units.index)
    return categoricals.to_strings(based_on), times[codes + 1]  # their codes are remembered: prices are grouped by unit


@known_options
def factor(one: str, other: str, own: Mapping[str, tuple[str, float]] | None = None) -> float:
    """Return how many of ``other`` are in ``one``.

    Parameters
    ----------
    one, other : units, as codes or names
    own : units of your own, as ``{"BOX": ("EA", 12)}``: a box is 12 pieces

    Returns
    -------
    float; NaN where either is unknown or they measure different things

    Examples
    --------
    >>> from makini_analytics import units
    >>> units.factor("TNE", "KGM"), units.factor("DZN", "EA"), units.factor("BOX", "EA"), units.factor("BOX", "EA", {"BOX": ("EA", 12)})
    (1000.0, 12.0, nan, 12.0)
    """
    scale = 1.0
    for _ in range(5):  # a unit of your own may be defined by another one
        if own and one in own and one != other:
            one, times = own[one]
            scale *= float(times)
    a, b = (_TABLE.get(_CODE.get(u.strip().casefold(), "")) for u in (one, other))
    if one.strip().casefold() == other.strip().casefold():
        return scale
    return scale * a[1] / b[1] if a and b and a[0] == b[0] else float("nan")


def from_api(units: pd.DataFrame) -> dict[str, tuple[str, float]]:
    """Return the API's own factors for `convert`, from ``client.fetch_table("units")``.

    Parameters
    ----------
    units : the table, with ``key``, ``code``, ``rate`` and ``rateBaseKey``

    Returns
    -------
    dict, code of a unit to code of its base and how many of that are in one

    Examples
    --------
    >>> from makini_analytics import units
    >>> units.from_api(pd.DataFrame({"key": ["1", "2"], "code": ["EA", "BOX"], "rate": [1, 12], "rateBaseKey": [None, "1"]}))
    {'BOX': ('EA', 12.0)}
    """
    frame = frame_of(units, "key", "code", "rate", "rateBaseKey", metric="units.from_api")
    code = frame.set_index("key")["code"]
    rate = pd.to_numeric(frame["rate"], errors="coerce")
    rows = zip(frame["code"], frame["rateBaseKey"].map(code), rate, strict=True)
    return {
        str(c): (str(b), float(r))
        for c, b, r in rows
        if pd.notna(c) and pd.notna(b) and pd.notna(r) and r > 0 and c != b
    }


def _is_factor(value: Any) -> bool:
    return (
        isinstance(value, tuple | list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], int | float)
        and 0 < value[1] < float("inf")
    )


@known_options
def convert(lines: Any, to: str, *, own: Mapping[str, tuple[str, float]] | None = None) -> pd.DataFrame:
    """Return the lines with quantities in one unit and unit prices per that unit; missing where the unit does not convert.

    Amounts stay. A price whose unit was given and can't be read is missing.

    Parameters
    ----------
    lines : DataFrame of lines, or Purchases, whose lines are taken
    to : the unit wanted
    own : units of your own, as ``{"BOX": ("EA", 12)}``, or the API's by `from_api`

    Returns
    -------
    DataFrame, the lines with ``quantity``, ``received_quantity``, ``unit_price``, ``price_unit`` and ``unit_of_measure`` in that unit

    Raises
    ------
    SchemaError
        The lines have no unit of measure, or ``to`` is not understood.
    ConfigError
        ``to`` is no text, or ``own`` no such mapping.

    Examples
    --------
    >>> from makini_analytics import units
    >>> lines = pd.DataFrame({"quantity": [2.0, 500.0], "unit_price": [10.0, 0.02], "unit_of_measure": ["KG", "G"]})
    >>> units.convert(lines, "KG")[["quantity", "unit_price"]].to_numpy().tolist()
    [[2.0, 10.0], [0.5, 20.0]]
    """
    frame = frame_of(lines, "quantity", "unit_of_measure", metric="units.convert")
    text_of("to", to, "a unit, such as 'KGM'")
    if own is not None and not (isinstance(own, Mapping) and all(_is_factor(v) for v in own.values())):
        raise ConfigError(
            "own: pass a mapping of a unit to another one and how many of it are in one, as {'BOX': ('EA', 12)}"
        )
    if to.strip().casefold() not in _CODE and not (own and to in {base for base, _ in own.values()}):
        raise SchemaError(f"to={to!r} is no unit that is understood")
    codes, distinct = pd.factorize(frame["unit_of_measure"])
    by_unit = np.array([np.nan, *(factor(str(u), to, own) for u in distinct)])
    times = by_unit[codes + 1]
    out: dict[str, Any] = {"unit_of_measure": frame["unit_of_measure"].astype("string").where(np.isnan(times), to)}
    for name in ("quantity", "received_quantity"):
        if name in frame:
            out[name] = pd.to_numeric(frame[name]).to_numpy(dtype=float, na_value=np.nan) * times
    if "unit_price" in frame:
        stated = pd.to_numeric(values(frame, "price_unit", "float64"))
        # one that is not given is 1; of one that was given and can't be read nobody knows what the price is for
        bad = values(frame, "unreadable", "string").astype("string").str.contains(r"(?:^|, )price_unit(?:,|$)")
        per = stated.where(stated.notna() | bad.fillna(False).astype(bool), 1.0).to_numpy(dtype=float, na_value=np.nan)
        out["unit_price"] = pd.to_numeric(frame["unit_price"]).to_numpy(dtype=float, na_value=np.nan) / per / times
        out["price_unit"] = np.where(np.isnan(times), np.nan, 1.0)
    result = frame.assign(**out)
    result.attrs = dict(frame.attrs)
    return result
