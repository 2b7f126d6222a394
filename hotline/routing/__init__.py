"""Matches waiting callers to agents and experts: the single active writer."""
