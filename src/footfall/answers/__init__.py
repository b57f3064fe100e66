"""Questions of the store, divided and shaped: means, sums, periods. The only place that divides."""

from footfall.answers.answers import Answers
from footfall.answers.numbers import since_minute
from footfall.answers.rows import Ordered, Progress, Viewed

__all__ = ["Answers", "Ordered", "Progress", "Viewed", "since_minute"]
