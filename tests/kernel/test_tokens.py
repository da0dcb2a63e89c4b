"""T2, T5: a token opens only for its purpose, untouched, under a key that we hold."""

import base64
import hmac

from django.conf import LazySettings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tifo.kernel.public import tokens
from tifo.kernel.tokens import _mac


@given(st.binary(max_size=64), st.text(max_size=20))
def test_t2_a_token_opens_for_its_purpose(payload: bytes, purpose: str) -> None:
    assert tokens.read(purpose, tokens.sign(purpose, payload)) == payload
    assert tokens.read(purpose + "x", tokens.sign(purpose, payload)) is None


@given(st.binary(max_size=24), st.data())
def test_t2_any_changed_bit_closes_it(payload: bytes, data: st.DataObject) -> None:
    token = tokens.sign("message", payload)
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << (bit % 8)
    assert tokens.read("message", base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()) is None


@given(st.text(max_size=100))
def test_rubbish_is_no_token(text: str) -> None:
    assert tokens.read("message", text) is None


@given(st.binary(min_size=1, max_size=24), st.integers(1, 10))
def test_t2_cut_or_longer_is_no_token(payload: bytes, cut: int) -> None:
    token = tokens.sign("message", payload)
    assert tokens.read("message", token[:-cut]) is None
    assert tokens.read("message", token + "A" * cut) is None


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=24))
def test_t5_a_retired_key_still_opens(settings: LazySettings, payload: bytes) -> None:
    settings.SECRET_KEY, settings.TIFO_SECRET_KEY_ID, settings.TIFO_RETIRED_KEYS = "old", 1, ""
    token, digest = tokens.sign("message", payload), tokens.keyed_hash("email", payload)
    settings.SECRET_KEY, settings.TIFO_SECRET_KEY_ID, settings.TIFO_RETIRED_KEYS = "new", 2, "1:old"
    assert tokens.read("message", token) == payload
    assert tokens.keyed_hash("email", payload) == digest
    settings.TIFO_RETIRED_KEYS = ""
    assert tokens.read("message", token) is None


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_seal_is_an_hmac(key: bytes, data: bytes) -> None:
    assert _mac(key, data) == hmac.digest(key, data, "sha256")[:16]
