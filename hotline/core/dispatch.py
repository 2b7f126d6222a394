"""Which physical centre gets a ticket: region and service type decide, and the answer says why.

Source: the city rule on physical centres (simple mediation goes down to town or village, legal aid and resettlement
come up, notary and appraisal matters belong to the city). The rules themselves are rows that a bureau edits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

LEVELS: Final = ("province", "city", "county", "town", "village")
"""From the top down."""
_LEVEL_ZH: Final = {"province": "省", "city": "市", "county": "县区", "town": "乡镇", "village": "村居"}


@dataclass(frozen=True, slots=True)
class Place:
    """A region: `parent` is the code above it, `` at the top."""

    code: str
    name: str
    parent: str
    level: str


@dataclass(frozen=True, slots=True)
class Office:
    """A centre that takes tickets."""

    id: str
    name: str
    level: str
    region: str
    services: frozenset[str] = frozenset()
    """Service types it offers; none named: all."""

    def offers(self, service_type: str) -> bool:
        """Whether it takes tickets of this service."""
        return not self.services or service_type in self.services


@dataclass(frozen=True, slots=True)
class Rule:
    """Tickets of `service_type` go to `level`; `region` `` means everywhere, else there and below."""

    service_type: str
    region: str
    level: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """`office_id` is `` when there is no centre at all to send it to; `zh` and `en` are sentences for people."""

    office_id: str
    level: str
    zh: str
    en: str


def dispatch(
    service_type: str, region: str, rules: Sequence[Rule], places: Mapping[str, Place], offices: Sequence[Office]
) -> Dispatch:
    """Choose the centre for a ticket.

    The rule with the narrowest region wins. Its level is looked for along the matter's own region and upward; where
    that level has no centre, or the region was only given coarsely, the nearest centre above takes it. Without any
    region the highest centre does.
    """
    chain = _chain(region, places)
    rule = _rule(service_type, [place.code for place in chain], rules)
    wanted = rule.level if rule else "county"
    why = rule.reason if rule and rule.reason else "无专门规则，按县区受理"
    for place in _candidates(chain, wanted):
        for office in offices:
            if office.region == place.code and office.level == place.level and office.offers(service_type):
                return _found(office, chain[0], wanted, why)
    top = _highest([office for office in offices if office.offers(service_type)] or offices)
    if top is None:
        return Dispatch("", "", "没有可分派的中心，待人工指派", "No centre to send it to: to be assigned by hand")
    if not chain:
        zh, en = "未登记事项地区", "The matter has no known region"
    else:
        zh, en = f"{chain[0].name}及其上级均无中心", f"There is no centre in or above {chain[0].name}"
    return Dispatch(top.id, top.level, f"{zh}，转{top.name}", f"{en}: sent to the highest centre, {top.name}")


def _chain(region: str, places: Mapping[str, Place]) -> list[Place]:
    """The region and all above it, narrowest first. A code that is not in the table (a village without an entry) counts
    as its nearest known prefix."""
    code = region
    while code and code not in places:
        code = code[:-1]
    found: list[Place] = []
    while code and code in places and len(found) < len(LEVELS):
        found.append(places[code])
        code = places[code].parent
    return found


def _rule(service_type: str, codes: Sequence[str], rules: Sequence[Rule]) -> Rule | None:
    fitting = [rule for rule in rules if rule.service_type == service_type and (not rule.region or rule.region in codes)]
    return min(fitting, key=lambda rule: codes.index(rule.region) if rule.region else len(codes), default=None)


def _candidates(chain: Sequence[Place], wanted: str) -> list[Place]:
    """Places at or above the wanted level, the nearest to it first."""
    limit = LEVELS.index(wanted)
    return [place for place in chain if LEVELS.index(place.level) <= limit]


def _found(office: Office, place: Place, wanted: str, why: str) -> Dispatch:
    zh = f"{why}；事项地区{place.name}，转{office.name}"
    en = f"Rule: level {wanted}; region {place.name}: sent to {office.name}"
    if office.level != wanted:
        zh += f"（该地区无可用的{_LEVEL_ZH[wanted]}级中心，由{_LEVEL_ZH[office.level]}级承接）"
        en += f" ({office.level} level takes it: no {wanted} centre for this region)"
    return Dispatch(office.id, office.level, zh, en)


def _highest(offices: Sequence[Office]) -> Office | None:
    return min(offices, key=lambda office: (LEVELS.index(office.level), office.id), default=None)
