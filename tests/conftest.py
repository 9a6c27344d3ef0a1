"""What holds for every test."""

import pytest
from hypothesis import settings

# How long one example takes is the machine's business, and two workers share it: bench/ measures speed, tests do not.
settings.register_profile("svarboks", deadline=None)
settings.load_profile("svarboks")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first: a worker that begins a campaign last would leave the other without work.

    Campaigns are long and few in a file, browser tests next; the order within a file stays.
    """
    first: dict[str, int] = {}
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        place = 0 if "campaign" in marks else 1 if "browser" in marks else 2
        first[str(item.path)] = min(place, first.get(str(item.path), 2))
    items.sort(key=lambda item: first[str(item.path)])
