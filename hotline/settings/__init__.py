"""The one settings file, `hotline.toml`, read and checked.

Where a value comes from, first match wins:

1. environment, `HOTLINE_<SECTION>__<KEY>` (for instance `HOTLINE_SIP__PORT=5062`); lists and tables as JSON;
2. the file named by `$HOTLINE_CONFIG`, else `./hotline.toml`, else `$HOTLINE_HOME/hotline.toml`;
3. the defaults below, which run a demo city on one machine.

Durations are seconds unless a name says otherwise. A wrong value raises :class:`SettingsError`, which names the key.

* `whole.py`: :class:`Settings`, all sections together; `places.py`: the folders, files and addresses that follow from them
* `reading.py`: :func:`load`: the file found, read and checked
* `network.py`, `queue.py`, `calls.py`, `outbound.py`, `people.py`, and one file for each newer section: the sections
"""

from __future__ import annotations

from hotline.settings.network import TrunkSettings
from hotline.settings.queue import QueueRulesSettings
from hotline.settings.reading import SettingsError, find_file, load
from hotline.settings.whole import Settings

__all__ = ["QueueRulesSettings", "Settings", "SettingsError", "TrunkSettings", "find_file", "load"]
