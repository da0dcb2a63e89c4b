"""The mail after a real relay: Postfix with OpenDKIM signs it, and what arrives verifies (H2)."""

import re
import time
from email import message_from_bytes
from email.policy import default

import dkim
import pytest
from django.test import override_settings

from tests.delivery.world import inbox, transport_to
from tests.mail.newsletters import Newsletter, newsletters
from tests.mail.opendkim import OpenDkim, opendkim
from tests.postfix import postfix
from tifo.delivery.ports import Verdict

DOMAIN = "valmera.example"
COVERED = {
    "from",
    "subject",
    "date",
    "to",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "message-id",
    "mime-version",
}


def relayed(sent: list[Newsletter]) -> tuple[list[bytes], OpenDkim]:
    """What arrives at the other side."""
    with opendkim(DOMAIN) as signer, inbox() as (sink, url):
        port = re.search(r":(\d+)", url.removeprefix("smtp:"))
        assert port is not None
        with postfix(
            smtpd_milters=signer.milter,
            milter_default_action="tempfail",
            default_transport=f"smtp:[127.0.0.1]:{port[1]}",
        ) as server:
            with transport_to(server.url) as way_out:
                outcomes = way_out.hand_over([one.parcel for one in sent]).wait(30)
            assert {outcome.verdict for outcome in outcomes} == {Verdict.ACCEPTED}
            end = time.monotonic() + 60
            while len(sink.contents) < len(sent) and time.monotonic() < end:
                time.sleep(0.05)
            return list(sink.contents), signer


def test_dkim_verifies_after_the_relay_and_covers_the_way_out() -> None:
    """H2: the signature holds, covers From, Subject and both headers of RFC 8058, and its domain is the sender's; the
    envelope's too, so that SPF aligns. A changed sign breaks it."""
    with override_settings(TIFO_RETURN_PATH=f"bounces+*@{DOMAIN}"):
        sent = list(newsletters())
    arrived, signer = relayed(sent)
    assert len(arrived) == len(sent)

    def dns(name: bytes, timeout: int = 5) -> bytes | None:
        return (
            signer.record if name.rstrip(b".") == f"{signer.selector}._domainkey.{DOMAIN}".encode() else None
        )

    for content in arrived:
        assert dkim.verify(content, dnsfunc=dns)
        message = message_from_bytes(content, policy=default)
        tags = dict(re.findall(r"(\w+)=([^;]*)", re.sub(r"\s", "", str(message["DKIM-Signature"]))))
        assert tags["d"] == message["From"].addresses[0].domain == DOMAIN
        assert set(tags["h"].lower().split(":")) >= COVERED
        for old, new in (
            (b"Subject:", b"Subject: x"),
            (b"List-Unsubscribe: <https://", b"List-Unsubscribe: <https://x."),
        ):
            assert old in content
            assert not dkim.verify(content.replace(old, new, 1), dnsfunc=dns)
    assert {one.parcel.sender.rpartition("@")[2] for one in sent} == {DOMAIN}
    bodies = {content.partition(b"\r\n\r\n")[2] for content in arrived}
    assert bodies == {one.parcel.content.partition(b"\r\n\r\n")[2] for one in sent}  # not touched on the way


pytestmark = pytest.mark.timeout(120)
