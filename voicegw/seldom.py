"""For what strangers can bring about as often as they like: the log is told of it now and then. Pure."""


class Seldom:
    """One for each place that tells; it remembers as many subjects as that place has."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._told: dict[str, float] = {}
        self._untold: dict[str, int] = {}

    def may(self, about: str, now: float) -> int | None:
        """How often it was kept back since it was told last; None to keep it back this time too."""
        if now - self._told.get(about, float("-inf")) < self._every_s:
            self._untold[about] = self._untold.get(about, 0) + 1
            return None
        self._told[about] = now
        return self._untold.pop(about, 0)
