"""What can go wrong in a way that a person is told about."""


class Failure(Exception):
    """Something a person must mend; `sentence` says what happened, why, and what to do now.

    The command line prints the sentence and exits with `exit_code`; a service that cannot start does the same.
    """

    def __init__(self, sentence: str, exit_code: int = 2) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.exit_code = exit_code


class Refused(Exception):
    """A request that is understood and not granted; over HTTP a problem document with this slug and status."""

    def __init__(self, slug: str, sentence: str, status: int = 409, **details: object) -> None:
        super().__init__(f"{slug}: {sentence}")
        self.slug = slug
        self.sentence = sentence
        self.status = status
        self.details = details
