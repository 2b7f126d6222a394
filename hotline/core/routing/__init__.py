"""Routing's one brain: who is offered what, and when."""
