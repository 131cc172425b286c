"""The bases of what the API takes and answers."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator


class Answer(BaseModel):
    """What the API answers; made from attributes as well as from keys."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Input(BaseModel):
    """A body: unknown fields are faults, and types are not bent."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @field_validator("*", mode="after")
    @classmethod
    def _without_nul(cls, value: Any) -> Any:
        """PostgreSQL stores no NUL, so no text has one."""
        if isinstance(value, str) and "\0" in value:
            raise ValueError("Leave out the NUL character")
        return value


class Query(Input):
    """The query of an address: unknown names are faults; everything comes as text."""

    model_config = ConfigDict(extra="forbid", strict=False)
