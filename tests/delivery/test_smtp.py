"""The SMTP client against servers that behave and servers that don't (S6, and the faults of GUARANTEES)."""

import base64
import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.delivery.hostile import Script, server
from tests.delivery.world import CONTENT, IMPATIENT, inbox, transport_to
from tifo.delivery.adapters.smtp.address import server_address
from tifo.delivery.adapters.smtp.pool import SmtpTransport
from tifo.delivery.adapters.smtp.replies import MAX_REPLY, ReplyReader, Rubbish
from tifo.delivery.adapters.smtp.terms import Patience
from tifo.delivery.public import Outcome, Parcel
from tifo.delivery.rules.allow import allow_list
from tifo.kernel.public import Refused

CHUNKING = b"250-hostile\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 8BITMIME\r\n"
PLAIN = b"250-hostile\r\n250 8BITMIME\r\n"
FEATURES = {
    "data": b"250-hostile\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
    "chunking": CHUNKING,
    "plain": PLAIN,
}


def parcels(count: int, content: bytes = CONTENT) -> list[Parcel]:
    return [Parcel(n, "news@tifo.example", f"fan{n}@example.org", content) for n in range(count)]


def send(script: Script, count: int = 1, *, connections: int = 1, content: bytes = CONTENT) -> list[Outcome]:
    with (
        server(script) as port,
        transport_to(f"smtp://127.0.0.1:{port}?connections={connections}") as transport,
    ):
        return transport.hand_over(parcels(count, content)).wait(10)


def verdicts(outcomes: list[Outcome]) -> list[str]:
    return [outcome.verdict.value for outcome in outcomes]


@pytest.mark.parametrize("how", FEATURES)
def test_bodies_arrive_as_they_are(how: str) -> None:
    script = Script(ehlo=FEATURES[how])
    assert verdicts(send(script, 9)) == ["accepted"] * 9
    expected = CONTENT if how == "chunking" else CONTENT.replace(b"\n.", b"\n..")
    assert script.bodies == [expected] * 9
    assert script.connections == 1
    wanted = [f"RCPT TO:<fan{n}@example.org>".encode() for n in range(9)]
    assert [line for line in script.lines if line.startswith(b"RCPT")] == wanted


def test_a_leading_dot_and_a_missing_end_of_line_are_put_right() -> None:
    script = Script()
    assert verdicts(send(script, content=b".leading\r\nno end")) == ["accepted"]
    assert script.bodies == [b"..leading\r\nno end\r\n"]


def test_a_real_server_takes_them_over_several_connections_and_windows() -> None:
    with inbox() as (sink, url), transport_to(url) as transport:
        first, second = transport.hand_over(parcels(30)), transport.hand_over(parcels(30))
        assert verdicts(first.wait(20) + second.wait(20)) == ["accepted"] * 60
        assert transport.hand_over([]).wait(1) == []
    assert sink.recipients["fan7@example.org"] == 2
    assert sink.contents[0].replace(b"\r\n", b"\n").endswith(b".a line with a dot\n..two\n")


def test_eight_bit_is_announced() -> None:
    script = Script()
    send(script, content="Subject: x\r\n\r\né\r\n".encode())
    assert b"MAIL FROM:<news@tifo.example> BODY=8BITMIME" in script.lines


@pytest.mark.parametrize("how", FEATURES)
@pytest.mark.parametrize(
    ("verb", "code", "expected"),
    [
        ("MAIL", b"451", "deferred"),
        ("MAIL", b"550", "refused"),
        ("MAIL", b"530", "deferred"),
        ("RCPT", b"450", "deferred"),
        ("RCPT", b"550", "refused"),
    ],
)
def test_a_refusal_concerns_its_message_only(how: str, verb: str, code: bytes, expected: str) -> None:
    """The second of five is refused; servers answer 503 to what follows within its transaction."""
    state = {"bad": False, "seen": 0}

    def judge(line: bytes) -> bytes:
        if line.startswith(b"MAIL"):
            state["seen"] += 1
            state["bad"] = state["seen"] == 2 and verb == "MAIL"
            return code + b" no\r\n" if state["bad"] else b"250 ok\r\n"
        if state["bad"]:
            return b"503 no transaction\r\n"
        if verb == "RCPT" and b"fan1@" in line:
            state["bad"] = True
            return code + b" no\r\n"
        return b"250 ok\r\n"

    def reset(_: bytes) -> bytes:
        state["bad"] = False
        return b"250 ok\r\n"

    answers = {"MAIL": judge, "RCPT": judge, "RSET": reset}
    script = Script(
        ehlo=FEATURES[how], answers=answers, body=lambda _: b"503 no\r\n" if state["bad"] else b"250 ok\r\n"
    )
    outcomes = send(script, 5)
    assert verdicts(outcomes) == ["accepted", expected, "accepted", "accepted", "accepted"]
    assert outcomes[1].stage == verb
    assert outcomes[1].code == int(code)


