"""Letters: text messages and mails that leave the house, each once. Pure.

* `states.py`: **the table** of a letter's states, and what an attempt makes of it
* `times.py`: when people may be written to: not at night, and at times that are safe for them
* `texts.py`: what letters say, in Chinese and English
"""

from hotline.core.letters.states import FINAL, STATES, Receipt, after, before
from hotline.core.letters.times import Window, next_allowed

__all__ = ["FINAL", "STATES", "Receipt", "Window", "after", "before", "next_allowed"]
