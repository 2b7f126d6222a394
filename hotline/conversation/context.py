"""What every conversation needs and none changes: read once by the fork server, shared by the forked workers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from hotline.conversation.prompts import Prompts
from hotline.conversation.published import Published
from hotline.conversation.regions import RegionHints
from hotline.conversation.restricted import is_restricted
from hotline.core.conversations.model import Policy
from hotline.ivr.parser import load_flows
from hotline.ivr.schema import Flow
from hotline.secrecy import Secrecy
from hotline.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """Settings, keys, flows and prompts of one running hotline."""

    settings: Settings
    secrecy: Secrecy
    flows: dict[str, Flow]
    prompts: Prompts
    regions: RegionHints
    published: Published
    policy: Policy = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "policy", _policy(self.settings))

    @classmethod
    def load(cls, settings: Settings) -> Context:
        """Raises FlowError, which names the file and line."""
        own = [Path(settings.flows.prompts)] if settings.flows.prompts else []
        flows = load_flows(settings.flows_dir)
        published = Published(settings.published_dir, flows)
        published.refresh()
        return cls(
            settings=settings,
            secrecy=Secrecy.from_dir(settings.keys_dir, create=True),
            flows=flows,
            prompts=Prompts([*own, settings.prompts_dir], settings.published_dir / "prompts"),
            regions=RegionHints(),
            published=published,
        )

    def flow_for(self, called: str, wish: str = "") -> Flow:
        """The flow that answers a called number: the line's own (`wish`, if it is there), else as the settings say."""
        entry = self.settings.flows.entry
        name = wish if wish in self.flows else entry.get(called) or entry.get("*", "main")
        return self.flows[name]

    def flow_of(self, called: str, caller_hash: str, wish: str = "") -> Flow:
        """The flow this caller hears: the line's, or the one for restricted numbers."""
        if is_restricted(self.settings.restricted_file, caller_hash, time.time()):
            return self.flows.get(self.settings.abuse.flow) or self.flow_for(called, wish)
        return self.flow_for(called, wish)


def _policy(settings: Settings) -> Policy:
    return Policy(
        language=settings.flows.language,
        agent_ring_seconds=settings.queue.agent_ring_seconds,
        expert_ring_seconds=settings.transfer.ring_seconds,
        accept_seconds=settings.transfer.accept_seconds,
        reason_seconds=settings.transfer.reason_seconds,
        party_ring_seconds=settings.transfer.party_ring_seconds,
        consult_seconds=settings.transfer.consult_seconds,
        hold_reminder_seconds=settings.limits.hold_reminder_seconds,
        talk_reminder_seconds=tuple(60.0 * minutes for minutes in settings.limits.talk_reminder_minutes),
        max_call_seconds=settings.limits.max_call_seconds,
        no_ack_seconds=settings.limits.no_ack_seconds,
        drain_seconds=settings.limits.drain_seconds,
        callback_key_seconds=settings.queue.callback_key_seconds,
        callback_again_seconds=settings.queue.callback_again_seconds,
        record_agent=settings.recording.start == "from_answer",
        rating_enabled=settings.rating.enabled,
        min_talk_seconds=settings.rating.min_talk_seconds,
        monitor_ring_seconds=settings.supervision.ring_seconds,
        redial_seconds=settings.headset.redial_seconds,
        return_seconds=settings.headset.return_seconds,
    )
