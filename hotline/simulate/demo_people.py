"""Who plays the demo city: log-ins, phones and experts, made from the settings and the demo city's own lists."""

from __future__ import annotations

from typing import Final

from hotline.settings import Settings
from hotline.simulate.clips import Clip
from hotline.simulate.people import AGENT_VOICES, EXPERT_VOICES, SUPERVISOR_VOICE
from hotline.simulate.people.agent import SimAgent
from hotline.simulate.people.carrier import SimCarrier
from hotline.simulate.people.console import Console
from hotline.simulate.people.expert import Character, SimExpert
from hotline.simulate.people.phone import SimPhone
from hotline.simulate.sip_transactions import Address
from hotline.store.catalogue import rows
from hotline.store.demo import DEMO_SIP_PASSWORD, demo_duty_numbers, demo_expert_numbers, demo_logins

CHARACTERS: Final[tuple[Character, ...]] = (
    "accepts", "accepts", "accepts", "accepts", "refuses", "busy", "no_answer", "voicemail",
)  # fmt: skip
"""What the demo city's experts do, in the order of their ids."""

DUTY_CHARACTERS: Final[tuple[Character, ...]] = ("voicemail", "refuses", "accepts")
"""What the demo city's duty staff do at night, in the order in which they are rung the first time."""

FIRST_EXTENSION: Final = 8001
SUPERVISOR: Final = -1
"""The supervisor's seat, counted from desk1: its extension is the one before."""


def edge_address(settings: Settings) -> Address:
    """Where phones and the carrier find the SIP edge (a wildcard listener is reached on loopback)."""
    host = settings.sip.host
    return ("127.0.0.1" if host in ("0.0.0.0", "::") else host), settings.sip.port


def base_url(settings: Settings) -> str:
    """Address of the API."""
    host = settings.http.host
    return f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{settings.http.port}"


def desk_logins() -> list[tuple[str, str]]:
    """(user name, password) of the demo agents, desk1 first."""
    return [(name, password) for name, password, role in demo_logins() if role == "agent"]


def office_login(role: str) -> tuple[str, str]:
    """(user name, password) of the demo account with that role. Raises StopIteration when there is none."""
    return next((name, password) for name, password, its in demo_logins() if its == role)


def experts() -> list[tuple[str, str, Character]]:
    """(expert id, number, character) of the demo experts, in order of id."""
    numbers = sorted(demo_expert_numbers().items())
    return [(ident, number, CHARACTERS[i % len(CHARACTERS)]) for i, (ident, number) in enumerate(numbers)]


def duty_staff() -> list[tuple[str, str, Character]]:
    """The same for the duty staff, who are rung out of hours only."""
    return [(*pair, DUTY_CHARACTERS[i % len(DUTY_CHARACTERS)]) for i, pair in enumerate(sorted(demo_duty_numbers().items()))]


def make_carrier(settings: Settings, *, clip: Clip | None = None) -> SimCarrier:
    """The carrier with all demo experts, on `demo.carrier_port` (not started)."""
    trunk = settings.trunks[0]
    called = trunk.numbers[0] if trunk.numbers else "12348"
    carrier = SimCarrier(edge=edge_address(settings), port=settings.demo.carrier_port, called=called)
    for index, (_, number, character) in enumerate([*experts(), *duty_staff()]):
        carrier.add_expert(SimExpert(number, character, voice=EXPERT_VOICES + index, clip=clip))
    # Nobody simulated ever reaches a real emergency line: these answer behind the simulated carrier.
    for index, line in enumerate(rows("external_hotlines.csv")):
        carrier.add_hotline(line["number"], "busy" if line["number"] == "12378" else "voicemail", voice=60 + index % 10)
    return carrier


def make_phone(settings: Settings, index: int, *, clip: Clip | None = None, answer_after: float = 0.1) -> SimPhone:
    """The phone of seat `index` (0 is desk1), not started."""
    return SimPhone(
        str(FIRST_EXTENSION + index),
        DEMO_SIP_PASSWORD,
        edge=edge_address(settings),
        domain=settings.sip.domain,
        voice=AGENT_VOICES + index if index >= 0 else SUPERVISOR_VOICE,
        clip=clip,
        answer_after=answer_after,
    )


def make_agent(settings: Settings, index: int, phone: SimPhone) -> SimAgent:
    """The agent of seat `index`, with that phone, not started."""
    username, password = desk_logins()[index]
    return SimAgent(Console(base_url(settings), username, password), phone)
