"""Chinese and English sentences for what the doctor says."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hotline.core.audits import Broken

INVARIANTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "I1": ("每个来电恰有一条记录、一个终态，时间有序", "one record and one end a call, times in order"),
        "I2": ("记录与事实一致：应答、结束、原因", "the record says what happened: answered, ended, why"),
        "I3": ("来电人同一时刻至多与一人通话", "a caller talks with at most one person at a time"),
        "I4": ("每人同一时刻至多一个来电，要约至多接受一次", "a person has one caller at most; an offer is taken once"),
        "I5": ("坐席状态与实际通话一致", "agents' states follow from live calls"),
        "I7": ("按先后和优先级排队，无人被插队", "the queue's order is kept"),
        "I8": ("每条通话腿都会结束，每个通话都有归属", "every leg ends; every call has an owner"),
        "I9": ("每分钟呼叫次数有上限", "offers and dialled legs a minute are bounded"),
        "I10": ("有人离开后来电人不会被晾着", "a caller whom somebody left is not left in the air"),
        "I11": ("坐席或专家未接不会结束来电，也不丢排队位置", "a failed agent or expert costs the caller nothing"),
        "I12": ("每次转接按时结束，来电人有去处", "every transfer ends, in time, with the caller somewhere"),
        "I13": ("通话时长等于各段之和，每段归属一人", "talk time is the sum of its parts, each of one person"),
        "I14": ("整理期间不派来电", "no offer during wrap-up"),
        "I15": ("每段通话有录音或说明，无多余文件", "every talk has a recording or a reason; no stray files"),
        "I16": ("录音与通话等长（±1.2 秒），双声道完整", "recordings are as long as their talks, both sides"),
        "I17": ("每个录音都能播放", "every recording can be played"),
        "I18": ("录音校验无误，磁盘上无明文", "recordings verify; nothing in clear at rest"),
        "I20": ("每次咨询至多一个评价，归属正确", "one rating at most, for the right person"),
        "I21": ("已写入日志的事实都已入库", "what was journalled is in the database"),
        "I22": ("每个来电恰有一个结果：工单、咨询或回拨", "exactly one outcome a call"),
        "I24": ("事实编号连续", "facts are numbered without a gap"),
        "I29": ("审计链完整", "the audit chain is whole"),
    }
)

_CALL: Final = {
    "facts.gap": ("事实编号有缺口，应为 {expected}，实为 {found}", "a fact is missing: expected {expected}, found {found}"),
    "times.backwards": ("时间倒退了 {by} 秒（{fact}）", "time runs backwards by {by} s at {fact}"),
    "call.no_arrival": ("第一条事实不是来电到达，而是 {first}", "the first fact is {first}, not the arrival"),
    "call.arrived_twice": ("来电到达被记录了两次", "the arrival is noted twice"),
    "call.ended_twice": ("结束被记录了 {times} 次", "the end is noted {times} times"),
    "call.no_owner": ("未结束的通话已无人负责，最后一条事实是 {last}", "not ended and nobody owns it; last fact {last}"),
    "call.fact_after_end": ("结束之后仍有事实 {fact}", "{fact} comes after the end"),
    "call.too_long": ("通话已 {seconds} 秒，超过上限 {limit} 秒", "open for {seconds} s; the limit is {limit} s"),
    "call.answered_twice": ("应答被记录了两次", "answered twice"),
    "call.answered_wrong": ("是否应答记录有误：记录 {said}，实际 {sent}", "answered is {said}, but it was {sent}"),
    "talk.before_answer": ("尚未应答就有通话", "a talk before the call was answered"),
    "end.unknown_word": ("{key} 的值 {value} 不在词表中", "{key} has the unknown value {value}"),
    "end.cause_does_not_fit": ("结束原因 {cause} 与经过不符", "the cause {cause} does not fit what happened"),
    "row.without_facts": ("有来电记录而没有任何事实", "a call row without any fact"),
    "row.missing": ("有事实而没有来电记录", "facts without a call row"),
    "row.differs": ("记录的 {field} 为 {row}，由事实应为 {fact}", "{field} is {row}, the facts say {fact}"),
    "call.too_few_facts": ("只有调度的事实，没有会话的事实", "only routing has spoken of it"),
    "live.unrecorded": ("正在进行的通话没有任何记录", "a live call without any record"),
    "leg.not_over": ("通话结束后仍有未结束的腿（{leg}）", "the {leg} leg was never over"),
    "journal.stuck": ("通话已结束，日志却未归档", "the call ended, but its journal is not archived"),
    "journal.damaged": ("日志第 {line} 行损坏（{kind}）", "journal line {line} is damaged ({kind})"),
    "journal.unreadable": ("日志无法读取", "the journal cannot be read"),
    "facts.not_stored": ("日志中有 {missing} 条事实未入库", "{missing} journalled facts are not in the database"),
}

_PEOPLE: Final = {
    "talks.overlap": ("两段通话重叠（另一段 {other}）", "two talks overlap (the other is {other})"),
    "talk.not_ended": ("来电已结束而通话段未结束", "the call ended, the talk did not"),
    "talk.negative": ("通话段结束早于开始", "a talk ends before it begins"),
    "talk.after_end": ("通话段结束晚于来电结束", "a talk ends after the call"),
    "talk.doubled": ("通话段被记录了两次", "a talk is noted twice"),
    "talk.other_person": ("离开的人不是该段通话的人", "who left is not who talked"),
    "talk.of_two_calls": ("通话段同时属于另一来电 {other}", "the talk also belongs to {other}"),
    "talk.sum": ("通话总长记为 {row} 秒，各段之和为 {sum} 秒", "talk time is {row} s, its parts make {sum} s"),
    "offer.accepted_twice": ("同一要约被接受两次", "one offer was accepted twice"),
    "offer.other_agent": ("拨打的不是接受要约的坐席", "the agent dialled is not the one who accepted"),
    "offer.used_twice": ("同一要约拨打了两次（{fact}）", "one offer was used twice ({fact})"),
    "offer.in_wrap_up": ("坐席 {agent} 整理期间被派来电", "offered to {agent} during wrap-up"),
    "agent.dialled_while_busy": ("来电人已有人应答或振铃时又拨打坐席", "dialled while somebody rang or talked"),
    "agent.connected_undialled": ("未拨打的坐席接通了", "an agent was connected without being dialled"),
    "agent.leg_not_ended": ("坐席 {agent} 的呼叫没有结果", "the call to agent {agent} has no outcome"),
    "agent.no_such_call": ("坐席显示为 {state}，但没有这样的通话", "the agent is {state}, but there is no such call"),
    "agent.not_busy": ("坐席正在通话，却显示为 {state}", "the agent is in a call, but shown as {state}"),
    "agent.wrap_up_over": ("整理时间已过 {seconds} 秒仍未恢复", "wrap-up ended {seconds} s ago and still lasts"),
    "person.two_callers": ("同时有两个来电（另一个 {other_call}）", "two callers at once (the other is {other_call})"),
    "queue.overtaken": ("先到的 {older}（已等 {waited} 秒）未被派出", "{older} waited {waited} s and was overtaken"),
    "queue.seniority_lost": ("排队位置后退了 {by} 秒", "the place in the queue moved back by {by} s"),
    "queue.left_without_reason": ("离开队列的原因不明：{reason}", "left the queue for no known reason: {reason}"),
    "dialled.too_often": ("一分钟内 {what} 超过 {bound} 次", "more than {bound} times {what} in a minute"),
    "caller.in_the_air": ("有人离开后来电人无人接续", "left in the air after somebody went"),
    "caller.not_requeued": ("坐席掉线后来电人没有回到队列，而是 {then}", "not back in the queue after a loss, but {then}"),
    "call.ended_by_failed_agent": ("坐席未接导致来电结束", "ended because an agent's phone failed"),
    "transfer.ended_twice": ("转接结束了两次", "the transfer ended twice"),
    "transfer.not_ended": ("来电已结束而转接未结束", "the call ended, the transfer did not"),
    "transfer.too_long": ("转接进行了 {seconds} 秒", "the transfer took {seconds} s"),
    "transfer.too_many_tries": ("转接试了 {tries} 位专家", "{tries} experts were tried"),
    "transfer.accepted_twice": ("两位专家都接受了", "two experts accepted"),
    "transfer.caller_lost": ("转接失败后来电人没有去处", "nowhere after a failed transfer"),
    "experts.dialled_at_once": ("同时拨打了两位专家（另一次 {other}）", "two experts rang at once (the other is {other})"),
    "expert.leg_not_ended": ("对专家的呼叫没有结果", "the call to the expert has no outcome"),
    "expert.connected_unaccepted": ("专家未按键接受就接通了", "connected without having accepted"),
    "try.ended_twice": ("同一次呼叫有两个结果", "one try has two outcomes"),
}

_AFTER: Final = {
    "recording.doubled": ("同一通话段有两个录音", "two recordings of one talk"),
    "recording.without_talk": ("录音没有对应的通话段", "a recording without its talk"),
    "recording.other_person": ("录音归属的人与通话不符", "the recording names another person"),
    "recording.not_ended": ("通话已结束而录音未结束", "the talk ended, the recording did not"),
    "recording.of_two_calls": ("录音同时属于另一来电 {other}", "the recording also belongs to {other}"),
    "recording.length": ("录音 {seconds} 秒，通话 {talk} 秒", "{seconds} s recorded of a talk of {talk} s"),
    "recording.side_short": ("{side} 声道只有 {seconds} 秒，通话 {talk} 秒", "{side} has {seconds} s of a talk of {talk} s"),
    "recording.file_missing": ("录音文件不存在", "the recording's file is not there"),
    "recording.lost": ("通话已结束，既无录音文件也无封存文件", "neither captures nor a sealed file"),
    "recording.not_sealed": ("录音未封存，也没有待办任务", "not sealed, and no job will do it"),
    "recording.no_reason": ("没有录音也没有原因", "failed without a reason"),
    "recording.unplayable": ("录音无法播放（{code}）", "cannot be played ({code})"),
    "recording.no_key": ("缺少主密钥，录音无法打开", "the master key is missing"),
    "recording.hash": ("文件校验值与记录不符", "the file's hash is not that of the row"),
    "recording.bytes": ("文件大小 {found} 与记录 {row} 不符", "{found} bytes, the row says {row}"),
    "talk.unrecorded": ("通话既无录音也无原因", "neither a recording nor a reason"),
    "capture.left": ("录音已处理，明文文件仍在", "the captures are still there in clear"),
    "capture.orphan": ("无主的录音文件", "a capture that belongs to no call"),
    "capture.unreadable": ("录音文件损坏", "the capture is no WAV"),
    "sealed.orphan": ("无主的封存文件", "a sealed file that belongs to no call"),
    "sealed.part_left": ("遗留的半成品文件", "a half-written file was left"),
    "file.plaintext": ("封存目录里有未加密的文件", "a file in clear among the sealed ones"),
    "rating.twice": ("评价了 {times} 次", "rated {times} times"),
    "rating.unasked": ("未请求评价就有评价", "rated without being asked"),
    "rating.after_window": ("评价窗口已关闭仍计入评价", "rated after the window was closed"),
    "rating.without_talk": ("评价没有对应的通话", "a rating without its talk"),
    "rating.other_person": ("评价归属的人与通话不符", "the rating names another person"),
    "rating.during_talk": ("通话中就有评价", "rated while still talking"),
    "rating.off_scale": ("评价 {score} 不在范围内", "the score {score} is off the scale"),
    "rating.method": ("按键方式 {method} 不明", "keyed by the unknown method {method}"),
    "rating.not_ended": ("评价环节没有结束", "the rating was never closed"),
    "rating.outcome_wrong": ("已评价却记为 {outcome}", "rated, but noted as {outcome}"),
    "rating.not_stored": ("评价与入库不一致", "the rating in the database is another one"),
    "outcome.missing": ("已结束的来电没有结果，也没有待办任务", "closed without an outcome, and no job will make one"),
    "outcome.wrong": ("结果应为 {outcome}，实有 {found}", "the outcome is {outcome}, but there is {found}"),
    "outcome.doubled": ("有多个结果：{found}", "more than one outcome: {found}"),
    "job.failed": ("任务 {kind} 已放弃", "the job {kind} has given up"),
    "callback.doubled": ("同一号码有 {open} 个未完成的回拨任务", "{open} open call-backs for one number"),
    "audit.broken": ("审计链在第 {seq} 条断开（{how}）", "the chain breaks at row {seq} ({how})"),
}

PROBLEMS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({**_CALL, **_PEOPLE, **_AFTER})


def sentence(item: Broken) -> tuple[str, str]:
    """What is wrong, in Chinese and English. An unknown code is its own sentence."""
    zh, en = PROBLEMS.get(item.problem, (item.problem, item.problem))
    values = _Lenient(item.details)
    return zh.format_map(values), en.format_map(values)


class _Lenient(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"
