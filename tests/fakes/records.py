"""Rows for tests that read records: a finished call with everything that belongs to it."""

from __future__ import annotations

import time
import wave
from pathlib import Path

import numpy as np

from hotline.core.ids import new_id
from hotline.core.phones import mask
from hotline.store.engine import Store
from hotline.store.models import (
    Call,
    CallbackTask,
    CallFact,
    Rating,
    Recording,
    Talk,
    Ticket,
    TicketEvent,
    Transfer,
    TransferTry,
)
from hotline.store.repositories.sealing import seal
from hotline.store.sealing import seal as seal_recording

NUMBER = "13812345678"


def add_call(
    store: Store, *, agent: str = "agt_8001", number: str = NUMBER, ago: float = 60.0, state: str = "closed", **values: object
) -> str:
    """A call that `agent` answered `ago` seconds ago; its id."""
    at = time.time() - ago
    call_id = new_id("call", at)
    with store.write() as session:
        session.add(
            Call(
                **{
                    "call_id": call_id,
                    "state": state,
                    "trunk": "demo",
                    "called": "12348",
                    "caller_enc": seal(store.secrecy, "calls.caller_enc", call_id, number),
                    "caller_masked": mask(number),
                    "caller_hash": store.secrecy.index(number) if number else "",
                    "region_hint": "临江",
                    "arrived_at": at,
                    "answered_at": at + 1,
                    "agent_connected_at": at + 5,
                    "ended_at": at + 30 if state == "closed" else None,
                    "cause": "completed" if state == "closed" else "",
                    "answered": True,
                    "agent_id": agent,
                    **values,
                }
            )
        )
        session.flush()
        session.add(
            Talk(
                talk_id=call_id.replace("call", "tlk"), call_id=call_id, person_kind="agent", person_id=agent, started_at=at + 5
            )
        )
        session.add(
            CallFact(
                call_id=call_id,
                source="conversation",
                epoch=1,
                seq=1,
                name="call_arrived",
                at=at,
                data={"trunk": "demo", "caller_enc": "v1.secret", "caller_hash": "abc", "caller_masked": mask(number)},
                stored_at=at,
            )
        )
    return call_id


def add_transfer(store: Store, call_id: str) -> None:
    """Two experts tried, the second accepted; the caller rated him."""
    now = time.time()
    transfer, talk = new_id("trf", now), new_id("tlk", now)
    with store.write() as session:
        session.add(Transfer(transfer_id=transfer, call_id=call_id, agent_id="agt_8001", started_at=now, outcome="accepted"))
        for expert, outcome in (("exp_01", "busy"), ("exp_02", "accepted")):
            session.add(
                TransferTry(
                    try_id=new_id("try", now),
                    transfer_id=transfer,
                    call_id=call_id,
                    expert_id=expert,
                    dialled_at=now,
                    outcome=outcome,
                )
            )
        session.add(Talk(talk_id=talk, call_id=call_id, person_kind="expert", person_id="exp_02", started_at=now))
        session.flush()
        session.add(
            Rating(talk_id=talk, call_id=call_id, person_kind="expert", person_id="exp_02", score=1, method="rfc4733", at=now)
        )


def add_ticket(store: Store, call_id: str, number: str) -> None:
    """A ticket with sealed personal fields."""
    now = time.time()

    def sealed(column: str, text: str) -> str:
        return seal(store.secrecy, f"tickets.{column}", number, text)

    with store.write() as session:
        session.add(
            Ticket(
                number=number,
                call_id=call_id,
                centre_id="ctr_990102",
                summary="欠薪三个月",
                caller_name_enc=sealed("caller_name_enc", "王小明"),
                caller_number_enc=sealed("caller_number_enc", NUMBER),
                caller_number_masked=mask(NUMBER),
                caller_number_hash=store.secrecy.index(NUMBER),
                id_number_enc=sealed("id_number_enc", "11010519491231002X"),
                address_enc=sealed("address_enc", "江北区花园路 8 号"),
                agent_id="agt_8001",
                created_at=now,
                updated_at=now,
            )
        )
        session.flush()
        session.add(TicketEvent(number=number, at=now, actor="system", name="registered", data={}))


def add_task(store: Store, call_id: str) -> str:
    """An open call-back task."""
    now = time.time()
    task_id = new_id("cbk", now)
    with store.write() as session:
        session.add(
            CallbackTask(
                id=task_id,
                call_id=call_id,
                caller_masked=mask(NUMBER),
                caller_hash=task_id,
                reason="abandoned",
                created_at=now,
                place_at=now,
                due_at=now,
                deadline_at=now + 1800,
                expires_at=now + 86_400,
                next_call_id=new_id("call", now),
            )
        )
    return task_id


def add_recording(store: Store, folder: Path, call_id: str, *, state: str = "sealed", seconds: float = 1.0) -> str:
    """A recording of a tone in `folder` (`settings.recordings_dir`), really sealed when `state` says so."""
    now = time.time()
    recording_id = new_id("rec", now)
    path = ""
    if state == "sealed":
        sides = []
        for name, hertz in (("caller", 440.0), ("peer", 880.0)):
            side = folder.parent / f"{recording_id}.{name}.wav"
            samples = (8000 * np.sin(2 * np.pi * hertz * np.arange(int(8000 * seconds)) / 8000)).astype("<i2")
            with wave.open(str(side), "wb") as file:
                file.setparams((1, 2, 8000, 0, "NONE", ""))
                file.writeframes(samples.tobytes())
            sides.append(side)
        path = f"{recording_id}.hlr"
        seal_recording(sides[0], sides[1], folder / path, store.secrecy, recording_id)
    with store.write() as session:
        session.add(
            Recording(
                recording_id=recording_id,
                call_id=call_id,
                talk_id=recording_id.replace("rec", "tlk"),
                person_kind="agent",
                person_id="agt_8001",
                started_at=now,
                seconds=seconds,
                state=state,
                path=path,
            )
        )
    return recording_id
