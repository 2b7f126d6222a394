"""What supervisors do to calls and agents, as routing sees it: on the line, called for help, pulled forward, pinned."""
