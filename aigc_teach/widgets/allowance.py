"""How often may one look? So that looking takes no more than its share of the time."""

from __future__ import annotations


class Allowance:
    """Says when a recurring job may run so that it takes at most `share` of the time.

    Parameters
    ----------
    share : float
        Of the elapsed time.
    every_seconds : float
        Never more often than this.

    Examples
    --------
    >>> looks = Allowance(0.02, 0.5)
    >>> looks.start(now=0.0)
    >>> looks.due(now=0.4), looks.due(now=0.6)
    (False, True)
    """

    def __init__(self, share: float, every_seconds: float):
        self.share, self.every_seconds = share, every_seconds

    def start(self, now: float) -> None:
        """Begin to count at time `now`, in seconds."""
        self.began = now
        self.next = now + self.every_seconds
        self.spent = 0.0

    def due(self, now: float) -> bool:
        """Whether the job may run now."""
        return now >= self.next

    def charge(self, cost: float, now: float) -> None:
        """Note that the job has just taken `cost` seconds."""
        self.spent += cost
        # wait until what was spent, and one more such look, is within the share
        earned = self.began + (self.spent + cost) / self.share
        self.next = max(now + self.every_seconds, earned)
