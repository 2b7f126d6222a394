"""What can be wrong with a flow, each with a stable code and a sentence in Chinese and in English.

:class:`Problem` is one finding at one line; :class:`FlowError` is raised when a file cannot be used at all and carries
its findings. `TEXTS` is the whole list of codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from hotline.core.errors import Invalid

TEXTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        # the file itself
        "file_unreadable": ("读不出文件：{why}", "the file cannot be read: {why}"),
        "file_name": (
            "文件名“{name}”不能作流程名：只能用小写字母、数字和下划线，以字母开头",
            "the file name {name!r} cannot be a flow name: lower-case letters, digits and _ only, a letter first",
        ),
        "no_flows": ("目录里没有流程文件（*.yaml）", "there is no flow (*.yaml) in this directory"),
        "yaml": ("YAML 写法有误：{why}", "this is not YAML: {why}"),
        "yaml_duplicate": ("“{key}”写了两次", "{key!r} stands here twice"),
        "yaml_key": (
            '键 {key} 要加引号，写成 "{key}"：不加引号时 YAML 把它当作{kind}',
            'put the key in quotes, "{key}": without them YAML reads it as {kind}',
        ),
        "yaml_value": (
            "{value} 要加引号或换一种写法：YAML 把它当作{kind}",
            "{value} is read by YAML as {kind}: put it in quotes or write it plainly",
        ),
        "yaml_alias": (
            "不支持 YAML 锚点、别名和自定义标签，请写全",
            "YAML anchors, aliases and tags are not allowed here: write it out",
        ),
        "field_unknown": ("不认识“{field}”", "there is no {field!r} here"),
        "field_missing": ("缺少“{field}”", "{field!r} is missing"),
        "field_invalid": ("“{field}”不对：{why}", "{field!r} is wrong: {why}"),
        "wait_without_limit": ("等待必须写明时限 seconds", "a wait needs a time limit: write `seconds`"),
        "wait_unknown": ("不认识这种等待：{why}", "there is no such wait: {why}"),
        "node_shape": ("节点写法不对：{why_zh}", "the node is not well formed: {why}"),
        # how the nodes hang together
        "node_missing": ("没有名叫“{target}”的节点", "there is no node {target!r}"),
        "outcome_missing": (
            "等待“{wait}”的结果“{outcome}”没有去处",
            "the outcome {outcome!r} of this {wait} wait has no route",
        ),
        "outcome_extra": ("等待“{wait}”不会有结果“{outcome}”", "a {wait} wait has no outcome {outcome!r}"),
        "unreachable": ("从开头走不到这个节点", "no path from the start leads to this node"),
        "loop_without_wait": ("这个循环里没有等待：{path}", "a loop without a wait: {path}"),
        "loop_unbounded": (
            "这个循环没有次数上限（at_most）：{path}",
            "a loop that never ends: {path}; give one of its nodes `at_most`",
        ),
        "no_end": ("从这里走不到挂机", "no path from here ends the call"),
        "no_human": ("整个流程没有一条路通到人工", "no path of this flow reaches a human"),
        "zero_not_human": ("按 0 必须直接到人工", "key 0 must lead straight to a human"),
        "key_not_human": ("“{outcome}”可能一直到挂机都没有人工", "after {outcome!r} the call can end without a human"),
        "silent_end": ("“{outcome}”之后没有说一句话就挂机", "after {outcome!r} the call ends without a word"),
        "rate_without_talk": ("还没有通话就请人评价", "a rating is asked for where no talk may have been"),
        # the ear of the caller
        "menu_too_long": (
            "菜单有 {count} 项，最多 {limit} 项（0 不算）",
            "the menu has {count} items, at most {limit} are allowed (0 does not count)",
        ),
        "menu_wait_long": (
            "菜单等待 {seconds} 秒，最多 {limit} 秒",
            "the menu waits {seconds} s, at most {limit} s are allowed",
        ),
        "greeting_too_long": (
            "{language} 开场白共 {seconds} 秒，最多 {limit} 秒",
            "the greeting in {language} lasts {seconds} s, at most {limit} s are allowed",
        ),
        "staff_in_public": (
            "员工菜单只能写在 audience: staff 的流程里",
            "the staff's menu belongs into a flow with audience: staff",
        ),
        "record_without_notice": (
            "录音留言之前有一条路没有播放录音告知（notice）",
            "some way to this message does not say the notice of recording first",
        ),
        "prompt_missing": ("缺少语音“{prompt}”（{language}）", "there is no prompt {prompt!r} in {language}"),
        "language_missing": ("流程没有声明语言“{language}”", "the flow does not declare the language {language!r}"),
        "queue_unknown": ("没有名叫“{queue}”的队列", "there is no queue {queue!r}"),
        "variable_unknown": ("没有名叫“{variable}”的变量", "there is no variable {variable!r}"),
        # golden scenarios
        "golden": ("第 {step} 步：应为 {expected}，实为 {found}", "step {step}: expected {expected}, found {found}"),
        "golden_flow": ("没有名叫“{flow}”的流程", "there is no flow {flow!r}"),
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One finding. `line` counts from 1; `node` is empty when it is about the whole file."""

    file: str
    line: int
    node: str
    code: str
    text_zh: str
    text_en: str

    def show(self, language: str = "en") -> str:
        """`file:line: [code] node: text`, in Chinese when `language` starts with `zh`."""
        text = self.text_zh if language.startswith("zh") else self.text_en
        return f"{self.file}:{self.line}: [{self.code}] " + (f"{self.node}: {text}" if self.node else text)


def problem(file: str, line: int, node: str, code: str, **fields: object) -> Problem:
    """A :class:`Problem` with the texts of `code` filled in. Raises KeyError for a code or field that is not known."""
    zh, en = TEXTS[code]
    return Problem(file, line, node, code, zh.format(**fields), en.format(**fields))


class FlowError(Invalid):
    """The file cannot be used. `problems` says why; `str()` is one `file:line: [code] text` a line (English)."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("flow.broken", problems=[item.show() for item in self.problems])

    def __str__(self) -> str:
        return "\n".join(item.show() for item in self.problems)
