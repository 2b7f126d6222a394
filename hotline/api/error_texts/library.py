"""Flows, prompts, and the catalogue at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hotline.api.error_texts.entry import Entry

ENTRIES: Final[Mapping[str, Entry]] = {
    # flows and prompts
    "flow.missing": Entry(404, "没有这个流程。", "There is no such flow."),
    "flow.no_version": Entry(404, "没有这个版本。", "There is no such version."),
    "flow.in_force": Entry(409, "这个版本已经在用。", "This version is in force already."),
    "flow.refused": Entry(422, "流程检查未通过，请按所列行修改。", "The checks refuse the flow: correct the lines listed."),
    "flow.broken": Entry(422, "流程无法读取，请按所列行修改。", "The flow cannot be read: correct the lines listed."),
    "prompt.missing": Entry(404, "没有这条提示音。", "There is no such prompt."),
    "prompt.not_own": Entry(404, "这条提示音没有被替换过。", "This prompt has not been replaced."),
    "prompt.format": Entry(
        422,
        "无法读取：请上传 PCM 格式的 WAV（8–192 kHz，单声道或立体声）。",
        "It cannot be read: upload a PCM WAV (8–192 kHz, mono or stereo).",
    ),
    "prompt.length": Entry(422, "录音长度须在 0.2 至 120 秒之间。", "A recording lasts 0.2 to 120 seconds."),
    "prompt.clipped": Entry(
        422, "录音过载失真，请降低音量后重录。", "The recording is overdriven: record it again at a lower level."
    ),
    "prompt.quiet": Entry(422, "录音声音太小，请靠近话筒重录。", "The recording is too quiet: record it again, closer."),
    "prompt.flow": Entry(
        422,
        "换用这段录音后，有流程会不合规（如开场白过长）。",
        "With this recording a flow would break a rule.",
    ),
    # the catalogue at hand
    "knowledge.missing": Entry(404, "没有这个条目或版本。", "There is no such entry or version."),
    "knowledge.invalid": Entry(422, "条目内容不符合要求。", "Parts of the entry are not valid."),
    "knowledge.version": Entry(
        409, "条目已被他人修改，请核对后再保存。", "Somebody changed the entry since: compare before saving."
    ),
}
