"""Participant, Team, Membership, Invitation, JoinRequest, MergeRequest."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import clock
from podium.core.db import Base, Key, word
from podium.core.ids import public_id


class Participant(Base):
    """A user who accepted the rules of a competition."""

    __tablename__ = "participants"
    __table_args__ = (UniqueConstraint("competition_id", "user_id"),)

    id: Mapped[Key]
    competition_id: Mapped[int] = mapped_column(
        ForeignKey("competitions.id", ondelete="CASCADE")
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    rules_accepted_at: Mapped[datetime] = mapped_column(default=clock.now)


class Team(Base):
    """Those who submit together. Quotas are the team's; its row is what they lock."""

    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("competition_id", "name_key"),)

    id: Mapped[Key]
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=public_id)
    competition_id: Mapped[int] = mapped_column(
        ForeignKey("competitions.id", ondelete="CASCADE")
    )
    name: Mapped[str] = mapped_column(String(80))
    name_key: Mapped[str] = mapped_column(String(80))  # core.text.name_key: unique so
    leader_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL")
    )
    # Counts up under the row's lock with every submission: the race's referee.
    submissions_made: Mapped[int] = mapped_column(default=0)
    # The secret part of an address at which others join, and until when it leads in.
    link_secret: Mapped[str | None] = mapped_column(String(64), unique=True)
    link_until: Mapped[datetime | None]
    # Whether others may ask to join: the leader's switch.
    open_to_requests: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    competition: Mapped[Competition] = relationship()
    memberships: Mapped[list[Membership]] = relationship(
        back_populates="team",
        order_by="Membership.joined_at",
        cascade="all, delete-orphan",
    )

    @property
    def members(self) -> list[User]:
        """The team's users, in the order they joined."""
        return [membership.user for membership in self.memberships]


class Membership(Base):
    """A user in a team. One team a user and competition: the database sees to it."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("competition_id", "user_id"),)

    id: Mapped[Key]
    team_id: Mapped[int] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), index=True
    )
    competition_id: Mapped[int] = mapped_column(
        ForeignKey("competitions.id", ondelete="CASCADE")
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    joined_at: Mapped[datetime] = mapped_column(default=clock.now)

    team: Mapped[Team] = relationship(back_populates="memberships")
    user: Mapped[User] = relationship()


class InvitationState(StrEnum):
    """What became of an invitation."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class Invitation(Base):
    """A team asks a user to join it."""

    __tablename__ = "invitations"

    id: Mapped[Key]
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=public_id)
    team_id: Mapped[int] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), index=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    invited_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL")
    )
    state: Mapped[InvitationState] = mapped_column(
        word(InvitationState), default=InvitationState.OPEN
    )
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    answered_at: Mapped[datetime | None]

    # Read along, never later: the team may be gone by then, and its invitations with it.
    team: Mapped[Team] = relationship(lazy="joined", innerjoin=True)
    user: Mapped[User] = relationship(foreign_keys=[user_id])
    invited_by: Mapped[User | None] = relationship(foreign_keys=[invited_by_id])


class JoinRequest(Base):
    """A user asks to become a member of a team. It is there until it is answered."""

    __tablename__ = "join_requests"
    __table_args__ = (UniqueConstraint("team_id", "user_id"),)

    id: Mapped[Key]
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=public_id)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    message: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    # Read along, never later: the team may be gone by then, and its requests with it.
    team: Mapped[Team] = relationship(lazy="joined", innerjoin=True)
    user: Mapped[User] = relationship()


class MergeRequest(Base):
    """A team asks another to become one with it; the other's name and leader stay."""

    __tablename__ = "merge_requests"

    id: Mapped[Key]
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=public_id)
    team_id: Mapped[int] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), index=True
    )
    other_id: Mapped[int] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), index=True
    )
    asked_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL")
    )
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    # Read along, never later: a team may be gone by then, and its requests with it.
    team: Mapped[Team] = relationship(
        foreign_keys=[team_id], lazy="joined", innerjoin=True
    )
    other: Mapped[Team] = relationship(
        foreign_keys=[other_id], lazy="joined", innerjoin=True
    )
    asked_by: Mapped[User | None] = relationship(foreign_keys=[asked_by_id])
