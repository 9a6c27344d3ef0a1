"""The command line, `svarboks`. Each command has --help; exit code 0: done, 1: not done (and why), 2: not understood,
3: `check` found differences or `doctor` a fault."""

from __future__ import annotations

import click

from .commands import (
    deliveries,
    doctor,
    exporting,
    people,
    questionnaires,
    restore,
    results,
    rounds,
    scans,
    service,
    sheets,
    simulated_tablets,
    tablets,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="svarboks")
def main() -> None:
    """Svarboks: questionnaires where the network is not, kept anonymous, reported on the day it was promised."""


for command in (
    service.init,
    service.run,
    service.serve,
    service.scheduler,
    service.reader,
    service.check,
    restore.restore,
    doctor.doctor,
    questionnaires.publish,
    questionnaires.library,
    questionnaires.units,
    rounds.round_group,
    rounds.mix,
    rounds.simulate,
    sheets.sheets,
    people.account,
    people.keys,
    people.audit_group,
    tablets.tablet,
    scans.read,
    results.edition,
    results.report,
    results.tables,
    deliveries.delivery,
    exporting.export,
):
    main.add_command(command)
tablets.tablet.add_command(simulated_tablets.simulate)

if __name__ == "__main__":
    main()
