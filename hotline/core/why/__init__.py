"""Answers in one sentence, with figures, from what is known: why an agent gets no calls, and why a caller waited.

`agent` looks at routing's memory, `wait` at a call's facts; both give a :class:`Reason`, and `texts` says it in Chinese and
English.
"""

from hotline.core.why.agent import why_no_calls
from hotline.core.why.texts import Reason, named, sentence
from hotline.core.why.wait import Desk, why_waited

__all__ = ["Desk", "Reason", "named", "sentence", "why_no_calls", "why_waited"]
