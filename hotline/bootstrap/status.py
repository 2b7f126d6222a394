"""`hotline status`: which parts live, and calls, agents and queue at a glance."""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import Any

import redis
from rich.console import Console
from rich.table import Table

from hotline.bus import client as bus
from hotline.bus import keys
from hotline.core.calendars.days import local_date, missing_year
from hotline.core.calendars.timetable import Timetable
from hotline.edge.rpc import Rpc
from hotline.settings import Settings


def gather(settings: Settings) -> dict[str, Any]:
    """Everything `status` tells, as plain data. `running` is whether a supervisor lives and all its parts are up."""
    parts = _parts(settings)
    client = bus.connect(settings.redis_url, timeout=1.0)
    found: dict[str, Any] = {"running": False, "home": str(settings.home.resolve()), "parts": parts}
    try:
        found.update(_live(client))
        found["redis"] = "up"
    except redis.RedisError:
        found.update({"redis": "down", "calls": {}, "agents": {}, "queue": {}, "workers": {}, "draining": {}, "disk": {}})
    with contextlib.suppress(Exception):
        edge = Rpc(settings)
        found["edge"] = {
            "dialogs": edge.dialogs(),
            "phones": len(edge.registered()),
            "trunks": edge.trunks(),
            "refused": {name: count for name, count in edge.counters().items() if count},
        }
    found["hours"] = _hours(settings)
    found["running"] = bool(parts) and all(part["state"] == "up" for part in parts.values())
    return found


def _hours(settings: Settings) -> dict[str, Any]:
    """How each line stands by the published timetable, and the year whose holidays should be known by now and are not."""
    now = time.time()
    try:
        table = Timetable.from_json(settings.timetable_file.read_text("utf-8"))
    except (OSError, ValueError):
        return {"lines": {}, "missing_year": None, "age_seconds": None}
    return {
        "lines": {number: table.state(number, now) for number in table.lines},
        "missing_year": missing_year(table.years, local_date(now)),
        "age_seconds": round(now - table.made_at, 1),
    }


def _parts(settings: Settings) -> dict[str, Any]:
    try:
        noted = json.loads((settings.run_dir / "parts.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    parts: dict[str, Any] = noted["parts"]
    parts["supervisor"] = {"zh": "总管", "pid": noted["supervisor"]["pid"], "state": "up", "restarts": 0}
    for part in parts.values():
        if not _exists(part["pid"]):
            part["state"] = "down"
    return parts


def _exists(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _live(client: Any) -> dict[str, Any]:
    now = time.time()
    calls = [json.loads(raw) for raw in client.hgetall(keys.LIVE).values()]
    calls = [call for call in calls if call["lease"] > now]
    board = {key: json.loads(raw) for key, raw in client.hgetall(keys.BOARD_STATE).items()}
    agents = [entity for key, entity in board.items() if key.startswith("agents/")]
    waiting = [call for call in calls if call.get("waiting")]
    pool = json.loads(client.get(keys.part("pool")) or "{}")
    return {
        "calls": {"live": len(calls), "by_phase": _count(call["phase"] for call in calls)},
        "agents": {"all": len(agents), "by_state": _count(agent["state"] for agent in agents)},
        "queue": {
            "waiting": len(waiting),
            "oldest_seconds": round(max((now - call["queued_at"] for call in waiting), default=0.0), 1),
        },
        "outbound": {name: board.get("outbound/state", {}).get(name) for name in ("on", "by", "last_hour", "per_hour", "due")},
        "workers": {name: pool.get(name, 0) for name in ("idle", "busy", "starting", "deaths")},
        "draining": {"on": bool(pool.get("draining")), "pinned": pool.get("pinned", 0)},
        "disk": {"free_mb": pool.get("disk_free_mb", 0), "low": bool(pool.get("disk_low"))},
    }


def _count(words: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return found


def render(found: dict[str, Any]) -> str:
    """For people."""
    console = Console(record=True, width=100, file=open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    if not found["parts"]:
        return "热线未运行 not running: make run"
    table = Table(title=f"12348 热线 · {found['home']}", title_justify="left")
    for heading in ("部分 part", "状态 state", "pid", "重启 restarts", "秒 s"):
        table.add_column(heading)
    for name, part in found["parts"].items():
        state = "[green]正常 up[/green]" if part["state"] == "up" else "[red]停止 down[/red]"
        table.add_row(f"{name} {part['zh']}", state, str(part["pid"]), str(part["restarts"]), str(part.get("seconds", "")))
    console.print(table)
    calls, queue, agents, workers = found["calls"], found["queue"], found["agents"], found["workers"]
    if found["redis"] == "up":
        console.print(f"通话 calls     {calls['live']}  {_words(calls['by_phase'])}")
        console.print(f"排队 queue     {queue['waiting']}  最久 oldest {queue['oldest_seconds']} s")
        console.print(f"坐席 agents    {agents['all']}  {_words(agents['by_state'])}")
        outbound = found["outbound"]
        if outbound["on"] is not None:
            state = "正常 on" if outbound["on"] else f"[red]已停用 stopped[/red] {outbound['by']}"
            hour = f"近一小时 last hour {outbound['last_hour']}/{outbound['per_hour']}"
            console.print(f"呼出 outbound  {state}  待拨 due {outbound['due']}  {hour}")
        console.print(f"进程 workers   {_words(workers)}")
        if found["draining"]["on"]:
            held = found["draining"]["pinned"]
            waits = f"  等待紧急通话结束 waiting for callers in danger: {held}" if held else ""
            console.print(f"[yellow]正在排空 draining[/yellow]{waits}")
        if found["disk"]["low"]:
            free = found["disk"]["free_mb"]
            console.print(
                f"[red]磁盘将满 disk nearly full[/red]  剩余 left {free} MB：请清理或扩容 make room, or recordings stop"
            )
    hours = found["hours"]
    if hours["lines"]:
        console.print(f"线路 lines     {_words(hours['lines'])}")
    if hours["missing_year"]:
        year = hours["missing_year"]
        console.print(
            f"[yellow]缺少 {year} 年节假日表 no table of holidays for {year}[/yellow]：hotline admin import-calendar FILE"
        )
    if "edge" in found:
        edge = found["edge"]
        console.print(
            f"话机 phones    {edge['phones']}   中继 trunks {_words(edge['trunks'])}   拒绝 refused {_words(edge['refused'])}"
        )
    return console.export_text().rstrip()


def _words(counts: dict[str, Any]) -> str:
    return "  ".join(f"{name} {count}" for name, count in counts.items())
