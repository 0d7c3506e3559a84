"""What a rule is: a pattern, and what is said for a match of it; None for one that is not meant."""

import re
from collections.abc import Callable
from typing import TypeAlias

Rule: TypeAlias = tuple[re.Pattern[str], Callable[["re.Match[str]"], str | None]]
SEEN = 40
"""Characters on both sides of a match that tell what it means."""
