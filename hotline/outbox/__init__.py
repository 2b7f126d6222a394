"""How letters leave the house: a port (`port.py`) and its adapters: files, SMTP, an HTTP gateway for text messages.

An adapter hands one letter over and says what it knows of it; states, retries and the row are the job's business
(`hotline.jobs.send_letter`). None writes an address or a text to a log.
"""

from hotline.outbox.choice import adapters
from hotline.outbox.port import Adapter, Letter

__all__ = ["Adapter", "Letter", "adapters"]
