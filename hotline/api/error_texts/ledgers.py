"""Ledgers and exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hotline.api.error_texts.entry import Entry

ENTRIES: Final[Mapping[str, Entry]] = {
    # ledgers
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
    # exports
    "export.missing": Entry(404, "没有这个导出，或不是您的。", "There is no such export, or it is not yours."),
    "export.format": Entry(422, "只能导出为 xlsx 或 CSV。", "Only xlsx and CSV."),
    "export.busy": Entry(422, "您已有多个导出在进行，请稍候。", "You have several exports under way: wait for them."),
    "export.not_ready": Entry(409, "导出尚未完成。", "The export is not finished."),
    "export.expired": Entry(404, "导出文件已过期删除，请重新导出。", "The file's time is over: export it again."),
    "export.too_many": Entry(422, "行数过多，请缩小时间或条件后再导出。", "Too many rows: narrow the time or the filters."),
}
