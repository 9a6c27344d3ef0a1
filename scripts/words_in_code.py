"""Finds the words for translation in Python code, by what the code calls and not by how it looks.

Babel's own method reads tokens: it misses a call inside an f-string, and words that reach a call by way of a name.
Here the syntax tree is read. In ``words(x)`` the words are the texts in ``x`` itself (both of a conditional), and, where
``x`` uses a name, the texts that the same file assigns to that name or loops over under it (of a mapping, the values).
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping

#: Functions that look a message up or mark it; the number of arguments that are messages.
CALLS: Mapping[str, int] = {"N_": 1, "_": 1, "gettext": 1, "_say": 1, "words": 1, "ngettext": 2}


def words_in(source: str, calls: Mapping[str, int] = CALLS) -> list[str | tuple[str, str]]:
    """The messages in Python source in the order found; a pair is a singular and its plural."""
    tree = ast.parse(source)
    assigned = _assigned(tree)
    found: dict[str | tuple[str, str], None] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or (name := _name_of(node.func)) not in calls:
            continue
        if calls[name] == 2:
            singular, plural = node.args[:2]
            if isinstance(singular, ast.Constant) and isinstance(plural, ast.Constant):
                found[(str(singular.value), str(plural.value))] = None
        elif node.args:
            found.update(dict.fromkeys(_texts(node.args[0], assigned, frozenset())))
    return list(found)


def problems_in(source: str) -> list[str]:
    """The titles and remedies of `class Problem`: forms/ speaks English only, so it cannot mark them."""
    entries = _problem_entries(source)
    return list(dict.fromkeys(text for texts in entries.values() for text in texts))


def problem_words(source: str, names: Collection[str]) -> list[str]:
    """The titles and remedies of these entries of `class Problem`."""
    entries = _problem_entries(source)
    return list(dict.fromkeys(text for name in names for text in entries[name]))


def _problem_entries(source: str) -> dict[str, list[str]]:
    [problem] = [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == "Problem"
    ]
    entries = {}
    for entry in problem.body:
        if isinstance(entry, ast.Assign) and isinstance(entry.targets[0], ast.Name):
            _code, _status, title, remedy = ast.literal_eval(entry.value)
            entries[entry.targets[0].id] = [title, remedy]
    return entries


def _name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _assigned(tree: ast.Module) -> dict[str, list[ast.expr]]:
    """What each name of the file may hold."""
    values: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        pairs: list[tuple[ast.expr, ast.expr]] = []
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            pairs = [(node.target, node.value)]
        elif isinstance(node, ast.For | ast.comprehension):
            pairs = [(node.target, node.iter)]
        for target, value in pairs:
            for part in ast.walk(target):
                if isinstance(part, ast.Name):
                    values.setdefault(part.id, []).append(value)
    return values


def _texts(
    value: ast.expr, assigned: Mapping[str, list[ast.expr]], seen: frozenset[str]
) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(text)):
            if text:
                yield text
        case ast.IfExp(body=first, orelse=second):
            yield from _texts(first, assigned, seen)
            yield from _texts(second, assigned, seen)
        case ast.BoolOp(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _texts(part, assigned, seen)
        case ast.Dict(values=parts):
            for part in parts:
                yield from _texts(part, assigned, seen)
        case ast.Subscript(value=holder):
            yield from _texts(holder, assigned, seen)
        case ast.Call(func=ast.Attribute(value=holder, attr="get"), args=[_, *default]):
            for part in (holder, *default):
                yield from _texts(part, assigned, seen)
        case ast.Call(func=ast.Attribute(value=holder, attr="items" | "values"), args=[]):
            yield from _texts(holder, assigned, seen)
        case ast.Name(id=name) if name not in seen:
            for part in assigned.get(name, ()):
                yield from _texts(part, assigned, seen | {name})
