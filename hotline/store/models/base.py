"""What all tables share: the declarative base, the naming of constraints, and the column types.

Times are Unix seconds in UTC as double precision floats, everywhere, as in `hotline.core`. A column whose name ends in
`_enc` holds a value sealed by `hotline.secrecy`; its docstring or :data:`CONTEXTS` says under which context. `_hash` is
the blind index of the normalised national number, `_masked` what may be shown to anyone who may see the row.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Final

from sqlalchemy import JSON, BigInteger, CheckConstraint, Double, MetaData, String, Text, text
from sqlalchemy.orm import DeclarativeBase, mapped_column

Key = Annotated[str, mapped_column(String(64))]
"""An identifier made by `hotline.core.ids.new_id`, or a short code."""
Word = Annotated[str, mapped_column(String(64))]
"""A word out of a closed list, or another short text that identifies nobody."""
Name = Annotated[str, mapped_column(String(200))]
Long = Annotated[str, mapped_column(Text)]
Sealed = Annotated[str, mapped_column(Text)]
Hash = Annotated[str, mapped_column(String(64))]
Time = Annotated[float, mapped_column(Double)]
Seconds = Annotated[float, mapped_column(Double)]
Count = Annotated[int, mapped_column(BigInteger)]
"""A number that somebody else counts, of any size."""
Words = Annotated[list[str], mapped_column(JSON)]
Json = Annotated[dict[str, Any], mapped_column(JSON)]

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all tables. Fixed constraint names let a migration on SQLite and PostgreSQL find what it changes."""

    metadata = MetaData(naming_convention=NAMING)


def one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    """The column holds one of `words` (a second net: the code checks first)."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def where(condition: str) -> dict[str, Any]:
    """For a partial `Index` on both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


CONTEXTS: Final = {
    "calls.caller_enc": "call.caller:{id}",
    "experts.phone_enc": "experts.phone:{id}",
    "staff_phones.phone_enc": "staff_phones.phone:{id}",
    "expert_phones.phone_enc": "experts.phone:{id}",
    "expert_interests.party_enc": "expert_interests.party:{id}",
    "call_forms.caller_name_enc": "call_forms.caller_name:{id}",
    "call_forms.caller_number_enc": "call_forms.caller_number:{id}",
    "call_forms.address_enc": "call_forms.address:{id}",
    "call_forms.id_number_enc": "call_forms.id_number:{id}",
    "call_forms.opposing_party_enc": "call_forms.opposing_party:{id}",
    "call_forms.texts_enc": "call_forms.texts:{id}",
    "tickets.caller_name_enc": "tickets.caller_name:{id}",
    "tickets.caller_number_enc": "tickets.caller_number:{id}",
    "tickets.address_enc": "tickets.address:{id}",
    "tickets.id_number_enc": "tickets.id_number:{id}",
    "tickets.opposing_party_enc": "tickets.opposing_party:{id}",
    "ticket_safety.contact_enc": "ticket_safety.contact:{id}",
    "ticket_safety.note_enc": "ticket_safety.note:{id}",
    "emergencies.report_enc": "emergencies.report:{id}",
    "callback_tasks.caller_enc": "callback_tasks.caller:{id}",
    "external_hotlines.number_enc": "external_hotlines.number:{id}",
    "visits.visitor_name_enc": "visits.visitor_name:{id}",
    "exports.q_enc": "exports.q:{id}",
    "visits.number_enc": "visits.number:{id}",
    "letters.to_enc": "letters.to:{id}",
    "letters.text_enc": "letters.text:{id}",
    "account_contacts.address_enc": "account_contacts.address:{id}",
}
"""Every sealed column and the context its values are bound to; `{id}` is the row's primary key (of `expert_phones`:
the expert's). The caller's number of a call keeps the context under which the conversation sealed it
(`call.caller:<call_id>`)."""


def context(column: str, row_id: str) -> str:
    """The sealing context of `table.column` in the row `row_id`. Raises KeyError for a column that is not sealed."""
    return CONTEXTS[column].format(id=row_id)
