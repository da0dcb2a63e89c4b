"""Each test starts without tries counted, and with letters in the real queue."""

import pytest
from django.conf import LazySettings
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _no_limits_left_over(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        cache.clear()


@pytest.fixture(autouse=True)
def _letters(settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "tifo.delivery.adapters.django_mail.LetterBackend"
