"""What the headings of a list mean: found in the table of headings, under the system that most of them belong to, and asked where in doubt."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from typing import Any

from ..errors import ConfigError, SchemaError
from ..system import near

#: A heading of a system, beside a plain word for the same: the system's comes first.
_AFTER_THE_SYSTEM = 10
#: A system is recognised by headings that no other one has.
_ENOUGH_OF_ITS_OWN = 2
_UNKNOWN = "left out: no heading that is known"
AS_YOU_SAY = "as you say"
TWICE = "left out: the heading is there twice, and the first one is taken"
#: A currency's code behind a heading, in brackets or not.
_CURRENCY = re.compile(r"\s*(?:[(\[]\s*(?:in\s+)?([A-Z]{3})\s*[)\]]|\s(?:(?:in|en)\s+)?([A-Z]{3}))\s*$")


@dataclass(frozen=True)
class Heading:
    """One heading of a file, the column that it is read as (None: left out), and by what rule."""

    heading: str
    column: str | None
    rule: str
    rank: int = 0
    place: int = 0  # of the column in the file

    @property
    def unknown(self) -> bool:
        """Whether no table of headings has it."""
        return self.rule == _UNKNOWN


@dataclass(frozen=True)
class System:
    """The headings of a system: folded text to the columns that it can mean, each with its rank."""

    name: str
    title: str
    columns: Mapping[str, tuple[tuple[str, int], ...]]
    skip: Mapping[str, str]
    prefixes: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    statuses: frozenset[str] = frozenset()  # that no other one writes

    def spellings(self, heading: str) -> list[str]:
        """Return what a heading is looked up by: whole, then without a table's name before it, as in EKPO-MATNR, or behind it, or a currency behind it."""
        rest = [heading[len(p) :] for p in self.prefixes if heading.casefold().startswith(p.casefold())]
        parts = [folded(r) for r in rest if r[:1] in "-_~./ " and folded(r)]
        parts += [folded(heading[: -len(e)]) for e in self.endings if heading.casefold().endswith(e.casefold())]
        return [folded(heading), *parts, *([folded(_CURRENCY.sub("", heading))] if currency_in(heading) else [])]

    def meanings(self, heading: str) -> tuple[tuple[str, int], ...]:
        """Return the columns that a heading can mean, each with its rank."""
        return next((self.columns[s] for s in self.spellings(heading) if s in self.columns), ())

    def knows(self, heading: str) -> bool:
        """Whether the heading is one of the system's."""
        return any(s in self.columns or s in self.skip for s in self.spellings(heading))


@lru_cache(maxsize=20_000)
def folded(heading: Any) -> str:
    """Return a heading as it is compared: without case, accents, blanks and punctuation; "%" is kept, since it changes the meaning, and "#" is No.

    >>> folded("Fe.Entrega."), folded("need-by-date"), folded("Währung "), folded("Line Discount %"), folded("PO #")
    ('feentrega', 'needbydate', 'wahrung', 'linediscountpercent', 'pono')
    """
    text = (
        str(heading).replace("%", " percent").replace("#", " no").replace("ł", "l").replace("Ł", "L").replace("°", "")
    )
    split = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\W_]+", "", "".join(c for c in split if not unicodedata.combining(c)))


@cache
def _data() -> dict[str, Any]:
    import tomllib
    from importlib.resources import files

    return tomllib.loads((files(__package__) / "_headings.toml").read_text(encoding="utf-8"))


def currency_in(heading: str) -> str | None:
    """Return the currency that a heading names.

    >>> currency_in("Amount (EUR)"), currency_in("Nettowert in CHF"), currency_in("Price (PER)")
    ('EUR', 'CHF', None)
    """
    found = _CURRENCY.search(heading)
    code = (found[1] or found[2]) if found else None
    return code if code in _data()["currencies"]["codes"] else None


@cache
def systems() -> dict[str, System]:
    """Return the systems by name; plain words are one of them."""
    return {name: _system(name, data) for name, data in _data().items() if "columns" in data}


def _system(name: str, data: Mapping[str, Any]) -> System:
    columns: dict[str, list[tuple[str, int]]] = {}
    for column, headings in data["columns"].items():
        ranked = headings if isinstance(headings[0], list) else [headings]
        for rank, group in enumerate(ranked):
            for heading in group:
                for spelled in {
                    folded(h + s) for h in (heading, _ascii(heading)) for s in ("", *data.get("suffixes", ()))
                }:
                    found = columns.setdefault(spelled, [])
                    if all(c != column for c, _ in found):
                        found.append((column, rank))
    skip = {folded(heading): why for heading, why in data.get("skip", {}).items()}
    return System(
        name,
        data["title"],
        {h: tuple(c) for h, c in columns.items()},
        skip,
        tuple(data.get("prefixes", ())),
        tuple(data.get("endings", ())),
        frozenset(map(folded, data.get("statuses", ()))),
    )