@pytest.mark.parametrize("how", FEATURES)
@pytest.mark.parametrize(
    ("code", "expected"), [(b"451", "deferred"), (b"554", "refused"), (b"421", "deferred")]
)
def test_the_answer_after_the_body_counts(how: str, code: bytes, expected: str) -> None:
    seen = []

    def judge(body: bytes) -> bytes:
        seen.append(body)
        return code + b" no\r\n" if len(seen) == 2 else b"250 ok\r\n"

    outcomes = send(Script(ehlo=FEATURES[how], body=judge), 4)
    assert verdicts(outcomes)[:2] == ["accepted", expected]
    if code != b"421":
        assert verdicts(outcomes)[2:] == ["accepted", "accepted"]


def test_a_data_command_may_be_refused() -> None:
    assert verdicts(send(Script(answers={"DATA": b"451 later\r\n"}), 2)) == ["deferred", "deferred"]
    assert verdicts(send(Script(answers={"DATA": b"554 never\r\n"}), 2)) == ["refused", "refused"]


def test_data_after_a_refused_recipient_gets_an_empty_text() -> None:
    script = Script(answers={"RCPT": b"550 5.1.1 no\r\n"}, body=b"554 no recipients\r\n")
    assert verdicts(send(script, 2)) == ["refused", "refused"]
    assert [body.strip() for body in script.bodies] == [b"", b""]


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("how", FEATURES)
def test_a_connection_that_breaks_after_the_body_leaves_a_doubt(how: str, reset: bool) -> None:
    script = Script(ehlo=FEATURES[how], body=None, reset=reset)
    outcomes = send(script)
    assert verdicts(outcomes) == ["unknown"]
    assert len(script.bodies) == 1  # it was not sent a second time


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("how", ["data", "plain"])
def test_a_connection_that_breaks_before_the_body_leaves_none(how: str, verb: str) -> None:
    script = Script(ehlo=FEATURES[how], answers={verb: None})
    assert verdicts(send(script)) == ["deferred"]
    assert script.bodies == []
    assert script.connections == 3


@pytest.mark.parametrize(
    "answer",
    [
        b"hello?\r\n",
        b"99 no\r\n",
        b"999 no\r\n",
        b"150 what\r\n",
        b"250-a\r\n251 b\r\n",
        b"\xff\xfe\x00\r\n",
        b"250" * 5000,
    ],
)
def test_rubbish_after_the_body_is_a_doubt_and_before_it_is_none(answer: bytes) -> None:
    assert verdicts(send(Script(body=answer))) == ["unknown"]
    assert verdicts(send(Script(answers={"MAIL": answer}))) == ["deferred"]


def test_a_strange_but_valid_answer_is_an_answer() -> None:
    odd = b"250-2.0.0 \xc3\xa9\x07 taken\r\n250-and more\r\n250\r\n"
    outcomes = send(Script(body=odd))
    assert verdicts(outcomes) == ["accepted"]
    assert outcomes[0].text.isprintable()
    assert outcomes[0].text.isascii()


def test_an_endless_answer_is_cut_off() -> None:
    reader = ReplyReader()
    piece = b"250-" + b"x" * 1000 + b"\r\n"
    with pytest.raises(Rubbish):
        list(map(reader.feed, [piece] * MAX_REPLY))
    with pytest.raises(Rubbish):
        ReplyReader().feed(b"250 " + b"x" * 100_000)


def test_replies_may_come_in_any_pieces() -> None:
    data = b"250-one\r\n250-two\r\n250 three\r\n354 go\n"
    whole = ReplyReader().feed(data)
    reader = ReplyReader()
    pieces = [reply for byte in data for reply in reader.feed(bytes([byte]))]
    assert pieces == whole
    assert [(reply.code, reply.lines[0]) for reply in whole] == [(250, b"one"), (354, b"go")]


@pytest.mark.parametrize("stage", ["greeting", "MAIL", "body"])
def test_silence_ends(stage: str) -> None:
    script = Script()
    if stage == "greeting":
        script.greeting = b""
    elif stage == "MAIL":
        script.answers["MAIL"] = b""
    else:
        script.body = b""
    assert verdicts(send(script)) == ["unknown" if stage == "body" else "deferred"]


def test_a_trickle_of_bytes_does_not_buy_time() -> None:
    def drip(_: bytes) -> bytes:
        return b"250-x\r\n"

    # each line is a piece of one answer that never ends: the watch runs on
    assert verdicts(send(Script(answers={"MAIL": drip}))) == ["deferred"]


