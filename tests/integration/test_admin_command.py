"""`hotline admin`: the first administrator of a real installation."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from hotline.cli_admin import app
from hotline.secrecy import Secrecy
from hotline.settings import load
from hotline.store import audit, passwords
from hotline.store.engine import Store
from hotline.store.models import Account, AuditEvent
from hotline.store.repositories import accounts, calendars

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
        stored = accounts.count_attempt(session, "chief", 1e9).password_hash
        assert passwords.verify(stored, GOOD + "!")
        assert list(session.scalars(select(AuditEvent.action))) == ["account.created", "account.password_set"]
        assert audit.verify(session).ok
    store.close()


YEAR = "date_from,date_to,kind,name\n2027-01-01,2027-01-03,off,元旦\n2027-02-06,,work,春节\n"


def test_import_a_year(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "2027.csv"
    file.write_text(YEAR + "2027-01-02,,off,\n2027-13-01,,off,\n", "utf-8")
    result = CliRunner().invoke(app, ["import-calendar", str(file)])
    assert result.exit_code == 1
    assert "第 4 行" in result.output
    assert "第 5 行" in result.output
    assert not (home / "hotline.db").exists(), "nothing is touched while a row is bad"
    file.write_text(YEAR, "utf-8")
    assert CliRunner().invoke(app, ["import-calendar", str(file), "--check"]).exit_code == 0
    result = CliRunner().invoke(app, ["import-calendar", str(file), "--source", "国办发明电〔2026〕1号"])
    assert (result.exit_code, "2027: 放假 off 3 天" in result.output) == (0, True)
    file.write_bytes(b"\xff\xfe\x00")
    assert CliRunner().invoke(app, ["import-calendar", str(file)]).exit_code == 1
    assert CliRunner().invoke(app, ["import-calendar", str(tmp_path / "none.csv")]).exit_code == 2
    settings = load(home=home)
    store = Store(settings, Secrecy.from_dir(settings.keys_dir))
    with store.write() as session:
        assert calendars.known_years(session) == {2025, 2026, 2027}
        (row,) = session.scalars(select(AuditEvent))
        assert (row.action, row.data["years"]) == ("calendar.imported", [2027])
    store.close()
