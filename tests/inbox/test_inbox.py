"""The demo's mail server keeps what arrives, and shows it as received."""

import smtplib
import socket
import subprocess
import sys
import time
from email.message import EmailMessage

import pytest
from django.conf import LazySettings
from django.test import Client

from tests.processes import environment
from tifo.inbox.public import clear, keep, mail, mail_count, mails


def _message(subject: str, language: str = "fr") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Valmera <news@valmera.example>"
    message["To"] = "Léa <lea@lac.example>"
    message["Subject"] = subject
    message["List-Unsubscribe"] = "<mailto:x@y.example>, <http://127.0.0.1:8001/u/abc>"
    message.set_content("Bonjour")
    message.add_alternative("<p>Bonjour <script>alert(1)</script></p>", subtype="html")
    message["Content-Language"] = language
    return message


def test_mails_come_back_as_received() -> None:
    keep(_message("Ta semaine ✓").as_bytes(), ["lea@lac.example", "max@lac.example"])
    lines = mails()
    assert [(line.recipient, line.subject, line.language) for line in lines] == [
        ("max@lac.example", "Ta semaine ✓", "fr"),
        ("lea@lac.example", "Ta semaine ✓", "fr"),
    ]
    found = mail(lines[0].id)
    assert found is not None
    assert found.text == "Bonjour\n"
    assert found.unsubscribe_url == "http://127.0.0.1:8001/u/abc"
    assert mail_count("lea@") == 1
    assert mails("100%") == []
    clear()
    assert mail_count() == 0
    assert mail(1) is None


@pytest.mark.django_db
def test_the_body_may_not_run_scripts(client: Client) -> None:
    keep(_message("x").as_bytes(), ["lea@lac.example"])
    page = client.get("/inbox/1/body/")
    assert page.status_code == 200
    policy = page["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert client.get("/inbox/").status_code == 200
    assert client.get("/inbox/1/").status_code == 200
    assert client.get("/inbox/2/").status_code == 404


@pytest.mark.django_db
def test_it_is_closed_in_production(client: Client, settings: LazySettings) -> None:
    keep(_message("x").as_bytes(), ["lea@lac.example"])
    settings.PRODUCTION = True
    for url in ("/inbox/", "/inbox/1/", "/inbox/1/body/", "/inbox/1/source/"):
        assert client.get(url).status_code == 404


def test_the_server_keeps_what_arrives(settings: LazySettings) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = environment(settings, TIFO_INBOX_BIND=f"127.0.0.1:{port}")
    with subprocess.Popen([sys.executable, "-m", "tifo", "inbox"], env=variables) as server:
        try:
            for _ in range(200):
                try:
                    smtp = smtplib.SMTP("127.0.0.1", port, timeout=10)
                    break
                except OSError:
                    time.sleep(0.05)
            with smtp:
                smtp.send_message(_message("over the wire"), to_addrs=["lea@lac.example"])
        finally:
            server.terminate()
        assert server.wait(10) == 0
    assert [line.subject for line in mails()] == ["over the wire"]
