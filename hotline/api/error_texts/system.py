"""The request itself, and parts that are away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hotline.api.error_texts.entry import Entry

ENTRIES: Final[Mapping[str, Entry]] = {
    # the request itself
    "request.invalid": Entry(422, "请求内容不符合要求。", "The request is not valid."),
    "request.characters": Entry(
        422, "内容中有无法保存的字符（如空字符）。", "There is a character in it that cannot be kept (such as NUL)."
    ),
    "request.at_once": Entry(409, "有人同时做了同样的操作，请刷新后再试。", "Somebody did the same just then: look again."),
    "request.too_large": Entry(413, "请求内容过大。", "The request is too large."),
    "request.not_found": Entry(404, "没有这个地址。", "There is nothing at this address."),
    "request.method": Entry(405, "此地址不支持该操作。", "This address does not support that method."),
    "request.refused": Entry(409, "当前状态不允许此操作。", "This cannot be done as things stand."),
    "request.purpose": Entry(422, "请填写查看用途（至少两个字）。", "State a purpose (at least two characters)."),
    # parts that are away
    "routing.silent": Entry(503, "排队系统没有应答，请稍后再试。", "Routing did not answer, try again shortly."),
    "routing.failed": Entry(503, "排队系统处理出错，请稍后再试。", "Routing failed on this, try again shortly."),
    "bus.away": Entry(503, "内部总线暂时不可用，请稍后再试。", "The internal bus is away, try again shortly."),
    "database.away": Entry(503, "数据库暂时不可用，请稍后再试。", "The database is away, try again shortly."),
    "secrecy.cannot_open": Entry(503, "加密数据无法解开，请联系管理员。", "Sealed data does not open: call the administrator."),
    "server.error": Entry(500, "系统内部错误，请报告编号。", "Internal error: please report the incident number."),
    # the demo city
    "demo.off": Entry(404, "演示功能未启用。", "The demo city is switched off."),
    "demo.disabled": Entry(409, "演示城市未启用。", "The demo city is switched off."),
}
