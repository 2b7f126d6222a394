"""The triage desk's people."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Key, Name, Word, Words


class Agent(Base):
    """One seat of the desk. `phone_uri` is what a conversation dials: the registered desk phone
    (`sip:8001@hotline.local`) or a fixed SIP address. `sip_password_ha1` is MD5(`extension:realm:password`), the form
    in which the registrar checks digests; empty means the phone does not register. `desired_state` is what routing
    starts from after a restart."""

    __tablename__ = "agents"

    id: Mapped[Key] = mapped_column(primary_key=True)
    name: Mapped[Name]
    extension: Mapped[Word] = mapped_column(unique=True)
    phone_uri: Mapped[Name]
    sip_password_ha1: Mapped[Word] = mapped_column(default="")
    skills: Mapped[Words] = mapped_column(default=list)
    languages: Mapped[Words] = mapped_column(default=list)
    desired_state: Mapped[Word] = mapped_column(default="offline")
    active: Mapped[bool] = mapped_column(default=True)
