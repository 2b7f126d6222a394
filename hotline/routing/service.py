"""The routing process: one thread that reads, decides and writes, over and over.

Everything it decides by is in `hotline.core.routing.engine`; here are the clock, Redis, the database's people, and staying
alive: Redis away, the state is kept and tried again; Redis emptied, everything is written anew; the database away,
the people last known stay.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Final

from redis.exceptions import RedisError

from hotline import logs
from hotline.bus.client import connect
from hotline.core import board_entities
from hotline.core.abuse import Timing
from hotline.core.board_entities import Changes
from hotline.core.callbacks.caps import Caps
from hotline.core.facts import Fact
from hotline.core.ids import new_id
from hotline.core.queues.relaxing import Ring
from hotline.core.queues.rules import QueueRules, Queues
from hotline.core.routing.effects import BeginTry, DropTry, LookUpCaller, RememberWish, Reply
from hotline.core.routing.engine import decide
from hotline.core.routing.events import Asked, Event, FactSeen, HoursKnown, PeopleLoaded, Restored, Tick, World
from hotline.core.routing.rules import Rules
from hotline.core.routing.state import State
from hotline.routing import people
from hotline.routing.callers import Callers
from hotline.routing.loader import Loader
from hotline.routing.redis_io import Batch, Bus, Sendable
from hotline.settings import QueueRulesSettings, Settings

TICK_SECONDS: Final = 0.25
LOOK_SECONDS: Final = 1.0
BEAT_SECONDS: Final = 3.0
RETRY_SECONDS: Final = 0.25
STALE_ANSWER_SECONDS: Final = 5.0
SAID_SECONDS: Final = 60.0
SAID_KEEP: Final = 5_000
"""Routing's own facts stand in no journal: so long, and so many, they are kept to be said again when Redis was emptied."""
FIRST_LOAD_SECONDS: Final = 3.0
"""How long a start waits for the database before it goes on with the people last known."""
NEEDS_LEASE: Final = frozenset({"set_agent_state", "force_agent_state"})

log = logs.get("routing")


def queues_of(settings: Settings) -> Queues:
    """The rules of every queue."""

    def rules(found: QueueRulesSettings) -> QueueRules:
        return QueueRules(
            strategy=found.strategy,
            rings=tuple(Ring(item.after, item.skill, item.language, item.region) for item in found.relax),
            neighbours=tuple(found.neighbours),
            max_waiting=found.max_waiting,
            overflow_seconds=found.overflow_seconds,
            overflow_to=found.overflow_to,
            closing=found.closing,
            night_queue=found.night_queue,
        )

    return Queues(rules(settings.queue), {name: rules(settings.queue_rules(name)) for name in settings.queues})


def rules_of(settings: Settings) -> Rules:
    """The limits routing works by."""
    queue_rules, transfer = settings.queue, settings.transfer
    return Rules(
        queues=queues_of(settings),
        offer_seconds=queue_rules.offer_seconds,
        agent_ring_seconds=queue_rules.agent_ring_seconds,
        position_every_seconds=queue_rules.position_every_seconds,
        place_seconds=60 * queue_rules.place_minutes,
        missed_offers_to_pause=queue_rules.missed_offers_to_pause,
        wrap_up_seconds=queue_rules.wrap_up_seconds,
        wrap_up_extension_seconds=queue_rules.wrap_up_extension_seconds,
        agent_lease_seconds=queue_rules.agent_lease_seconds,
        ring_seconds=transfer.ring_seconds,
        accept_seconds=transfer.accept_seconds,
        max_tries=transfer.max_tries,
        party_ring_seconds=transfer.party_ring_seconds,
        parallel=transfer.parallel,
        phones_together=settings.staff.order == "together",
        phone_missed=settings.staff.missed_to_log_off,
        only_staffed=tuple(queue_rules.only_staffed),
        abuse=Timing(settings.abuse.between_seconds, settings.abuse.after_seconds),
        tell_agent=settings.supervision.tell_agent,
        pinned_wrap_up_seconds=settings.emergency.wrap_up_seconds,
        trunks=tuple(trunk.name for trunk in settings.trunks) or ("",),
        outbound_ring_seconds=settings.outbound.ring_seconds,
        outbound_trunk=settings.outbound.trunk or next((trunk.name for trunk in settings.trunks), ""),
        rating_calls_at_once=settings.rating_call.at_once,
        village_calls_at_once=settings.village.at_once,
    )


