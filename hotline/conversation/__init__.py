"""Owns one caller: worker loop, command interpreter, journal, pool supervisor."""
