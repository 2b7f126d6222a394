"""What every conversation needs and none changes: read once by the fork server, shared by the forked workers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hotline.conversation.prompts import Prompts
from hotline.conversation.regions import RegionHints
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

    @classmethod
    def load(cls, settings: Settings) -> Context:
        """Raises FlowError, which names the file and line."""
        own = [Path(settings.flows.prompts)] if settings.flows.prompts else []
        return cls(
            settings=settings,
            secrecy=Secrecy.from_dir(settings.keys_dir, create=True),
            flows=load_flows(settings.flows_dir),
            prompts=Prompts([*own, settings.prompts_dir]),
            regions=RegionHints(),
        )

    def flow_for(self, called: str) -> Flow:
        """The flow that answers a called number."""
        entry = self.settings.flows.entry
        name = entry.get(called) or entry.get("*", "main")
        return self.flows[name]

    def policy(self) -> Policy:
        settings = self.settings
        return Policy(
            language=settings.flows.language,
            agent_ring_seconds=settings.queue.agent_ring_seconds,
            expert_ring_seconds=settings.transfer.ring_seconds,
            accept_seconds=settings.transfer.accept_seconds,
            max_call_seconds=settings.limits.max_call_seconds,
            no_ack_seconds=settings.limits.no_ack_seconds,
            drain_seconds=settings.limits.drain_seconds,
            record_agent=settings.recording.start == "from_answer",
            rating_enabled=settings.rating.enabled,
            min_talk_seconds=settings.rating.min_talk_seconds,
        )
