"""Facts to rows, forms, tickets and call-backs, on both databases."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from hotline.core.cdr import fold
from hotline.core.errors import Invalid, Rejected
from hotline.core.facts import Fact
from hotline.core.outcomes import ticket_number_holds
from hotline.secrecy import SecrecyError
from hotline.store import audit
from hotline.store.demo import load_demo
from hotline.store.engine import Store
from hotline.store.models import CallbackTask, CallFact, CallForm, Rating, Ticket
from hotline.store.repositories import callbacks, calls, facts, forms, recordings, tickets
from tests.calls import START, FakeCall, whole_form

pytestmark = pytest.mark.contract


def keep(store: Store, made: FakeCall) -> calls.Applied:
    with store.write() as session:
        facts.store(session, made.facts, START)
        return calls.apply(session, fold(facts.of_call(session, made.call_id)))


def talked(store: Store, **more: object) -> FakeCall:
    made = FakeCall(store.secrecy, **more).agent().expert()  # type: ignore[arg-type]
    made.hang_up("expert", "exp_01").rate(2, "expert", "exp_01").end()
    keep(store, made)
    return made


def test_facts_are_stored_once(store: Store) -> None:
    made = FakeCall(store.secrecy).agent()
    with store.write() as session:
        assert facts.store(session, made.facts, START) == len(made.facts)
    with store.write() as session:
        assert facts.store(session, [*made.facts, *made.facts], START) == 0
        found = facts.of_call(session, made.call_id)
    assert found == made.facts


def test_a_record_becomes_rows(store: Store) -> None:
    made = talked(store)
    with store.read() as session:
        found = calls.detail(session, made.call_id)
        assert found is not None
        assert (found.call.state, found.call.cause, found.call.rating) == ("closed", "completed", 2)
        assert [(talk.person_kind, talk.ended_by) for talk in found.talks] == [
            ("agent", "transfer"),
            ("expert", "expert"),
        ]
        assert found.call.talk_seconds == pytest.approx(sum((talk.ended_at or 0) - talk.started_at for talk in found.talks))
        assert [item.outcome for item in found.tries] == ["accepted"]
        assert found.rating is not None
        assert found.rating.person_id == "exp_01"
        assert [item.state for item in found.recordings] == ["captured", "captured"]
        assert calls.caller_number(store.secrecy, found.call) == made.number


def test_applied_piece_by_piece_and_again_is_the_same(store: Store) -> None:
    made = FakeCall(store.secrecy).agent().expert().hang_up("expert", "exp_01").rate().end()
    closings = 0
    order = list(made.facts)
    random.Random(7).shuffle(order)
    for fact in [*order, *order[:5]]:
        with store.write() as session:
            facts.store(session, [fact], START)
            closings += calls.apply(session, fold(facts.of_call(session, made.call_id))).closed_now
    assert closings == 1
    with store.read() as session:
        found = calls.detail(session, made.call_id)
    assert found is not None
    assert (len(found.talks), len(found.tries), len(found.recordings)) == (2, 1, 2)


def test_over_long_words_do_not_stop_the_archiver(store: Store) -> None:
    made = FakeCall(store.secrecy).arrive()
    data = {**made.facts[0].data, "called": "9" * 5000, "region_hint": "\x00临江"}
    made.facts[0] = Fact("call_arrived", made.call_id, made.at, 1, "conversation", 1, data)
    keep(store, made)
    with store.read() as session:
        call = calls.get(session, made.call_id)
    assert call is not None
    assert (len(call.called), call.region_hint) == (64, "临江")


def test_sealed_recordings_stay_sealed_when_the_call_is_folded_again(store: Store) -> None:
    made = talked(store)
    rec = made.recording("expert")
    with store.write() as session:
        recordings.sealed(session, rec, path="a/b", seconds=61.0, size=99, sha256="f" * 64, now=START)
        recordings.failed(session, made.recording("agent"), "capture_missing")
    assert keep(store, made).captured == ()
    with store.read() as session:
        row = recordings.get(session, rec)
        assert row is not None
        assert (row.state, row.seconds, row.path) == ("sealed", 61.0, "a/b")
        assert [item.state for item in recordings.of_call(session, made.call_id)] == ["failed", "sealed"]


def test_one_rating_a_call_also_in_the_database(store: Store) -> None:
    made = talked(store)
    with pytest.raises(IntegrityError), store.write() as session:
        session.add(Rating(talk_id="t", call_id=made.call_id, person_kind="agent", person_id="a", score=1, method="", at=START))


def test_lists_and_searches(store: Store) -> None:
    made = [talked(store, at=START + 1000 * n, number=f"1380000000{n % 2}") for n in range(5)]
    live = FakeCall(store.secrecy, at=START + 9000).queue()
    keep(store, live)
    ids = [item.call_id for item in reversed(made)]

    def found(**wanted: object) -> list[str]:
        with store.read() as session:
            return [call.call_id for call in calls.page(session, store.secrecy, **wanted)]  # type: ignore[arg-type]

    assert found() == [live.call_id, *ids]
    assert found(state="closed", limit=2) == ids[:2]
    assert found(state="closed", limit=2, before=ids[1]) == ids[2:4]
    assert found(q="+86 138-0000-0001") == [ids[1], ids[3]]
    assert found(q=ids[2]) == [ids[2]]
    assert found(q="nothing") == []
    assert found(agent_id="agt_8001") == ids
    assert found(agent_id="agt_8002") == []
    with store.read() as session:
        same = calls.of_caller(session, store.secrecy.index("13800000000"), but=ids[0])
    assert [call.call_id for call in same] == [ids[2], ids[4]]


def test_forms_have_versions(store: Store) -> None:
    with store.write() as session:
        assert forms.get(session, store.secrecy, "call_1").version == 0
        first = forms.save(session, store.secrecy, "call_1", version=0, fields={"caller_name": "王小明"}, by="acc", now=1.0)
    assert (first.version, first.fields["caller_name"]) == (1, "王小明")
    with pytest.raises(Rejected, match=r"form\.version") as caught, store.write() as session:
        forms.save(session, store.secrecy, "call_1", version=0, fields={}, by="other", now=2.0)
    assert caught.value.details == {"version": 1}
    with pytest.raises(Invalid, match=r"form\.incomplete") as lacking, store.write() as session:
        forms.submit(session, store.secrecy, "call_1", version=1, fields={"disposition": "D04"}, by="acc", now=3.0)
    assert "facts" in lacking.value.details["fields"]  # type: ignore[operator]
    with pytest.raises(Invalid, match=r"form\.code"), store.write() as session:
        forms.save(session, store.secrecy, "call_1", version=1, fields={"category": "zz"}, by="acc", now=3.0)
    with store.write() as session:
        done = forms.submit(session, store.secrecy, "call_1", version=1, fields=whole_form(), by="acc", now=3.0)
    assert (done.version, done.submitted_at) == (2, 3.0)
    with pytest.raises(Rejected, match=r"form\.submitted"), store.write() as session:
        forms.save(session, store.secrecy, "call_1", version=2, fields={}, by="acc", now=4.0)
    with store.read() as session:
        assert forms.get(session, store.secrecy, "call_1").fields == whole_form()


def test_two_first_saves_at_once_make_one_form(store: Store) -> None:
    def save(name: str) -> bool:
        try:
            with store.write() as session:
                forms.save(session, store.secrecy, "call_1", version=0, fields={"facts": name}, by=name, now=1.0)
        except (Rejected, IntegrityError):
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(save, "abcdef")) == 1


def test_nothing_of_a_person_stands_in_clear(store: Store) -> None:
    load_demo(store, store.settings)
    made = talked(store, number="13911112222")
    private = {
        "caller_name": "欧阳秘密",
        "caller_number": "13922223333",
        "address": "保密路77号",
        "id_number": "110101199003070011",
        "opposing_party": "某某保密公司",
    }
    with store.write() as session:
        forms.submit(session, store.secrecy, made.call_id, version=0, fields=whole_form(**private), by="acc", now=START)
    with store.write() as session:
        call = calls.get(session, made.call_id)
        assert call is not None
        form = forms.get(session, store.secrecy, made.call_id)
        ticket = tickets.create(session, store.secrecy, call, form.fields, form_incomplete=False, now=START)
        callbacks.add(session, store.secrecy, store.settings, call, reason="x", now=START)
    with store.read() as session:
        assert tickets.private(store.secrecy, ticket) == private
        dump = "".join(
            str(session.execute(text(f"SELECT * FROM {table}")).all())
            for table in ("calls", "call_facts", "call_forms", "tickets", "ticket_events", "callback_tasks", "jobs")
        )
    for word in (*private.values(), made.number):
        assert word not in dump
    if store.engine.dialect.name == "sqlite":
        files = b"".join(path.read_bytes() for path in store.settings.home.glob("hotline.db*"))
        for word in (*private.values(), made.number):
            assert word.encode() not in files


@pytest.mark.parametrize("column", ["caller_name_enc", "id_number_enc", "address_enc"])
def test_a_ciphertext_moved_to_another_row_or_column_does_not_open(store: Store, column: str) -> None:
    with store.write() as session:
        for call_id in ("call_1", "call_2"):
            fields = {"caller_name": f"人{call_id}", "id_number": "1", "address": "x"}
            forms.save(session, store.secrecy, call_id, version=0, fields=fields, by="a", now=1.0)
    with store.write() as session:
        one, two = session.get_one(CallForm, "call_1"), session.get_one(CallForm, "call_2")
        setattr(one, column, getattr(two, column))
        two.caller_number_enc = two.caller_name_enc
    with store.read() as session:
        for call_id in ("call_1", "call_2"):
            with pytest.raises(SecrecyError):
                forms.get(session, store.secrecy, call_id)


def test_a_callers_number_of_another_call_does_not_open(store: Store) -> None:
    one, two = talked(store), talked(store, at=START + 1, number="13900000000")
    with store.write() as session:
        calls.get(session, one.call_id).caller_enc = calls.get(session, two.call_id).caller_enc  # type: ignore[union-attr]
    with store.read() as session, pytest.raises(SecrecyError):
        calls.caller_number(store.secrecy, calls.get(session, one.call_id))  # type: ignore[arg-type]


def test_ticket_numbers_are_counted_a_day(store: Store) -> None:
    with ThreadPoolExecutor(6) as pool:

        def take(_: int) -> str:
            for _attempt in range(20):
                try:
                    with store.write() as session:
                        return tickets.next_number(session, START)
                except IntegrityError:  # the very first of a day, twice at once
                    continue
            raise AssertionError

        numbers = sorted(pool.map(take, range(20)))
    assert [number[:13] for number in numbers] == [f"20261122-{n:04d}" for n in range(1, 21)]
    assert all(ticket_number_holds(number) for number in numbers)
    with store.write() as session:
        # 16:00 UTC is midnight in China
        assert tickets.next_number(session, 1_795_363_200.0).startswith("20261123-0001-")
        assert tickets.next_number(session, 1_795_363_199.0).startswith("20261122-0021-")


def test_one_ticket_a_call(store: Store) -> None:
    load_demo(store, store.settings)
    made = talked(store)
    with store.write() as session:
        call = calls.get(session, made.call_id)
        assert call is not None
        fields = whole_form(risk_flags=["R03"])
        ticket = tickets.create(session, store.secrecy, call, fields, form_incomplete=False, now=START)
    assert (ticket.centre_id, ticket.priority, ticket.state) == ("ctr_990102101", 1, "registered")
    assert "白沙镇" in ticket.dispatch_reason
    with store.read() as session:
        assert [event.name for event in tickets.events(session, ticket.number)] == ["registered", "dispatched"]
        assert [item.number for item in tickets.page(session, centres={"ctr_990102101"})] == [ticket.number]
        assert tickets.page(session, centres={"ctr_990103"}) == []
    with pytest.raises(IntegrityError), store.write() as session:
        tickets.create(session, store.secrecy, calls.get(session, made.call_id), whole_form(), form_incomplete=False, now=START)  # type: ignore[arg-type]
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 1


def test_one_open_call_back_a_number(store: Store) -> None:
    made = [FakeCall(store.secrecy, at=START + n).queue().end("abandoned", "caller", "queue") for n in range(3)]
    other = FakeCall(store.secrecy, at=START + 10, number="13900000000").queue().end("abandoned", "caller", "queue")
    hidden = [FakeCall(store.secrecy, at=START + 20 + n, number="").queue().end("abandoned") for n in range(2)]
    for item in (*made, other, *hidden):
        keep(store, item)

    def add(item: FakeCall) -> str:
        with store.write() as session:
            call = calls.get(session, item.call_id)
            assert call is not None
            return callbacks.add(session, store.secrecy, store.settings, call, reason=call.cause, now=START).id

    assert len({add(item) for item in (*made, made[0])}) == 1
    assert add(other) != add(made[0])
    assert len({add(item) for item in hidden}) == 2
    with store.read() as session:
        found = callbacks.page(session)
        assert sorted((task.calls, callbacks.number(store.secrecy, task)) for task in found) == [
            (1, other.number),
            (3, made[0].number),
        ]
        assert found[0].deadline_at - callbacks.hours_of(session, store.settings, "call_back", "")(START) == 1800
        assert min(task.place_at for task in found) == START  # the oldest place of all calls behind it
        assert len(callbacks.page(session, state="no_number")) == 2
    with pytest.raises(IntegrityError), store.write() as session:  # the database itself refuses a second open one
        first = session.scalars(select(CallbackTask).where(CallbackTask.state == "open")).first()
        assert first is not None
        session.add(
            CallbackTask(
                id="x",
                call_id=first.call_id,
                caller_hash=first.caller_hash,
                reason="r",
                created_at=1,
                due_at=1,
                place_at=1,
                deadline_at=1,
                expires_at=1,
                next_call_id="call_x",
                state="open",
            )
        )
    with store.write() as session:  # done: the next lost call opens a new one
        for task in callbacks.page(session):
            task.state = "done"
    again = FakeCall(store.secrecy, at=START + 50).queue().end("abandoned", "caller", "queue")
    keep(store, again)
    assert add(again) != add(made[0])


def test_readers_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match=r"(?i)read.?only"), store.read() as session:
        session.add(CallFact(call_id="c", source="s", epoch=1, seq=1, name="n", at=1, data={}, stored_at=1))
        session.flush()


def test_readers_see_one_moment(store: Store) -> None:
    with store.read() as session:
        before = audit.head(session)
        with store.write() as other:
            audit.append(other, at=1.0, actor="x", action="y", object="z")
        assert audit.head(session) == before
        assert audit.verify(session).ok, "rows and head are of one moment: no false alarm while others write"


def test_errors_do_not_show_what_was_written(store: Store) -> None:
    with pytest.raises(IntegrityError) as caught, store.write() as session:
        session.add(Rating(talk_id="t", call_id="nowhere", person_kind="秘密", person_id="a", score=1, method="", at=1))
    assert "秘密" not in str(caught.value) or store.engine.dialect.name == "postgresql"
    assert "hide_parameters" in str(caught.value)
