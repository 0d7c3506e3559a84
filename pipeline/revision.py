"""What is known about an open turn as it stands at its last pause, and whether that makes a silence long enough."""

from dataclasses import dataclass, field, replace

from pipeline.endpoint import Evidence, Habits
from pipeline.events import TranscriptReady
from pipeline.settings import Detection, TurnPolicy


@dataclass(slots=True)
class Revision:
    """Filled as it becomes known; a new one is begun whenever the caller goes on.

    words: None as long as they are not known, then whether there are any. ready: the answer could be heard. evidence:
    on whether the turn is complete. early: the words were asked for in a lull, and the pause has not been noticed yet;
    heard_early: and they are known already.
    """

    words: bool | None = None
    ready: bool = False
    evidence: Evidence = field(default_factory=Evidence)
    early: bool = False
    heard_early: TranscriptReady | None = None

    def heard(self, event: TranscriptReady) -> None:
        self.words = not event.empty and not event.failed
        self.evidence = replace(self.evidence, ending=event.ending, dictated=event.dictated)

    def over(self, silence: float, policy: TurnPolicy, habits: Habits) -> bool:
        """Whether a silence of so many milliseconds ends the turn.

        A silence that was asked for by length is obeyed to the letter. Otherwise nothing would come of closing a turn
        before its answer can be heard, but that callers who only paused are cut off; patience ends that too.
        """
        if policy.detection is Detection.SILENCE:
            return silence >= policy.silence
        if silence < habits.wait(self.evidence, policy.shortest, policy.patience):
            return False
        return self.ready or self.words is False or silence >= policy.patience or not policy.create_response
