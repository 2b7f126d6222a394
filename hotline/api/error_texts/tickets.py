"""A ticket's way: its acts, limits, hand-overs; centres and the rules of dispatch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hotline.api.error_texts.entry import Entry

ENTRIES: Final[Mapping[str, Entry]] = {
    # tickets
    "ticket.missing": Entry(404, "没有这张工单，或您无权查看。", "There is no such ticket, or it is not yours to see."),
    "ticket.transition": Entry(409, "工单当前状态不能这样办理。", "The ticket's state does not allow this."),
    "ticket.not_yours": Entry(403, "这一步不由您办理。", "This step is not yours to take."),
    "ticket.needs": Entry(422, "请补全或更正所填内容。", "Something needed is missing or not valid."),
    "ticket.version": Entry(409, "工单已被他人更新，请刷新后再办。", "Somebody acted on it in between: look again."),
    "ticket.key_used": Entry(409, "该请求编号已用于其他操作。", "That idempotency key was used for something else."),
    "ticket.papers_once": Entry(
        409, "所缺材料须一次告知，已告知过。", "What is missing is said once, and has been said already."
    ),
    "ticket.objection_spent": Entry(409, "已裁定或异议次数已用完，不能再退回。", "Decided for good: it cannot be sent back."),
    "ticket.objection_late": Entry(409, "超过签收时限，不能再提异议。", "Too late to object: the time to sign is over."),
    "ticket.adjudicator_only": Entry(409, "第二次异议须由上级裁定。", "After the second objection an adjudicator decides."),
    "ticket.not_for_adjudication": Entry(409, "首次异议由上级中心改派，无需裁定。", "A first objection is simply reassigned."),
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
    # centres and rules
    "centre.missing": Entry(404, "没有这个中心。", "There is no such centre."),
    "centre.staff": Entry(422, "只有“中心人员”角色的账号可以分到中心。", "Only people with the role of a centre work at one."),
    "centre.level": Entry(422, "层级应为省、市、县区、乡镇、村居之一。", "There is no such level."),
    "centre.region": Entry(422, "没有这个地区。", "There is no such region."),
    "centre.parent": Entry(
        422, "上级中心不存在，或层级不高于本中心。", "The centre above must exist and be of a higher level."
    ),
    "centre.services": Entry(422, "没有这种服务类型。", "There is no such service type."),
    "centre.has_tickets": Entry(409, "该中心还有未结工单，不能停用。", "It still has open tickets and cannot be closed."),
    "rule.missing": Entry(404, "没有这条分派规则。", "There is no such dispatch rule."),
}
