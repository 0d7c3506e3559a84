"""How much of something one client may have in a second, with a reserve for what comes at once."""


class Allowance:
    """A token bucket. Takes `now` (seconds, any origin) and says how long to wait; it never refuses."""

    def __init__(self, a_second: float, at_once: float) -> None:
        """at_once: most that may come without a wait after a rest."""
        self._a_second = a_second
        self._at_once = at_once
        self._left = at_once
        self._at = 0.0

    def take(self, amount: float, now: float) -> None:
        """More than is left may be taken: the wait before the next is then longer."""
        self._left = min(self._at_once, self._left + max(0.0, now - self._at) * self._a_second) - amount
        self._at = now

    def wait(self, now: float) -> float:
        """Seconds until what was taken too much has come back; 0 while there is some left."""
        return max(0.0, -self._left / self._a_second - (now - self._at))