def _ascii(heading: str) -> str:
    """Return a heading with its umlauts written out, as systems without them write Waehrung."""
    return "".join({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}.get(c, c) for c in heading)


@cache
def _vague() -> frozenset[str]:
    return frozenset(map(folded, _data()["vague"]["headings"]))


@cache
def mark_words() -> dict[str, tuple[str, ...]]:
    """Return the words in headings that make a column of yes and no a mark, by what they say."""
    return {name: tuple(map(folded, words)) for name, words in _data()["marks"].items()}


@cache
def document_types() -> dict[str, str]:
    """Return what the words for documents mean: order, return, or other."""
    return {folded(word): kind for kind, words in _data()["document_types"].items() for word in words}


@cache
def receipt_kinds() -> dict[str, str]:
    """Return what the words for rows of a history mean: receipt, back (goods go away again), or other."""
    return {folded(word): kind for kind, words in _data()["receipt_kinds"].items() for word in words}


@cache
def state_words() -> dict[str, frozenset[str]]:
    """Return the words in headings of quantities and statuses, by what they say; ``all`` may stand beside any."""
    words, marks = _data()["words"], mark_words()
    return {name: frozenset(of) for name, of in words.items()} | {
        "all": frozenset(words["all"]).union(marks["beside"], marks["says_mark"])
    }


@cache
def total_words() -> dict[str, tuple[str, ...]]:
    """Return the first words of rows that add up others, the last words of such, and those before the number of a page."""
    return {name: tuple(sorted(words, key=len, reverse=True)) for name, words in _data()["totals"].items()}


def n_known(cells: Iterable[Any], own: Iterable[str] = ()) -> int:
    """Return how many distinct cells of a row are headings that some system or the caller knows."""
    named = {folded(h) for h in own}
    texts = {c.strip() for c in cells if isinstance(c, str) and c.strip()}
    return len({folded(t) for t in texts if folded(t) in named or _known(t)})


@lru_cache(maxsize=20_000)
def _known(heading: str) -> bool:
    return any(s.knows(heading) for s in systems().values())


def named_system(system: str) -> System:
    """Return the system of that name; `ConfigError` with the good ones where there is none."""
    plain = folded(system)
    for s in systems().values():
        if plain in (folded(s.name), folded(s.title)) or (len(plain) > 2 and folded(s.title).startswith(plain)):
            return s
    raise ConfigError(f"system={system!r}: pass one of {', '.join(map(repr, systems()))}")


def recognised(headings: Sequence[str]) -> System | None:
    """Return the system that the headings are of: the one with most headings that neither another system nor plain lists have."""
    known = [s for s in systems().values() if s.name != "plain"]
    plain = {h for h in headings if systems()["plain"].meanings(h)}
    by = {s.name: {h for h in headings if s.knows(h)} for s in known}

    def evidence(s: System) -> tuple[int, int]:
        others = plain.union(*(by[o.name] for o in known if o is not s))
        return len(by[s.name] - others), len(by[s.name])

    first, second = sorted(known, key=evidence, reverse=True)[:2]
    clear = evidence(first) > evidence(second) and evidence(first)[0] >= _ENOUGH_OF_ITS_OWN
    return first if clear else None


def understood(
    headings: Sequence[str],
    system: System | None,
    own: Mapping[str, str | None],
    fits: Callable[[int, str], bool] = lambda place, column: True,
    worded: Callable[[int], bool] = lambda place: False,
) -> list[Heading]:
    """Return what each heading means.

    ``own`` is what the caller says, by heading; None leaves one out. Values at a place ``fits`` a column; no line numbers are ``worded``.

    Raises
    ------
    SchemaError
        The caller names a heading that is not there, a heading can mean two things, or two headings mean the same.
    """
    stated = _columns_by_heading(headings, own)
    seen: dict[str, int] = {}
    found: list[Heading] = []
    doubtful: list[tuple[Heading, list[tuple[str, int]]]] = []
    for place, heading in enumerate(headings):
        nothing = Heading(heading, None, "", place=place)
        if not (key := folded(heading)):
            continue
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > 1:
            named = f"{heading} ({seen[key]})"  # as columns= says which one is meant
            if (key := folded(named)) not in stated:
                found.append(replace(nothing, rule=TWICE))
                continue
            nothing = replace(nothing, heading=named)
        if key in stated:
            rule = AS_YOU_SAY if stated[key] else f"left out, {AS_YOU_SAY}"
            found.append(replace(nothing, column=stated[key], rule=rule, rank=-1))
            continue
        meant, rule = _meanings(heading, system, partial(worded, place))
        if not meant:
            found.append(replace(nothing, rule=rule or _UNKNOWN))
        elif len({c for c, _ in meant}) == 1:
            found.append(replace(nothing, column=meant[0][0], rank=meant[0][1], rule=rule))
        else:
            doubtful.append((nothing, list(meant)))
    taken = {h.column for h in found if h.column}
    for h, meant in doubtful:
        possible = [(c, rank) for c, rank in meant if fits(h.place, c)] or meant
        if len({c for c, _ in possible}) == 1:
            column, rank = possible[0]
            found.append(replace(h, column=column, rank=rank, rule="by its values"))
        else:
            found.append(_eliminated(h, possible, taken))
    return sorted(_one_each(_vendors(found)), key=lambda h: h.place)


