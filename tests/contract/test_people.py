"""Demo city, accounts, log-ins, experts and rosters, on both databases."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from hotline.core.errors import HotlineError, Invalid, Rejected
from hotline.secrecy import SecrecyError
from hotline.settings import load
from hotline.store import passwords
from hotline.store.catalogue import LISTS, catalogue, rows
from hotline.store.demo import DEMO_PASSWORD, demo_duty_numbers, demo_expert_numbers, demo_logins, load_demo
from hotline.store.engine import Store
from hotline.store.models import Account, Agent, Centre, Expert, Region, RosterShift
from hotline.store.repositories import accounts, agents, experts, places, sessions

pytestmark = pytest.mark.contract
NOW = 1_795_312_800.0
PASSWORD = "correct horse 12348"


def add_account(store: Store, username: str = "li", password: str = PASSWORD) -> None:
    with store.write() as session:
        accounts.create(
            session,
            username=username,
            password_hash=passwords.hash_password(password),
            role="supervisor",
            display_name="李",
            now=NOW,
        )


def attempt(store: Store, password: str, now: float, username: str = "li") -> bool:
    """Both halves of a log-in, as the API does them."""
    with store.write() as session:
        counted = accounts.count_attempt(session, username, now)
    if not passwords.verify(counted.password_hash, password) or counted.account_id is None:
        return False
    with store.write() as session:
        accounts.log_in(session, counted.account_id, password, now)
    return True


def test_the_demo_city_is_there_once(store: Store) -> None:
    assert load_demo(store, store.settings) is True
    with store.write() as session:  # what an administrator changed stays changed
        session.get_one(Agent, "agt_8001").name = "改名"
    assert load_demo(store, store.settings) is False
    with store.read() as session:
        counts = {
            model.__name__: session.scalar(select(func.count()).select_from(model))
            for model in (Account, Agent, Expert, Region, Centre)
        }
        assert counts == {"Account": 16, "Agent": 7, "Expert": 11, "Region": 16, "Centre": 16}
        assert agents.get(session, "agt_8001").name == "改名"  # type: ignore[union-attr]
        assert [number for number, _ in agents.registrar_users(session)] == [f"800{n}" for n in range(7)]
        on_duty = experts.on_duty(session, time.time())
        assert {
            item.expert.id: experts.phone(store.secrecy, item.expert) for item in on_duty
        } == demo_expert_numbers() | demo_duty_numbers()
        assert places.below(session, "ctr_990102") == {
            "ctr_990102",
            "ctr_990102101",
            "ctr_990102102",
            "ctr_990102101201",
            "ctr_990102102201",
        }
        routed = places.dispatch(session, "S03", "990102101201")
        assert routed.office_id == "ctr_990102101201"
    assert all(attempt(store, password, NOW, username) for username, password, _ in demo_logins()[:2])


def test_demo_phones_follow_the_sip_domain(store: Store) -> None:
    load_demo(store, store.settings)
    moved = load(store.settings.home / "hotline.toml", home=store.settings.home, sip={"domain": "desk.example"})
    load_demo(store, moved)
    with store.read() as session:
        agent = session.get_one(Agent, "agt_8002")
        assert agent.phone_uri == "sip:8002@desk.example"
        assert agent.sip_password_ha1 == agents.ha1("8002", "desk.example", "12348-desk-phone")


def test_no_demo_where_it_is_off(store: Store) -> None:
    off = load(store.settings.home / "hotline.toml", home=store.settings.home, demo={"enabled": False})
    with pytest.raises(Rejected, match=r"demo\.disabled"):
        load_demo(store, off)
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 0


def test_five_wrong_passwords_lock_for_fifteen_minutes(store: Store) -> None:
    add_account(store)
    assert attempt(store, PASSWORD, NOW)
    for _ in range(4):
        assert not attempt(store, "wrong", NOW)
    assert attempt(store, PASSWORD, NOW)  # a right one starts the count again
    for _ in range(5):
        assert not attempt(store, "wrong", NOW)
    with pytest.raises(HotlineError, match=r"auth\.locked"):
        attempt(store, PASSWORD, NOW + 899)
    assert attempt(store, PASSWORD, NOW + 901)
    assert not attempt(store, PASSWORD, NOW, "nobody")


def test_wrong_passwords_at_once_are_all_counted(store: Store) -> None:
    add_account(store)
    with ThreadPoolExecutor(5) as pool:
        assert not any(pool.map(lambda _: attempt(store, "wrong", NOW), range(5)))
    with pytest.raises(HotlineError, match=r"auth\.locked"):
        attempt(store, PASSWORD, NOW + 1)


def test_an_attempt_counts_before_the_password_is_looked_at(store: Store) -> None:
    """Five that are still being checked leave no sixth, though none of them is known to be wrong."""
    add_account(store)
    for _ in range(5):
        with store.write() as session:
            counted = accounts.count_attempt(session, "li", NOW)
    with pytest.raises(HotlineError, match=r"auth\.locked"):
        attempt(store, PASSWORD, NOW + 1)
    with store.write() as session:
        assert counted.account_id is not None
        accounts.log_in(session, counted.account_id, PASSWORD, 1.0)  # the fifth was right
    assert attempt(store, PASSWORD, NOW + 2)


@pytest.mark.parametrize(
    ("password", "code"),
    [("short", "password.too_short"), ("supervisorli1", "password.is_username"), ("a" * 20, "password.too_simple")],
)
def test_bad_new_passwords(password: str, code: str) -> None:
    with pytest.raises(Invalid, match=code.replace(".", r"\.")):
        passwords.check_new(password, "supervisorli")


def test_demo_password_would_not_pass_for_a_real_account() -> None:
    with pytest.raises(Invalid):
        passwords.check_new(DEMO_PASSWORD)


def test_hashes_are_argon2id() -> None:
    assert passwords.hash_password("x" * 12).startswith("$argon2id$")


def test_accounts_are_checked(store: Store) -> None:
    add_account(store)
    with pytest.raises(Rejected, match=r"account\.exists"):
        add_account(store)
    with store.write() as session, pytest.raises(Invalid, match=r"account\.role"):
        accounts.create(session, username="x", password_hash="h", role="king", display_name="", now=NOW)
    with pytest.raises(DBAPIError), store.write() as session:
        session.execute(text("UPDATE accounts SET role='king'"))


def test_sessions_end(store: Store) -> None:
    add_account(store)
    with store.write() as session:
        account = accounts.by_username(session, "li")
        assert account is not None
        tokens = [sessions.open_session(session, account, kind="cookie", now=NOW, hours=12) for _ in range(3)]

    def valid(token: str, now: float = NOW + 1) -> bool:
        key = passwords.token_hash(token)
        with store.read() as session:
            found = sessions.find(session, [key]).get(key)
            return found is not None and found.holds and not found.outlived(now, seen_at=0.0, idle_seconds=900)

    assert [valid(token) for token in tokens] == [True] * 3
    assert not valid("invented")
    assert not valid(tokens[0], NOW + 901)  # idle
    with store.write() as session:
        sessions.touch(session, passwords.token_hash(tokens[0]), NOW + 800)
    assert valid(tokens[0], NOW + 901)
    assert not valid(tokens[0], NOW + 12 * 3600 + 1)  # expired
    with store.write() as session:
        assert sessions.revoke(session, passwords.token_hash(tokens[1]), NOW)
        assert not sessions.revoke(session, passwords.token_hash(tokens[1]), NOW)
    assert not valid(tokens[1])
    with store.write() as session:
        assert sessions.revoke_all(session, account.id, NOW, but_token=tokens[2]) == 1
    assert [valid(token) for token in tokens] == [False, False, True]
    with store.write() as session:
        accounts.by_username(session, "li").active = False  # type: ignore[union-attr]
    assert not valid(tokens[2])
    with store.read() as session:
        stored = session.execute(text("SELECT token_hash FROM sessions")).scalars().all()
    assert not set(stored) & set(tokens)


def test_an_experts_number_is_sealed_into_its_row(store: Store) -> None:
    with store.write() as session:
        for number in (1, 2):
            experts.add(
                session,
                store.secrecy,
                id=f"e{number}",
                phone=f"1390001000{number}",
                name="专家",
                kind="lawyer",
                skills=["GN"],
            )
    with store.read() as session:
        row = session.get_one(Expert, "e1")
        assert (row.phone_masked, experts.phone(store.secrecy, row)) == ("139****0001", "+8613900010001")
        assert row.phone_hash == store.secrecy.index("13900010001")
        dump = str(session.execute(text("SELECT * FROM experts")).all())
        assert "13900010001" not in dump
    with store.write() as session:  # somebody swaps two experts' numbers
        one, two = session.get_one(Expert, "e1"), session.get_one(Expert, "e2")
        one.phone_enc, two.phone_enc = two.phone_enc, one.phone_enc
    with store.read() as session, pytest.raises(SecrecyError):
        experts.phone(store.secrecy, session.get_one(Expert, "e1"))


def test_a_number_that_cannot_be_dialled_is_refused(store: Store) -> None:
    with store.write() as session, pytest.raises(Invalid, match=r"expert\.phone"):
        experts.add(session, store.secrecy, id="e", phone="12", name="x", kind="lawyer")


@pytest.mark.parametrize(
    ("shift", "local", "wanted"),
    [
        ({"weekday": 6, "from_minute": 480, "to_minute": 1080}, "2026-11-22 08:00", True),  # a Sunday
        ({"weekday": 6, "from_minute": 480, "to_minute": 1080}, "2026-11-22 18:00", False),
        ({"weekday": 5, "from_minute": 480, "to_minute": 1080}, "2026-11-22 09:00", False),
        ({"weekday": 5, "from_minute": 1320, "to_minute": 360}, "2026-11-22 05:59", True),  # Saturday night
        ({"weekday": 5, "from_minute": 1320, "to_minute": 360}, "2026-11-22 06:00", False),
        ({"weekday": 5, "from_minute": 1320, "to_minute": 360}, "2026-11-21 05:00", False),
        ({"date": "2026-11-22", "from_minute": 0, "to_minute": 1440}, "2026-11-22 23:59", True),
        ({"date": "2026-11-22", "from_minute": 0, "to_minute": 1440}, "2026-11-23 00:00", False),
    ],
)
def test_rosters(shift: dict[str, object], local: str, wanted: bool) -> None:
    at = datetime.fromisoformat(local)
    minute = at.hour * 60 + at.minute
    found = experts.day_spans(Expert(shifts=[RosterShift(**shift)]), at.date(), 1)
    assert any(first <= minute < last for first, last in found) is wanted


def test_the_catalogue_is_whole() -> None:
    lists = catalogue()
    for name in LISTS:
        items = lists.items(name)
        assert len({item.code for item in items}) == len(items) > 0
        assert all(item.zh and item.en for item in items), name
    skills = lists.codes("skills")
    assert {item.extra["skill"] for item in lists.items("matter_categories")} <= skills
    assert lists.skill("0101") == "MF"
    assert lists.skill("9999") == "GN"
    assert {row["kind"] for row in rows("workdays.csv")} == {"off", "work"}
    assert rows("ticket_clocks.csv")[0]["rule"] == "HL-ANSWER"
