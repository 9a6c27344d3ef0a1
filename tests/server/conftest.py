"""What the tests of the server share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.server.command_line import CommandLine, fresh
from tests.server.delivery_place import Place
from tests.server.installation import World, build
from tests.server.paper_world import PaperWorld, paper_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = build(tmp_path)
    yield made
    made.app.extensions["svarboks"].close()


@pytest.fixture
def places() -> Iterator[list[Place]]:
    made: list[Place] = []
    yield made
    for one in made:
        one.world.app.extensions["svarboks"].close()


@pytest.fixture
def paper(world: World) -> PaperWorld:
    return paper_world(world)


@pytest.fixture
def client(paper: PaperWorld) -> FlaskClient:
    """A coordinator where there is paper."""
    return paper.world.signed_in("coordinator")


@pytest.fixture
def new(tmp_path: Path) -> CommandLine:
    """A fresh installation."""
    return fresh(tmp_path)


@pytest.fixture
def published(new: CommandLine) -> CommandLine:
    """An installation with the IV questionnaire."""
    new.done("publish", "iv-satisfaction", "--accept-unreviewed", "ar,fa")
    return new
