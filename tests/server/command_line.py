"""Runs `svarboks` as a person does: real arguments, real data folders, nothing taken from this machine's environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner

from server.cli import main


@dataclass(frozen=True, slots=True)
class Said:
    """What a command did."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The command line over one data folder."""

    data: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *arguments: object, **environment: str) -> Said:
        """A command, whatever comes of it. A fault that is not said in sentences fails the test."""
        settings = dict.fromkeys(("SVARBOKS_KEYS", "SVARBOKS_URL", "PORT", "SVARBOKS_PASSWORD"), "")
        result = CliRunner().invoke(
            main,
            [str(one) for one in arguments],
            env={**settings, "SVARBOKS_DATA": str(self.data), **self.environment, **environment},
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert "Traceback" not in result.output
        return Said(result.exit_code, result.stdout, result.stderr)

    def done(self, *arguments: object, **environment: str) -> str:
        """A command that has to succeed; its output."""
        said = self.run(*arguments, **environment)
        assert said.code == 0, said.err
        return said.out

    def refused(self, *arguments: object, **environment: str) -> str:
        """A command that has to be refused with exit code 1; what it says."""
        said = self.run(*arguments, **environment)
        assert said.code == 1, said
        assert said.err.startswith("Error: ")
        return said.err

    @property
    def keys(self) -> Path:
        """Where the private keys lie."""
        return self.data.with_name(f"{self.data.name}-keys")


def fresh(folder: Path) -> CommandLine:
    """A new installation."""
    line = CommandLine(folder / "data")
    line.done("init")
    return line
