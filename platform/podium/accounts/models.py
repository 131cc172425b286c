"""Users, roles and API tokens."""

from __future__ import annotations

from datetime import datetime

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import Column, ForeignKey, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from podium.core import clock
from podium.core.db import Base, BigKeyColumn, Key, Sha256
from podium.core.ids import public_id

ADMIN, ORGANIZER = "admin", "organizer"  # roles that Podium knows

role_members = Table(
    "role_members",
    Base.metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
)


class Role(Base, RoleMixin):
    """What a group of users may do; `admin` is the operator's."""

    __tablename__ = "roles"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str] = mapped_column(String(255), default="")
    permissions: Mapped[list[str]] = mapped_column(default=list)


class User(Base, UserMixin):
    """A person. The columns without a comment are Flask-Security's."""

    __tablename__ = "users"

    id: Mapped[Key]
    username: Mapped[str] = mapped_column(String(40), unique=True)  # in addresses
    email: Mapped[str] = mapped_column(String(255), unique=True)
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    confirmed_at: Mapped[datetime | None]
    create_datetime: Mapped[datetime] = mapped_column(default=clock.now)
    update_datetime: Mapped[datetime] = mapped_column(
        default=clock.now, onupdate=clock.now
    )
    display_name: Mapped[str] = mapped_column(String(80), default="")
    about: Mapped[str] = mapped_column(Text, default="")  # Markdown, public
    link: Mapped[str] = mapped_column(String(300), default="")  # their own page
    mail_off: Mapped[list[str]] = mapped_column(default=list)  # events not to be mailed
    # Since then nothing of the person is kept but the row that others refer to.
    deleted_at: Mapped[datetime | None]

    roles: Mapped[list[Role]] = relationship(  # type: ignore[assignment]  # narrower
        secondary=role_members
    )

    @property
    def is_admin(self) -> bool:
        """Whether the operator made them an administrator."""
        return any(role.name == ADMIN for role in self.roles)

    @property
    def shown_name(self) -> str:
        """The name that others see."""
        return self.display_name or self.username


class ApiToken(Base):
    """A personal access token; only the hash of its secret is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    label: Mapped[str] = mapped_column(String(80))
    sha256: Mapped[Sha256] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class LogIn(Base):
    """A browser in which a user is logged in; it goes when they log out there.

    It counts only while ``uniquifier`` is still the user's: a new password ends all.
    """

    __tablename__ = "log_ins"

    id: Mapped[BigKeyColumn]
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=public_id)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    sha256: Mapped[Sha256] = mapped_column(unique=True)  # of the secret in the cookie
    uniquifier: Mapped[str] = mapped_column(String(64))
    device: Mapped[str] = mapped_column(String(80))  # like Firefox on Linux
    network: Mapped[str] = mapped_column(String(50))  # never the whole address
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)
