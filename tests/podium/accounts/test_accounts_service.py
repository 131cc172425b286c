"""Sign-up, log-in, profile and tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from podium.accounts import service
from podium.accounts.models import ApiToken, User
from podium.core import clock
from podium.core.db import Database
from podium.core.errors import Invalid, NotAllowed, NotFound
from podium.core.ids import fingerprint
from tests.podium.factories import PASSWORD, Factory
from tests.podium.threads import answers, at_once, errors

GOOD = {"username": "ada", "email": "ada@example.org", "password": PASSWORD}
WRONG = "The user name or password is not right. Check both and try again."


def sign_up(make: Factory, **values: str) -> User:
    with make.session() as session:
        return service.sign_up(session, **GOOD | values)


def faults(make: Factory, **values: str) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        sign_up(make, **values)
    assert caught.value.sentence == " ".join(caught.value.fields.values())
    return caught.value.fields


def test_names_and_addresses_are_kept_in_small_letters(make: Factory) -> None:
    user = sign_up(make, username=" Ada ", email="Ada@Example.ORG", display_name=" A ")
    assert (user.username, user.email) == ("ada", "ada@example.org")
    assert user.display_name == "A"


def test_a_password_is_kept_as_argon2id(make: Factory) -> None:
    user = sign_up(make)
    assert user.password is not None
    assert user.password.startswith("$argon2id$")
    assert PASSWORD not in user.password


def test_all_faults_are_told_at_once(make: Factory) -> None:
    found = faults(
        make, username="-", email="nowhere", password="short", display_name="x" * 81
    )
    assert set(found) == {"username", "email", "password", "display_name"}


def test_what_is_taken_is_told_beside_other_faults(make: Factory) -> None:
    sign_up(make)
    found = faults(make, email="ADA@example.org", password="short")
    assert set(found) == {"username", "email", "password"}
    assert "taken" in found["username"]
    assert "Log in instead" in found["email"]


@pytest.mark.parametrize(
    "username",
    ["", "ab", "-ada", "ada_", "a da", "ädа", "a" * 41, "admin", "ad\0a", "a\na"],
)
def test_a_name_that_is_none_is_refused(make: Factory, username: str) -> None:
    assert set(faults(make, username=username)) == {"username"}


@pytest.mark.parametrize("username", ["abc", "a-b", "a_b", "007", "a" * 40])
def test_a_good_name_is_taken(make: Factory, username: str) -> None:
    assert sign_up(make, username=username).username == username


@pytest.mark.parametrize(
    "email",
    [
        *("", "ada", "ada@", "@x.org", "ada@org", "a b@x.org", "a@b@x.org"),
        *("a@x..org", "a\0@x.org", f"{'a' * 65}@x.org", f"a@{'x' * 250}.org"),
    ],
)
def test_an_address_that_is_none_is_refused(make: Factory, email: str) -> None:
    assert set(faults(make, email=email)) == {"email"}


@pytest.mark.parametrize(
    "password", ["", "a" * 9, "a" * 501, "half a \ud83d pair", "ada@example.org"]
)
def test_a_weak_password_is_refused(make: Factory, password: str) -> None:
    assert set(faults(make, password=password)) == {"password"}


@pytest.mark.parametrize("name", ["x" * 81, "a\0b", "two\nlines", "\ud800"])
def test_a_display_name_must_be_visible(make: Factory, name: str) -> None:
    assert set(faults(make, display_name=name)) == {"display_name"}


@pytest.mark.database
def test_of_two_who_sign_up_with_one_name_one_gets_it(make: Factory) -> None:
    calls = [
        lambda n=number: sign_up(make, email=f"ada{n}@example.org")
        for number in range(4)
    ]
    results = at_once(calls)
    assert len(answers(results)) == 1
    for error in errors(results):
        assert isinstance(error, Invalid)
        assert set(error.fields) == {"username"}


@pytest.mark.database
def test_a_sign_up_that_fails_leaves_the_rest_of_the_transaction(
    database: Database, make: Factory
) -> None:
    sign_up(make)
    with database.session() as session:
        service.sign_up(session, **GOOD | {"username": "bob", "email": "b@x.org"})
        with pytest.raises(Invalid):
            service.sign_up(session, **GOOD)
        session.commit()
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 2


@pytest.mark.parametrize("login", ["ada", " ADA ", "Ada@Example.org"])
def test_name_or_address_and_password_let_in(make: Factory, login: str) -> None:
    ada = sign_up(make)
    with make.session() as session:
        found = service.check_password(session, login=login, password=PASSWORD)
    assert found.id == ada.id


@pytest.mark.database
@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("ada", "wrong password"),
        ("ada", ""),
        ("ada", "\ud800"),
        ("ada", "\0"),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("a\0da", PASSWORD),
        ("\ud800", PASSWORD),
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(
    make: Factory, login: str, password: str
) -> None:
    make.user("ada")
    with (
        make.session() as session,
        pytest.raises(NotAllowed, match=f"^{WRONG}$") as caught,
    ):
        service.check_password(session, login=login, password=password)
    assert caught.value.kind == "log_in"


@pytest.mark.parametrize(
    "values", [{"active": False}, {"password": None}, {"password": "not a hash"}]
)
def test_who_cannot_log_in_gets_the_same_answer_too(
    make: Factory, values: dict[str, object]
) -> None:
    make.user("ada")
    with make.session() as session:
        session.execute(update(User).values(values))
    with make.session() as session, pytest.raises(NotAllowed, match=f"^{WRONG}$"):
        service.check_password(session, login="ada", password=PASSWORD)


def test_the_same_work_is_done_where_there_is_no_such_user(
    make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified = []

    class Hasher:
        def verify(self, stored: str, password: str) -> bool:
            verified.append(stored[:10])
            return True

    service._nobody()
    monkeypatch.setattr(service, "hasher", Hasher)
    with make.session() as session, pytest.raises(NotAllowed):
        service.check_password(session, login="nobody", password=PASSWORD)
    assert verified == ["$argon2id$"]


def test_a_user_is_found_by_name(make: Factory) -> None:
    ada = make.user("ada")
    make.user("gone", active=False)
    with make.session() as session:
        assert service.by_username(session, " Ada").id == ada.id
        for name in ("gone", "nobody", "a\0b", ""):
            with pytest.raises(NotFound):
                service.by_username(session, name)


def test_a_profile_tells_all_its_faults(make: Factory) -> None:
    user = make.user("ada")
    with make.session() as session, pytest.raises(Invalid) as caught:
        service.update_profile(
            session,
            user=session.get_one(User, user.id),
            display_name="x" * 81,
            about="x\0",
            link="javascript:alert(1)",
        )
    assert set(caught.value.fields) == {"display_name", "about", "link"}


@pytest.mark.parametrize(
    "link", ["ftp://x.org", "x.org", "https://", "https://a b", f"https://{'x' * 300}"]
)
def test_a_link_must_be_one_to_follow(make: Factory, link: str) -> None:
    user = make.user("ada")
    with make.session() as session, pytest.raises(Invalid) as caught:
        service.update_profile(
            session,
            user=session.get_one(User, user.id),
            display_name="",
            about="",
            link=link,
        )
    assert set(caught.value.fields) == {"link"}


def test_a_profile_is_changed(make: Factory) -> None:
    user = make.user("ada")
    with make.session() as session:
        service.update_profile(
            session,
            user=session.get_one(User, user.id),
            display_name=" Ada L. ",
            about="I *compute*.\n",
            link=" https://example.org/ada ",
        )
    with make.session() as session:
        ada = session.get_one(User, user.id)
        assert (ada.shown_name, ada.link) == ("Ada L.", "https://example.org/ada")


def make_token(
    make: Factory, user: User, days: int | None = None
) -> tuple[ApiToken, str]:
    with make.session() as session:
        return service.make_token(
            session,
            user=session.get_one(User, user.id),
            label="laptop",
            expires_days=days,
        )


def owner(make: Factory, secret: str) -> str | None:
    with make.session() as session:
        user = service.user_of_token(session, secret=secret)
        return user and user.username


def test_a_tokens_secret_is_kept_as_its_hash_only(make: Factory) -> None:
    token, secret = make_token(make, make.user("ada"))
    assert secret.startswith("podium_")
    assert len(secret) > 40
    assert token.sha256 == fingerprint(secret)
    assert owner(make, secret) == "ada"


@pytest.mark.parametrize("secret", ["", "podium_", "podium_guess", "\ud800", "\0"])
def test_what_is_no_token_is_nobodys(make: Factory, secret: str) -> None:
    make_token(make, make.user())
    assert owner(make, secret) is None


def test_a_token_ends_when_it_expires(make: Factory) -> None:
    token, secret = make_token(make, make.user("ada"), days=1)
    assert token.expires_at is not None
    assert owner(make, secret) == "ada"
    with make.session() as session:
        session.execute(
            update(ApiToken).values(expires_at=clock.now() - timedelta(seconds=1))
        )
    assert owner(make, secret) is None


def test_a_token_ends_with_its_user(make: Factory) -> None:
    _, secret = make_token(make, make.user())
    with make.session() as session:
        session.execute(update(User).values(active=False))
    assert owner(make, secret) is None


def test_a_revoked_token_is_useless_and_not_listed(make: Factory) -> None:
    user = make.user("ada")
    first, secret = make_token(make, user)
    second, _ = make_token(make, user)
    with make.session() as session:
        service.revoke_token(session, user=user, token_id=first.id)
    assert owner(make, secret) is None
    with make.session() as session:
        assert [t.id for t in service.tokens_of(session, user=user)] == [second.id]
        with pytest.raises(NotFound):
            service.revoke_token(session, user=user, token_id=first.id)


def test_nobody_revokes_anothers_token(make: Factory) -> None:
    token, secret = make_token(make, make.user("ada"))
    with make.session() as session, pytest.raises(NotFound):
        service.revoke_token(session, user=make.user("bob"), token_id=token.id)
    assert owner(make, secret) == "ada"


@pytest.mark.parametrize(
    ("label", "days", "fields"),
    [
        ("", None, {"label"}),
        ("x" * 81, None, {"label"}),
        ("a\0", None, {"label"}),
        ("x", 0, {"expires_days"}),
        (" ", 4000, {"label", "expires_days"}),
    ],
)
def test_a_tokens_faults_are_told(
    make: Factory, label: str, days: int | None, fields: set[str]
) -> None:
    user = make.user()
    with make.session() as session, pytest.raises(Invalid) as caught:
        service.make_token(session, user=user, label=label, expires_days=days)
    assert set(caught.value.fields) == fields


def test_the_use_of_a_token_is_noted_once_a_minute(make: Factory) -> None:
    token, _ = make_token(make, make.user())

    def touched() -> object:
        with make.session() as session:
            service.touch_token(session, token_id=token.id)
            return session.get_one(ApiToken, token.id).last_used_at

    first = touched()
    assert first is not None
    assert touched() == first
    with make.session() as session:
        earlier = clock.now() - timedelta(minutes=2)
        session.execute(update(ApiToken).values(last_used_at=earlier))
    assert touched() != earlier
    with make.session() as session:
        service.touch_token(session, token_id=12345)  # gone meanwhile: no error


def test_two_sessions_see_the_same_user(database: Database, make: Factory) -> None:
    ada = make.user("ada")
    with Session(database.engine) as session:
        assert session.get_one(User, ada.id).email == "ada@private.example"
