"""Signed-in people for tests."""

import itertools

from django.test import Client

from tifo.accounts.models import User
from tifo.accounts.public import create_staff, ensure_account

PASSWORD = "a calm stadium evening"

_numbers = itertools.count(1)


def staff(*roles: str) -> User:
    """Somebody on the staff with these roles, and the password PASSWORD."""
    number = next(_numbers)
    user_id = create_staff(f"staff{number}@example.org", f"Staff {number}", PASSWORD, roles)
    return User.objects.get(pk=user_id)


def fan_account() -> User:
    """Somebody who signs in without being on the staff."""
    return User.objects.get(pk=ensure_account(f"fan{next(_numbers)}@example.org", name="Léa"))


def client_of(user: User) -> Client:
    """A browser in which this person is signed in."""
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def staff_client(*roles: str) -> Client:
    """A browser in which somebody with these roles is signed in."""
    return client_of(staff(*roles))
