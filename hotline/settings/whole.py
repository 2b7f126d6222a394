"""All settings as one, and what must hold between their sections."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from hotline.settings.calls import (
    AbuseSettings,
    DemoSettings,
    EmergencySettings,
    FlowSettings,
    LimitSettings,
    PoolSettings,
    RatingSettings,
    RecordingSettings,
    TransferSettings,
)
from hotline.settings.desk import DeskSettings
from hotline.settings.headset import HeadsetSettings
from hotline.settings.ledgers import LedgerSettings
from hotline.settings.network import DatabaseSettings, HttpSettings, MediaSettings, RedisSettings, SipSettings, TrunkSettings
from hotline.settings.outbound import CallbackSettings, FollowUpSettings, OutboundSettings, RatingCallSettings
from hotline.settings.outbox import OutboxSettings
from hotline.settings.people import BoardSettings, RosterSettings, StaffSettings, SupervisionSettings
from hotline.settings.places import Places
from hotline.settings.public import AppointmentSettings, ProgressSettings
from hotline.settings.queue import QueueRulesSettings, QueueSettings
from hotline.settings.sharing import SharingSettings
from hotline.settings.tickets import TicketSettings
from hotline.settings.village import VillageSettings


class Settings(Places, BaseSettings):
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
