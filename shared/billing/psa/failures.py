"""What a PSA says no with: not now, or not until a person acts."""

from datetime import timedelta

from shared.billing.psa.causes import LETS_NOBODY_IN, Cause, cure, what


class PsaUnavailable(Exception):
    """Could not be read now; `after` is how long to wait. Never means "nothing there"."""

    def __init__(
        self, why: str, after: timedelta = timedelta(seconds=60), *, asked_for: bool = False
    ) -> None:
        super().__init__(why)
        self.after = after
        self.asked_for = asked_for
        """True: the PSA itself asked for this pause, so nothing of the connection is asked before it is over."""


class PsaRefused(Exception):
    """The PSA refuses us until a person acts. `sentence` says what to do, `code` is the vendor's own."""

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        sign_in: bool = False,
        cause: Cause | None = None,
        facts: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"{sentence} ({code})")
        self.code = code
        self.sentence = sentence
        self.cause = cause
        """What is wrong with the whole connection; None: it is one thing of it, or was told in words alone."""
        self.facts = facts
        """What the cause's sentence is made with."""
        self.sign_in = sign_in or cause in LETS_NOBODY_IN
        """True: nothing of this connection works until somebody enters other keys."""

    @classmethod
    def for_all(cls, psa: str, cause: Cause, code: str, *facts: str) -> "PsaRefused":
        """The refusal of a whole connection."""
        sentence = f"{what(cause, psa, facts)} {cure(cause, psa, facts)}"
        return cls(code, sentence, cause=cause, facts=facts)

    @property
    def is_for_all(self) -> bool:
        """Whatever else of the connection is asked for would be refused, too."""
        return self.sign_in or self.cause is not None


class NotThere(PsaRefused):
    """What was asked for is not there, by the PSA's own word to a sign-in that is good."""
