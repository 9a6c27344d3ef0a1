"""What holds for every test."""

from hypothesis import settings

# How long one example takes is the machine's business, and two workers share it: bench/ measures speed, tests do not.
settings.register_profile("svarboks", deadline=None)
settings.load_profile("svarboks")
