"""Errors at the edge: one table from code to HTTP status and the words a person reads, and the handlers that use it.

The shape is always `{"error": {"code", "zh", "en", "details"}}`. What was sent is never echoed: it may be personal.
"""

from __future__ import annotations

import http
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from starlette.exceptions import HTTPException

from hotline import logs
from hotline.api.errors_outcomes import ENTRIES
from hotline.core.errors import Forbidden, HotlineError, Invalid, Missing
from hotline.core.ids import new_id

log = logs.get("hotline.api")


class Entry(NamedTuple):
    """One row of the catalogue."""

    status: int
    zh: str
    en: str


CATALOGUE: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        # who you are
        "auth.required": Entry(401, "请先登录。", "Please log in first."),
        "auth.wrong": Entry(401, "用户名或密码不正确。", "Wrong user name or password."),
        "auth.locked": Entry(
            429,
            "密码连续输错多次，账号已锁定，请 15 分钟后再试。",
            "Too many wrong passwords: locked, try again in 15 minutes.",
        ),
        "auth.expired": Entry(401, "登录已过期，请重新登录。", "Your session has ended, please log in again."),
        "auth.busy": Entry(429, "登录请求过多，请稍后再试。", "Too many log-ins at once, try again shortly."),
        "auth.csrf": Entry(403, "请求缺少控制台标识，已拒绝。", "Refused: the console header is missing."),
        "auth.forbidden": Entry(403, "您没有执行此操作的权限。", "You are not allowed to do this."),
        "auth.no_seat": Entry(403, "您的账号没有绑定坐席。", "Your account has no agent seat."),
        "feed.ticket": Entry(403, "连接凭证无效或已使用。", "The feed ticket is wrong, used or too old."),
        "feed.origin": Entry(403, "连接来源不被允许。", "The origin of the connection is not allowed."),
        "headset.off": Entry(409, "这里没有启用浏览器耳机，请使用话机。", "No browser headsets here: use the desk phone."),
        # the request itself
        "request.invalid": Entry(422, "请求内容不符合要求。", "The request is not valid."),
        "request.too_large": Entry(413, "请求内容过大。", "The request is too large."),
        "request.not_found": Entry(404, "没有这个地址。", "There is nothing at this address."),
        "request.method": Entry(405, "此地址不支持该操作。", "This address does not support that method."),
        "request.refused": Entry(409, "当前状态不允许此操作。", "This cannot be done as things stand."),
        "request.purpose": Entry(422, "请填写查看用途（至少两个字）。", "State a purpose (at least two characters)."),
        # agents and offers
        "agent.busy": Entry(409, "坐席正在通话中。", "The agent is busy."),
        "agent.missing": Entry(404, "没有这个坐席。", "There is no such agent."),
        "agent.not_in_wrap_up": Entry(409, "当前不在整理状态。", "You are not in wrap-up."),
        "agent.wrap_up_extended": Entry(409, "本次整理已经延长过一次。", "This wrap-up has been lengthened already."),
        "agent.offline": Entry(409, "坐席已离线，请刷新控制台。", "The seat is offline, reload the console."),
        "offer.gone": Entry(409, "该来电已被接听或已离开。", "The offer is gone: taken, expired, or the caller left."),
        "offer.not_yours": Entry(403, "该来电没有分配给您。", "This offer was not made to you."),
        # tasks, and calls that we make
        "task.not_open": Entry(409, "该任务已完成，或正在呼叫中。", "The task is over, or is being called just now."),
        "task.own_call": Entry(403, "不能回访自己经办的来电。", "You cannot follow up your own call."),
        "task.transition": Entry(409, "任务当前状态不允许此操作。", "The task does not allow this as it stands."),
        "task.result": Entry(422, "没有这种结果。", "There is no such result."),
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
        "call.not_waiting": Entry(409, "来电人没有在排队。", "The caller is not waiting."),
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
        "expert.missing": Entry(404, "没有这位专家。", "There is no such expert."),
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
        # the pool of experts, rosters, interests, imports
        "firm.missing": Entry(404, "没有这个机构。", "There is no such firm."),
        "firm.exists": Entry(409, "同名机构已存在。", "A firm of that name exists already."),
        "card.missing": Entry(404, "没有这张牌。", "There is no such card."),
        "card.lifted": Entry(409, "这张牌已经撤销。", "The card has been lifted already."),
        "interest.missing": Entry(404, "没有这条利益申报。", "There is no such declared interest."),
        "interest.party": Entry(
            422,
            "请填写明确的姓名、单位全称或证件号（“某公司”“张先生”无法比对）。",
            "Give a definite name, full company name or ID number; a vague one cannot be compared.",
        ),
        "expert.skills": Entry(422, "请至少选择一项业务技能组。", "Choose at least one skill group."),
        "expert.firm": Entry(422, "没有这个机构，请先登记机构。", "There is no such firm: register it first."),
        "expert.code": Entry(422, "含有未知的代码。", "It holds an unknown code."),
        "expert.suspension": Entry(
            422, "暂停须写明原因，且截止时间晚于开始时间。", "A suspension needs a reason, and an end after its start."
        ),
        "roster.missing": Entry(404, "没有这条排班或申请。", "There is no such shift or request."),
        "roster.date": Entry(422, "日期应写成 2026-11-22 的形式。", "Dates are written like 2026-11-22."),
        "roster.minutes": Entry(422, "时间应在 00:00 至 24:00 之间。", "Times lie between 00:00 and 24:00."),
        "roster.past": Entry(409, "该班次日期已过，不能再变更。", "That duty is over and cannot change any more."),
        "roster.partner": Entry(422, "请选择另一位专家。", "Choose another expert."),
        "roster.not_on_duty": Entry(422, "该专家在这一时段没有排班。", "The expert has no duty at that time."),
        "roster.request_state": Entry(
            409, "该申请已处理，不能再这样操作。", "The request has been dealt with: that cannot be done any more."
        ),
        "import.file": Entry(
            422, "文件无法读取，请使用 .xlsx 或 UTF-8 编码的 .csv。", "The file cannot be read: use .xlsx or .csv in UTF-8."
        ),
        "import.columns": Entry(
            422, "表头缺少必需的列，请下载模板对照。", "Required columns are missing: compare with the template."
        ),
        "import.too_large": Entry(
            413, "文件过大（最多 250 KB、1000 行）。", "The file is too large (250 kB and 1,000 rows at most)."
        ),
        "import.rows": Entry(422, "有数据行不符合要求，未导入任何内容。", "Some rows are wrong: nothing was imported."),
        # forms
        "form.version": Entry(409, "登记表已在别处保存，请核对后再保存。", "The form was saved elsewhere in between."),
        "form.submitted": Entry(409, "登记表已提交，不能再修改。", "The form has been submitted and cannot change."),
        "form.closed": Entry(409, "通话已归档处理，登记表不能再修改。", "The call has been processed: the form is closed."),
        "form.invalid": Entry(422, "登记表中有内容不符合要求。", "Some fields of the form are not valid."),
        "form.incomplete": Entry(422, "登记表还有必填项未填。", "Required fields of the form are missing."),
        "form.field": Entry(422, "登记表中有内容不符合要求。", "A field of the form is not valid."),
        "form.code": Entry(422, "登记表中有未知的代码。", "A field of the form holds an unknown code."),
        "form.missing": Entry(404, "没有这份登记表。", "There is no such form."),
        # tickets, tasks, recordings
        # what callers do by themselves
        "progress.wrong": Entry(404, "工单号或查询码不正确。", "The ticket number or the code is not right."),
        "progress.too_often": Entry(
            429, "查询次数过多，请明天再试，或拨打12348。", "Asked too often: try again tomorrow, or call 12348."
        ),
        "progress.slow_down": Entry(429, "请求过于频繁，请稍后再试。", "Too many requests: try again shortly."),
        "appointment.missing": Entry(404, "没有这项预约。", "There is no such appointment."),
        "appointment.taken": Entry(409, "这个时段刚被约满，请另选。", "This time has just been taken: choose another."),
        "appointment.no_slot": Entry(409, "这个时间不能预约，请另选。", "This time cannot be booked: choose another."),
        "appointment.has_one": Entry(409, "这张工单已有预约，请先改期或取消。", "There is one already: move or cancel it."),
        "appointment.too_late": Entry(409, "临近预约时间，请致电12348办理。", "It is too near now: please call 12348."),
        "appointment.over": Entry(409, "这项预约已经结束。", "This appointment is over."),
        "appointment.not_yet": Entry(409, "还没有到预约时间。", "It has not begun yet."),
        "appointment.moves": Entry(409, "改期次数已用完，请致电12348。", "It was moved too often: please call 12348."),
        "appointment.why": Entry(422, "请写明原因，来电人会被告知。", "Say why: the caller will be told."),
        "appointment.closed_ticket": Entry(409, "工单已经办结，不能预约。", "The ticket is over: nothing to be booked."),
        "appointment_plan.missing": Entry(404, "没有这个预约时段设置。", "There is no such plan of slots."),
        "appointment_plan.times": Entry(422, "时段设置不合理，请检查起止时间和每段时长。", "The times of the plan do not fit."),
        "appointment_plan.overlap": Entry(409, "与此人的另一时段重叠。", "It overlaps another plan of this person."),
        "ticket.missing": Entry(404, "没有这张工单，或您无权查看。", "There is no such ticket, or it is not yours to see."),
        "ticket.transition": Entry(409, "工单当前状态不能这样办理。", "The ticket's state does not allow this."),
        "ticket.not_yours": Entry(403, "这一步不由您办理。", "This step is not yours to take."),
        "ticket.needs": Entry(422, "请补全或更正所填内容。", "Something needed is missing or not valid."),
        "ticket.version": Entry(409, "工单已被他人更新，请刷新后再办。", "Somebody acted on it in between: look again."),
        "ticket.key_used": Entry(409, "该请求编号已用于其他操作。", "That idempotency key was used for something else."),
        "ticket.papers_once": Entry(
            409, "所缺材料须一次告知，已告知过。", "What is missing is said once, and has been said already."
        ),
        "ticket.objection_spent": Entry(
            409, "已裁定或异议次数已用完，不能再退回。", "Decided for good: it cannot be sent back."
        ),
        "ticket.objection_late": Entry(409, "超过签收时限，不能再提异议。", "Too late to object: the time to sign is over."),
        "ticket.adjudicator_only": Entry(409, "第二次异议须由上级裁定。", "After the second objection an adjudicator decides."),
        "ticket.not_for_adjudication": Entry(
            409, "首次异议由上级中心改派，无需裁定。", "A first objection is simply reassigned."
        ),
        "ticket.extension_pending": Entry(409, "已有延期申请待审批。", "An extension has been asked for already."),
        "ticket.extension_spent": Entry(409, "延期次数已用完。", "It has been extended as often as it may be."),
        "ticket.no_extension": Entry(409, "当前时限不允许延期。", "The limit that runs may not be extended."),
        "ticket.extension_late": Entry(409, "时限已过，不能延期。", "The limit has passed: too late to extend it."),
        "ticket.extension_too_long": Entry(422, "延期超过允许的最长期限。", "Longer than the limit may be extended by."),
        "ticket.no_extension_asked": Entry(409, "没有待审批的延期申请。", "No extension has been asked for."),
        "ticket.extension_own": Entry(403, "不能审批自己提出的延期。", "Somebody else must decide on your extension."),
        "ticket.not_supervised": Entry(409, "该工单没有进行中的督办。", "The ticket is not under supervision."),
        "ticket.must_report": Entry(
            409, "涉未成年人受侵害，须先完成强制报告并登记凭证。", "A minor is at risk: the mandatory report comes first."
        ),
        "ticket.nothing_to_report": Entry(409, "该工单没有强制报告事项。", "There is nothing on this ticket to report."),
        "ticket.merge_target": Entry(422, "不能并入该工单。", "It cannot be merged into that ticket."),
        "ticket.merge_other_matter": Entry(
            422, "只能并入同一号码、同一事项、30 天内的工单。", "Only the same number and matter within 30 days are merged."
        ),
        "ticket.cannot_unmerge": Entry(409, "该工单不能恢复。", "It cannot be taken out of the other ticket again."),
        "ticket.handover_open": Entry(409, "已在移交中，请先撤回或等待对方答复。", "It is being offered already."),
        "ticket.no_handover": Entry(409, "没有待接收的移交。", "No hand-over is being offered."),
        "ticket.handover_late": Entry(409, "移交已过期，请对方重新发起。", "The offer has run out: it must be made anew."),
        "ticket.handover_self": Entry(422, "工单本来就在对方手里。", "They have it already."),
        "ticket.clock_runs": Entry(409, "该时限已在计时。", "That limit runs already."),
        "ticket.no_clock": Entry(409, "该时限没有在计时。", "That limit does not run."),
        "ticket.share_own": Entry(409, "该中心本来就能看到此工单。", "That centre sees the ticket anyway."),
        "ledger.missing": Entry(
            404, "没有这个台账或记录，或您无权查看。", "There is no such ledger or line, or it is not yours to see."
        ),
        "ledger.not_yours": Entry(403, "只能登记本中心及下级的台账。", "Only your own centre's ledger is yours to write."),
        "ledger.date": Entry(422, "日期不正确或超出范围。", "The date is wrong or out of range."),
        "ledger.time": Entry(422, "时间不能晚于现在，也不能早于一年前。", "The time is to come, or more than a year ago."),
        "ledger.minutes": Entry(
            422, "时段不正确：须先开始后结束，一次不超过 12 小时。", "From and to are wrong: at most 12 hours."
        ),
        "ledger.overlap": Entry(422, "与该顾问当天已登记的时段重叠。", "The adviser has an entry at that time already."),
        "ledger.work": Entry(422, "工作类型不正确。", "There is no such kind of work."),
        "ledger.outcome": Entry(422, "请选择处理方式。", "Say what came of it."),
        "ledger.code": Entry(422, "请从列表中选择。", "That code is not in the list."),
        "ledger.empty": Entry(422, "请填写来访事项或选择类别。", "Say what it was about, in words or by category."),
        "ledger.filter": Entry(422, "该台账不能按此项筛选。", "This ledger cannot be narrowed by that."),
        "ledger.voided": Entry(409, "该记录已作废。", "It is struck out already."),
        "ledger.clear": Entry(403, "您不能导出未脱敏的数据。", "Names and numbers in clear are not yours to export."),
        "export.missing": Entry(404, "没有这个导出，或不是您的。", "There is no such export, or it is not yours."),
        "export.format": Entry(422, "只能导出为 xlsx 或 CSV。", "Only xlsx and CSV."),
        "export.busy": Entry(422, "您已有多个导出在进行，请稍候。", "You have several exports under way: wait for them."),
        "export.not_ready": Entry(409, "导出尚未完成。", "The export is not finished."),
        "export.expired": Entry(404, "导出文件已过期删除，请重新导出。", "The file's time is over: export it again."),
        "export.too_many": Entry(422, "行数过多，请缩小时间或条件后再导出。", "Too many rows: narrow the time or the filters."),
        **{code: Entry(*row) for code, row in ENTRIES.items()},
        "centre.missing": Entry(404, "没有这个中心。", "There is no such centre."),
        "centre.staff": Entry(
            422, "只有“中心人员”角色的账号可以分到中心。", "Only people with the role of a centre work at one."
        ),
        "centre.level": Entry(422, "层级应为省、市、县区、乡镇、村居之一。", "There is no such level."),
        "centre.region": Entry(422, "没有这个地区。", "There is no such region."),
        "centre.parent": Entry(
            422, "上级中心不存在，或层级不高于本中心。", "The centre above must exist and be of a higher level."
        ),
        "centre.services": Entry(422, "没有这种服务类型。", "There is no such service type."),
        "centre.has_tickets": Entry(409, "该中心还有未结工单，不能停用。", "It still has open tickets and cannot be closed."),
        "rule.missing": Entry(404, "没有这条分派规则。", "There is no such dispatch rule."),
        "task.missing": Entry(404, "没有这项任务。", "There is no such task."),
        "user.missing": Entry(404, "没有这个用户。", "There is no such user."),
        "recording.missing": Entry(404, "没有这段录音，或您无权收听。", "There is no such recording, or it is not yours."),
        "share.missing": Entry(404, "没有这个分享，或不是分享给您的。", "There is no such share, or it is not for you."),
        "share.over": Entry(409, "分享已到期或被收回。", "The share has expired or was taken back."),
        "share.person": Entry(422, "不能分享给此人。", "It cannot be shared with this person."),
        "share.widens": Entry(403, "您只能分享给班长或管理员。", "You may share with supervisors and administrators only."),
        "share.hours": Entry(422, "分享时长超出允许范围。", "A share cannot last that long."),
        "recording.not_ready": Entry(409, "录音正在封存，请稍后再听。", "The recording is still being sealed, try later."),
        "recording.failed": Entry(404, "这次通话没有录音。", "This talk was not recorded."),
        "recording.range": Entry(416, "请求的录音区间超出范围。", "The requested range is outside the recording."),
        "recording.damaged": Entry(503, "录音校验未通过，已上报。", "The recording does not verify."),
        # the catalogue at hand
        "knowledge.missing": Entry(404, "没有这个条目或版本。", "There is no such entry or version."),
        "knowledge.invalid": Entry(422, "条目内容不符合要求。", "Parts of the entry are not valid."),
        "knowledge.version": Entry(
            409, "条目已被他人修改，请核对后再保存。", "Somebody changed the entry since: compare before saving."
        ),
        # the staff's telephones
        "staff.pin": Entry(422, "密码须为 4 至 12 位数字，不能全同或连号。", "4 to 12 digits, not all the same or in a row."),
        "staff.person": Entry(404, "没有该人员。", "There is no such person."),
        "staff.number": Entry(422, "工号须为 3 至 8 位数字。", "A staff number has 3 to 8 digits."),
        "staff.number_taken": Entry(409, "工号已被使用。", "The staff number is taken."),
        "staff.phone": Entry(422, "电话号码无效。", "This is not a telephone number."),
        "staff.locked": Entry(429, "已锁定，请稍后再试。", "Locked for now, try again later."),
        "agent.no_phone": Entry(409, "该坐席没有登记电话。", "This agent has no telephone on record."),
        # accounts
        "account.role": Entry(422, "没有这个角色。", "There is no such role."),
        "account.username": Entry(422, "用户名不符合要求。", "The user name is not allowed."),
        "account.exists": Entry(409, "用户名已被使用。", "The user name is taken."),
        "password.too_short": Entry(422, "密码太短（至少 12 位）。", "The password is too short (12 characters at least)."),
        "password.too_long": Entry(422, "密码太长。", "The password is too long."),
        "password.is_username": Entry(422, "密码不能与用户名相同或相近。", "The password must not be the user name."),
        "password.too_simple": Entry(422, "密码过于简单。", "The password is too simple."),
        "expert.phone": Entry(422, "专家电话无法拨打。", "The expert's number cannot be dialled."),
        # calendars and lines
        "calendar.missing": Entry(404, "没有这个日历或日期。", "There is no such calendar or day."),
        "calendar.tier": Entry(422, "没有这种服务时间档次。", "There is no such tier of hours."),
        "calendar.hours": Entry(
            422, "服务时间不符合要求：不能重叠，每天至多四段。", "The hours overlap, or are more than four a day."
        ),
        "calendar.holidays": Entry(422, "节假日规则不符合要求。", "The rule for holidays is not valid."),
        "line.missing": Entry(404, "没有这条线路。", "There is no such line."),
        "line.flow": Entry(422, "没有这个语音流程。", "There is no such flow."),
        # people
        "auth.password_change": Entry(403, "请先设置自己的新密码。", "Choose a password of your own first."),
        "auth.one_time_over": Entry(
            403,
            "一次性密码已过期，请联系管理员重新发放。",
            "The one-time password has run out: ask for another.",
        ),
        "password.same": Entry(422, "新密码不能与原密码相同。", "The new password must differ from the old one."),
        "account.missing": Entry(404, "没有这个账号。", "There is no such account."),
        "account.own": Entry(409, "不能停用自己，也不能取消自己的管理员角色。", "You cannot disable or demote yourself."),
        "account.last_admin": Entry(409, "至少要保留一名管理员。", "There must be one administrator at least."),
        "account.expert": Entry(422, "没有这位专家。", "There is no such expert."),
        "account.centre": Entry(422, "没有这个中心。", "There is no such centre."),
        "seat.missing": Entry(404, "该账号没有坐席。", "This account has no seat."),
        "seat.role": Entry(422, "只有坐席和班长可以有坐席。", "Only agents and supervisors have a seat."),
        "seat.needed": Entry(422, "坐席须有分机。", "An agent needs a seat."),
        "seat.kept": Entry(
            409,
            "坐席不能取消，可停用账号或更换分机。",
            "A seat stays: disable the account, or change the extension.",
        ),
        "seat.code": Entry(422, "坐席含有未知的代码。", "The seat holds an unknown code."),
        "seat.extension_taken": Entry(409, "分机号已被使用。", "The extension is taken."),
        # flows and prompts
        "flow.missing": Entry(404, "没有这个流程。", "There is no such flow."),
        "flow.no_version": Entry(404, "没有这个版本。", "There is no such version."),
        "flow.in_force": Entry(409, "这个版本已经在用。", "This version is in force already."),
        "flow.refused": Entry(422, "流程检查未通过，请按所列行修改。", "The checks refuse the flow: correct the lines listed."),
        "flow.broken": Entry(422, "流程无法读取，请按所列行修改。", "The flow cannot be read: correct the lines listed."),
        "prompt.missing": Entry(404, "没有这条提示音。", "There is no such prompt."),
        "prompt.not_own": Entry(404, "这条提示音没有被替换过。", "This prompt has not been replaced."),
        "prompt.format": Entry(
            422,
            "无法读取：请上传 PCM 格式的 WAV（8–192 kHz，单声道或立体声）。",
            "It cannot be read: upload a PCM WAV (8–192 kHz, mono or stereo).",
        ),
        "prompt.length": Entry(422, "录音长度须在 0.2 至 120 秒之间。", "A recording lasts 0.2 to 120 seconds."),
        "prompt.clipped": Entry(
            422, "录音过载失真，请降低音量后重录。", "The recording is overdriven: record it again at a lower level."
        ),
        "prompt.quiet": Entry(422, "录音声音太小，请靠近话筒重录。", "The recording is too quiet: record it again, closer."),
        "prompt.flow": Entry(
            422,
            "换用这段录音后，有流程会不合规（如开场白过长）。",
            "With this recording a flow would break a rule.",
        ),
        # parts that are away
        "routing.silent": Entry(503, "排队系统没有应答，请稍后再试。", "Routing did not answer, try again shortly."),
        "routing.failed": Entry(503, "排队系统处理出错，请稍后再试。", "Routing failed on this, try again shortly."),
        "letter.missing": Entry(404, "没有这封信息。", "There is no such letter."),
        "letter.address": Entry(422, "请填写正确的手机号码或邮箱地址。", "Not a mobile number or mail address."),
        "letter.channel": Entry(422, "没有这种发送方式。", "There is no such way of sending."),
        "letter.empty": Entry(422, "内容不能为空。", "The letter says nothing."),
        "letter.kind": Entry(422, "没有这种告知书。", "There is no such letter."),
        "letter.nothing_to_say": Entry(
            409, "工单尚未到这一步，没有可告知的内容。", "The ticket has nothing of that to tell yet."
        ),
        "letter.no_mobile": Entry(
            409, "来电号码不能接收短信，请另填或换一种方式。", "The caller's number takes no text messages."
        ),
        "letter.settled": Entry(409, "该信息已有结果。", "That letter is settled already."),
        "letter.erased": Entry(409, "该信息内容已按期删除，不能重发。", "Its text has been erased: it cannot be sent again."),
        "bus.away": Entry(503, "内部总线暂时不可用，请稍后再试。", "The internal bus is away, try again shortly."),
        "database.away": Entry(503, "数据库暂时不可用，请稍后再试。", "The database is away, try again shortly."),
        "secrecy.cannot_open": Entry(
            503, "加密数据无法解开，请联系管理员。", "Sealed data does not open: call the administrator."
        ),
        "demo.off": Entry(404, "演示功能未启用。", "The demo city is switched off."),
        "demo.disabled": Entry(409, "演示城市未启用。", "The demo city is switched off."),
        "server.error": Entry(500, "系统内部错误，请报告编号。", "Internal error: please report the incident number."),
    }
)
"""Every code a client can meet. Statuses say what a client does next: 409 look again, 422 correct it, 503 retry."""


