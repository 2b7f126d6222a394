"""All tables. `from hotline.store.models import Call, Talk, …`; one file a noun."""

from __future__ import annotations

from hotline.store.models.accounts import ROLES, Account, LoginSession
from hotline.store.models.agents import Agent
from hotline.store.models.audit import AuditEvent, AuditHead
from hotline.store.models.base import CONTEXTS, Base, context
from hotline.store.models.calls import CALL_STATES, OUTCOMES, Call, CallFact, Talk
from hotline.store.models.experts import EXPERT_KINDS, Expert, RosterShift
from hotline.store.models.forms import CallForm
from hotline.store.models.jobs import JOB_STATES, Job
from hotline.store.models.outcomes import (
    CALLBACK_STATES,
    TICKET_STATES,
    CallbackCall,
    CallbackTask,
    Consultation,
    Ticket,
    TicketCounter,
    TicketEvent,
)
from hotline.store.models.places import LEVELS, Centre, DispatchRule, Region
from hotline.store.models.ratings import Rating
from hotline.store.models.recordings import RECORDING_STATES, Recording
from hotline.store.models.transfers import Transfer, TransferTry

__all__ = [
    "CALLBACK_STATES",
    "CALL_STATES",
    "CONTEXTS",
    "EXPERT_KINDS",
    "JOB_STATES",
    "LEVELS",
    "OUTCOMES",
    "RECORDING_STATES",
    "ROLES",
    "TICKET_STATES",
    "Account",
    "Agent",
    "AuditEvent",
    "AuditHead",
    "Base",
    "Call",
    "CallFact",
    "CallForm",
    "CallbackCall",
    "CallbackTask",
    "Centre",
    "Consultation",
    "DispatchRule",
    "Expert",
    "Job",
    "LoginSession",
    "Rating",
    "Recording",
    "Region",
    "RosterShift",
    "Talk",
    "Ticket",
    "TicketCounter",
    "TicketEvent",
    "Transfer",
    "TransferTry",
    "context",
]
