"""What makes a flow fit for callers, checked on every path at once.

The limits stand first, with where they come from. Each check is a small function that yields problems; `CHECKS` is the
list of those that need nothing but the flow.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

from hotline.core.tickets.progress import PHASE
from hotline.ivr.graph import TOO_OFTEN, Edge, cycle, edges, edges_of, reachable, unbounded_cycle
from hotline.ivr.parser import structure
from hotline.ivr.problems import Problem, problem
from hotline.ivr.prompts import PromptIndex
from hotline.ivr.schema import Flow
from hotline.ivr.waits import DialWait, DigitsWait, ProgressWait, QueueWait, RateWait, RecordWait, StaffWait

MENU_ITEMS: Final = 4
"""A menu has at most four items, and 0 for a human besides: GB/T 33358 advises against menus at all."""
MENU_SECONDS: Final = 5.0
"""Whoever keys nothing is not kept waiting longer than this for a human."""
GREETING_SECONDS: Final = 12.0
"""Notice of recording and greeting together, before anything can be keyed or anyone can answer."""

_NOT_CHOSEN: Final = ("no_input", "invalid")
"""Outcomes of a menu that are nobody's wish."""

NOTICE: Final = "notice"
"""The prompt that says that calls are recorded, and why."""

AROUND_TALK: Final = (
    *("queue_wait", "still_waiting", "hold", "transferring", "transferring_on", "transfer_next", "transfer_failed_back"),
    *("please_wait", "system_error"),
)
"""What a caller may hear in a queue and during a talk without any flow saying so."""
OFFERED: Final = ("callback_offer", "callback_closing")
"""The words that offer a call-back in the queue."""


STAFF_MENU: Final = (
    "staff_number", "staff_pin", "staff_wrong", "staff_available", "staff_away", "staff_on_roster",
    "staff_paused", "staff_offline", "staff_on_call", "staff_missed", "staff_menu_agent", "staff_menu_expert",
)  # fmt: skip
"""What is said in the staff's menu."""
SPELT: Final = (
    *(f"digit_{figure}" for figure in range(10)),
    *(f"date_month_{month}" for month in range(1, 13)),
    *(f"date_day_{day}" for day in range(1, 32)),
)
"""Figures and dates."""
CLERK_MENU: Final = (
    *("staff_menu_clerk", "staff_menu_ticket", "staff_menu_reason", "staff_menu_result", "staff_code"),
    *("village_ticket", "village_due", "village_signed", "village_returned", "village_noted", "village_none", "village_gone"),
    *("village_refused", "village_minor", "village_no_code", "village_caller", "village_no_number"),
    *SPELT,
)
"""The same of the clerks of village centres."""
PROGRESS: Final = (
    *("progress_number", "progress_code", "progress_wrong", "progress_due", "progress_overdue", "progress_private"),
    *("staff_menu_progress", "staff_wrong", *(f"progress_{phase}" for phase in sorted(set(PHASE.values()))), *SPELT),
)
"""What is said of a ticket's progress."""


def lint(
    flow: Flow,
    prompts: PromptIndex | Collection[str],
    languages: Iterable[str] | None = None,
    queues: Collection[str] | None = None,
) -> list[Problem]:
    """Everything wrong with the flow, by line.

    `prompts`: what can be played (a collection of ids means: in every language). `languages`: those the flow must
    offer; None: the flow's own. `queues`: the names of the queues there are; None: not checked.
    """
    wanted = tuple(flow.languages if languages is None else languages)
    index = prompts if isinstance(prompts, PromptIndex) else PromptIndex.of(prompts, {*wanted, *flow.languages})
    found = list(structure(flow))
    if found:  # the other checks walk the graph, which must be whole for that
        return sorted(found)
    for check in CHECKS:
        found.extend(check(flow))
    for language in wanted:
        if language not in flow.languages:
            found.append(problem(flow.file, flow.line("languages"), "", "language_missing", language=language))
    found.extend(_prompts(flow, index))
    found.extend(_greeting(flow, index))
    if queues is not None:
        found.extend(_queues(flow, queues))
    return sorted(set(found))


def _at(flow: Flow, node: str, code: str, *path: str | int, **fields: object) -> Problem:
    return problem(flow.file, flow.line("nodes", node, *path), node, code, **fields)


def is_queue(flow: Flow, name: str) -> bool:
    """Whether a human is waited for at the node."""
    return isinstance(flow.nodes[name].waiting, QueueWait)


def _talk_over(flow: Flow, edge: Edge) -> bool:
    return edge.label == "talked" and isinstance(flow.nodes[edge.source].waiting, QueueWait | DialWait)


def _unreachable(flow: Flow) -> Iterator[Problem]:
    found = reachable(flow, [flow.start])
    for name in flow.nodes:
        if name not in found:
            yield _at(flow, name, "unreachable")


