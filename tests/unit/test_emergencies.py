"""The states of an emergency, and the words for 110 and 120."""

from __future__ import annotations

import pytest

from hotline.core.emergencies import EVENTS, STATES, TABLE, next_state, raised_by_flags
from hotline.core.emergencies.words import fill, unknown_places
from hotline.core.errors import IllegalTransition
from hotline.store.emergency_scripts import LANGUAGES, SCRIPTS, script

pytestmark = pytest.mark.unit


def test_the_table_knows_every_state_and_nothing_else() -> None:
    assert set(TABLE) == set(STATES)
    assert {event for row in TABLE.values() for event in row} == set(EVENTS)
    assert {state for row in TABLE.values() for state in row.values()} <= set(STATES)


@pytest.mark.parametrize(("state", "event"), [("raised", "close"), *(("closed", event) for event in EVENTS)])
def test_what_the_table_has_no_row_for_is_refused(state: str, event: str) -> None:
    with pytest.raises(IllegalTransition):
        next_state(state, event)


def test_every_state_leads_to_the_end() -> None:
    assert next_state(next_state("raised", "acknowledge"), "close") == "closed"
    assert next_state(next_state("raised", "dispatch"), "close") == "closed"
    assert next_state("dispatched", "dispatch") == "dispatched"


@pytest.mark.parametrize(("flags", "asks"), [([], False), (["R03"], False), (["R01"], True), (["R08", "R02"], True)])
def test_flags_that_ask_for_an_emergency(flags: list[str], asks: bool) -> None:
    assert raised_by_flags(flags) is asks


@pytest.mark.parametrize("service", SCRIPTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_shipped_words_name_only_what_is_known(service: str, language: str) -> None:
    text = script(service, language)
    assert unknown_places(text) == []
    bare = fill(text, {}, language)
    assert "{" not in bare
    assert ("（不详）" in bare) if language == "zh-CN" else ("(not known)" in bare)


def test_a_callers_words_are_not_taken_for_places() -> None:
    assert fill("{facts}", {"facts": "{number}", "number": "138"}, "en") == "{number}"
