"""Who somebody is, their account, their seat and their telephone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hotline.api.error_texts.entry import Entry

ENTRIES: Final[Mapping[str, Entry]] = {
    # logging in
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
    "auth.password_change": Entry(403, "请先设置自己的新密码。", "Choose a password of your own first."),
    "auth.one_time_over": Entry(
        403,
        "一次性密码已过期，请联系管理员重新发放。",
        "The one-time password has run out: ask for another.",
    ),
    "feed.ticket": Entry(403, "连接凭证无效或已使用。", "The feed ticket is wrong, used or too old."),
    "feed.origin": Entry(403, "连接来源不被允许。", "The origin of the connection is not allowed."),
    "headset.off": Entry(409, "这里没有启用浏览器耳机，请使用话机。", "No browser headsets here: use the desk phone."),
    # accounts and seats
    "user.missing": Entry(404, "没有这个用户。", "There is no such user."),
    "account.role": Entry(422, "没有这个角色。", "There is no such role."),
    "account.username": Entry(422, "用户名不符合要求。", "The user name is not allowed."),
    "account.exists": Entry(409, "用户名已被使用。", "The user name is taken."),
    "account.missing": Entry(404, "没有这个账号。", "There is no such account."),
    "account.own": Entry(409, "不能停用自己，也不能取消自己的管理员角色。", "You cannot disable or demote yourself."),
    "account.last_admin": Entry(409, "至少要保留一名管理员。", "There must be one administrator at least."),
    "account.expert": Entry(422, "没有这位专家。", "There is no such expert."),
    "account.centre": Entry(422, "没有这个中心。", "There is no such centre."),
    "password.too_short": Entry(422, "密码太短（至少 12 位）。", "The password is too short (12 characters at least)."),
    "password.too_long": Entry(422, "密码太长。", "The password is too long."),
    "password.is_username": Entry(422, "密码不能与用户名相同或相近。", "The password must not be the user name."),
    "password.too_simple": Entry(422, "密码过于简单。", "The password is too simple."),
    "password.same": Entry(422, "新密码不能与原密码相同。", "The new password must differ from the old one."),
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
    # the staff's telephones
    "staff.pin": Entry(422, "密码须为 4 至 12 位数字，不能全同或连号。", "4 to 12 digits, not all the same or in a row."),
    "staff.person": Entry(404, "没有该人员。", "There is no such person."),
    "staff.number": Entry(422, "工号须为 3 至 8 位数字。", "A staff number has 3 to 8 digits."),
    "staff.number_taken": Entry(409, "工号已被使用。", "The staff number is taken."),
    "staff.phone": Entry(422, "电话号码无效。", "This is not a telephone number."),
    "staff.locked": Entry(429, "已锁定，请稍后再试。", "Locked for now, try again later."),
}
