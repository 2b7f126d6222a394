"""The built console (`agent_console/dist/`) as static files; every other address that is not `/api/` gets its
`index.html`, because the console does its own routing."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from hotline.core.errors import Missing

DIST: Final = Path(__file__).resolve().parents[2] / "agent_console" / "dist"

_NOT_BUILT: Final = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>12348</title></head><body>
<h1>12348 公共法律服务热线</h1>
<p>服务已启动，但坐席控制台尚未构建。请在项目目录运行 <code>make console</code>，然后刷新本页。</p>
<p lang="en">The hotline is running, but its console has not been built yet. Run <code>make console</code> in the
project folder, then reload this page.</p>
<p><a href="/api/health">/api/health</a></p>
</body></html>
"""


def install(app: FastAPI, dist: Path = DIST) -> None:
    """Serve `dist` below `/`. Must come last: its route matches everything."""

    @app.get("/{path:path}", include_in_schema=False)
    def console(request: Request, path: str) -> Response:
        """A file of the console, or its index page."""
        if path == "api" or path.startswith("api/"):
            raise Missing("request.not_found")
        root = dist.resolve()
        wanted = (root / path).resolve()
        if path and wanted.is_file() and wanted.is_relative_to(root):
            # Built files under assets/ carry a hash in their name; index.html must always be asked for again.
            lasting = path.startswith("assets/")
            return FileResponse(
                wanted, headers={"Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache"}
            )
        if path.startswith("assets/"):
            raise Missing("request.not_found")
        index = root / "index.html"
        if index.is_file():
            return FileResponse(index, headers={"Cache-Control": "no-cache"})
        return HTMLResponse(_NOT_BUILT)
