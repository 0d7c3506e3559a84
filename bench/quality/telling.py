"""How long work tells how far it is."""

from collections.abc import Callable
from typing import TypeAlias

Tell: TypeAlias = Callable[[str, int, int], None]
"""What is being done, how much of it is done, and how much there is."""
