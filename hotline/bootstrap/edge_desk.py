"""The running edge for the API (`hotline.api.edge`), and its accounts of desk phones from the database at every start."""

from __future__ import annotations

from hotline import logs
from hotline.core.errors import HotlineError
from hotline.edge import kamailio
from hotline.edge.kamailio import Phone
from hotline.edge.rpc import Rpc
from hotline.settings import Settings

log = logs.get("edge_desk")


class EdgeDesk:
    """One per process; may be shared between threads."""

    def __init__(self, settings: Settings) -> None:
        self._rpc = Rpc(settings)

    def put_phone(self, extension: str, ha1: str) -> None:
        self._rpc.set_phone(Phone(extension, ha1))

    def drop_phone(self, extension: str) -> None:
        self._rpc.drop_phone(extension)

    def registered(self) -> set[str]:
        return {contact.extension for contact in self._rpc.registered()}

    def trunks(self) -> dict[str, str]:
        return self._rpc.trunks()

    def counters(self) -> dict[str, int]:
        return self._rpc.counters()


def command(settings: Settings) -> list[str]:
    """Kamailio's command line; its configuration is written anew first, so that a restarted edge knows the phones that were
    given out since. A database that is away leaves the configuration as it was."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        render(settings)
    except (SQLAlchemyError, OSError, HotlineError) as error:
        log.error("edge_not_rendered", kind=type(error).__name__)
    return kamailio.command(settings)


def render(settings: Settings) -> None:
    """Write the edge's configuration with the phones of the database. Raises EdgeError, SQLAlchemyError, OSError."""
    from hotline.secrecy import Secrecy
    from hotline.store.engine import Store
    from hotline.store.repositories import agents

    store = Store(settings, Secrecy.from_dir(settings.keys_dir, create=True))
    try:
        with store.read() as session:
            phones = [Phone(extension, ha1) for extension, ha1 in agents.registrar_users(session)]
    finally:
        store.close()
    kamailio.render(settings, phones)
