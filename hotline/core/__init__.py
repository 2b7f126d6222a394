"""Decides. Pure: standard library only, the clock is an argument."""
