"""All tables. `from hotline.store.models import Call, Talk, …`; one file a noun."""

from __future__ import annotations

from hotline.store.models.abuse import Restriction
from hotline.store.models.accounts import ROLES, Account, LoginSession
from hotline.store.models.agents import Agent
from hotline.store.models.appointments import APPOINTMENT_KINDS, APPOINTMENT_STATES, Appointment, AppointmentPlan
from hotline.store.models.audit import AuditEvent, AuditHead
from hotline.store.models.base import CONTEXTS, Base, context
from hotline.store.models.calendars import HOLIDAY_RULES, Calendar, CalendarDay, Line, SpecialDay
from hotline.store.models.calls import CALL_STATES, OUTCOMES, Call, CallFact, Talk
from hotline.store.models.conflicts import INTEREST_KINDS, SIDES, ConflictMark, ExpertInterest
from hotline.store.models.emergencies import EMERGENCY_TASKS, Emergency, EmergencyEvent, EmergencyTask
from hotline.store.models.experts import (
    CARD_COLOURS,
    EXPERT_KINDS,
    FIRM_KINDS,
    PRESENCES,
    Expert,
    ExpertCard,
    ExpertPhone,
    Firm,
)
from hotline.store.models.external_hotlines import ExternalHotline
from hotline.store.models.forms import CallForm
from hotline.store.models.jobs import JOB_STATES, Job
from hotline.store.models.knowledge import KNOWLEDGE_ACTIONS, KnowledgeEntry, KnowledgeVersion
from hotline.store.models.ledgers import AdviserEntry, Export, VillageAdviser, Visit
from hotline.store.models.letters import CHANNELS, LETTER_STATES, AccountContact, Letter
from hotline.store.models.messages import MESSAGE_OUTCOMES, Message
from hotline.store.models.notices import Notice, NoticeReader
from hotline.store.models.outcomes import TICKET_STATES, Consultation, Ticket, TicketCounter, TicketEvent
from hotline.store.models.places import LEVELS, Centre, DispatchRule, Region
from hotline.store.models.published import FlowPublication, FlowVersion, PromptUpload
from hotline.store.models.ratings import Rating
from hotline.store.models.recordings import RECORDING_STATES, Recording, RecordingPeaks, RecordingShare
from hotline.store.models.rosters import EFFECTS, REQUEST_KINDS, REQUEST_STATES, RosterException, RosterRequest, RosterShift
from hotline.store.models.staff import STAFF_KINDS, StaffPhone
from hotline.store.models.tasks import CALLBACK_STATES, CallbackCall, CallbackTask, CallbackTry, Switch
from hotline.store.models.ticket_outcomes import (
    TicketAvoidance,
    TicketComplaint,
    TicketGrant,
    TicketHidden,
    TicketSafety,
    TicketTask,
)
from hotline.store.models.tickets import (
    CLOCK_STATES,
    TicketClock,
    TicketObjection,
    TicketShare,
    TicketSupervision,
    TicketWarning,
)
from hotline.store.models.transfers import Transfer, TransferThird, TransferTry
from hotline.store.models.village import VILLAGE_STATES, ProgressTry, VillageCall

__all__ = [
    "APPOINTMENT_KINDS",
    "APPOINTMENT_STATES",
    "CALLBACK_STATES",
    "CALL_STATES",
    "CARD_COLOURS",
    "CHANNELS",
    "CLOCK_STATES",
    "CONTEXTS",
    "EFFECTS",
    "EMERGENCY_TASKS",
    "EXPERT_KINDS",
    "FIRM_KINDS",
    "HOLIDAY_RULES",
    "INTEREST_KINDS",
    "JOB_STATES",
    "KNOWLEDGE_ACTIONS",
    "LETTER_STATES",
    "LEVELS",
    "MESSAGE_OUTCOMES",
    "OUTCOMES",
    "PRESENCES",
    "RECORDING_STATES",
    "REQUEST_KINDS",
    "REQUEST_STATES",
    "ROLES",
    "SIDES",
    "STAFF_KINDS",
    "TICKET_STATES",
    "VILLAGE_STATES",
    "Account",
    "AccountContact",
    "AdviserEntry",
    "Agent",
    "Appointment",
    "AppointmentPlan",
    "AuditEvent",
    "AuditHead",
    "Base",
    "Calendar",
    "CalendarDay",
    "Call",
    "CallFact",
    "CallForm",
    "CallbackCall",
    "CallbackTask",
    "CallbackTry",
    "Centre",
    "ConflictMark",
    "Consultation",
    "DispatchRule",
    "Emergency",
    "EmergencyEvent",
    "EmergencyTask",
    "Expert",
    "ExpertCard",
    "ExpertInterest",
    "ExpertPhone",
    "Export",
    "ExternalHotline",
    "Firm",
    "FlowPublication",
    "FlowVersion",
    "Job",
    "KnowledgeEntry",
    "KnowledgeVersion",
    "Letter",
    "Line",
    "LoginSession",
    "Message",
    "Notice",
    "NoticeReader",
    "ProgressTry",
    "PromptUpload",
    "Rating",
    "Recording",
    "RecordingPeaks",
    "RecordingShare",
    "Region",
    "Restriction",
    "RosterException",
    "RosterRequest",
    "RosterShift",
    "SpecialDay",
    "StaffPhone",
    "Switch",
    "Talk",
    "Ticket",
    "TicketAvoidance",
    "TicketClock",
    "TicketComplaint",
    "TicketCounter",
    "TicketEvent",
    "TicketGrant",
    "TicketHidden",
    "TicketObjection",
    "TicketSafety",
    "TicketShare",
    "TicketSupervision",
    "TicketTask",
    "TicketWarning",
    "Transfer",
    "TransferThird",
    "TransferTry",
    "VillageAdviser",
    "VillageCall",
    "Visit",
    "context",
]
