"""Redis: streams, leases, request and reply."""
