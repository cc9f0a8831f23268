"""What keeps a call from being made, each with the exit status that the command line ends with."""


class CallError(Exception):
    """A call that could not be made or answered.

    Args:
        message: what is wrong and how to mend it; never a token, a key or anything of the record.
    """

    exit_status = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UsageError(CallError):
    """What was asked for cannot be done: an option or a file is missing or wrong."""

    exit_status = 2


class UnreachableError(CallError):
    """Nothing answers at the address, or not in time."""

    exit_status = 3


class AnswerError(CallError):
    """Discovery was answered with an error, or with what is no discovery document."""
