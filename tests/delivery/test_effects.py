"""W5: nothing leaves the house while a transaction is open."""

import ast
from pathlib import Path

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError

from tests.delivery.world import inbox, transport_to
from tifo.delivery.adapters.imap import open_mailbox
from tifo.delivery.ports import Parcel, Verdict

SOURCE = Path(__file__).parents[2] / "src" / "tifo"
REACHING = {
    "aiosmtplib",
    "clickhouse_connect",
    "ftplib",
    "http",
    "httpx",
    "imapclient",
    "requests",
    "smtplib",
    "socket",
    "urllib3",
}
"""Modules by which a process speaks to another machine."""
KNOWN = {
    "delivery/adapters/imap/__init__.py": "guarded: ImapMailbox.receive",
    "delivery/adapters/smtp/greeting.py": "our own name only",
    "delivery/adapters/smtp/pool.py": "guarded: SmtpTransport.hand_over",
    "delivery/adapters/smtp/session.py": "reached through SmtpTransport.hand_over only",
    "delivery/adapters/smtp/wire.py": "reached through SmtpTransport.hand_over only",
    "delivery/queries/epoch.py": "our own name only",
    "content/actions.py": "looks whether links answer, and changes nothing",
    "kernel/jobs.py": "our own name only",
    "lake/adapters/clickhouse/engine.py": "the lake: a copy that any refresh brings up to date",
    "rewards/cli.py": "reads a public round, which the chain's own key proves",
    "server/doctor.py": "asks whether servers answer",
    "server/supervisor.py": "looks whether ports are free",
}
PARCEL = Parcel(1, "sender@example.org", "fan@example.org", b"Subject: x\r\n\r\nx\r\n")


@pytest.mark.django_db(transaction=True)
def test_w5_a_message_is_not_handed_over_inside_a_transaction() -> None:
    with inbox() as (sink, url):
        transport = transport_to(url)
        with pytest.raises(TransactionManagementError, match="reaches beyond"), transaction.atomic():
            transport.hand_over([PARCEL])
        assert sink.contents == []
        (outcome,) = transport.hand_over([PARCEL]).wait(30)
        transport.close()
    assert outcome.verdict is Verdict.ACCEPTED
    assert len(sink.contents) == 1


@pytest.mark.django_db
def test_w5_the_transaction_around_a_test_is_none_of_ours() -> None:
    with inbox() as (sink, url):
        transport = transport_to(url)
        transport.hand_over([PARCEL]).wait(30)
        transport.close()
    assert len(sink.contents) == 1


@pytest.mark.django_db(transaction=True)
def test_w5_a_mailbox_is_not_emptied_inside_a_transaction() -> None:
    mailbox = open_mailbox("imap://bounces:secret@127.0.0.1:1/INBOX")
    with pytest.raises(TransactionManagementError, match="reaches beyond"), transaction.atomic():
        mailbox.receive(lambda *_: None, lambda: False)


def _modules(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
        elif isinstance(node, ast.Attribute) and node.attr in (
            "create_connection",
            "open_connection",
            "urlopen",
        ):
            found.add("socket")
    return {name.partition(".")[0] for name in found - {"http.cookies"}} & REACHING


def test_w5_whatever_speaks_to_other_machines_is_known_and_guarded() -> None:
    reaching = {str(file.relative_to(SOURCE)) for file in SOURCE.rglob("*.py") if _modules(file)}
    guarded = {
        str(file.relative_to(SOURCE))
        for file in SOURCE.rglob("adapters/**/*.py")
        if "outside_transactions()" in file.read_text(encoding="utf-8")
    }
    assert guarded == {name for name, why in KNOWN.items() if why.startswith("guarded")}
    assert reaching | guarded == set(KNOWN)
