"""`hotline admin …`: accounts made by hand on the machine itself. The first administrator of a real installation is
made here; there is no default password."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from hotline import settings as settings_module
from hotline.core.errors import HotlineError
from hotline.secrecy import Secrecy
from hotline.settings import SettingsError
from hotline.store import audit, passwords
from hotline.store.engine import Store
from hotline.store.migrations import migrate
from hotline.store.repositories import accounts, sessions

app = typer.Typer(help="Accounts, made on this machine.", no_args_is_help=True)

_TEXTS = {
    "password.too_short": f"密码至少 {passwords.MIN_LENGTH} 位 / at least {passwords.MIN_LENGTH} characters",
    "password.too_long": f"密码至多 {passwords.MAX_LENGTH} 位 / at most {passwords.MAX_LENGTH} characters",
    "password.is_username": "密码不能是用户名 / the password must not be the user name",
    "password.too_simple": "密码过于简单 / the password is too simple",
    "account.exists": "用户名已存在 / this user name is taken",
    "account.username": "用户名无效 / not a user name",
    "account.role": "角色无效 / not a role",
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
