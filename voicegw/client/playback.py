"""The caller's loudspeaker as arithmetic: when each sample of an answer would be heard."""

from dataclasses import dataclass


@dataclass(slots=True)
class Playback:
    """Plays what arrives at once, back to back while there is any, and falls silent when it runs dry.

    ends_at: when the last sample received so far has been played, in seconds of the caller's clock.
    starved: seconds of silence inside answers because their next piece came late.
    """

    ends_at: float = float("-inf")
    starved: float = 0.0

    def add(self, seconds: float, now: float, *, first: bool) -> float:
        """Queue a piece that arrived at `now`; returns when it starts to sound. first: it begins an answer."""
        if not first:
            self.starved += max(0.0, now - self.ends_at)
        start = max(now, self.ends_at)
        self.ends_at = start + seconds
        return start

    def stop(self, now: float) -> float:
        """Fall silent at once; returns the seconds that will not be heard."""
        unheard = max(0.0, self.ends_at - now)
        self.ends_at = min(self.ends_at, now)
        return unheard
