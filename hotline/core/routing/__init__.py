"""Routing's one brain: who is offered what, and when.

* `engine.py`: **the way in**: what happened → what must be done; `events.py` and `effects.py` name both
* `state.py`: all that is remembered; `calls.py`, `people.py`, `rules.py`: what it is made of
* `facts.py`, `requests.py`, `world.py`: facts, requests, and the comparison with the world taken in
* `queue.py`, `match.py`, `transfers.py`, `phones.py`, `agents.py`: the line, offers, transfers, agents by phone, agents' states
"""
