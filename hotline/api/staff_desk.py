"""Answers what conversations ask about our own people: who calls the staff's number, is the PIN right, set this state.

A conversation knows no database. It puts a question on a stream; one API process takes it, looks, asks routing where routing
must act, and answers by a command. Who is in the menu of which call is kept in Redis for the length of a visit; when it is
lost, the menu ends and the person calls again.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import redis.exceptions
from sqlalchemy.exc import SQLAlchemyError

from hotline import logs
from hotline.api import clerk_desk, progress_desk
from hotline.api.ask import ask
from hotline.api.context import Context
from hotline.bus import keys
from hotline.core.commands import Command
from hotline.core.errors import HotlineError
from hotline.core.facts import Fact
from hotline.core.ids import new_id
from hotline.core.staff import phone_until, prompts_of_agent, prompts_of_expert
from hotline.secrecy import SecrecyError
from hotline.store import audit, passwords
from hotline.store.models import Expert, StaffPhone
from hotline.store.repositories import experts, staff
from hotline.store.repositories.forms import submit_result

log = logs.get("hotline.api.staff")

BLOCK_MS: Final = 2000
LATE_SECONDS: Final = 10.0
"""A question older than this is not answered: the menu has given up long ago, and nothing may be set behind its back."""
HASHERS: Final = 2


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is in the menu. `id` empty: the staff number that was keyed is nobody's, which is not told."""

    id: str = ""
    kind: str = ""
    tries: int = 0
    inside: bool = False
    place: dict[str, Any] | None = None
    """Of a village centre's clerk: :class:`hotline.api.clerk_desk.AtTicket`."""
    asked: str = ""
    """Of the public: the ticket whose progress was told."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`outcome` as the core's menu knows it, and prompts that tell the state."""

    outcome: str
    prompts: tuple[str, ...] = ()


def _place(visit: Visit) -> clerk_desk.AtTicket | None:
    """Where the clerk is, as it was noted."""
    if visit.place is None:
        return None
    return clerk_desk.AtTicket(**{**visit.place, "heard": tuple(visit.place["heard"])})