def _loops(flow: Flow) -> Iterator[Problem]:
    quiet = cycle(flow, lambda edge: flow.nodes[edge.source].wait is None or edge.label == TOO_OFTEN)
    if quiet:
        yield _at(flow, quiet[0], "loop_without_wait", path=" → ".join(quiet))
    endless = unbounded_cycle(flow)
    if endless and endless != quiet:
        yield _at(flow, endless[0], "loop_unbounded", path=" → ".join(endless))


def _ends(flow: Flow) -> Iterator[Problem]:
    """Every node can still come to the end of the call."""
    ending = {name for name, node in flow.nodes.items() if node.hang_up}
    grown = True
    while grown:
        grown = False
        for edge in edges(flow):
            if edge.target in ending and edge.source not in ending:
                ending.add(edge.source)
                grown = True
    for name in flow.nodes:
        if name not in ending:
            yield _at(flow, name, "no_end")


def _human(flow: Flow) -> Iterator[Problem]:
    """There is a way to a human; no key and a wrong key end with one (unless the number is restricted), and 0 leads there
    without another question."""
    if flow.audience == "staff":
        return
    reached = reachable(flow, [flow.start])
    if not any(is_queue(flow, name) for name in reached):
        yield problem(flow.file, flow.line("start"), "", "no_human")
    # after the talk the caller has had the human: a question then need not lead to one
    before = reachable(flow, [flow.start], lambda edge: not _talk_over(flow, edge))
    for name in sorted(before):
        wait = flow.nodes[name].waiting
        if not isinstance(wait, DigitsWait):
            continue
        if "0" not in wait.keys:
            yield _at(flow, name, "zero_not_human", "route")
        for edge in edges_of(name, flow.nodes[name]):
            if edge.label == "0" and not _straight_to_human(flow, edge.target):
                yield _at(flow, name, "zero_not_human", "route", "0")
            elif not flow.restricted and edge.label in (*_NOT_CHOSEN, TOO_OFTEN) and _can_miss_human(flow, edge.target):
                path = edge.path[2:]
                yield _at(flow, name, "key_not_human", *path, outcome=edge.label)


def _straight_to_human(flow: Flow, start: str) -> bool:
    """Whether every path from `start` comes to a queue before any other wait and before the end."""
    found = reachable(flow, [start], lambda edge: flow.nodes[edge.source].wait is None or edge.label == TOO_OFTEN)
    met = [name for name in found if flow.nodes[name].wait or flow.nodes[name].hang_up]
    return bool(met) and all(is_queue(flow, name) for name in met)


def _can_miss_human(flow: Flow, start: str) -> bool:
    """Whether some path from `start` ends the call without passing a queue, and without the caller keying so."""

    def follow(edge: Edge) -> bool:
        wait = flow.nodes[edge.source].waiting
        if edge.label in (*_NOT_CHOSEN, TOO_OFTEN) or wait is None:
            return True
        return not isinstance(wait, QueueWait | DigitsWait)

    found = reachable(flow, [start], follow)
    return any(flow.nodes[name].hang_up for name in found)


def _silent_ends(flow: Flow) -> Iterator[Problem]:
    """Whoever reached no human is told something before the call ends."""

    def mute(start: str) -> bool:
        # A node passed over for having been met too often says nothing and does not wait.
        quiet = reachable(
            flow,
            [start],
            lambda edge: edge.label == TOO_OFTEN or not (flow.nodes[edge.source].wait or flow.nodes[edge.source].say),
        )
        return any(flow.nodes[name].hang_up and not flow.nodes[name].say for name in quiet)

    if mute(flow.start):
        yield problem(flow.file, flow.line("start"), "", "silent_end", outcome="start")
    for edge in edges(flow):
        wait = flow.nodes[edge.source].waiting
        if wait is None or isinstance(wait, RateWait) or _talk_over(flow, edge) or edge.label == TOO_OFTEN:
            continue
        if mute(edge.target):
            yield _at(flow, edge.source, "silent_end", "route", edge.label, outcome=edge.label)


def _ratings(flow: Flow) -> Iterator[Problem]:
    """A rating is only asked for after a talk."""
    for name in reachable(flow, [flow.start], lambda edge: not _talk_over(flow, edge)):
        wait = flow.nodes[name].waiting
        if isinstance(wait, RateWait) and not wait.earlier_talk:
            yield _at(flow, name, "rate_without_talk", "wait")


def _staff(flow: Flow) -> Iterator[Problem]:
    """The staff's menu stands in flows for the staff only, and their calls end as such (nobody calls them back)."""
    for name, node in flow.nodes.items():
        staff = isinstance(node.waiting, StaffWait) or node.hang_up == "staff_menu"
        if staff and flow.audience != "staff":
            yield _at(flow, name, "staff_in_public")


