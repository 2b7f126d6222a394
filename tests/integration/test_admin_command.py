"""`hotline admin`: the first administrator of a real installation."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from hotline.cli_admin import app
from hotline.secrecy import Secrecy
from hotline.settings import load
from hotline.store import audit
from hotline.store.engine import Store
from hotline.store.models import Account, AuditEvent
from hotline.store.repositories import accounts

pytestmark = pytest.mark.integration
GOOD = "wu tong shu 12348"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "hotline.toml").write_text(f'home = "{tmp_path}/state"\n')
    monkeypatch.setenv("HOTLINE_CONFIG", str(tmp_path / "hotline.toml"))
    return tmp_path / "state"


def admin(*arguments: str, password: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments), input=f"{password}\n{password}\n")
    return result.exit_code, result.output


def test_create_and_change(home: Path) -> None:
    assert admin("create", "chief", password="short")[0] == 1
    assert admin("create", "chief", password=GOOD)[0] == 0
    code, said = admin("create", "chief", password=GOOD)
    assert (code, "taken" in said) == (1, True)
    assert GOOD not in said
    assert admin("create", "x", "--role", "king", password=GOOD)[0] == 1
    assert admin("password", "chief", password=GOOD + "!")[0] == 0
    assert admin("password", "nobody", password=GOOD)[0] == 1
    settings = load(home=home)
    store = Store(settings, Secrecy.from_dir(settings.keys_dir))
    with store.write() as session:
        assert [(item.username, item.role) for item in session.scalars(select(Account))] == [("chief", "admin")]
        assert accounts.log_in(session, "chief", GOOD + "!", 1e9) is not None
        assert list(session.scalars(select(AuditEvent.action))) == ["account.created", "account.password_set"]
        assert audit.verify(session).ok
    store.close()
