"""What the desk's form tells the agent while it is written (rules B.20–26). Pure: fields, tables and dates in, hints out.

* `limits.py`: the dates typed against the limits of the law, with the last day and what is left of it
* `legalaid.py`: whether legal aid must be spoken of, and on what ground
* `notices.py`: the one-time notice of what is missing, as words to read out and to send
* `wording.py`: what to say and what not to promise; words in the facts that suggest a risk flag
* `edits.py`: two people on one form: versions a field, and what becomes of an edit made from an old one
* `hints.py`: all of it in one answer
"""
