"""The bases of what the API takes and answers."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator

from podium.core.text import storable


class Answer(BaseModel):
    """What the API answers; made from attributes as well as from keys."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Input(BaseModel):
    """A body: unknown fields are faults, and types are not bent."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @field_validator("*", mode="before")
    @classmethod
    def _whole(cls, value: Any) -> Any:
        """JSON has one kind of number: 3.0 is as whole as 3."""
        return int(value) if isinstance(value, float) and value.is_integer() else value

    @field_validator("*", mode="after")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        """Refuse a text that a database can't hold."""
        if isinstance(value, str) and not storable(value):
            raise ValueError("Leave out the NUL character")
        return value


class Query(Input):
    """The query of an address: unknown names are faults; everything comes as text."""

    model_config = ConfigDict(extra="forbid", strict=False)