def test_a_server_that_stops_reading_cannot_have_taken_it() -> None:
    script = Script(stop_reading_body=True)
    outcomes = send(script, content=b"Subject: x\r\n\r\n" + b"x" * 70 * 400_000 + b"\r\n")
    assert verdicts(outcomes) == ["deferred"]


@pytest.mark.parametrize(
    "script",
    [
        Script(greeting=b"554 go away\r\n"),
        Script(greeting=b"421 too many\r\n"),
        Script(ehlo=b"550 no\r\n"),
        Script(greeting=None),
    ],
)
def test_a_server_that_will_not_talk_defers_all(script: Script) -> None:
    outcomes = send(script, 3)
    assert verdicts(outcomes) == ["deferred"] * 3
    assert {outcome.stage for outcome in outcomes} == {"connect"}
    assert script.connections == 1


def test_nobody_there_defers_all() -> None:
    with transport_to("smtp://127.0.0.1:9") as transport:
        outcomes = transport.hand_over(parcels(3)).wait(5)
    assert {(outcome.verdict.value, outcome.stage) for outcome in outcomes} == {("deferred", "connect")}


def test_a_server_that_only_knows_helo() -> None:
    answers = {"EHLO": b"502 what\r\n", "HELO": b"250 hostile\r\n"}
    assert verdicts(send(Script(answers=answers), 3)) == ["accepted"] * 3


def test_an_idle_connection_that_the_server_closed_is_replaced() -> None:
    calls = []

    def taken(body: bytes) -> bytes:
        calls.append(body)
        return b"250 ok\r\n" if len(calls) > 1 else b"250 ok\r\n421 closing\r\n"

    script = Script(body=taken)
    with server(script) as port, transport_to(f"smtp://127.0.0.1:{port}?connections=1") as transport:
        assert verdicts(transport.hand_over(parcels(1)).wait(5)) == ["accepted"]
        assert verdicts(transport.hand_over(parcels(1)).wait(5)) == ["accepted"]
    assert script.connections == 2


def test_stop_brings_back_what_has_not_begun() -> None:
    with server(Script(greeting=b"")) as port, transport_to(f"smtp://127.0.0.1:{port}") as transport:
        flight = transport.hand_over(parcels(3))
        transport.stop()
        assert verdicts(flight.wait(5)) == ["deferred"] * 3


def test_addresses_and_texts_that_smtp_cannot_carry_stay_here() -> None:
    script = Script()
    bad = [
        Parcel(1, "news@tifo.example", "a@b.c>\r\nRCPT TO:<x@y.z", CONTENT),
        Parcel(2, "news@tifo.example", "josé@example.org", CONTENT),
        Parcel(3, "news@tifo.example", "nobody", CONTENT),
        Parcel(4, "news@tifo.example", "a@example.org", b"Subject: x\n\nbare\n"),
        Parcel(5, "news@tifo.example", "a@example.org", b"Subject: x\r\n\r\n\n.\r\nMAIL FROM:<x@y.z>\r\n"),
        Parcel(6, "news@tifo.example", "a@example.org", b"Subject: x\r\n\r\na\r.\r\n"),
    ]
    with server(script) as port, transport_to(f"smtp://127.0.0.1:{port}") as transport:
        assert verdicts(transport.hand_over(bad).wait(5)) == ["refused"] * 6
    assert script.lines == []


def test_outside_production_the_transport_itself_keeps_to_the_allow_list() -> None:
    """S6: outside production no address off the list is ever named to a server; without a list, none at all."""
    script = Script()
    allowed = allow_list("development", ("*@example.org", "*@*.example"))
    addresses = [
        "a@example.org",
        "B@Club.Example",
        "x@gmail.com",
        "a@example.org.evil.test",
        "x@evil-example",
    ]
    wanted = [Parcel(n, "news@tifo.example", address, CONTENT) for n, address in enumerate(addresses)]
    with server(script) as port:
        with SmtpTransport(server_address(f"smtp://127.0.0.1:{port}"), allowed, IMPATIENT) as transport:
            outcomes = transport.hand_over(wanted).wait(5)
        nobody = allow_list("development", ())
        with SmtpTransport(server_address(f"smtp://127.0.0.1:{port}"), nobody, IMPATIENT) as transport:
            assert verdicts(transport.hand_over(wanted).wait(5)) == ["forbidden"] * 5
    assert verdicts(outcomes) == ["accepted", "accepted", "forbidden", "forbidden", "forbidden"]
    assert sorted(line for line in script.lines if line.startswith(b"RCPT")) == [
        b"RCPT TO:<B@Club.Example>",
        b"RCPT TO:<a@example.org>",
    ]
    assert allow_list("production", ())("x@gmail.com")