def caps_of(settings: Settings) -> Caps:
    """How much may be dialled out."""
    rules = settings.outbound
    return Caps(
        rules.max_per_hour,
        rules.max_per_person_a_day,
        rules.max_per_expert_a_day,
        rules.max_per_agent_a_day,
        rules.max_per_hotline_a_day,
    )


class Replaced(Exception):
    """Another routing has taken over the board: this one must not decide any more."""

    code = "routing.replaced"


class Router:
    """Owns the state. Call :meth:`run` once; :meth:`stop` from anywhere ends it after the round under way."""

    def __init__(self, settings: Settings) -> None:
        self._bus = Bus(connect(settings.redis_url))
        self._loader = Loader(settings)
        self._callers = Callers(settings)
        self._since = time.time()
        self._state = State(rules_of(settings), new_id, epoch=int(self._since))
        self._state.ledger.caps = caps_of(settings)
        self._epoch = secrets.token_hex(8)
        self._stopping = threading.Event()
        self._outbox: list[tuple[float, Sendable]] = []
        self._said: deque[tuple[float, Fact]] = deque(maxlen=SAID_KEEP)
        self._answered: list[str] = []
        self._rewrite = True
        self._interrupted = False
        self._people_at = 0.0

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        """Until :meth:`stop`. Raises :class:`Replaced` when a newer routing runs."""
        self._loader.start()
        self._callers.start()
        try:
            self._start()
            log.info("routing_started", agents=len(self._state.people.seats), calls=len(self._state.calls))
            self._loop()
        finally:
            self._loader.stop()
            self._callers.stop()
            self._say_farewell()
            log.info("routing_stopped")

    # Starting: look at the world first, then act

    def _start(self) -> None:
        self._loader.first_done.wait(FIRST_LOAD_SECONDS)
        while not self._stopping.is_set():
            try:
                self._bus.begin(time.time())
                epoch = self._bus.epoch()
                agents, uses, board = self._bus.left_behind()
                if not self._take_people() and (kept := self._bus.people()):
                    self._decide(PeopleLoaded(people.parse(kept)))
                self._decide(Restored(agents, uses, board))
                _, live, leases = self._bus.world(self._state.agents)
            except (RedisError, ValueError) as exc:
                self._redis_away(exc)
                continue
            self._decide(World(live, leases, emptied=epoch is None))
            self._interrupted = False
            self._flush()
            return

    # The loop

    def _loop(self) -> None:
        next_tick = next_look = next_beat = 0.0
        while not self._stopping.is_set():
            wait = max(0.0, min(next_tick - time.monotonic(), TICK_SECONDS))
            try:
                incoming = self._bus.read(int(wait * 1000))
            except RedisError as exc:
                self._redis_away(exc)
            else:
                self._take_facts(incoming.facts)
                self._take_requests(incoming.requests)
            self._take_people()
            self._take_callers()
            self._take_news()
            now = time.monotonic()
            if now >= next_tick:
                next_tick = now + TICK_SECONDS
                self._decide(Tick())
            if now >= next_look:
                next_look = now + LOOK_SECONDS
                self._look()
            self._flush()
            if now >= next_beat:
                next_beat = now + BEAT_SECONDS
                self._beat()

    def _decide(self, event: Event) -> None:
        now = time.time()
        try:
            effects = decide(self._state, event, now)
        except Exception:  # one impossible message must not stop the desk
            log.exception("decision_failed", event_kind=type(event).__name__)
            effects, self._state.effects = self._state.effects, []
            if isinstance(event, Asked):
                effects.append(Reply(event.request_id, {"ok": False, "code": "request.refused"}))
        for effect in effects:
            if isinstance(effect, RememberWish):
                self._loader.remember(effect.agent_id, effect.state)
            elif isinstance(effect, LookUpCaller):
                self._callers.ask(effect)
            elif isinstance(effect, BeginTry | DropTry):
                self._loader.want(effect)
            else:
                self._outbox.append((now, effect))

    def _take_facts(self, texts: Iterable[str]) -> None:
        for text in texts:
            try:
                fact = Fact.from_json(text)
            except ValueError:
                log.warning("fact_unreadable")
                continue
            self._decide(FactSeen(fact))

    def _take_requests(self, entries: Iterable[tuple[str, str]]) -> None:
        for entry_id, text in entries:
            self._answered.append(entry_id)
            try:
                raw = json.loads(text)
                request_id, name, data = str(raw["id"]), str(raw["name"]), dict(raw.get("data") or {})
            except (ValueError, KeyError, TypeError):
                log.warning("request_unreadable")
                continue
            lease = None
            if name in NEEDS_LEASE:
                try:
                    lease = self._bus.lease_seconds(str(data.get("agent_id", "")))
                except RedisError:
                    lease = None
            elif name == "reload":
                self._loader.reload()
            self._decide(Asked(request_id, name, data, lease))

    def _take_people(self) -> bool:
        """Whatever the loader has read; the newest counts."""
        found = None
        while True:
            try:
                found = self._loader.loaded.get_nowait()
            except queue.Empty:
                break
        if found is None:
            return False
        self._people_at = time.time()
        if found != self._state.people or not self._state.people.seats:
            self._decide(PeopleLoaded(found))
            self._keep_people()
        return True

    def _take_callers(self) -> None:
        """Whatever was found out about callers, and when their lines are open."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._decide(self._callers.found.get_nowait())
        with contextlib.suppress(queue.Empty):
            while True:
                self._decide(HoursKnown(self._loader.hours.get_nowait()))

    def _take_news(self) -> None:
        """Tasks that are due, and answers about tries."""
        while True:
            try:
                self._decide(self._loader.news.get_nowait())
            except queue.Empty:
                return

    def _keep_people(self) -> None:
        with contextlib.suppress(RedisError):  # kept at the next change, or after Redis was emptied
            self._bus.keep_people(
                people.dump(self._state.people), [item.number for item in self._state.people.hotlines.values()]
            )

    def _look(self) -> None:
        try:
            epoch, live, leases = self._bus.world(self._state.agents)
        except RedisError as exc:
            self._redis_away(exc)
            return
        if epoch not in (None, self._epoch) and not self._rewrite:
            raise Replaced(epoch)
        emptied = epoch is None
        if emptied and not self._rewrite:
            log.warning("redis_emptied", calls=len(self._state.calls))
            self._rewrite = True
        self._decide(World(live, leases, emptied=emptied, interrupted=self._interrupted))
        if self._interrupted:
            log.info("redis_back")
        self._interrupted = False

    # Writing

    def _flush(self) -> None:
        """Everything decided since the last time, at once. On failure it is kept, and the board written whole later."""
        batch = self._batch()
        if not batch:
            return
        try:
            self._bus.write(batch)
        except RedisError as exc:
            self._rewrite = True
            self._redis_away(exc)
            return
        self._said.extend((at, item) for at, item in self._outbox if isinstance(item, Fact))
        self._outbox.clear()
        self._answered.clear()
        if batch.epoch:
            self._epoch = batch.epoch
            self._rewrite = False
            self._keep_people()

    def _batch(self) -> Batch:
        state, now = self._state, time.time()
        self._outbox = [
            (at, item) for at, item in self._outbox if not isinstance(item, Reply) or now - at < STALE_ANSWER_SECONDS
        ]
        effects = [item for _, item in self._outbox]
        if self._rewrite:
            # Redis was emptied, or is new: what was said a short while ago may not have been read yet. Readers know doubles.
            effects = [*(fact for at, fact in self._said if now - at < SAID_SECONDS), *effects]
            board = Changes(board_entities.everything(state, now), ())
            agents = {item.id: item.to_record() for item in state.agents.values()}
            uses = {item.id: item.to_record() for item in state.uses.values()}
            epoch = secrets.token_hex(8)
        else:
            board = board_entities.changes(state, now)
            agents = {key: state.agents[key].to_record() for key in state.saved_agents}
            uses = {key: state.uses[key].to_record() for key in state.saved_uses}
            epoch = ""
        state.saved_agents.clear()
        state.saved_uses.clear()
        return Batch(effects, board, agents, uses, tuple(self._answered), epoch)

    def _beat(self) -> None:
        state = self._state
        counts: dict[str, int] = {}
        for agent in state.agents.values():
            counts[agent.state] = counts.get(agent.state, 0) + 1
        value = {
            "pid": os.getpid(),
            "since": self._since,
            "waiting": len(state.line),
            "offers": len(state.offers),
            "agents": counts,
            "people_at": self._people_at,
            "outbound": {
                "on": state.ledger.on,
                "by": state.outbound_by,
                "last_hour": state.ledger.last_hour,
                "due": sum(1 for call in state.calls.values() if call.virtual),
            },
        }
        try:
            self._bus.beat(value)
        except RedisError as exc:
            self._redis_away(exc)

    def _redis_away(self, exc: Exception) -> None:
        if not self._interrupted:
            log.warning("redis_away", error=type(exc).__name__)
        self._interrupted = True
        self._stopping.wait(RETRY_SECONDS)

    def _say_farewell(self) -> None:
        with contextlib.suppress(RedisError):
            self._flush()
            self._bus.farewell()
