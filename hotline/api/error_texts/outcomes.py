"""What is owed after the work, complaints, secrecy, avoidance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hotline.api.error_texts.entry import Entry

ENTRIES: Final[Mapping[str, Entry]] = {
    # work that is owed
    "ticket.own_work": Entry(403, "不能回访或评查自己办理的工单。", "Nobody follows up or judges his own work."),
    "ticket.tries_left": Entry(409, "尚未按规定次数回访，不能结束回访。", "It has not been tried as often as it must be."),
    "ticket.tries_spent": Entry(
        409,
        "回访次数已满，请登记无法联系。",
        "It has been tried often enough: say that nobody was reached.",
    ),
    "ticket.try_too_soon": Entry(409, "距上次回访时间太短，请稍后再打。", "Too soon after the last try."),
    "ticket.quality_done": Entry(409, "没有待办的质量回访。", "No quality follow-up is owed."),
    "ticket.quality_open": Entry(409, "质量回访未完成，不能归档。", "The quality follow-up comes first."),
    "ticket.nothing_to_rectify": Entry(409, "没有待整改的差评。", "There is no bad rating to put right."),
    "ticket.rectify_open": Entry(
        409,
        "差评整改未完成，须写明原因和整改措施。",
        "The bad rating must be put right first: cause and fix.",
    ),
    "ticket_task.missing": Entry(404, "没有这项任务，或您无权查看。", "There is no such task, or it is not yours to see."),
    "ticket_task.over": Entry(409, "该任务已经结束。", "This task is over."),
    "ticket_task.claimed": Entry(409, "该任务已由他人领取。", "Somebody else has taken this task."),
    "ticket_task.not_dialled": Entry(409, "该任务不需要拨打电话。", "Nobody is called for this task."),
    "ticket_task.own": Entry(403, "不能处理针对自己的差评。", "Somebody else must put right what was said of you."),
    # complaints
    "ticket.complaint_already": Entry(409, "该工单已按投诉办理。", "It is handled as a complaint already."),
    "ticket.no_complaint": Entry(409, "该工单不是投诉。", "This ticket is no complaint."),
    "ticket.complaint_order": Entry(
        409,
        "投诉须依次由经办人报告、主任提出意见、司法局决定。",
        "First the handler's report, then the director's opinion, then the bureau's decision.",
    ),
    "ticket.complaint_own": Entry(403, "投诉各步骤须由不同的人办理。", "Each step of a complaint is somebody else's."),
    "ticket.complaint_way": Entry(409, "投诉须由司法局作出决定后办结。", "A complaint ends with the bureau's decision."),
    "ticket.accused_centre": Entry(409, "不能把投诉派给被投诉的单位。", "A complaint never goes to the unit it is about."),
    # avoidance
    "ticket.avoidance_pending": Entry(409, "回避申请尚未决定。", "Avoidance has been asked for and is not decided yet."),
    "ticket.no_avoidance": Entry(409, "没有待决定的回避申请。", "Nobody's avoidance has been asked for."),
    "ticket.avoidance_own": Entry(403, "不能决定自己的或自己提出的回避。", "Somebody else decides on it."),
    "ticket.avoided": Entry(403, "您应当回避，不能办理此工单。", "You must keep out of this ticket."),
    "ticket.nobody_to_avoid": Entry(409, "该工单还没有经办人。", "The ticket has no handler yet."),
    # secrecy
    "ticket.secret_already": Entry(409, "该工单已经保密。", "It is confidential already."),
    "ticket.not_secret": Entry(409, "该工单不是保密工单。", "The ticket is not confidential."),
    "ticket.flagged_already": Entry(409, "已经标记未成年人受侵害。", "It has been marked already."),
    "ticket.merge_guarded": Entry(
        422,
        "投诉或保密情况不同的工单不能并单。",
        "Complaints, and tickets of different secrecy, are not merged.",
    ),
    "ticket.no_grant": Entry(
        403,
        "保密工单，须经他人授权才能查看来电人信息。",
        "Confidential: somebody must grant it to you first.",
    ),
    "ticket.grant_own": Entry(403, "不能给自己授权。", "Nobody grants it to himself."),
    "ticket.grant_hidden": Entry(409, "此人应当回避，不能授权。", "It is kept from this person and cannot be granted."),
    "ticket.unsafe_way": Entry(422, "这种告知方式对来电人不安全。", "It is not safe to tell them in this way."),
    "ticket.unsafe_time": Entry(409, "现在联系对来电人不安全，请在约定的安全时间联系。", "It is not safe to contact them now."),
}
