"""Simulated callers, agents and experts with real SIP and RTP."""
