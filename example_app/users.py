"""Who calls: a user is known by a bearer token, and Sentry learns the user's id, never the email."""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

import sentry_sdk
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer


class User(NamedTuple):
    """A customer of the bank."""

    id: str
    email: str


USERS_BY_TOKEN: Final = {
    "alice": User("alice", "alice@example.org"),
    "bob": User("bob", "bob@example.org"),
}

Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


def current_user(credentials: Credentials) -> User | None:
    """The user whom the bearer token belongs to, or None without a token; 401 for an unknown one."""
    if credentials is None:
        return None
    user = USERS_BY_TOKEN.get(credentials.credentials)
    if user is None:
        raise HTTPException(401, "unknown token")
    sentry_sdk.set_user({"id": user.id})
    return user


CurrentUser = Annotated[User | None, Depends(current_user)]
