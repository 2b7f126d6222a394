"""Handing a caller on, as routing drives it: to whom (`targets`), colleagues asked on their consoles (`asking`), what the
facts of a third person mean (`thirds`), the agent's orders meanwhile (`orders`). Experts are looked for in
`routing_transfers`.
"""
