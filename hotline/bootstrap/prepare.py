"""What must be in place before the parts start: keys, database, demo city, phones of the agents."""

from __future__ import annotations

import time

from hotline.edge import kamailio
from hotline.secrecy import Secrecy
from hotline.settings import Settings


def prepare(settings: Settings) -> list[tuple[str, str, str]]:
    """Make the home, migrate the database, load the demo city (when asked for), render the edge's configuration.

    Returns the demo log-ins (username, password, role), empty outside the demo. Raises EdgeError, SQLAlchemyError, OSError.
    """
    from hotline.store.demo import demo_logins, load_demo
    from hotline.store.engine import Store
    from hotline.store.migrations import migrate
    from hotline.store.models import Agent
    from hotline.store.repositories import calendars, external_hotlines

    for folder in (settings.journal_dir, settings.capture_dir, settings.recordings_dir, settings.run_dir, settings.logs_dir):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    secrecy = Secrecy.from_dir(settings.keys_dir, create=True)
    migrate(settings)
    store = Store(settings, secrecy)
    try:
        with store.write() as session:
            external_hotlines.seed(session, secrecy, time.time())
        if settings.demo.enabled:
            load_demo(store, settings)
        with store.write() as session:
            calendars.seed(session, time.time())
        with store.read() as session:
            phones = [
                kamailio.Phone(agent.extension, agent.sip_password_ha1)
                for agent in session.query(Agent).all()
                if agent.sip_password_ha1
            ]
    finally:
        store.close()
    kamailio.check(kamailio.render(settings, phones))
    return demo_logins() if settings.demo.enabled else []
