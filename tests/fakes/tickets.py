"""A ticket as the after-call job makes it, for tests."""

from __future__ import annotations

from typing import Any

from hotline.core.ids import new_id
from hotline.core.phones import mask
from hotline.store.engine import Store
from hotline.store.models import Call
from hotline.store.repositories import tickets
from hotline.store.repositories.sealing import seal


def add_matter(store: Store, *, now: float, number: str = "13812345678", spoken: str = "", **fields: Any) -> str:
    """A call and its ticket; the ticket's number. `spoken`: language chosen in the phone menu. `fields`: of the desk's form."""
    call_id = new_id("call", now)
    form = {
        "matter_region": "990102101",
        "service_type": "S03",
        "category": "0101",
        "disposition": "D04",
        "facts": "邻里纠纷",
        "request": "请求调解",
        "caller_name": "王小明",
        **fields,
    }
    with store.write() as session:
        call = Call(
            call_id=call_id,
            state="closed",
            caller_enc=seal(store.secrecy, "calls.caller_enc", call_id, number),
            caller_masked=mask(number),
            caller_hash=store.secrecy.index(number),
            arrived_at=now - 60,
            agent_connected_at=now - 50,
            ended_at=now,
            cause="completed",
            answered=True,
            language=spoken,
            agent_id=None,
            outcome="ticket",
        )
        session.add(call)
        session.flush()
        return tickets.create(session, store.secrecy, call, form, form_incomplete=False, now=now).number
