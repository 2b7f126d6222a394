"""Appointments (in person, by video, a call-back): which slots there are, and what may be done with one that is taken. Pure."""

from hotline.core.appointments.model import KINDS, STATES, Plan, Rules, Slot
from hotline.core.appointments.slots import slots

__all__ = ["KINDS", "STATES", "Plan", "Rules", "Slot", "slots"]
