"""The package's docstrings, which are numpydoc with the meaning on the same line, as reStructuredText.

::

    Parameters
    ----------
    by : "vendor", a column such as "category", or several
    top : bars with a name

becomes a definition list. A name in single backticks is a link, and one that can't be resolved is an error of the build.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from .names import OTHER_ROOMS, ROOMS, known, resolved

SECTIONS = (
    "Parameters",
    "Returns",
    "Yields",
    "Raises",
    "Attributes",
    "Examples",
    "Notes",
    "References",
    "Warns",
    "See Also",
)
_ITEM = re.compile(r"^(?P<term>\*{0,2}[A-Za-z_][\w.*<>]*(?:, \*{0,2}[A-Za-z_][\w.*<>]*)*) : (?P<text>.*)$")


class UnknownName(Exception):
    """A docstring links to a name that is not public."""


def clean(doc: str) -> str:
    """Return a docstring without the indentation that it has in its file."""
    return inspect.cleandoc(doc)


def sections(text: str) -> dict[str, list[str]]:
    """Split a docstring at its underlined headings; what stands before the first one has the key ""."""
    found: dict[str, list[str]] = {"": []}
    here = found[""]
    lines = text.splitlines()
    skip = False
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if skip:
            skip = False
        elif line in SECTIONS and set(below) == {"-"}:
            here = found.setdefault(line, [])
            skip = True
        else:
            here.append(line)
    return found


def linked(text: str, owner: str) -> str:
    """Turn names into links: each in single backticks, and those in double ones that are a figure, chart or class."""

    def single(match: re.Match[str]) -> str:
        name = match.group(1)
        full = resolved(name, owner)
        if full is None:
            raise UnknownName(
                f"{owner}: `{name}` is not a public name; write it in double backticks, or name a public one"
            )
        role = "mod" if full.removeprefix("makini_analytics.") in (*ROOMS, *OTHER_ROOMS) else "obj"
        return f":py:{role}:`{name} <{full}>`"

    def double(match: re.Match[str]) -> str:
        name = match.group(1)
        full = known().get(name.removeprefix("ma."))
        return f":py:obj:`{name} <{full}>`" if full and ("." in name) and full != owner else match.group(0)

    parts = re.split(r"(``[^`]+``)", text)
    return "".join(
        re.sub(r"^``([^`]+)``$", double, p)
        if p.startswith("``")
        else re.sub(r"(?<![:`\w])`([^`<>\n]+)`(?!`)", single, p)
        for p in parts
    )


def _items(lines: list[str], indent: int) -> Iterator[tuple[str, list[str]]]:
    """Yield (term, text lines) of a section; text before the first item has the term ""."""
    term, body = "", []
    for line in lines:
        inner = line[indent:] if line[:indent].strip() == "" else line
        match = _ITEM.match(inner)
        at_start = len(line) - len(line.lstrip()) == indent
        if at_start and match:
            if term or body:
                yield term, body
            term, body = match["term"], [match["text"]]
        else:
            body.append(inner)
    if term or body:
        yield term, body


def _with_a_break(body: list[str]) -> list[str]:
    """Separate a type from the sentence below it, as in "lines : DataFrame" and "Needs amount" on the next line."""
    first, *more = body
    if more and more[0].strip()[:1].isupper() and not first.rstrip().endswith((".", ":", ",", ";")):
        return [first, "", *more]
    return body


def _definitions(lines: list[str], indent: int) -> Iterator[str]:
    for term, body in _items(lines, indent):
        if not term:
            yield from _with_a_break([b.strip() for b in body])
            yield ""
            continue
        yield ", ".join(f"``{t}``" for t in term.split(", "))
        yield from (x if x.startswith("    ") or not x else f"    {x}" for x in _with_a_break(body))
        yield ""


def _raises(lines: list[str]) -> Iterator[str]:
    for line in lines:
        names = line.split(", ")
        if line and not line.startswith(" ") and all(resolved(n, "") for n in names):
            yield ", ".join(f":py:exc:`{n} <{resolved(n, '')}>`" for n in names)
        else:
            yield line


def head(text: str) -> list[str]:
    """Return the definition: the docstring up to its first section."""
    return sections(text)[""]


def as_rst(text: str, owner: str, *, with_head: bool = True) -> list[str]:
    """Return a docstring as reStructuredText, with its definition or without."""
    parts = sections(text)
    top = parts.pop("")
    out = list(top) if with_head else []
    for name, lines in parts.items():
        out += ["", f".. rubric:: {name}", ""]
        if name in ("Parameters", "Attributes"):
            out += _definitions(lines, 0)
        elif name in ("Returns", "Yields"):
            out += _definitions(lines, 4)
        elif name in ("Raises", "Warns"):
            out += _raises(lines)
        else:
            out += lines
        out.append("")
    # Code of an example, and what is a link already, stay as they are.
    return [x if x.lstrip().startswith((">>>", "...", ":py:")) else linked(x, owner) for x in out]
