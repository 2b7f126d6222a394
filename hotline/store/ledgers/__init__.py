"""Ledgers out of the database: one source a ledger, read by pages for the screen and for files alike.

* `scope.py`: whose rows somebody may read; `line.py`: what a line and a question look like; `sources.py`: ledger → source
* `reading.py`: newest first, from a place on; `typed.py`: what those share that people type
* `calls.py`, `cases.py`, `duty.py`, `visits.py`, `advisers.py`: the sources, and what people write into two of them
* `exports.py`: the rows of exports; `files.py`: spreadsheets in a stream, sealed in parts
"""
