"""What may stand in a flow file. :class:`FlowFile` is the file; :class:`Flow` adds where it came from and its version.

A node does what never waits, in this order whatever the order in the file: `language`, `set`, `say`. Then it has
exactly one of: `wait` with `route`, `hours` with `route`, `go`, `choose`, `hang_up`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PrivateAttr, Tag, model_validator
from pydantic_core import PydanticCustomError

from hotline.ivr.waits import DialWait, DigitsWait, HoursWait, ProgressWait, QueueWait, RateWait, RecordWait, StaffWait, Wait
from hotline.ivr.yamlread import line_at

NAME_PATTERN: Final = r"^[a-z][a-z0-9_]{0,39}$"
Name = Annotated[str, Field(pattern=NAME_PATTERN)]
PromptId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
VariableRef = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39})?$")]
Value = Annotated[str, Field(max_length=200)]
RateKey = Annotated[str, Field(pattern=r"^[0-9]$")]

CALLBACK_SECONDS: Final = 60.0
"""A call-back is offered after this long in the queue (rules A.6)."""

Cause = Literal[
    "completed",
    "queue_timeout",
    "callback_promised",
    "message_left",
    "progress_told",
    "restricted",
    "staff_menu",
    "system_failure",
]
"""Of `hotline.core.facts.CAUSES`, those a flow can know."""
CAUSES: Final[tuple[str, ...]] = get_args(Cause)


class Strict(BaseModel):
    # strict: `seconds: "5"` and `barge_in: 1` are slips, not values
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SayItem(Strict):
    """A prompt in a language other than the caller's, such as "for English press 9" in a Chinese menu."""

    prompt: PromptId
    language: Language | None = None


def _say_tag(value: Any) -> str:
    return "prompt" if isinstance(value, str) else "item"


SayEntry = Annotated[Annotated[PromptId, Tag("prompt")] | Annotated[SayItem, Tag("item")], Discriminator(_say_tag)]


class DigitsSpec(Strict):
    """Wait for one key. The keys are those of the node's `route`."""

    kind: Literal["digits"] = Field(alias="for")
    seconds: Annotated[float, Field(gt=0, le=30)]
    barge_in: bool = True

    def wait(self, route: Mapping[str, str]) -> DigitsWait:
        """The wait for the engine; its keys are the keys of `route`, in their order."""
        keys = tuple(key for key in route if key not in ("no_input", "invalid"))
        # One key is all a conversation collects so far; the wait is made for longer entries already.
        return DigitsWait(1, self.seconds, self.seconds, "", self.barge_in, keys)


class QueueSpec(Strict):
    """Wait for a human of a queue, and talk."""

    kind: Literal["queue"] = Field(alias="for")
    queue: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}$")]
    seconds: Annotated[float, Field(gt=0, le=7200)]
    priority: Annotated[int, Field(ge=0, le=3)] = 0
    music: PromptId = "music"
    callback: bool | Annotated[float, Field(ge=5, le=3600)] = False
    """Offer a call-back that keeps the place: `true` after the usual 60 s, or after so many seconds. Needs the outcome
    `callback` in the route."""
    full: bool = False
    """The route names the outcome `full`, for a queue that has no room."""

    def wait(self, route: Mapping[str, str]) -> QueueWait:
        """The wait for the engine."""
        after = CALLBACK_SECONDS if self.callback is True else float(self.callback)
        return QueueWait(self.queue, self.priority, self.music, self.seconds, after, self.full)


class RateSpec(Strict):
    """Ask the caller to rate the talk. The defaults are the rule: five keys, 8 s, one repeat."""

    kind: Literal["rate"] = Field(alias="for")
    seconds: Annotated[float, Field(gt=0, le=30)]
    prompt: PromptId = "rate"
    repeat_prompt: PromptId = "rate_again"
    invalid_prompt: PromptId = "rate_invalid"
    keys: Annotated[list[RateKey], Field(min_length=2, max_length=10)] = ["1", "2", "3", "4", "5"]
    repeats: Annotated[int, Field(ge=0, le=3)] = 1
    human_key: RateKey | None = None
    """A key, not among `keys`, that leads to a person (route `human`)."""
    earlier_talk: bool = False
    """The rating is of a talk in an earlier call: the flow of a rating call, in which nobody has talked yet."""

    def wait(self, route: Mapping[str, str]) -> RateWait:
        """The wait for the engine."""
        return RateWait(
            self.prompt,
            self.repeat_prompt,
            self.invalid_prompt,
            tuple(self.keys),
            self.seconds,
            self.repeats,
            self.human_key or "",
            self.earlier_talk,
        )


class StaffSpec(Strict):
    """The staff's own menu."""

    kind: Literal["staff"] = Field(alias="for")
    seconds: Annotated[float, Field(gt=0, le=900)]

    def wait(self, route: Mapping[str, str]) -> StaffWait:
        """The wait for the engine."""
        return StaffWait(self.seconds)


class ProgressSpec(Strict):
    """The caller keys a ticket's number and code, and hears how far it is."""

    kind: Literal["progress"] = Field(alias="for")
    seconds: Annotated[float, Field(gt=0, le=600)]

    def wait(self, route: Mapping[str, str]) -> ProgressWait:
        """The wait for the engine."""
        return ProgressWait(self.seconds)


