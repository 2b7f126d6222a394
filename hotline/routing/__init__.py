"""Routing: the single active writer of queues, offers and agent states."""