def distinct_names(headings: Sequence[str]) -> list[str]:
    """Return the headings, a repeated one with its number, so that each names one column of a table."""
    seen: dict[str, int] = {}
    out = []
    for h in headings:
        n = seen[folded(h)] = seen.get(folded(h), 0) + 1
        out.append(h if n == 1 else f"{h} ({n})")
    return out


def _columns_by_heading(headings: Sequence[str], own: Mapping[str, str | None]) -> dict[str, str | None]:
    there = {folded(h): h for h in distinct_names(headings)}
    for heading in own:
        if folded(heading) not in there:
            raise SchemaError(
                f"columns=: the file has no heading {heading!r}{near(heading, there.values(), cutoff=0.5)}"
            )
    return {folded(h): c for h, c in own.items()}


def _meanings(heading: str, system: System | None, worded: Callable[[], bool]) -> tuple[Sequence[tuple[str, int]], str]:
    """Return the columns that a heading can mean, with their rank, and the rule by which."""
    plain = systems()["plain"]
    if system is not None:
        skipped = next((system.skip[s] for s in system.spellings(heading) if s in system.skip), None)
        if skipped:
            return (), f"left out: {skipped}"
        if (meant := system.meanings(heading)) and not (meant[0][0] == "line_number" and worded()):
            return meant, f"a heading of {system.title}"
    if meant := plain.meanings(heading):
        return [(c, 2 * rank + _AFTER_THE_SYSTEM) for c, rank in meant], "a plain word"
    if system is not None or folded(heading) in _vague():
        return (), ""
    others = {(c, rank, s.title) for s in systems().values() for c, rank in s.meanings(heading)}
    if not others:
        return (), ""
    titles = " and ".join(sorted({t for *_, t in others}))
    # after the exact plain word, before the vaguer ones
    return [(c, 2 * rank + 1 + _AFTER_THE_SYSTEM) for c, rank, _ in sorted(others)], f"a heading of {titles}"


def _eliminated(h: Heading, meant: list[tuple[str, int]], taken: set[str]) -> Heading:
    left = [(c, rank) for c, rank in meant if c not in taken]
    if len({c for c, _ in left}) == 1:
        others = ", ".join(sorted({c for c, _ in meant} - {left[0][0]}))
        return replace(h, column=left[0][0], rank=left[0][1], rule=f"by elimination: {others} has a heading of its own")
    if not left:
        return replace(h, rule="left out: everything that it can mean has a heading of its own")
    names = sorted({c for c, _ in left})
    raise SchemaError(
        f"the heading {h.heading!r} can mean {' or '.join(names)}: pass columns={{{h.heading!r}: {names[0]!r}}} or "
        f"{{{h.heading!r}: {names[1]!r}}}, or the name of the system as system="
    )


def _vendors(found: list[Heading]) -> list[Heading]:
    """Return the headings without "vendor" where code and name have headings of their own."""
    if not {"vendor_id", "vendor_name"} <= {h.column for h in found}:
        return found
    rule = "left out: code and name have headings of their own"
    return [replace(h, column=None, rule=rule) if h.column == "vendor" else h for h in found]


def _one_each(found: list[Heading]) -> list[Heading]:
    """Return the headings with one at most for each column: the first by rank; two of one rank are asked about."""
    out = [h for h in found if h.column is None]
    for column in dict.fromkeys(h.column for h in found if h.column):
        mine = sorted((h for h in found if h.column == column), key=lambda h: h.rank)
        if len(mine) > 1 and mine[0].rank == mine[1].rank and column != "history":  # one sign of it is enough
            one, other = mine[0].heading, mine[1].heading
            raise SchemaError(
                f"{one!r} and {other!r} are both read as {column}: choose one with columns={{{other!r}: None}} or "
                f"{{{one!r}: None}}"
            )
        out.append(mine[0])
        out += [replace(h, column=None, rule=f"left out: {mine[0].heading!r} gives the {column}") for h in mine[1:]]
    return out
