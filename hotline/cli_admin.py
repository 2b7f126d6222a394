"""`hotline admin …`: accounts made by hand on the machine itself. The first administrator of a real installation is
made here; there is no default password."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from hotline import settings as settings_module
from hotline.core.calendars import yeartables
from hotline.core.errors import HotlineError
from hotline.secrecy import Secrecy
from hotline.settings import SettingsError
from hotline.store import audit, passwords
from hotline.store.engine import Store
from hotline.store.migrations import migrate
from hotline.store.models import STAFF_KINDS
from hotline.store.repositories import accounts, calendars, sessions, staff

app = typer.Typer(help="Accounts and year tables, on this machine.", no_args_is_help=True)

_TEXTS = {
    "password.too_short": f"密码至少 {passwords.MIN_LENGTH} 位 / at least {passwords.MIN_LENGTH} characters",
    "password.too_long": f"密码至多 {passwords.MAX_LENGTH} 位 / at most {passwords.MAX_LENGTH} characters",
    "password.is_username": "密码不能是用户名 / the password must not be the user name",
    "password.too_simple": "密码过于简单 / the password is too simple",
    "account.exists": "用户名已存在 / this user name is taken",
    "account.username": "用户名无效 / not a user name",
    "account.role": "角色无效 / not a role",
    "staff.pin": "PIN 须为 4 至 12 位数字，不能全同或连号 / 4 to 12 digits, not all the same, not in a row",
    "staff.person": "没有该人员 / no such person",
    "staff.number": "工号须为 3 至 8 位数字 / a staff number has 3 to 8 digits",
    "staff.number_taken": "工号已被使用 / this staff number is taken",
    "staff.phone": "电话号码无效 / not a telephone number",
    "account.missing": "没有该用户 / no such user",
}


@app.command("create")
def create(
    username: Annotated[str, typer.Argument(help="Log-in name")] = "admin",
    role: Annotated[str, typer.Option(help="admin, supervisor, centre, statistician or auditor")] = "admin",
    name: Annotated[str, typer.Option(help="Name shown to others")] = "",
) -> None:
    """Create an account; asks for a password of at least 12 characters."""
    store = _store()
    try:
        password_hash = passwords.hash_password(_ask(username))
        with store.write() as session:
            now = time.time()
            account = accounts.create(
                session, username=username, password_hash=password_hash, role=role, display_name=name, now=now
            )
            audit.append(
                session,
                at=now,
                actor="system",
                action="account.created",
                object=f"accounts/{account.id}",
                data={"role": role, "by": "command line"},
            )
    except HotlineError as exc:
        raise _refused(exc) from None
    finally:
        store.close()
    typer.echo(f"已创建 / created: {username} ({role})")


@app.command("password")
def password(username: Annotated[str, typer.Argument(help="Log-in name")]) -> None:
    """Give an account a new password and log it out everywhere."""
    store = _store()
    try:
        new = _ask(username)
        with store.write() as session:
            account = accounts.by_username(session, username)
            if account is None:
                raise HotlineError("account.missing")
            now = time.time()
            accounts.set_password(account, new)
            sessions.revoke_all(session, account.id, now)
            audit.append(
                session,
                at=now,
                actor="system",
                action="account.password_set",
                object=f"accounts/{account.id}",
                data={"by": "command line"},
            )
    except HotlineError as exc:
        raise _refused(exc) from None
    finally:
        store.close()
    typer.echo(f"已修改 / changed: {username}")


@app.command("import-calendar")
def import_calendar(
    file: Annotated[Path, typer.Argument(help="CSV: date_from,date_to,kind(off|work),name,region")],
    source: Annotated[str, typer.Option(help="The notice it was typed from, e.g. 国办发明电〔2026〕12号")] = "",
    check: Annotated[bool, typer.Option("--check", help="Only report, change nothing.")] = False,
) -> None:
    """导入年度节假日表 Import a year's holidays and make-up days. Nothing is stored while any row is bad."""
    try:
        content = file.read_bytes()
    except OSError as exc:
        typer.echo(f"{file}: {exc.strerror}", err=True)
        raise typer.Exit(2) from None
    rows, bad = yeartables.read_file(content)
    for item in bad:
        typer.echo(item.show(), err=True)
    for year, (off, work) in calendars.summary(rows).items():
        typer.echo(f"{year}: 放假 off {off} 天 days, 补班 worked {work} 天 days")
    if bad:
        typer.echo(f"{len(bad)} 行有误，未导入任何内容 / {len(bad)} bad rows: nothing was imported", err=True)
        raise typer.Exit(1)
    if check:
        return
    store = _store()
    try:
        with store.write() as session:
            now = time.time()
            years = calendars.import_days(session, rows, source=source or file.name, now=now)
            audit.append(
                session,
                at=now,
                actor="system",
                action="calendar.imported",
                object="calendar_days",
                data={"years": list(years), "rows": len(rows), "source": source or file.name, "by": "command line"},
            )
    finally:
        store.close()
    typer.echo(f"已导入 / imported: {', '.join(map(str, years))}")


@app.command("staff-phone")
def staff_phone(
    kind: Annotated[str, typer.Argument(help="agent or expert")],
    person: Annotated[str, typer.Argument(help="Id of the agent or expert")],
    number: Annotated[str, typer.Option(help="Staff number, 3-8 digits: keyed from a telephone we do not know")],
    phone: Annotated[str, typer.Option(help="An agent's own telephone, to take calls on without a console")] = "",
    trunk: Annotated[str, typer.Option(help="Trunk to ring through; empty: the caller's own")] = "",
) -> None:
    """Let somebody into the staff's telephone menu; asks for a PIN of 4 to 12 digits."""
    if kind not in STAFF_KINDS:
        typer.echo("agent / expert?", err=True)
        raise typer.Exit(2)
    store = _store()
    try:
        pin: str = typer.prompt("PIN", hide_input=True, confirmation_prompt="再次输入 / again")
        staff.check_pin(pin)
        pin_hash = passwords.hash_password(pin)
        with store.write() as session:
            now = time.time()
            staff.put(
                session,
                store.secrecy,
                kind=kind,
                person_id=person,
                number=number,
                pin_hash=pin_hash,
                phone=phone,
                trunk=trunk,
                now=now,
            )
            data = {"kind": kind, "by": "command line"}
            audit.append(session, at=now, actor="system", action="staff.phone_set", object=f"staff_phones/{person}", data=data)
    except HotlineError as exc:
        raise _refused(exc) from None
    finally:
        store.close()
    typer.echo(f"已设置 / set: {kind} {person}, {number}")


def _store() -> Store:
    try:
        settings = settings_module.load()
    except SettingsError as exc:
        typer.echo(str(exc), err=True)
        raise typer.Exit(2) from None
    migrate(settings)
    return Store(settings, Secrecy.from_dir(settings.keys_dir, create=True))


def _ask(username: str) -> str:
    """Ask twice; a password in the arguments would stand in the shell's history."""
    entered: str = typer.prompt("密码 / password", hide_input=True, confirmation_prompt="再次输入 / again")
    passwords.check_new(entered, username)
    return entered


def _refused(exc: HotlineError) -> typer.Exit:
    typer.echo(_TEXTS.get(exc.code, exc.code), err=True)
    return typer.Exit(1)
