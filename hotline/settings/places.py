"""Where things are: one place, so that no part makes up a path or an address of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from hotline.settings.calls import FlowSettings
from hotline.settings.network import DatabaseSettings, RedisSettings, SipSettings

ROOT: Final = Path(__file__).resolve().parent.parent.parent
"""Beside the program: the flows and prompts that ship with it."""


class Places:
    """What follows from the settings: folders and files below `home`, and addresses."""

    if TYPE_CHECKING:
        home: Path
        sip: SipSettings
        redis: RedisSettings
        database: DatabaseSettings
        flows: FlowSettings

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
        return Path(self.flows.directory) if self.flows.directory else ROOT / "ivr_flows"

    @property
    def prompts_dir(self) -> Path:
        """The prompts that ship with the program."""
        return ROOT / "ivr_flows" / "prompts"

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
