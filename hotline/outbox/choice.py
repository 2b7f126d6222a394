"""Which way each kind of letter goes, by the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from hotline.core.letters import Receipt
from hotline.outbox.files import FileOutbox
from hotline.outbox.port import Adapter, Channel, Letter
from hotline.outbox.smtp import SmtpOutbox
from hotline.secrecy import Secrecy
from hotline.settings.outbox import OutboxSettings


class NoOutbox:
    """Letters of this kind are switched off: a person has to find another way."""

    once: Final = True

    def send(self, letter: Letter) -> Receipt:
        """Always refused."""
        return Receipt("refused", "outbox.off")


def adapters(settings: OutboxSettings, folder: Path, secrecy: Secrecy) -> Mapping[Channel, Adapter]:
    """The way for each channel. The gateway's library is only loaded where there is one."""
    files = FileOutbox(folder, None if settings.clear else secrecy)
    mail: Mapping[str, Callable[[], Adapter]] = {
        "file": lambda: files,
        "smtp": lambda: SmtpOutbox(settings.smtp),
        "off": NoOutbox,
    }
    sms: Mapping[str, Callable[[], Adapter]] = {"file": lambda: files, "http": lambda: _gateway(settings), "off": NoOutbox}
    return {"mail": mail[settings.mail](), "sms": sms[settings.sms]()}


def _gateway(settings: OutboxSettings) -> Adapter:
    from hotline.outbox.gateway import GatewayOutbox

    return GatewayOutbox(settings.gateway)
