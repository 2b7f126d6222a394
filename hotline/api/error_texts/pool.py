"""The pool of experts, their rosters and interests, imports; calendars and lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hotline.api.error_texts.entry import Entry

ENTRIES: Final[Mapping[str, Entry]] = {
    # experts
    "expert.missing": Entry(404, "没有这位专家。", "There is no such expert."),
    "expert.skills": Entry(422, "请至少选择一项业务技能组。", "Choose at least one skill group."),
    "expert.firm": Entry(422, "没有这个机构，请先登记机构。", "There is no such firm: register it first."),
    "expert.code": Entry(422, "含有未知的代码。", "It holds an unknown code."),
    "expert.suspension": Entry(
        422, "暂停须写明原因，且截止时间晚于开始时间。", "A suspension needs a reason, and an end after its start."
    ),
    "expert.phone": Entry(422, "专家电话无法拨打。", "The expert's number cannot be dialled."),
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
    # rosters
    "roster.missing": Entry(404, "没有这条排班或申请。", "There is no such shift or request."),
    "roster.date": Entry(422, "日期应写成 2026-11-22 的形式。", "Dates are written like 2026-11-22."),
    "roster.minutes": Entry(422, "时间应在 00:00 至 24:00 之间。", "Times lie between 00:00 and 24:00."),
    "roster.past": Entry(409, "该班次日期已过，不能再变更。", "That duty is over and cannot change any more."),
    "roster.partner": Entry(422, "请选择另一位专家。", "Choose another expert."),
    "roster.not_on_duty": Entry(422, "该专家在这一时段没有排班。", "The expert has no duty at that time."),
    "roster.request_state": Entry(
        409, "该申请已处理，不能再这样操作。", "The request has been dealt with: that cannot be done any more."
    ),
    # imports
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
    # calendars and lines
    "calendar.missing": Entry(404, "没有这个日历或日期。", "There is no such calendar or day."),
    "calendar.tier": Entry(422, "没有这种服务时间档次。", "There is no such tier of hours."),
    "calendar.hours": Entry(
        422, "服务时间不符合要求：不能重叠，每天至多四段。", "The hours overlap, or are more than four a day."
    ),
    "calendar.holidays": Entry(422, "节假日规则不符合要求。", "The rule for holidays is not valid."),
    "line.missing": Entry(404, "没有这条线路。", "There is no such line."),
    "line.flow": Entry(422, "没有这个语音流程。", "There is no such flow."),
}
