"""docs/command-line.md names every command with every option of its own, and none that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from server.cli import main

PAGE = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")
SECTIONS = {
    re.match(r"svarboks((?: [a-z-]+)+)", part)[1].strip(): part  # type: ignore[index]
    for part in PAGE.split("\n### ")[1:]
}


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


COMMANDS = dict(commands(main))


def test_the_page_names_the_commands_and_no_others() -> None:
    assert set(SECTIONS) == set(COMMANDS)


@pytest.mark.parametrize("path", COMMANDS)
def test_the_page_names_the_options_of_a_command_and_no_others(path: str) -> None:
    options = {
        name
        for parameter in COMMANDS[path].params
        if isinstance(parameter, click.Option)
        for name in parameter.opts
    }
    section = SECTIONS[path].split("\n## ")[0]
    assert set(re.findall(r"(?<![a-z-])--[a-z][a-z-]*", section)) == options


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_help(path: str) -> None:
    for word in ("--help", "-h"):
        result = CliRunner().invoke(main, [*path.split(), word])
        assert result.exit_code == 0
        first_words = (COMMANDS[path].help or "").split(".")[0].split(":")[0].split()
        assert len(first_words) >= 2
        assert " ".join(first_words) in " ".join(result.output.split())


def test_every_option_is_explained_or_speaks_for_itself() -> None:
    for path, command in COMMANDS.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                shown = parameter.help or isinstance(parameter.type, click.Choice)
                assert shown or parameter.show_default, (path, parameter.name)
