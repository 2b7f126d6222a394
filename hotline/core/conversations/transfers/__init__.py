"""Handing a caller on: blind, attended, three-way, or as soon as an expert presses 1; to an expert, a colleague, another
hotline or back to the queue.

====================  =====================================================================
`kinds`               the table: kind × stage × event → step
`steps`               what each step does to caller, agent and third person
`thirds`              the third person: dialling colleagues and hotlines, having them leave
`orders`              routing's and the agent's orders, as events of the table
====================  =====================================================================

Experts are looked for in `hunt`. Who hears whom follows from the stage (`wiring`). Every way out leaves the caller with a human
or in the queue at the old place, in bounded time (I12).
"""
