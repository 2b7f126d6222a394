"""What can be wrong with a cell, and what to do about it, in the words of the person who must correct it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

MOST: Final = 200
"""Problems listed; more would not be read, and the first ones usually explain the rest."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One bad cell. `row` is the number the spreadsheet shows (1 is the header), `column` the key of the column (`` for the
    whole row). What stood in the cell is not kept: it may be personal."""

    row: int
    column: str
    code: str

    def to_json(self, titles: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
        """For the report: `titles` are the columns' names, Chinese and English."""
        zh, en, do_zh, do_en = TEXTS[self.code]
        title = titles.get(self.column, ("", ""))
        return {
            "row": self.row,
            "column": self.column,
            "column_zh": title[0],
            "column_en": title[1],
            "code": self.code,
            "zh": zh,
            "en": en,
            "do_zh": do_zh,
            "do_en": do_en,
        }


TEXTS: Final[Mapping[str, tuple[str, str, str, str]]] = MappingProxyType(
    {
        # code: (zh: what, en: what, zh: what to do, en: what to do)
        "missing": ("必填项为空", "A required cell is empty", "请填写此单元格", "Fill in this cell"),
        "too_long": ("内容过长", "The text is too long", "请缩短到 200 个字以内", "Shorten it to 200 characters"),
        "kind": (
            "没有这种专家类别",
            "There is no such kind of expert",
            "填写：律师、公证员、鉴定人、调解员、法律援助、值班人员",
            "Use: lawyer, notary, appraiser, mediator, legal_aid, duty",
        ),
        "skill": (
            "没有这个业务组",
            "There is no such skill group",
            "填写业务组名称或代码（如 婚姻家庭、MF），多个用顿号分隔",
            "Use names or codes of skill groups (MF, LB, CT, GN …), separated by commas",
        ),
        "language": ("没有这种语言", "There is no such language", "填写：普通话、英语、本地话", "Use: zh-CN, en, dialect"),
        "region": ("没有这个地区", "There is no such region", "填写地区名称或区划代码", "Use the name or code of a region"),
        "phone": (
            "电话号码无法拨打",
            "The number cannot be dialled",
            "填写 11 位手机号或带区号的固定电话，并将单元格设为文本格式",
            "Use an 11-digit mobile or a landline with its area code; format the cell as text",
        ),
        "phone_masked": (
            "号码已打码，且与现有号码不符",
            "A masked number that is not the present one",
            "填写完整号码；保持不变可留原样",
            "Give the whole number; leave it as exported to keep the present one",
        ),
        "number": ("不是有效的数字", "Not a valid number", "每日上限填 0–500，星级填 0–5", "Daily maximum 0–500, stars 0–5"),
        "hours": ("时间段写法不对", "The hours are not written rightly", "写成 08:30-20:30", "Write 08:30-20:30"),
        "time": (
            "时间写法不对",
            "The time is not written rightly",
            "写成 08:30（24:00 表示午夜）",
            "Write 08:30 (24:00 is midnight)",
        ),
        "same_time": (
            "开始与结束时间相同",
            "Start and end are the same",
            "全天班请写 00:00 至 24:00",
            "Write 00:00 to 24:00 for a whole day",
        ),
        "weekday": (
            "星期写法不对",
            "The weekday is not written rightly",
            "写成 周一 至 周日，或 1–7",
            "Write Mon to Sun, or 1 to 7",
        ),
        "date": ("日期写法不对", "The date is not written rightly", "写成 2026-11-22", "Write 2026-11-22"),
        "past": ("日期已过", "The date is over", "只能导入今天及以后的班次", "Import duties of today and later only"),
        "day_or_date": (
            "星期和日期须且只能填一项",
            "Exactly one of weekday and date is wanted",
            "每周固定班填星期，单日班填日期",
            "Weekday for a weekly duty, date for a single one",
        ),
        "expert": (
            "查无此专家",
            "There is no such expert",
            "姓名或执业证号须与专家库一致",
            "Name or licence must be as in the pool",
        ),
        "expert_twice": (
            "有多位同名专家",
            "Several experts have this name",
            "请填写执业证号加以区分",
            "Give the licence number to tell them apart",
        ),
        "twice": ("与前面的行重复", "The same as a row above", "删除重复的行", "Delete the row"),
        # the catalogue at hand
        "entry_kind": (
            "没有这种条目类别",
            "There is no such kind of entry",
            "填写：服务机构、热线电话、办事指南、法律条文、规范话术",
            "Use: institution, hotline, guide, law, script",
        ),
        "institution_type": (
            "没有这种机构类型",
            "There is no such type of institution",
            "照模板中的机构类型填写，如 法律援助机构",
            "Use a type from the console's list, such as legal_aid",
        ),
        "entry_phone": (
            "电话写法不对",
            "The number is not written rightly",
            "写成 0999-1234801 或 12345，多个用顿号分隔，最多六个",
            "Write 0999-1234801 or 12345, several with commas, six at most",
        ),
        "long_text": ("内容过长", "The text is too long", "请缩短或拆成两条", "Shorten it or make two entries of it"),
        "keywords": (
            "关键词过多或过长",
            "Too many or too long keywords",
            "最多 20 个，每个 40 字以内",
            "20 at most, of 40 characters",
        ),
        "dates_order": ("失效日期早于施行日期", "It ends before it begins", "核对两个日期", "Check the two dates"),
        "overlap": (
            "与同一专家的另一班次重叠",
            "Overlaps another duty of the same expert",
            "合并或调整时间",
            "Join or move them",
        ),
    }
)
