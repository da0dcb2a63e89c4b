from typing import Any

import pytest
from django.test import Client


@pytest.fixture
def client(settings: Any) -> Client:
    """Opens the look's own pages: without the gate, which belongs to the server."""
    settings.ROOT_URLCONF = "tests.ui.urls"
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("tifo.server")]
    settings.MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
    settings.TIFO_EVENT_NAME = "Games of Lutetia"
    settings.TIFO_ACCENT = "#1f5fbf"
    settings.ALLOWED_HOSTS = ["testserver"]
    return Client(raise_request_exception=False)