class ErrorBody(BaseModel):
    """The inside of an error answer."""

    code: str
    zh: str
    en: str
    details: dict[str, Any] = Field(default_factory=dict)


class ErrorAnswer(BaseModel):
    """What every answer with a status of 400 or above looks like."""

    error: ErrorBody


RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": ErrorAnswer, "description": http.HTTPStatus(status).phrase}
    for status in (401, 403, 404, 409, 413, 422, 429, 500, 503)
}
"""For `include_router(responses=…)`: the error answers, as OpenAPI tells them."""


def _fallback(error: HotlineError) -> Entry:
    status = {Invalid: 422, Missing: 404, Forbidden: 403}.get(type(error), 409)
    return CATALOGUE["request.refused"]._replace(status=status)


def answer(error: HotlineError, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The HTTP answer for an error; a code that is not in the catalogue keeps its name and gets general words."""
    entry = CATALOGUE.get(error.code) or _fallback(error)
    body = {"error": {"code": error.code, "zh": entry.zh, "en": entry.en, "details": error.details}}
    return JSONResponse(body, status_code=entry.status, headers=dict(headers or {}))


async def _on_hotline_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HotlineError)
    headers = {"Retry-After": "900"} if error.code == "auth.locked" else {}
    return answer(error, headers)


async def _on_validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = {".".join(str(part) for part in item["loc"]): item["type"] for item in error.errors()}
    return answer(HotlineError("request.invalid", fields=fields))


async def _on_http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    codes = {
        401: "auth.required",
        403: "auth.forbidden",
        404: "request.not_found",
        405: "request.method",
        413: "request.too_large",
    }
    code = codes.get(error.status_code, "request.invalid" if error.status_code < 500 else "server.error")
    return answer(HotlineError(code), error.headers)


async def _on_database(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DBAPIError)
    log.error("database_away", kind=type(error.orig).__name__)
    return answer(HotlineError("database.away"), {"Retry-After": "2"})


async def _on_redis(_: Request, error: Exception) -> JSONResponse:
    log.error("bus_away", kind=type(error).__name__)
    return answer(HotlineError("bus.away"), {"Retry-After": "2"})


def unexpected(error: Exception) -> JSONResponse:
    """500 with an incident number. Logged: where it happened, not what was in it, which may be personal."""
    incident = new_id("inc", time.time())
    frames: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_filename.rpartition('hotline/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    log.error("unexpected_error", incident=incident, kind=type(error).__name__, frames=frames[-8:])
    return answer(HotlineError("server.error", incident=incident))


def install(app: FastAPI) -> None:
    """Put the handlers on the application. The catch-all stands in :mod:`hotline.api.middleware`."""
    app.add_exception_handler(HotlineError, _on_hotline_error)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    for kind in (OperationalError, InterfaceError):
        app.add_exception_handler(kind, _on_database)
    app.add_exception_handler(RedisError, _on_redis)
