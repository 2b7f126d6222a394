"""A call from its worker to its rating: workers, limits, transfers, recording, rating, abuse, danger to life, flows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hotline.settings.section import Port, Seconds, Section


class PoolSettings(Section):
    """Conversation workers."""

    warm: Annotated[int, Field(ge=1, le=64)] = 6
    """Idle workers kept ready (11 MB each)."""
    max: Annotated[int, Field(ge=1, le=2000)] = 120
    """Most workers at once, so most callers at once."""
    hung_idle_seconds: Seconds = 3
    """An idle worker whose main loop has stood still for so long is taken out of the line."""
    hung_seconds: Seconds = 8
    """A worker that has stood still for so long is killed, and its call closed from the journal (a short stall does no harm:
    a busy machine, a slow disk)."""
    orphan_seconds: Seconds = 60
    """Idle workers whose pool died wait so long for the next one, and serve callers meanwhile."""
    recordings_low_mb: Annotated[int, Field(ge=1)] = 200
    """Below this much free disk an alarm is raised."""


class TransferSettings(Section):
    """Handing a caller to an expert's own phone."""

    ring_seconds: Seconds = 20
    """Ring at most this long, then the next expert (rules A.9)."""
    accept_seconds: Seconds = 12
    """How long the expert has after the brief to press 1; voicemail presses nothing."""
    max_tries: Annotated[int, Field(ge=1, le=10)] = 3
    """Experts tried for one transfer before the caller is given back to the agent."""
    parallel: Annotated[int, Field(ge=1, le=2)] = 1
    """Experts who ring at once for one caller; the first to press 1 has the call. A conversation has room for four legs:
    caller, agent and two experts."""
    reason_seconds: Annotated[float, Field(ge=0, le=60)] = 6
    """How long an expert who pressed 2 may key why (1 busy, 2 not their field, 3 conflict of interest); 0 does not ask."""
    party_ring_seconds: Seconds = 45
    """How long another hotline may ring."""
    consult_seconds: Seconds = 300
    """Longest time a caller hears music while agent and expert talk first; then the agent has the caller back."""
    allowed_prefixes: list[str] = ["+861", "+860", "+862", "+863", "+864", "+865", "+866", "+867", "+868", "+869"]
    """E.164 prefixes that may be dialled out at all (toll-fraud guard); mainland mobile and geographic by default."""
    barred_prefixes: list[str] = ["+8616", "+861250", "+861255"]


class EmergencySettings(Section):
    """Danger to life (rules A.16, H.56): whom it reaches, and how soon."""

    alert_seconds: Annotated[float, Field(gt=0, le=60)] = 10
    """A supervisor's console must have shown it within this time; else every agent's console does, and an alarm is kept."""
    repeat_seconds: Annotated[float, Field(ge=2, le=120)] = 6
    """How often consoles sound it again until somebody has acknowledged."""
    wrap_up_seconds: Seconds = 3600
    """Wrap-up after such a call."""
    scripts: str = ""
    """A bureau's own words for 110 and 120, looked up before the shipped ones (`110.zh-CN.txt` …)."""


class LimitSettings(Section):
    """Watchdogs of one conversation."""

    max_call_seconds: Seconds = 7200
    no_ack_seconds: Seconds = 32
    no_media_seconds: Seconds = 10
    rtp_silence_seconds: Seconds = 30
    remote_hold_seconds: Seconds = 300
    """A phone that put us on hold itself is excused from sending RTP this long."""
    drain_seconds: Seconds = 30
    hold_reminder_seconds: Seconds = 60
    """After so long with music the caller is asked for patience, and the agent reminded in the ear and on the console; again
    and again."""
    talk_reminder_minutes: list[Annotated[float, Field(gt=0)]] = [15, 25]
    """After so many minutes of a talk its agent or expert hears a soft tone. Nothing is ever cut."""


class RecordingSettings(Section):
    """rules D. `from_answer`: the whole talk with the desk and the expert; `from_transfer`: the expert's talk only."""

    start: Literal["from_answer", "from_transfer"] = "from_answer"
    keep_days_consultation: Annotated[int, Field(ge=1)] = 730
    keep_days_ticket: Annotated[int, Field(ge=1)] = 1095


class RatingSettings(Section):
    """rules E: five keys, 8 s, one repeat."""

    enabled: bool = True
    keys: list[Annotated[str, Field(pattern=r"^[0-9]$")]] = ["1", "2", "3", "4", "5"]
    seconds: Seconds = 8
    repeats: Annotated[int, Field(ge=0, le=3)] = 1
    min_talk_seconds: Annotated[float, Field(ge=0)] = 0
    """Talks shorter than this are not asked to rate."""


class AbuseSettings(Section):
    """rules H.61: two warnings, then the agent may hang up; a restriction is limited in time, and decided by a supervisor."""

    between_seconds: Seconds = 20
    """From the first warning to the second."""
    after_seconds: Seconds = 10
    """From the second warning to the unlocked hang-up."""
    most_hours: Annotated[float, Field(ge=1, le=24)] = 24
    """Longest restriction; a longer one needs a new decision."""
    keep_days: Annotated[int, Field(ge=1)] = 1095
    """rules D.34: recordings that are evidence of harassment are kept three years."""
    flow: str = "restricted"
    """The flow a restricted number hears; it must lead to help by one key."""


class FlowSettings(Section):
    """Which flow answers which called number; `*` is the rest. Flow names are file stems in `directory`."""

    directory: str = ""
    """Empty: the `ivr_flows/` beside the program."""
    prompts: str = ""
    """A bureau's own WAV files, looked up before the shipped ones; same relative names."""
    entry: dict[str, str] = {"*": "main"}
    language: Literal["zh-CN", "en"] = "zh-CN"


class DemoSettings(Section):
    """The demo city: sample centres, people, and a trickle of simulated calls."""

    enabled: bool = True
    trickle: bool = True
    calls_per_minute: Annotated[float, Field(ge=0, le=600)] = 2
    carrier_port: Port = 5090
    """Where the simulated carrier listens (the demo trunk's outbound proxy)."""
