"""The desk in a real browser on a whole hotline: a call handled without the mouse, while a supervisor is on the same form and
the line is cut for a while."""

from __future__ import annotations

import pytest

from tests.e2e.browser import environment, run
from tests.e2e.test_supervisor import hotline as hotline
from tests.system.running import Hotline

pytestmark = pytest.mark.e2e

SCRIPT_KB = 300
"""First load of the desk, compressed script in kB: what was promised."""


@pytest.mark.timeout(420)
def test_a_call_without_the_mouse_and_two_on_one_form(hotline: Hotline) -> None:
    result = run(environment(f"http://127.0.0.1:{hotline.settings.http.port}"), "keyboard.mjs", 400)
    assert result["clicks"] == 0, "the agent's pointer was used"
    assert result["limit"] in ("urgent", "near"), "a weekend may move the last day"
    assert "有工资条" in result["conflict"]["mine"]
    assert "同厂还有五人" in result["conflict"]["theirs"]
    assert "有工资条" in result["facts"]
    assert "同厂还有五人" in result["facts"], "both texts are kept"
    assert result["people"]
    assert 0 < result["scriptKb"] < SCRIPT_KB
    assert result["problems"] == []
