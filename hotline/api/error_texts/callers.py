"""What callers do by themselves, and what is written to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hotline.api.error_texts.entry import Entry

ENTRIES: Final[Mapping[str, Entry]] = {
    # progress
    "progress.wrong": Entry(404, "工单号或查询码不正确。", "The ticket number or the code is not right."),
    "progress.too_often": Entry(
        429, "查询次数过多，请明天再试，或拨打12348。", "Asked too often: try again tomorrow, or call 12348."
    ),
    "progress.slow_down": Entry(429, "请求过于频繁，请稍后再试。", "Too many requests: try again shortly."),
    # appointments
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
    # letters
    "letter.missing": Entry(404, "没有这封信息。", "There is no such letter."),
    "letter.address": Entry(422, "请填写正确的手机号码或邮箱地址。", "Not a mobile number or mail address."),
    "letter.channel": Entry(422, "没有这种发送方式。", "There is no such way of sending."),
    "letter.empty": Entry(422, "内容不能为空。", "The letter says nothing."),
    "letter.kind": Entry(422, "没有这种告知书。", "There is no such letter."),
    "letter.nothing_to_say": Entry(409, "工单尚未到这一步，没有可告知的内容。", "The ticket has nothing of that to tell yet."),
    "letter.no_mobile": Entry(409, "来电号码不能接收短信，请另填或换一种方式。", "The caller's number takes no text messages."),
    "letter.settled": Entry(409, "该信息已有结果。", "That letter is settled already."),
    "letter.erased": Entry(409, "该信息内容已按期删除，不能重发。", "Its text has been erased: it cannot be sent again."),
}
