"""Errors that reach a person carry a stable code; the text, Chinese and English, is looked up at the edge by the code.

Tree: :class:`HotlineError` → :class:`Rejected` (the request cannot be done as things stand; 409-like),
:class:`Invalid` (the request is wrong; 422-like), :class:`Missing` (404-like), :class:`Forbidden` (403-like).
"""

from __future__ import annotations


class HotlineError(Exception):
    """Base of all errors with a stable `code` (dotted, lower case) and JSON-able `details` without personal data."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class Rejected(HotlineError):
    """Well-formed, but the state of things does not allow it (an offer already taken, a call already ended)."""


class Invalid(HotlineError):
    """The input itself is wrong; `details["field"]` names the field where there is one."""


class Missing(HotlineError):
    """The thing named does not exist, or not for this user."""


class Forbidden(HotlineError):
    """The user's role does not permit it."""


class IllegalTransition(HotlineError):
    """A state machine got an event it has no row for. State is unchanged."""
