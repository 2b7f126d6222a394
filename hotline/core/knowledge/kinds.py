"""The kinds of entry and the parts each is made of: one table for the form, the spreadsheet, the index and the read-out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

SHORT: Final = 200
LONG: Final = 4_000
"""Longest texts of a part, in characters: a line, and a text of several paragraphs."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an entry, with its names for spreadsheet and read-out. `sample` fills the template's row."""

    key: str
    zh: str
    en: str
    limit: int = LONG
    needed: bool = False
    sample: str = ""


_PHONES: Final = Part("phones", "电话", "Phones", SHORT)
_HOURS: Final = Part("hours", "服务时间", "Hours", SHORT)
_SERVICES: Final = Part("services", "服务内容", "Services")

KINDS: Final[Mapping[str, tuple[Part, ...]]] = MappingProxyType(
    {
        "institution": (
            Part("type", "机构类型", "Type", 32, needed=True),
            _PHONES,
            Part("address", "地址", "Address", SHORT),
            _HOURS,
            _SERVICES,
        ),
        "hotline": (Part("phones", "电话", "Phones", SHORT, needed=True), _HOURS, _SERVICES),
        "guide": (
            Part("conditions", "办理条件", "Conditions"),
            Part("materials", "所需材料", "Materials"),
            Part("steps", "办理流程", "Steps"),
            Part("where", "办理地点", "Where"),
            Part("duration", "办理时限", "How long", SHORT),
            Part("fee", "收费", "Fee", SHORT),
            Part("basis", "依据", "Basis", SHORT),
            _PHONES,
        ),
        "law": (
            Part("law", "法律名称", "Law", SHORT, needed=True),
            Part("article", "条号", "Article", SHORT),
            Part("text", "正文", "Text", needed=True),
        ),
        "script": (Part("when", "适用场景", "When", SHORT), Part("text", "正文", "Text", needed=True)),
    }
)
"""By kind, in the order in which the console shows them: parts in the order of form and read-out."""

KIND_NAMES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "institution": ("服务机构", "Institution"),
        "hotline": ("热线电话", "Hotline"),
        "guide": ("办事指南", "Work guide"),
        "law": ("法律条文", "Law"),
        "script": ("规范话术", "Script"),
    }
)

INSTITUTION_TYPES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "legal_service": ("公共法律服务中心", "Public legal-service centre"),
        "legal_aid": ("法律援助机构", "Legal aid"),
        "law_firm": ("律师事务所", "Law firm"),
        "notary": ("公证机构", "Notary office"),
        "appraisal": ("司法鉴定机构", "Forensic appraisal"),
        "mediation": ("人民调解组织", "People's mediation"),
        "labour_arbitration": ("劳动人事争议仲裁机构", "Labour arbitration"),
        "arbitration": ("仲裁机构", "Arbitration"),
        "court": ("人民法院", "Court"),
        "procuratorate": ("人民检察院", "Procuratorate"),
        "police": ("公安机关", "Police"),
        "justice_bureau": ("司法行政机关", "Bureau of justice"),
        "government": ("其他政府部门", "Other government office"),
        "help": ("救助与社会组织", "Help and social organisations"),
    }
)


def limits(kind: str) -> dict[str, int]:
    """Longest text of each part of a kind. Raises KeyError for no such kind."""
    return {part.key: part.limit for part in KINDS[kind]}
