"""Accounts: registration, sign-in, and who makes a request."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pwdlib import PasswordHash
from pydantic import BaseModel, Field, SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from example_app.cache import RateLimit
from example_app.database import AccessToken, DatabaseSession, User, now
from example_app.monitoring import identify

TOKEN_LIFETIME: Final = timedelta(hours=12)

router = APIRouter(tags=["accounts"])
passwords = PasswordHash.recommended()
bearer = HTTPBearer(auto_error=False)

NO_PASSWORD: Final = passwords.hash(secrets.token_urlsafe())
"""Checked for unknown emails, so that the answer takes as long as for known ones."""

Email = Annotated[str, Field(max_length=254, pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+$")]


class Registration(BaseModel):
    """Who wants an account."""

    email: Email
    password: Annotated[SecretStr, Field(min_length=12, max_length=128)]


class SignIn(BaseModel):
    """Who says that the account is theirs."""

    email: str
    password: SecretStr


class Account(BaseModel):
    """What users learn of their account."""

    id: int
    email: str


class IssuedToken(BaseModel):
    """A bearer token, shown once."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105
    expires_in: int


@router.post("/users", status_code=201, dependencies=[Depends(RateLimit("registration", 20))])
def register(registration: Registration, session: DatabaseSession) -> Account:
    """Open an account."""
    if is_registered(session, registration.email):
        raise HTTPException(422, "this email has an account")
    user = User(email=registration.email, password_hash=passwords.hash(registration.password.get_secret_value()))
    session.add(user)
    session.commit()
    return Account(id=user.id, email=user.email)


@router.post("/tokens", status_code=201, dependencies=[Depends(RateLimit("sign-in", 20))])
def sign_in(attempt: SignIn, session: DatabaseSession) -> IssuedToken:
    """Get a bearer token for an account."""
    user = session.scalar(select(User).where(User.email == attempt.email))
    known = NO_PASSWORD if user is None else user.password_hash
    if not passwords.verify(attempt.password.get_secret_value(), known) or user is None:
        raise HTTPException(401, "wrong email or password")
    token = secrets.token_urlsafe(32)
    session.add(AccessToken(token_hash=hash_of(token), user_id=user.id, expires_at=now() + TOKEN_LIFETIME))
    session.commit()
    return IssuedToken(access_token=token, expires_in=int(TOKEN_LIFETIME.total_seconds()))


def is_registered(session: Session, email: str) -> bool:
    """Whether somebody has an account with this email."""
    return session.scalar(select(User.id).where(User.email == email)) is not None


def user_if_any(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)], session: DatabaseSession
) -> User | None:
    """Whom the bearer token belongs to, or None without a token. 401 for a wrong one. Sentry learns who it is."""
    if credentials is None:
        return None
    token = session.get(AccessToken, hash_of(credentials.credentials))
    if token is None or token.expires_at < now():
        raise HTTPException(401, "unknown or expired token", headers={"WWW-Authenticate": "Bearer"})
    identify(token.user.id, token.user.email)
    return token.user


def signed_in_user(user: Annotated[User | None, Depends(user_if_any)]) -> User:
    """Whom the bearer token belongs to. 401 without a token."""
    if user is None:
        raise HTTPException(401, "sign in first", headers={"WWW-Authenticate": "Bearer"})
    return user


SignedInUser = Annotated[User, Depends(signed_in_user)]


@router.get("/users/me")
def me(user: SignedInUser) -> Account:
    """The account of whom the token belongs to."""
    return Account(id=user.id, email=user.email)


def hash_of(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
