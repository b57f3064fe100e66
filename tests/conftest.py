"""What holds for all tests."""

from hypothesis import settings

# A slow example on a busy machine is no failure; how fast things are is measured in benchmarks.
settings.register_profile("footfall", deadline=None)
settings.load_profile("footfall")
