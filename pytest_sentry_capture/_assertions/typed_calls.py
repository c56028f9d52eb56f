"""Stands for what ``typed_calls.pyi`` says of the calls that take a kind with its criteria, or options of the SDK.

At run time there is nothing to say: the classes that come next in the order of bases do it.
"""

from __future__ import annotations


class TypedFind:
    """A search."""

    __slots__ = ()


class TypedCalls(TypedFind):
    """Searches, assertions and waits."""

    __slots__ = ()


class TypedClient:
    """The client, and a change of its options."""

    __slots__ = ()


class TypedInit:
    """An initialization of the SDK."""

    __slots__ = ()
