"""Writes docs/store.md anew from the docstrings of store/: `.venv/bin/python scripts/store_page.py`.

The introduction (all before the first `## ….py`) is written by hand and stays; a test compares the rest with the code.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "store.md"


def main() -> None:
    """Keep the introduction and the order of the files; new files come before migrations.py."""
    page = PAGE.read_text("utf-8")
    introduction = page.partition("\n## database.py\n")[0]
    order = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    names = [path.name for path in (ROOT / "store").glob("*.py") if path.name != "__init__.py"]
    order = [name for name in order if name in names and name != "migrations.py"]
    order += [*sorted(set(names) - {*order, "migrations.py"}), "migrations.py"]
    sections = [section(ROOT / "store" / name) for name in order]
    PAGE.write_text(introduction + "\n" + "\n".join(one for one in sections if one), "utf-8")


def section(path: Path) -> str:
    """What one file offers."""
    tree = ast.parse(path.read_text("utf-8"))
    lines: list[str] = []
    for one in tree.body:
        if isinstance(one, ast.ClassDef) and one.name[0] != "_":
            lines += described(one)
        elif isinstance(one, ast.FunctionDef) and one.name[0] != "_":
            lines += call(one, "")
    if not lines:
        return ""
    said = (ast.get_docstring(tree) or "").split("\n\n")[0].replace("\n", " ")
    return "\n".join([f"## {path.name}", "", said, "", "```python", *lines, "```", ""])


def described(one: ast.ClassDef) -> list[str]:
    """A class: its values or fields in one line, then its methods."""
    bases = {ast.unparse(base) for base in one.bases}
    if "StrEnum" in bases:
        values = [
            f"{ast.unparse(item.targets[0])} = {ast.unparse(item.value)}"
            for item in one.body
            if isinstance(item, ast.Assign)
        ]
        return [f"class {one.name}(StrEnum): {', '.join(values)}"]
    fields = [
        f"{ast.unparse(item.target)}: {ast.unparse(item.annotation)}{default(item.value)}"
        for item in one.body
        if isinstance(item, ast.AnnAssign)
    ]
    based = f"({', '.join(sorted(bases))})" if bases & {"NamedTuple", "Protocol"} else ""
    lines = [f"class {one.name}{based}" + (f": {', '.join(fields)}" if fields else "")]
    if "Protocol" in bases:
        return lines
    for item in one.body:
        if isinstance(item, ast.FunctionDef) and (item.name[0] != "_" or item.name == "__init__"):
            lines += call(item, "    ")
    return lines


def default(value: ast.expr | None) -> str:
    """A field's default; a factory's is left out."""
    return "" if value is None or "field(" in ast.unparse(value) else f" = {ast.unparse(value)}"


def call(one: ast.FunctionDef, indent: str) -> list[str]:
    """A function's signature and the first line of its docstring."""
    decorators = {ast.unparse(decorator) for decorator in one.decorator_list}
    returns = ast.unparse(one.returns) if one.returns else "None"
    arguments = ast.unparse(one.args).removeprefix("self, ").removeprefix("self")
    if "property" in decorators:
        head = f"{one.name} -> {returns}"
    else:
        prefix = "with " if "contextmanager" in decorators else ""
        head = f"{prefix}{one.name}({arguments}) -> {returns}"
    said = (ast.get_docstring(one) or "").split("\n\n")[0].replace("\n", " ")
    return [indent + head, *([f"{indent}    {said}"] if said else [])]


if __name__ == "__main__":
    main()
