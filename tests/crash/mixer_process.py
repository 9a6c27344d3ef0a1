"""Mixes the tests' round again and again until it is killed. Run as a program with the environment of an installation."""

from __future__ import annotations

import os
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path

from forms.problems import Problem, ProblemError
from store.database import open_store
from sync.keys import KeyFolder
from sync.mixing import mix
from tests.sync.installation import ROUND


def main() -> None:
    """Mix whenever there is company enough."""
    data, keys = Path(os.environ["SVARBOKS_DATA"]), KeyFolder(os.environ["SVARBOKS_KEYS"])
    rng = secrets.SystemRandom()
    with open_store(data) as store:
        while True:
            try:
                mix(store, keys, ROUND, rng=rng, whole=False, now=datetime.now(UTC))
            except ProblemError as error:
                if error.problem is not Problem.BUSY:
                    raise
            time.sleep(0.02)


if __name__ == "__main__":
    main()