# -- encryption and signing in ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + built.public_bytes(serialization.Encoding.PEM)
    )
    return path


def encrypted_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_starttls_then_sign_in(certificate: Path) -> None:
    script = Script(
        ehlo=b"250-hostile\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n250 PIPELINING\r\n",
        answers={"STARTTLS": b"220 go\r\n", "AUTH": b"235 welcome\r\n"},
        tls=encrypted_side(certificate),
    )
    with server(script) as port:
        url = f"smtp+starttls://us%40er:se%3Acret@localhost:{port}?connections=1&ca={certificate}"
        with transport_to(url) as transport:
            assert verdicts(transport.hand_over(parcels(3)).wait(5)) == ["accepted"] * 3
    verbs = [line.split(b" ")[0] for line in script.lines]
    assert verbs[:4] == [b"EHLO", b"STARTTLS", b"EHLO", b"AUTH"]
    secret = next(line for line in script.lines if line.startswith(b"AUTH")).split(b" ")[2]
    assert base64.b64decode(secret) == b"\0us@er\0se:cret"


def test_login_where_plain_is_not_offered() -> None:
    said = iter([b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n", b"235 welcome\r\n"])
    answers = {"AUTH": lambda _: next(said), "DXNLCG==": b"", "DXNLCG": b""}
    user, password = base64.b64encode(b"user"), base64.b64encode(b"secret")
    answers = {name.decode().upper(): (lambda _: next(said)) for name in (b"AUTH", user, password)}
    script = Script(ehlo=b"250-hostile\r\n250-AUTH LOGIN\r\n250 PIPELINING\r\n", answers=answers)  # type: ignore[arg-type]
    with (
        server(script) as port,
        transport_to(f"smtp://user:secret@127.0.0.1:{port}?connections=1") as transport,
    ):
        assert verdicts(transport.hand_over(parcels(1)).wait(5)) == ["accepted"]
    assert script.lines[1:4] == [b"AUTH LOGIN", user, password]


def test_tls_from_the_first_byte(certificate: Path) -> None:
    script = Script(tls=encrypted_side(certificate))
    with (
        server(script) as port,
        transport_to(f"smtps://localhost:{port}?connections=1&ca={certificate}") as transport,
    ):
        assert verdicts(transport.hand_over(parcels(2)).wait(5)) == ["accepted"] * 2


@pytest.mark.parametrize(
    "script",
    [
        Script(),  # offers no STARTTLS: stripped on the way
        Script(ehlo=b"250-hostile\r\n250 STARTTLS\r\n", answers={"STARTTLS": b"454 not now\r\n"}),
        Script(
            ehlo=b"250-hostile\r\n250 STARTTLS\r\n", answers={"STARTTLS": b"220 go\r\n250 injected\r\n"}
        ),  # a man in the middle speaks before the encryption
        Script(
            ehlo=b"250-hostile\r\n250 STARTTLS\r\n", answers={"STARTTLS": b"220 go\r\n"}
        ),  # and then talks rubbish
    ],
)
def test_where_encryption_is_demanded_nothing_leaves_in_the_clear(script: Script) -> None:
    with (
        server(script) as port,
        transport_to(f"smtp+starttls://user:secret@localhost:{port}?connections=1") as transport,
    ):
        assert verdicts(transport.hand_over(parcels(1)).wait(5)) == ["deferred"]
    said = b"".join(script.lines)
    assert b"AUTH" not in said
    assert b"MAIL" not in said


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path) -> None:
    script = Script(tls=encrypted_side(certificate))
    with server(script) as port, transport_to(f"smtps://localhost:{port}?connections=1") as transport:
        assert verdicts(transport.hand_over(parcels(1)).wait(5)) == ["deferred"]
    assert script.lines == []


def test_a_rejected_password_defers_all() -> None:
    script = Script(
        ehlo=b"250-hostile\r\n250-AUTH PLAIN\r\n250 PIPELINING\r\n", answers={"AUTH": b"535 wrong\r\n"}
    )
    with server(script) as port, transport_to(f"smtp://user:no@127.0.0.1:{port}") as transport:
        assert verdicts(transport.hand_over(parcels(2)).wait(5)) == ["deferred"] * 2


@pytest.mark.parametrize(
    "url",
    [
        "http://x",
        "smtp://",
        "smtp://host:99999",
        "smtp://host?connections=0",
        "smtp://host?speed=9",
        "smtp://user:password@mail.example.org",
    ],
)
def test_an_address_that_can_not_be_read_says_the_mend(url: str) -> None:
    with pytest.raises(Refused, match="TIFO_SMTP_URL"):
        server_address(url)


def test_patience_is_longer_than_what_a_busy_server_needs() -> None:
    assert Patience().final >= 300
