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
        found.update({"redis": "down", "calls": {}, "agents": {}, "queue": {}, "workers": {}, "disk": {}})
    with contextlib.suppress(Exception):
        edge = Rpc(settings)
        found["edge"] = {
            "dialogs": edge.dialogs(),
            "phones": len(edge.registered()),
            "trunks": edge.trunks(),
            "refused": {name: count for name, count in edge.counters().items() if count},
        }
    found["running"] = bool(parts) and all(part["state"] == "up" for part in parts.values())
    return found


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
        "workers": {name: pool.get(name, 0) for name in ("idle", "busy", "starting", "deaths")},
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
        console.print(f"进程 workers   {_words(workers)}")
        if found["disk"]["low"]:
            free = found["disk"]["free_mb"]
            console.print(
                f"[red]磁盘将满 disk nearly full[/red]  剩余 left {free} MB：请清理或扩容 make room, or recordings stop"
            )
    if "edge" in found:
        edge = found["edge"]
        console.print(
            f"话机 phones    {edge['phones']}   中继 trunks {_words(edge['trunks'])}   拒绝 refused {_words(edge['refused'])}"
        )
    return console.export_text().rstrip()


def _words(counts: dict[str, Any]) -> str:
    return "  ".join(f"{name} {count}" for name, count in counts.items())
