"""Joins the parts: checks the machine, starts every part as a supervised child, and is the only place that knows them all."""
