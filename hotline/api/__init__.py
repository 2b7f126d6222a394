"""FastAPI application: one file a noun, and the WebSocket feed."""
