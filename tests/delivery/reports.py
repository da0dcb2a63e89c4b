"""Mails that come back, as the servers of this world write them."""

import hashlib
from email.message import EmailMessage
from email.policy import SMTP

from tifo.delivery.ports import Parcel


def path_of(parcel: Parcel) -> str:
    """The envelope's sender: where its bounce goes."""
    assert "+" in parcel.sender
    return parcel.sender


def delivery_report(
    parcel: Parcel,
    *,
    status: str = "5.1.1",
    said: str = "550 5.1.1 <her@example.org>: user unknown",
    action: str = "failed",
    number: int = 1,
    whole: bool = True,
) -> bytes:
    """RFC 3464, as Postfix writes it; `whole` returns the message, else nothing of it."""
    content = parcel.content.partition(b"\r\n\r\n")[0] if whole else b"Subject: gone"
    mark = hashlib.sha256(f"{parcel.key} {number} {status} {said}".encode()).hexdigest()[:20]
    text = f"""Return-Path: <>
Date: Mon, 4 May 2026 10:00:00 +0000
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {parcel.sender}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
 boundary="{mark}"
Message-Id: <{mark}@mx.example.net>

This is a MIME-encapsulated message.

--{mark}
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--{mark}
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Mon, 4 May 2026 09:59:00 +0000

Final-Recipient: rfc822; {parcel.recipient}
Action: {action}
Status: {status}
Remote-MTA: dns; mail.example.org
Diagnostic-Code: smtp; {said}

--{mark}
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

""".replace("\n", "\r\n").encode()
    return text + content + f"\r\n\r\n--{mark}--\r\n".encode()


def complaint(parcel: Parcel, *, kind: str = "abuse", redacted: bool = True, number: int = 1) -> bytes:
    """RFC 5965, as the big providers send it; `redacted` blots out her address, not the seal."""
    returned = parcel.content
    if redacted:
        returned = returned.replace(parcel.recipient.encode(), b"redacted@example.invalid")
    head = f"""From: feedback <fbl@mail.example.net>
To: abuse@tifo.example
Subject: complaint about message
Message-Id: <arf.{parcel.key}.{number}@mail.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part"

--part
Content-Type: text/plain

This is an email abuse report.

--part
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Arrival-Date: Mon, 4 May 2026 10:00:00 +0000

--part
Content-Type: message/rfc822

""".replace("\n", "\r\n").encode()
    return head + returned + b"\r\n--part--\r\n"


def plain_bounce(parcel: Parcel, said: str, subject: str = "failure notice") -> bytes:
    """A bounce without a delivery report, as qmail and its kin write it."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "MAILER-DAEMON@old.example.net"
    mail["To"] = parcel.sender
    mail["Subject"] = subject
    mail["Message-ID"] = f"<plain.{parcel.key}.{len(said)}@old.example.net>"
    mail.set_content(
        f"Hi. This is the qmail-send program at old.example.net.\n\n<her@example.org>:\n{said}\n"
    )
    return mail.as_bytes()


def answer(parcel: Parcel, text: str, *, subject: str = "Re: News", automatic: bool = False) -> bytes:
    """What a person, or her absence note, writes back."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"Her <{parcel.recipient}>"
    mail["To"] = parcel.sender
    mail["Subject"] = subject
    mail["Message-ID"] = f"<answer.{parcel.key}.{len(text)}@example.org>"
    if automatic:
        mail["Auto-Submitted"] = "auto-replied (vacation)"
    mail.set_content(text)
    return mail.as_bytes()
