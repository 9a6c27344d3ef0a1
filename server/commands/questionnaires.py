"""Publishing questionnaires, the library, and importing units."""

from __future__ import annotations

from pathlib import Path

import click

from forms import library as ready_made
from forms.questionnaire import text_in
from server.publishing import publish as publish_questionnaire
from server.publishing import read_questionnaire
from server.round_plan import LOCAL_TIME
from server.unit_files import import_units
from store import versions

from .installation import Installation, comma_separated, table_lines, with_data


@click.command()
@click.argument("source", metavar="FILE")
@click.option(
    "--accept-unreviewed",
    metavar="LANGUAGES",
    help="Publish although nobody has reviewed these languages, for example ar,fa.",
)
@with_data
def publish(installation: Installation, source: str, accept_unreviewed: str | None) -> None:
    """Publish a questionnaire: a document (YAML or JSON), or one of the library by its name."""
    questionnaire = read_questionnaire(source)
    with installation.open() as store:
        version = publish_questionnaire(
            store,
            questionnaire,
            accept_unreviewed=comma_separated(accept_unreviewed),
            today=installation.now().astimezone(LOCAL_TIME).date(),
            at=installation.now(),
        )
    click.echo(f"{version.questionnaire}@{version.number} {version.hash}")


@click.group()
def library() -> None:
    """The ready-made questionnaires."""


@library.command("list")
@with_data
def list_library(installation: Installation) -> None:
    """The library, and what has been published here."""
    rows = []
    for name in ready_made.names():
        questionnaire = ready_made.read(name)
        tags = ",".join(language.tag for language in questionnaire.languages)
        source = questionnaire.source_language
        rows.append((name, questionnaire.shape, tags, text_in(questionnaire.title, source, source)))
    click.echo("\n".join(table_lines(("LIBRARY", "SHAPE", "LANGUAGES", "TITLE"), rows)))
    with installation.open() as store:
        published = [
            (f"{one.questionnaire}@{one.number}", one.hash[:12], one.published_on, one.padded_size)
            for one in versions.listed(store.main)
        ]
    if published:
        click.echo(
            "\n" + "\n".join(table_lines(("PUBLISHED", "HASH", "ON", "PADDED SIZE"), published))
        )


@click.group()
def units() -> None:
    """The units that take part, and the areas they belong to."""


@units.command("import")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@with_data
def import_(installation: Installation, files: tuple[Path, ...]) -> None:
    """Import units, areas or memberships from CSV FILES (which, its head says). All of a call or nothing."""
    with installation.open() as store:
        said = import_units(store, files, now=installation.now())
    click.echo(said)
