"""What a party is compared by: names of people and houses, ID numbers and telephone numbers, written the one way.

Two spellings of one party must give one term; two parties may give the same (two people called 王伟). A term that is
too vague to mean anybody (某, 张先生) gives none: barring every expert for it would help nobody.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from hotline.core.phones import normalise

MOST_TERMS: Final = 24
"""Of one field: a list of parties longer than this is cut."""
_SEPARATORS: Final = re.compile(r"[、，,；;/|\n\r\t]+")
_ID: Final = re.compile(r"(?<![0-9A-Z])(\d{17}[\dX]|[0-9A-HJ-NPQRTUWXY]{18})(?![0-9A-Z])")
"""18 characters: a citizen's number, or the unified social credit code of a house."""
_PHONE: Final = re.compile(r"(?<!\d)(?:\+?86)?-?(1[3-9]\d{9}|0\d{2,3}-?\d{7,8})(?!\d)")
_NOT_LETTERS: Final = re.compile(r"[^\w]|_", re.UNICODE)
_ASIDE: Final = re.compile(
    r"[(\[{<【〔《](?=[^)\]}>】〕》]*(?:被告|原告|申请人|代表人|负责人|联系人|代理人|当事人|法人|丈夫|妻子|前夫|前妻|父亲|母亲|儿子|女儿|老公|老婆"
    r"|身份证|电话|原名|曾用名|\d岁)|[男女][^\w])[^)\]}>】〕》]*[)\]}>】〕》]"
)
"""A remark about the party, in brackets: （女，45岁）, （被告）, （法定代表人王强）. 贸易（临江）公司 has none: it stays
whole."""
_ROLE: Final = re.compile(
    r"^(?:(?:被告人?|原告|被?申请人|被投诉人|被?上诉人|第三人|甲方|乙方|对方|公司名称|姓名)[是为:\s]?"
    r"|(?:老板|房东|房客|租客|包工头|雇主|用人单位)(?:[是为:\s]|(?=[\u4e00-\u9fff]{2,3}$)))"
)
"""What the party is to the caller, written before the name: 被告王小明, 老板：李红. Not so 老板电器, which is a name."""
_TITLE: Final = re.compile(
    r"(先生|女士|小姐|太太|夫人|老师|同志|师傅|律师|医生|大夫|(?:总|副总)?经理|老板|老板娘|董事长|总监|主任|院长|校长|书记|\d+岁)+$"
)
_BRANCH: Final = re.compile(r"(公司|集团|银行).{0,20}(分公司|支公司|分行|支行|营业部|办事处|项目部)$")
"""A branch is no party of its own (Company Law, art. 13): it is compared as its house."""
_LEGAL_FORM: Final = re.compile(
    r"(股份有限公司|有限责任公司|有限公司|股份公司|集团公司|公司|集团|有限合伙|普通合伙|特殊普通合伙)+$"
)
_HOUSE: Final = re.compile(r"(公司|集团|厂|店|行|所|社|院|校|中心|局|会|部|队|合伙|协会|学校|医院|银行|工作室)$")
_PLACE: Final = re.compile(r"^([\u4e00-\u9fff]{2,3}?)(省|自治区|市|县|区)")
_GENERIC: Final = re.compile(
    r"^(?:.总|老.|小.|公司|单位|工地|厂里|物业公司|老板|房东|房客|邻居|亲戚|朋友|同事|[甲乙]方|被告|原告)$"
)
"""A word for somebody, not a name: barring everybody who was ever up against 老板 would help nobody."""
_VAGUE: Final = re.compile(r"某|不详|不知|未知|对方|匿名|没有|^无$|保密")


def party_terms(text: str = "", *, id_number: str = "", number: str = "") -> tuple[str, ...]:
    """The terms of what was typed about a party, each to be hashed: `name:…`, `id:…`, `tel:…`.

    >>> party_terms("临江市红星物业有限公司")
    ('name:临江红星物业',)
    >>> party_terms("王　小明 先生，13812345678")
    ('tel:13812345678', 'name:王小明')
    >>> party_terms("某公司")
    ()
    """
    found: dict[str, None] = {}
    plain = unicodedata.normalize("NFKC", text).upper()
    for match in _ID.finditer(plain):
        found[f"id:{match.group(1)}"] = None
    plain = _ID.sub(" ", plain)
    for match in _PHONE.finditer(plain):
        found.setdefault(f"tel:{normalise(match.group(1).replace('-', '')).national}", None)
    plain = _ASIDE.sub("", _PHONE.sub(" ", plain))
    for part in _SEPARATORS.split(plain):
        name = _name(part)
        if name:
            found.setdefault(f"name:{name}", None)
    for term in _plain_terms(id_number, number):
        found.setdefault(term, None)
    return tuple(found)[:MOST_TERMS]


def _plain_terms(id_number: str, number: str) -> Iterable[str]:
    cleaned = unicodedata.normalize("NFKC", id_number).upper().strip()
    if len(cleaned) >= 8 and "*" not in cleaned:
        yield f"id:{cleaned}"
    national = normalise(number).national if number and "*" not in number else ""
    if len(national) >= 7:
        yield f"tel:{national}"


def _name(part: str) -> str:
    """The name written the one way; `` when it names nobody."""
    part = _ROLE.sub("", part.strip())
    if "*" in part or _VAGUE.search(part) or _GENERIC.match(part):
        return ""
    name = _NOT_LETTERS.sub("", part)
    name = _TITLE.sub("", name)
    name = _BRANCH.sub(r"\1", name)
    if _HOUSE.search(name) or _LEGAL_FORM.search(name):
        name = _PLACE.sub(r"\1", _LEGAL_FORM.sub("", name) or name)
    return name if len(name) >= 2 and not name.isdigit() else ""
