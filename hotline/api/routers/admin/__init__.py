"""Routes of the bureau's administrator. Every change is audited with what was there before and what is there now."""