class DialSpec(Strict):
    """Ring the mobiles of those on the roster, one after another. How long each rings and how many are tried at most is
    the transfer's setting (20 s, three: rules A.9)."""

    kind: Literal["dial"] = Field(alias="for")
    who: Literal["duty"] = "duty"
    seconds: Annotated[float, Field(gt=0, le=600)]
    music: PromptId = "music"
    next_prompt: PromptId = "duty_next"

    def wait(self, route: Mapping[str, str]) -> DialWait:
        """The wait for the engine."""
        return DialWait(self.who, self.seconds, self.music, self.next_prompt)


class RecordSpec(Strict):
    """Take a voice message. It ends with `finish_on`, with `silence` seconds in which nothing is said, or after `seconds`."""

    kind: Literal["record"] = Field(alias="for")
    seconds: Annotated[float, Field(gt=0, le=600)]
    silence: Annotated[float, Field(ge=1, le=60)] = 6
    beep: PromptId = "beep"
    finish_on: Annotated[str, Field(pattern=r"^[0-9*#]$")] = "#"

    def wait(self, route: Mapping[str, str]) -> RecordWait:
        """The wait for the engine."""
        return RecordWait(self.seconds, self.silence, self.beep, self.finish_on)


WaitSpec = Annotated[
    DigitsSpec | QueueSpec | RateSpec | DialSpec | RecordSpec | StaffSpec | ProgressSpec, Field(discriminator="kind")
]


class Hours(Strict):
    """Is the line open now? `line`: the number the caller dialled."""

    calendar: Literal["line"]


class AtMost(Strict):
    """From the visit after the `times`-th on, the node is passed over and the call goes to `then`."""

    times: Annotated[int, Field(ge=1, le=20)]
    then: Name


class Choose(Strict):
    """Go on by the value of a variable; `otherwise` for every value not listed, and when it was never set."""

    variable: VariableRef
    when: Annotated[dict[Value, Name], Field(min_length=1)]
    otherwise: Name


def _shape(why: str, why_zh: str) -> PydanticCustomError:
    return PydanticCustomError("node_shape", "{why}", {"why": why, "why_zh": why_zh})


WAYS: Final = ("wait", "hours", "go", "choose", "hang_up")
"""A node goes on, or ends, in exactly one of these ways."""


class Node(Strict):
    """One step of a flow."""

    note: str = ""
    """For people: shown by `play` and in drawings, never heard."""
    at_most: AtMost | None = None
    language: Language | None = None
    set: dict[Name, Value] = {}
    say: list[SayEntry] = []
    wait: WaitSpec | None = None
    hours: Hours | None = None
    route: dict[str, Name] | None = None
    go: Name | None = None
    choose: Choose | None = None
    hang_up: Cause | None = None

    @model_validator(mode="after")
    def _one_way_on(self) -> Node:
        ways = [name for name in WAYS if getattr(self, name) is not None]
        if len(ways) != 1:
            why = f"exactly one of {', '.join(WAYS)} is needed" + (f", not {', '.join(ways)}" if ways else "")
            zh = f"{'、'.join(WAYS)} 必须而且只能写一个" + (f"，现有 {'、'.join(ways)}" if ways else "")
            raise _shape(why, zh)
        if (self.wait is None and self.hours is None) != (self.route is None):
            raise _shape("wait (or hours) and route go together", "wait（或 hours）和 route 要一起写")
        if "language" in self.set:
            raise _shape("the language is changed with `language: en`, not by set", "换语言请写 language: en，不用 set")
        return self

    @property
    def says(self) -> tuple[SayItem, ...]:
        """`say` with every entry written out."""
        return tuple(SayItem(prompt=item) if isinstance(item, str) else item for item in self.say)

    @property
    def waiting(self) -> Wait | None:
        """The wait as the engine gives it out; for `hours` the question that is answered at once."""
        if self.hours is not None:
            return HoursWait(self.hours.calendar)
        return None if self.wait is None else self.wait.wait(self.route or {})


class FlowFile(Strict):
    """A flow as it stands in its file. The file's name is the flow's name."""

    title: dict[Literal["zh", "en"], str] = {}
    audience: Literal["public", "staff"] = "public"
    """`staff`: our own people call here, who need no human; no flow for the public may be like that."""
    languages: Annotated[list[Language], Field(min_length=1)]
    """The languages every prompt exists in; the first is the one callers start with when theirs is not among them."""
    variables: dict[Name, Value] = {}
    """Known from the start, with their first values; the caller of `start` may override them."""
    restricted: bool = False
    """For callers whose number is restricted: keying nothing ends the call, but 0 still leads to a human."""
    start: Name
    nodes: Annotated[dict[Name, Node], Field(min_length=1)]


class Flow(FlowFile):
    """A flow that was read: with its name, its version (first 12 hex digits of the SHA-256 of its content, comments and
    layout apart), and the lines of its parts."""

    name: str
    version: str
    file: str = ""
    _lines: Mapping[tuple[str, ...], int] = PrivateAttr(default_factory=dict)

    def line(self, *path: str | int) -> int:
        """The line in the file, from 1, of the part at `path`, such as `line("nodes", "menu", "route", "1")`."""
        return line_at(self._lines, *path)


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a flow file, for editors."""
    schema = FlowFile.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "IVR flow"}
