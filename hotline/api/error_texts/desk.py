"""The desk: agents, offers, calls, transfers, forms, supervision, danger, abuse, recordings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hotline.api.error_texts.entry import Entry

ENTRIES: Final[Mapping[str, Entry]] = {
    # agents and offers
    "agent.busy": Entry(409, "坐席正在通话中。", "The agent is busy."),
    "agent.missing": Entry(404, "没有这个坐席。", "There is no such agent."),
    "agent.not_in_wrap_up": Entry(409, "当前不在整理状态。", "You are not in wrap-up."),
    "agent.wrap_up_extended": Entry(409, "本次整理已经延长过一次。", "This wrap-up has been lengthened already."),
    "agent.offline": Entry(409, "坐席已离线，请刷新控制台。", "The seat is offline, reload the console."),
    "agent.no_phone": Entry(409, "该坐席没有登记电话。", "This agent has no telephone on record."),
    "offer.gone": Entry(409, "该来电已被接听或已离开。", "The offer is gone: taken, expired, or the caller left."),
    "offer.not_yours": Entry(403, "该来电没有分配给您。", "This offer was not made to you."),
    # tasks, and calls that we make
    "task.not_open": Entry(409, "该任务已完成，或正在呼叫中。", "The task is over, or is being called just now."),
    "task.own_call": Entry(403, "不能回访自己经办的来电。", "You cannot follow up your own call."),
    "task.transition": Entry(409, "任务当前状态不允许此操作。", "The task does not allow this as it stands."),
    "task.result": Entry(422, "没有这种结果。", "There is no such result."),
    "task.missing": Entry(404, "没有这项任务。", "There is no such task."),
    "outbound.switched_off": Entry(409, "呼出已停用，任务保留。", "Calling out is switched off; the task is kept."),
    "outbound.cap_hour": Entry(409, "本小时呼出已达上限，任务保留。", "The limit of calls an hour is reached."),
    "outbound.cap_destination": Entry(
        409, "今天呼叫该号码已达上限，任务保留。", "This number was called often enough today; the task is kept."
    ),
    # calls and transfers
    "call.missing": Entry(404, "没有这通电话，或您无权查看。", "There is no such call, or it is not yours to see."),
    "call.gone": Entry(409, "通话已经结束。", "The call has ended."),
    "call.not_yours": Entry(403, "这不是您的通话。", "This is not your call."),
    "call.state": Entry(409, "通话当前状态不允许此操作。", "The call is not in a state for that."),
    "call.no_number": Entry(404, "来电没有可显示的号码。", "The caller's number was not delivered."),
    "call.not_waiting": Entry(409, "来电人没有在排队。", "The caller is not waiting."),
    "transfer.no_expert": Entry(409, "暂无在岗专家可以转接。", "No expert on duty can take this now."),
    "transfer.only_conflicts": Entry(
        409,
        "在岗专家均因利益冲突不能接听，请在登记表写明后由坐席答复或生成工单。",
        "Every expert on duty has a conflict of interest: answer it yourself, or make a ticket.",
    ),
    "transfer.in_progress": Entry(409, "已有转接正在进行。", "A transfer is already in progress."),
    "transfer.none": Entry(409, "当前没有进行中的转接。", "There is no transfer to cancel."),
    "transfer.not_now": Entry(409, "转接的当前阶段不能这样做。", "That does not fit where the transfer stands."),
    "transfer.no_hotline": Entry(404, "名单里没有这条热线，或已停用。", "That hotline is not on the list, or is off."),
    "transfer.outbound_off": Entry(
        409, "呼出已停用，来电人仍在您这里。", "Calling out is switched off; the caller is still with you."
    ),
    "transfer.outbound_cap": Entry(
        409, "呼出次数已达上限，来电人仍在您这里。", "The limit of calls out is reached; the caller is still with you."
    ),
    "transfer.colleague_busy": Entry(409, "该坐席现在不空闲。", "That colleague is not free now."),
    "transfer.nobody_free": Entry(409, "该组现在没有空闲坐席。", "Nobody in that group is free now."),
    "external_hotline.missing": Entry(404, "没有这条热线。", "There is no such hotline."),
    "external_hotline.exists": Entry(409, "这个号码已在名单中。", "That number is on the list already."),
    "external_hotline.number": Entry(
        422, "号码应为热线短号或带区号的固定电话，且不能是12348。", "A hotline's short code or a fixed line, and not 12348."
    ),
    "external_hotline.category": Entry(422, "没有这个类别。", "There is no such category."),
    # forms
    "form.version": Entry(409, "登记表已在别处保存，请核对后再保存。", "The form was saved elsewhere in between."),
    "form.submitted": Entry(409, "登记表已提交，不能再修改。", "The form has been submitted and cannot change."),
    "form.closed": Entry(409, "通话已归档处理，登记表不能再修改。", "The call has been processed: the form is closed."),
    "form.invalid": Entry(422, "登记表中有内容不符合要求。", "Some fields of the form are not valid."),
    "form.incomplete": Entry(422, "登记表还有必填项未填。", "Required fields of the form are missing."),
    "form.field": Entry(422, "登记表中有内容不符合要求。", "A field of the form is not valid."),
    "form.code": Entry(422, "登记表中有未知的代码。", "A field of the form holds an unknown code."),
    "form.missing": Entry(404, "没有这份登记表。", "There is no such form."),
    # supervision
    "monitor.no_phone": Entry(409, "您的账号没有绑定话机，无法监听。", "Your account has no phone to listen with."),
    "monitor.own_call": Entry(409, "这是您自己的通话。", "This is your own call."),
    "monitor.taken": Entry(409, "已有班长在这通电话上。", "Another supervisor is on this call."),
    "monitor.busy": Entry(409, "您正在通话或监听其他电话。", "You are on another call, or listening to one."),
    "monitor.no_talk": Entry(409, "来电人目前没有与坐席或专家通话。", "The caller is not talking with anybody now."),
    "monitor.no_leg": Entry(
        409, "这通电话已有四方在线，没有空余线路供监听。", "Four are on this call already: no line is left to listen."
    ),
    "monitor.none": Entry(409, "您不在这通电话上。", "You are not on this call."),
    "monitor.not_on_yet": Entry(409, "您的话机还没有接通。", "Your phone is not connected yet."),
    "help.none": Entry(409, "当前没有求助。", "Nobody is asking for help on this call."),
    # danger to life
    "emergency.missing": Entry(404, "没有这项紧急事件，或已结束。", "There is no such emergency, or it is closed."),
    "emergency.pinned": Entry(
        409,
        "紧急事件未结束，不能挂断来电人。请先结束紧急事件或由班长接管。",
        "An emergency is open: the caller is not hung up on. Close it, or have a supervisor take over.",
    ),
    "emergency.own": Entry(403, "紧急事件须由他人确认。", "Somebody else must acknowledge an emergency you raised."),
    "emergency.transition": Entry(409, "紧急事件当前状态不允许此操作。", "The emergency is not in a state for that."),
    "emergency.result": Entry(422, "请选择处置结果。", "Choose how it ended."),
    "emergency.report": Entry(422, "请填写事件经过和告知对象。", "Say what happened and who was told."),
    "emergency.service": Entry(422, "没有这个救援服务。", "There is no such service."),
    # abuse
    "abuse.too_soon": Entry(409, "警告间隔未到，请稍候。", "Too soon: give the caller time to calm down."),
    "abuse.all_given": Entry(409, "两次警告均已发出。", "Both warnings have been given."),
    "abuse.not_warned": Entry(409, "须先警告两次，才能结束骚扰通话。", "Warn the caller twice before ending the call."),
    "restriction.no_number": Entry(409, "来电没有号码，无法限制。", "The number was withheld: it cannot be restricted."),
    "restriction.exists": Entry(409, "该号码已有待批或生效的限制。", "This number is restricted or proposed already."),
    "restriction.own": Entry(409, "不能审批自己提出的限制，请由另一位班长审批。", "Another supervisor must decide on it."),
    "restriction.hours": Entry(422, "限制时长须为 1 至 24 小时。", "A restriction lasts 1 to 24 hours."),
    "restriction.missing": Entry(404, "没有这项限制。", "There is no such restriction."),
    "restriction.transition": Entry(409, "该限制的状态不允许此操作。", "The restriction is not in a state for that."),
    # recordings
    "recording.missing": Entry(404, "没有这段录音，或您无权收听。", "There is no such recording, or it is not yours."),
    "recording.not_ready": Entry(409, "录音正在封存，请稍后再听。", "The recording is still being sealed, try later."),
    "recording.failed": Entry(404, "这次通话没有录音。", "This talk was not recorded."),
    "recording.range": Entry(416, "请求的录音区间超出范围。", "The requested range is outside the recording."),
    "recording.damaged": Entry(503, "录音校验未通过，已上报。", "The recording does not verify."),
    "share.missing": Entry(404, "没有这个分享，或不是分享给您的。", "There is no such share, or it is not for you."),
    "share.over": Entry(409, "分享已到期或被收回。", "The share has expired or was taken back."),
    "share.person": Entry(422, "不能分享给此人。", "It cannot be shared with this person."),
    "share.widens": Entry(403, "您只能分享给班长或管理员。", "You may share with supervisors and administrators only."),
    "share.hours": Entry(422, "分享时长超出允许范围。", "A share cannot last that long."),
}
