"""What the components write."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils import translation

from tifo.ui.public import Bar

PAGES = ("/studio/components/", "/studio/components/club/", "/studio/components/plain/")


def written(source: str, query: str = "", **values: Any) -> str:
    request = RequestFactory().get(f"/list/?{query}")
    with translation.override("en"):
        return Template("{% load ui %}" + source).render(Context({"request": request, **values}))


class Inline(HTMLParser):
    """Finds what a strict Content Security Policy forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.found += [name for name in names if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [
            str(value) for value in names.values() if (value or "").startswith(("javascript:", "//"))
        ]


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_pages_keep_to_a_strict_policy(client: Client, address: str, language: str) -> None:
    answer = client.get(address, headers={"Accept-Language": language})
    assert answer.status_code == 200
    text = answer.content.decode()
    reader = Inline()
    reader.feed(text)
    assert reader.found == []
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in text
    assert "Games of Lutetia" in text
    assert text.count("<h1>") == (1 if "club" not in address else text.count("<h1>"))


def test_what_people_wrote_is_escaped() -> None:
    evil = "<script>alert(1)</script>"
    page = written(
        "{% badge x %}{% card x lead=x %}in{% endcard %}{% figure x x of=x change=x %}{% notice title=x %}{% endnotice %}"
        "{% empty x text=x action=x href='/' %}{% button x %}{% link_button x x %}{% copy x label=x %}{% section x lead=x %}{% endsection %}"
        "{% table x %}{% endtable %}{% term x x %}{% column x sort='x' %}{% bars rows label=x %}{% search x placeholder=x %}{% tab x x %}{% step x x %}"
        "{% preview x x %}{% ticket sport=x starts_at=at timezone='UTC' gate=x programme=x venue=x status=x href=x %}"
        "{% confirm 'n' button=x title=x action=x submit=x typed=x %}{{ x }}{% endconfirm %}{% entry at title=x %}{{ x }}{% endentry %}"
        "{% tabs x %}{% endtabs %}{% steps x %}{% endsteps %}{% progress 1 2 label=x %}{% live x %}{% endlive %}",
        query="q=" + evil,
        x=evil + "\"'",
        rows=[Bar(evil, 1, 2, text=evil, href=evil)],
        at=datetime(2024, 1, 1, tzinfo=UTC),
    )
    assert "<script" not in page
    assert "alert(1)" in page
    assert "\"'" not in page


def test_column_sorts_and_turns_round() -> None:
    source = '{% column "Name" sort="name" %}'
    assert 'href="?q=l%C3%A9a&amp;sort=name"' in written(source, "q=léa&page=3")
    up = written(source, "sort=name")
    assert 'aria-sort="ascending"' in up
    assert 'href="?sort=-name"' in up
    assert 'aria-sort="descending"' in written(source, "sort=-name")
    assert "<a" not in written('{% column "Name" %}')


def test_pagination_keeps_the_question() -> None:
    page = Paginator(range(12480), 50).get_page(3)
    text = written("{% pagination page %}", "q=judo&page=3", page=page)
    assert 'href="?q=judo&amp;page=2"' in text
    assert 'href="?q=judo&amp;page=4"' in text
    assert "101 to 150 of 12,480" in text


def test_search_keeps_the_order() -> None:
    text = written('{% search "Search fans" %}', "q=l%22a&sort=-name")
    assert 'value="l&quot;a"' in text
    assert '<input type="hidden" name="sort" value="-name">' in text


class Questions(forms.Form):
    email = forms.EmailField(help_text="Where the test goes.")
    agreed = forms.BooleanField()
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect, required=False)
    secret = forms.CharField(widget=forms.HiddenInput, initial="7")


def test_field_says_label_help_and_error() -> None:
    text = written("{% field form.email %}", form=Questions({"email": "lea@"}))
    assert '<label for="id_email">Email</label>' in text
    assert 'aria-describedby="id_email_helptext id_email_error"' in text
    assert 'aria-invalid="true"' in text
    assert 'id="id_email_helptext">Where the test goes.' in text
    assert 'id="id_email_error"' in text
    assert "Enter a valid email address." in text


def test_fields_of_each_kind() -> None:
    text = written(
        "{% form_errors form %}{% form_fields form %}", form=Questions({"kind": "c", "secret": "7"})
    )
    assert "<fieldset" in text
    assert "(optional)" in text
    assert '<input type="hidden" name="secret"' in text
    assert "3 fields need a look" in text
    assert '<a href="#id_agreed">' in text
    assert "form_errors" not in written("{% form_errors form %}", form=Questions())


def test_code_is_written_left_to_right() -> None:
    text = written("{% field form.email code=True %}", form=Questions())
    assert 'class="code"' in text
    assert 'dir="ltr"' in text
    assert 'spellcheck="false"' in text


def test_bars_say_certain_to_all() -> None:
    text = written(
        "{% bars rows label='Opened' %}", rows=[Bar("all", 0.63, 1, certain=0.41), Bar("fr", 30, 120)]
    )
    assert "41% … 63%" in text
    assert '<rect class="bar-sure" width="41.00%"' in text
    assert "30\u00a0·\u00a025%" in text
    assert written("{% bars rows label='x' %}", rows=[Bar("none", 0, 0)]).count("bar-sure") == 1


def test_ticket_shows_the_time_of_the_venue() -> None:
    text = written(
        '{% ticket sport="Surfing" starts_at=at timezone="Pacific/Tahiti" gate="C" %}',
        at=datetime(2024, 7, 27, 17, 0, tzinfo=UTC),
    )
    assert ">07:00</time>" in text
    assert "Saturday 27 July" in text
    assert "Tahiti time" in text
    assert "<dt>Gate</dt><dd><bdi>C</bdi></dd>" in text
    assert "Seat" not in text


def test_signal_always_has_a_sign() -> None:
    for signal in ("good", "watch", "stop", "info"):
        assert "<svg" in written(f"{{% badge 'x' signal='{signal}' %}}")
    assert written("{{ 'error extra'|message_signal }} {{ ''|message_signal }}") == "stop info"


def test_confirmation_carries_the_token_and_the_word() -> None:
    text = written(
        '{% confirm "erase" button="Erase" title="Erase?" typed="léa" action="/x/" submit="Erase" %}gone{% endconfirm %}',
        csrf_token="t0k",
    )
    assert 'value="t0k"' in text
    assert 'data-typed="léa"' in text
    assert 'popovertarget="erase"' in text


@pytest.mark.parametrize(("address", "status"), [("/nothing/", 404), ("/broken/", 500)])
def test_error_pages(client: Client, address: str, status: int, caplog: pytest.LogCaptureFixture) -> None:
    answer = client.get(address, headers={"Accept-Language": "en"})
    assert answer.status_code == status
    text = answer.content.decode()
    assert "Games of Lutetia" in text
    assert 'href="/look/accent.css?v=' in text


def test_accent_may_be_kept_for_good(client: Client) -> None:
    answer = client.get("/look/accent.css")
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in answer["Cache-Control"]
    assert b"--accent:#1f5fbf" in answer.content
    assert client.post("/look/accent.css").status_code == 405


def test_language_is_chosen_by_a_form(client: Client) -> None:
    answer = client.post("/look/language/", {"language": "ar", "next": "/studio/components/plain/"})
    assert (answer.status_code, answer["Location"]) == (302, "/studio/components/plain/")
    assert 'dir="rtl"' in client.get("/studio/components/plain/").content.decode()
    away = client.post("/look/language/", {"language": "fr", "next": "https://elsewhere.example/"})
    assert away["Location"] == "/"
