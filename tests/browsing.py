"""A real browser on our pages without a server between: Django answers its requests in the test's own transaction."""

import mimetypes
from contextvars import copy_context
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from django.test import Client

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1440, "height": 900}
HOUSE = "http://tifo.localhost"


def browsing(chromium: Any, client: Client, **options: Any) -> Any:
    """A page whose requests Django answers directly, forms too; any other host is refused."""
    page = chromium.new_context(**options).new_page()
    here = copy_context()  # Django finds its connection by it, and with that the test's transaction

    def answer(route: Any) -> None:
        asked = route.request
        parts = urlsplit(asked.url)
        if parts.netloc != "tifo.localhost":
            route.abort()
        elif parts.path.startswith("/static/"):
            found = Path(str(finders.find(parts.path.removeprefix("/static/"))))
            route.fulfill(body=found.read_bytes(), content_type=mimetypes.guess_type(found.name)[0])
        else:
            got = here.run(
                client.generic,
                asked.method,
                f"{parts.path}?{parts.query}",
                asked.post_data_buffer or b"",
                content_type=asked.headers.get("content-type", ""),
                headers={"Accept-Language": options.get("locale", "en")},
            )
            _pass_on(route, got, here.run(got.getvalue))  # what is streamed is read there too

    page.route("**/*", answer)
    return page


def _pass_on(route: Any, got: Any, body: bytes) -> None:
    """An answer of Django's; the browser doesn't ask us where a redirect leads, so it goes on by itself."""
    headers = {name: value for name, value in got.headers.items() if name != "Content-Length"}
    if got.status_code in (301, 302):
        onward = f'<meta http-equiv="refresh" content="0;url={escape(got["Location"])}">'
        route.fulfill(body=onward, content_type="text/html")
    else:
        route.fulfill(status=got.status_code, body=body, headers=headers)


def go(page: Any, where: str) -> None:
    page.goto(f"{HOUSE}{where}")
    page.wait_for_load_state("load")


def faults(page: Any, viewport: dict[str, int]) -> list[tuple[str, object]]:
    """What axe finds on a page, what is wider than the screen, and what is too small for a thumb."""
    violations = Axe().run(page).response["violations"]
    found: list[tuple[str, object]] = [
        (rule["id"], [one["target"] for one in rule["nodes"]]) for rule in violations
    ]
    wide = page.evaluate("document.documentElement.scrollWidth")
    found += [("wide", wide)] if wide > viewport["width"] else []
    small = page.evaluate(
        """[...document.querySelectorAll('button, .button, nav a, input:not([type=hidden]), select')]
           .filter(e => e.offsetParent && !e.matches('[type=radio], [type=checkbox]'))
           .filter(e => e.getBoundingClientRect().height < 43.9).map(e => e.outerHTML.slice(0, 80))"""
    )
    return [*found, *(("small", one) for one in small)]
