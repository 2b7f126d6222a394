"""Where Kamailio, its modules and rtpengine are on this machine, and which Debian packages bring them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hotline.edge.errors import EdgeError

PACKAGES: Final = ("kamailio", "kamailio-redis-modules", "kamailio-websocket-modules", "rtpengine-daemon")
"""Debian and Ubuntu packages the edge needs."""

_SBIN: Final = ("/usr/sbin", "/usr/local/sbin", "/sbin")
"""Daemons live in sbin, which is not on an ordinary user's PATH."""

_MODULE_ROOTS: Final = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64")


def program(name: str) -> str:
    """Full path of a daemon. Raises :class:`EdgeError` (`edge.packages_missing`)."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *_SBIN]))
    if found is None:
        raise EdgeError("edge.packages_missing", packages=missing_packages() or [name])
    return found


def module_path() -> Path:
    """Directory of Kamailio's modules. On Debian: `/usr/lib/<architecture>/kamailio/modules`.

    Raises :class:`EdgeError` (`edge.packages_missing`).
    """
    for root in _MODULE_ROOTS:
        for pattern in ("kamailio/modules/tm.so", "*/kamailio/modules/tm.so"):
            for found in sorted(Path(root).glob(pattern)):
                return found.parent
    raise EdgeError("edge.packages_missing", packages=["kamailio"])


def missing_packages(*, relay: bool = True) -> list[str]:
    """Packages of :data:`PACKAGES` whose files are not on this machine, in that order.

    Looks for the files, not at dpkg, so that a build from source counts too. `relay=False` leaves rtpengine out.
    """

    def there(name: str) -> bool:
        return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *_SBIN])) is not None

    def module(name: str) -> bool:
        try:
            return (module_path() / f"{name}.so").is_file()
        except EdgeError:
            return False

    present = {
        "kamailio": there("kamailio") and module("tm"),
        "kamailio-redis-modules": module("ndb_redis"),
        "kamailio-websocket-modules": module("websocket"),
        "rtpengine-daemon": not relay or there("rtpengine"),
    }
    return [name for name in PACKAGES if not present[name]]


def package_hint(packages: Sequence[str]) -> str:
    """One line that says what to do."""
    return f"install with: apt-get install --no-install-recommends {' '.join(packages)}"