def _menus(flow: Flow) -> Iterator[Problem]:
    for name, node in flow.nodes.items():
        wait = node.waiting
        if not isinstance(wait, DigitsWait):
            continue
        items = [key for key in wait.keys if key != "0"]
        if len(items) > MENU_ITEMS:
            yield _at(flow, name, "menu_too_long", "route", count=len(items), limit=MENU_ITEMS)
        if wait.seconds > MENU_SECONDS:
            figures = {"seconds": f"{wait.seconds:g}", "limit": f"{MENU_SECONDS:g}"}
            yield _at(flow, name, "menu_wait_long", "wait", "seconds", **figures)


def _variables(flow: Flow) -> Iterator[Problem]:
    known = set(flow.variables) | {key for node in flow.nodes.values() for key in node.set}
    for name, node in flow.nodes.items():
        if node.choose is None:
            continue
        first, dot, _ = node.choose.variable.partition(".")
        waits = first in flow.nodes and flow.nodes[first].wait is not None
        if not (waits if dot else first in known):
            yield _at(flow, name, "variable_unknown", "choose", "variable", variable=node.choose.variable)


def _told_first(flow: Flow) -> Iterator[Problem]:
    """Nobody is recorded who has not heard the notice of recording (rules D.32): it is said on every way to a message."""
    for name in reachable(flow, [flow.start], lambda edge: not _gives_notice(flow, edge.source)):
        if isinstance(flow.nodes[name].waiting, RecordWait) and not _gives_notice(flow, name):
            yield _at(flow, name, "record_without_notice", "wait")


def _gives_notice(flow: Flow, name: str) -> bool:
    return any(item.prompt == NOTICE for item in flow.nodes[name].says)


CHECKS: Final[tuple[Callable[[Flow], Iterator[Problem]], ...]] = (
    _unreachable, _loops, _ends, _human, _silent_ends, _ratings, _menus, _variables, _told_first, _staff,
)  # fmt: skip


def _prompts(flow: Flow, index: PromptIndex) -> Iterator[Problem]:
    """Every prompt exists in every language it can be asked for."""
    around = list(AROUND_TALK)
    for name, node in flow.nodes.items():
        if node.language and node.language not in flow.languages:
            yield _at(flow, name, "language_missing", "language", language=node.language)
        asked = [(item.prompt, [item.language] if item.language else flow.languages) for item in node.says]
        wait = node.waiting
        if isinstance(wait, QueueWait):
            # the same for every queue: asked of the first one only
            asked.extend((prompt, flow.languages) for prompt in (wait.music, *around))
            around.clear()
            if wait.callback:
                asked.extend((prompt, flow.languages) for prompt in OFFERED)
        elif isinstance(wait, StaffWait):
            asked.extend((prompt, flow.languages) for prompt in (*STAFF_MENU, *CLERK_MENU))
        elif isinstance(wait, ProgressWait):
            asked.extend((prompt, flow.languages) for prompt in PROGRESS)
        elif isinstance(wait, RateWait):
            asked.extend((each, flow.languages) for each in (wait.prompt, wait.repeat_prompt, wait.invalid_prompt))
        elif isinstance(wait, DialWait):
            around_dial = (wait.music, wait.next_prompt, "brief_duty", "brief_press", "system_error")
            asked.extend((each, flow.languages) for each in around_dial)
        elif isinstance(wait, RecordWait):
            asked.append((wait.beep, flow.languages))
        for number, (prompt, languages) in enumerate(asked):
            missing = [language for language in languages if not index.has(prompt, language)]
            if missing:
                path = ("say", number) if number < len(node.says) else ("wait",)
                yield _at(flow, name, "prompt_missing", *path, prompt=prompt, language=", ".join(missing))


def _greeting(flow: Flow, index: PromptIndex) -> Iterator[Problem]:
    """The longest that can be heard before the first wait. The menu itself does not count: it can be cut short."""
    for language in flow.languages:
        longest: dict[tuple[str, str], float] = {}
        todo = [(flow.start, 0.0, language)]
        while todo:
            name, heard, spoken = todo.pop()
            if longest.get((name, spoken), -1.0) >= heard or heard > 3600:  # 3600: a loop, reported as such
                continue
            longest[name, spoken] = heard
            node = flow.nodes[name]
            spoken = node.language or spoken
            if not isinstance(node.waiting, DigitsWait):
                heard += sum(index.seconds(item.prompt, item.language or spoken) for item in node.says)
            if not node.wait:
                todo.extend((edge.target, heard, spoken) for edge in edges_of(name, node))
            elif heard > GREETING_SECONDS:
                figures = {"seconds": f"{heard:.1f}", "limit": f"{GREETING_SECONDS:g}"}
                yield _at(flow, name, "greeting_too_long", language=language, **figures)


def _queues(flow: Flow, queues: Collection[str]) -> Iterator[Problem]:
    for name, node in flow.nodes.items():
        wait = node.waiting
        if isinstance(wait, QueueWait) and wait.queue not in queues:
            yield _at(flow, name, "queue_unknown", "wait", "queue", queue=wait.queue)