class StaffDesk:
    """Runs beside the application; several API processes share the questions."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._hashers = asyncio.Semaphore(HASHERS)
        self._name = new_id("cons", time.time())
        self._known = False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._read()
            except (redis.exceptions.RedisError, OSError, TimeoutError):
                self._known = False
                await asyncio.sleep(0.5)

    async def _read(self) -> None:
        client = self._context.redis
        if not self._known:
            try:
                await client.xgroup_create(keys.STAFF_IN, keys.STAFF_GROUP, id="$", mkstream=True)
            except redis.exceptions.ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise
            self._known = True
        found: Any = await client.xreadgroup(
            keys.STAFF_GROUP, self._name, {keys.STAFF_IN: ">"}, count=8, block=BLOCK_MS, noack=True
        )
        for _, entries in found or ():
            await asyncio.gather(*(self._one(fields) for _, fields in entries))

    async def _one(self, fields: Mapping[str, str]) -> None:
        try:
            question = json.loads(fields["question"])
            if time.time() - float(question["at"]) > LATE_SECONDS:
                return
            call_id, number, name = str(question["call_id"]), int(question["number"]), str(question["name"])
            data, keyed = dict(question["data"]), str(question.get("keys_enc") or "")
            entered = self._context.secrecy.open(keyed, f"staff.keys:{call_id}") if keyed else ""
        except (KeyError, ValueError, TypeError, SecrecyError):
            log.warning("question_unreadable")
            return
        try:
            answer = await self._answer(name, call_id, data, entered, number)
        except (HotlineError, SQLAlchemyError, OSError, redis.exceptions.RedisError) as error:
            log.warning("staff_failed", question=name, error=getattr(error, "code", type(error).__name__))
            answer = Answer("failed")
        if number:
            await self._tell(call_id, number, answer)

    async def _tell(self, call_id: str, number: int, answer: Answer) -> None:
        data = {"number": number, "outcome": answer.outcome, "prompts": list(answer.prompts)}
        command = Command("staff_answer", call_id, new_id("cmd", time.time()), data)
        key = keys.commands(call_id)
        await self._context.redis.xadd(key, {"command": command.to_json()}, maxlen=500, approximate=True)
        await self._context.redis.expire(key, 600)

    async def _answer(self, name: str, call_id: str, data: Mapping[str, Any], entered: str, number: int) -> Answer:
        if name == "outcome":
            return await self._outcome(call_id, data)
        if name == "progress":
            return await self._progress(call_id, entered)
        if name == "village":
            return await self._village(call_id)
        if name == "recognise":
            return await self._recognise(call_id, str(data.get("caller_hash") or ""))
        visit = await self._visit(call_id)
        if visit is None:
            return Answer("failed")
        if name == "number":
            row = await asyncio.to_thread(self._by_number, entered)
            await self._note(call_id, Visit(*(row or ("", ""))))
            return Answer("taken")
        if name == "pin":
            return await self._pin(call_id, visit, entered)
        if visit.asked and name == "again":
            return Answer("progress_told", await asyncio.to_thread(progress_desk.said, self._context, visit.asked))
        if not visit.inside:
            return Answer("failed")
        if visit.kind == "clerk":
            return await self._clerk(call_id, visit, name, entered, number)
        serve: Mapping[str, Callable[[str, str, str], Awaitable[Answer]]] = {"agent": self._agent, "expert": self._expert}
        return await serve[visit.kind](call_id, visit.id, name)

    # Who is there.

    async def _visit(self, call_id: str) -> Visit | None:
        text = await self._context.redis.get(keys.staff_visit(call_id))
        return Visit(**json.loads(text)) if text else None

    async def _note(self, call_id: str, visit: Visit) -> None:
        text = json.dumps(asdict(visit))
        await self._context.redis.set(keys.staff_visit(call_id), text, ex=keys.STAFF_VISIT_SECONDS)

    async def _recognise(self, call_id: str, caller_hash: str) -> Answer:
        def look() -> tuple[str, str] | None:
            with self._context.store.read() as session:
                row = staff.by_phone(session, caller_hash)
                return (row.id, row.kind) if row is not None else None

        found = await asyncio.to_thread(look)
        await self._note(call_id, Visit(*(found or ("", ""))))
        return Answer("known" if found else "unknown")

    def _by_number(self, number: str) -> tuple[str, str] | None:
        with self._context.store.read() as session:
            row = staff.by_number(session, number)
            return (row.id, row.kind) if row is not None else None

    async def _pin(self, call_id: str, visit: Visit, entered: str) -> Answer:
        """Counted before it is looked at; a staff number that is nobody's is treated just the same."""
        rules = self._context.settings.staff
        visit = replace(visit, tries=visit.tries + 1)
        await self._note(call_id, visit)
        try:
            stored = await asyncio.to_thread(self._count, visit)
        except HotlineError:
            return Answer("locked")
        async with self._hashers:
            right = await asyncio.to_thread(passwords.verify, stored, entered)
        if right:
            await asyncio.to_thread(self._let_in, visit.id)
            if visit.kind == "clerk":
                place = _place(visit) or clerk_desk.AtTicket(visit.id, call_id)
                found = await asyncio.to_thread(clerk_desk.entered, self._context, place)
                return await self._at(call_id, replace(visit, inside=True), found)
            await self._note(call_id, replace(visit, inside=True))
            state = await (self._agent if visit.kind == "agent" else self._expert)(call_id, visit.id, "state")
            return Answer(visit.kind, state.prompts)
        locked = await asyncio.to_thread(self._note_wrong, visit.id)
        return Answer("locked" if locked or visit.tries >= rules.pin_tries else "wrong")

    def _count(self, visit: Visit) -> str | None:
        rules = self._context.settings.staff
        with self._context.store.write() as session:
            return staff.count_attempt(session, visit.id, time.time(), tries=rules.pin_tries, lock_seconds=rules.lock_seconds)

    def _note_wrong(self, person_id: str) -> bool:
        """Write the attempt down; whether it has locked the person."""
        if not person_id:
            return False
        with self._context.store.write() as session:
            locked = session.get_one(StaffPhone, person_id).locked_until is not None
            action = "staff.locked" if locked else "staff.wrong_pin"
            audit.append(session, at=time.time(), actor=person_id, action=action, object=f"staff_phones/{person_id}")
        return locked

    def _let_in(self, person_id: str) -> None:
        with self._context.store.write() as session:
            staff.let_in(session, person_id)
            audit.append(session, at=time.time(), actor=person_id, action="staff.let_in", object=f"staff_phones/{person_id}")

    # Clerks of village centres, and the public.

    async def _village(self, call_id: str) -> Answer:
        """A clerk has picked up a call of ours."""
        place = await asyncio.to_thread(clerk_desk.first, self._context, call_id)
        if place is None:
            return Answer("failed")
        visit = Visit(place.clerk_id, "clerk", inside=not self._context.settings.village.pin_on_call, place=asdict(place))
        if not visit.inside:
            await self._note(call_id, visit)
            return Answer("want_pin")
        return await self._clerk(call_id, visit, "next", "", 0)

    async def _clerk(self, call_id: str, visit: Visit, name: str, entered: str, number: int) -> Answer:
        place = _place(visit) or clerk_desk.AtTicket(visit.id, call_id)
        return await self._at(
            call_id, visit, await asyncio.to_thread(clerk_desk.answer, self._context, place, name, entered, number)
        )

    async def _at(self, call_id: str, visit: Visit, found: clerk_desk.Answered) -> Answer:
        place, outcome, prompts = found
        await self._note(call_id, replace(visit, place=asdict(place)))
        return Answer(outcome, prompts)

    async def _progress(self, call_id: str, entered: str) -> Answer:
        """Number and code of a ticket, keyed by the public; after `progress.phone_tries` wrong ones a person takes over."""
        visit = await self._visit(call_id) or Visit()
        visit = replace(visit, tries=visit.tries + 1)
        number, _, code = entered.partition("#")
        found = await asyncio.to_thread(progress_desk.look, self._context, number, code)
        await self._note(call_id, replace(visit, asked=found or ""))
        if found is None:
            return Answer("human" if visit.tries >= self._context.settings.progress.phone_tries else "wrong")
        return Answer("progress_told", await asyncio.to_thread(progress_desk.said, self._context, found))

    # What they do.

    async def _agent(self, call_id: str, agent_id: str, name: str) -> Answer:
        settings = self._context.settings.staff
        if name == "state":
            return Answer("told", await self._agent_prompts(agent_id))
        until = phone_until(time.time(), settings.phone_hours, settings.phone_until)
        data = {"agent_id": agent_id, "state": name, "until": until}
        found = await ask(self._context, "set_agent_phone", data)
        await asyncio.to_thread(self._note_state, agent_id, name)
        return Answer("done", prompts_of_agent(str(found.get("state") or ""), missed=False))

    async def _agent_prompts(self, agent_id: str) -> tuple[str, ...]:
        text = await self._context.redis.hget(keys.AGENTS, agent_id)
        record = json.loads(text) if text else {}
        return prompts_of_agent(str(record.get("state") or "offline"), missed=record.get("reason") == "phone_missed")

    async def _expert(self, call_id: str, expert_id: str, name: str) -> Answer:
        now = time.time()

        def look_or_set() -> tuple[str, ...]:
            with self._context.store.write() as session:
                row = session.get_one(Expert, expert_id)
                if name != "state":
                    row.presence, row.presence_until = name, experts.shift_end(row, now)
                    audit.append(session, at=now, actor=expert_id, action=f"staff.{name}", object=f"experts/{expert_id}")
                return prompts_of_expert(row.presence, row.presence_until, now)

        prompts = await asyncio.to_thread(look_or_set)
        if name != "state":
            await self._publish(expert_id, name)
            await ask(self._context, "reload", {})
        return Answer("done", prompts)

    async def _publish(self, expert_id: str, state: str) -> None:
        """The fact goes to the stream only: the database row and the audit row are what must survive. It is of no call."""
        now = time.time()
        data = {"expert_id": expert_id, "state": state}
        fact = Fact("expert_state_set", "", now, int(now * 1000), "staff", data=data)
        await self._context.redis.xadd(keys.FACTS, {"fact": fact.to_json()}, maxlen=keys.FACTS_KEEP, approximate=True)

    def _note_state(self, agent_id: str, state: str) -> None:
        with self._context.store.write() as session:
            audit.append(session, at=time.time(), actor=agent_id, action=f"staff.{state}", object=f"agents/{agent_id}")

    async def _outcome(self, call_id: str, data: Mapping[str, Any]) -> Answer:
        """The result of a talk by phone, keyed after it. It stands for the form, and the agent is free again."""
        agent_id, disposition = str(data["agent_id"]), str(data["disposition"])

        def store() -> None:
            with self._context.store.write() as session:
                submit_result(session, self._context.secrecy, call_id, disposition=disposition, by=agent_id, now=time.time())

        await asyncio.to_thread(store)
        await self._context.redis.rpush(keys.JOBS_WAKE, call_id)
        await ask(self._context, "end_wrap_up", {"agent_id": agent_id})
        return Answer("done")
