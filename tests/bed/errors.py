"""What can go wrong with the bed, in words for the person who has to fix it.

BedError
├── ToolMissingError     a server's program is neither there nor buildable
├── BuildFailedError     `go build` or the download of Go failed
└── ServerFailedError    a server ended or never became ready; quotes the end of its log
"""


class BedError(Exception):
    """Base of everything the bed raises on purpose."""


class ToolMissingError(BedError):
    """A program the bed runs cannot be found, and why building it is not possible."""


class BuildFailedError(BedError):
    """Building a program failed; carries the end of the compiler's output."""


class ServerFailedError(BedError):
    """A server ended early or did not become ready; carries the end of its log and names the file."""
