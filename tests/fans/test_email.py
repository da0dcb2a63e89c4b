"""When two addresses are one (Q2), and that the quick way over a whole column says the same."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tifo.fans.public import canonical_email, email_keys, mailable_email
from tifo.fans.rules.email import plain_emails
from tifo.kernel.public import Refused

SAME = [
    ("ann@example.org", "ann@example.org"),
    ("  Ann.Lee@Example.ORG ", "ann.lee@example.org"),
    ("ANN+judo@example.org", "ann+judo@example.org"),
    ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
    ("ann@bu\u0308cher.example", "ann@xn--bcher-kva.example"),  # decomposed ü
    ("ann@faß.de", "ann@xn--fa-hia.de"),
    ("ann@XN--BCHER-KVA.example", "ann@xn--bcher-kva.example"),
    ("Jos\u0065\u0301@example.org", "jos\u00e9@example.org"),
    ("مشجع@مثال.example", "مشجع@xn--mgbh0fb.example"),
    ("ann@例え。jp", "ann@xn--r8jz45g.jp"),  # the ideographic full stop is a dot
]
DIFFERENT = [
    ("ann.lee@example.org", "annlee@example.org"),  # dots count for most providers
    ("ann+judo@example.org", "ann@example.org"),
    ("ann@faß.de", "ann@fass.de"),
    ("strauß@example.org", "strauss@example.org"),
    ("İnci@example.org", "inci@example.org"),
    ("аnn@example.org", "ann@example.org"),  # a Cyrillic а
    ("ann@example.org", "ann@example.com"),
]
WRONG = [
    ("", "no @ in it"),
    ("ann", "no @ in it"),
    ("@example.org", "nothing stands before"),
    ("ann@", "nothing stands after"),
    ("ann@b@example.org", "more than one @"),
    ("ann@localhost", "incomplete"),
    ("ann@example..org", "domain"),
    ("ann@-example.org", "no domain name"),
    ("ann@exa mple.org", "no domain name"),
    ("ann@[127.0.0.1]", "address of a machine"),
    ("ann@127.0.0.1", "address of a machine"),
    (".ann@example.org", "a dot stands first"),
    ("an..n@example.org", "a dot stands first"),
    ("an n@example.org", "a blank"),
    ("an\u200bn@example.org", "invisible sign (U+200B)"),
    ("an\u202en@example.org", "invisible sign (U+202E)"),
    ("an\x00n@example.org", "invisible sign (U+0000)"),
    ("ann\r\nBcc@example.org", "a blank"),
    ("<ann>@example.org", "the sign <"),
    ('"ann lee"@example.org', 'the sign "'),
    ("a" * 65 + "@example.org", "more than 64 bytes"),
    ("a@" + "b" * 64 + ".org", "no domain name"),
    ("a" * 60 + "@" + ".".join(["b" * 60] * 4) + ".org", "longer than 254 signs"),
]


@pytest.mark.parametrize(("typed", "canonical"), SAME)
def test_q2_one_address_in_many_spellings(typed: str, canonical: str) -> None:
    assert canonical_email(typed) == canonical


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_q2_addresses_that_a_provider_may_tell_apart_stay_apart(one: str, other: str) -> None:
    assert canonical_email(one) != canonical_email(other)


@pytest.mark.parametrize(("typed", "why"), WRONG)
def test_what_is_no_address_is_refused_with_the_reason(typed: str, why: str) -> None:
    with pytest.raises(Refused) as refused:
        canonical_email(typed)
    assert why in str(refused.value)


SIGNS = st.text(alphabet="aAzZ09.+-_@ßİüém例 \u200b'\"<", min_size=0, max_size=12)
DOMAINS = st.sampled_from(
    ["example.org", "Example.ORG", "faß.de", "xn--fa-hia.de", "a--b.org", "localhost", "x.y.museum"]
)
ADDRESSES = st.one_of(st.emails(), st.text(max_size=30), st.builds("{}@{}".format, SIGNS, DOMAINS))


@given(ADDRESSES)
def test_q2_the_canonical_form_is_its_own_canonical_form(typed: str) -> None:
    try:
        canonical = canonical_email(typed)
    except Refused:
        return
    assert canonical_email(canonical) == canonical


@given(ADDRESSES)
def test_an_address_that_passes_the_quick_way_has_the_same_form_as_by_the_rule(typed: str) -> None:
    column = pa.chunked_array([pa.array([typed, None], pa.string())])
    if plain_emails(column).to_pylist() == [True, None]:
        assert email_keys(column).to_pylist() == [canonical_email(typed), None]


def test_a_column_of_addresses_mixes_the_quick_and_the_slow_way() -> None:
    typed = ["Ann@Example.org", None, "ann@faß.de", "bob@a--b.org"]
    column = pa.chunked_array([pa.array(typed[:1], pa.string()), pa.array(typed[1:], pa.string())])
    assert email_keys(column).to_pylist() == ["ann@example.org", None, "ann@xn--fa-hia.de", "bob@a--b.org"]


def test_mail_goes_to_the_address_as_typed_with_its_domain_in_ascii() -> None:
    assert mailable_email("Ann.Lee@bücher.example") == "Ann.Lee@xn--bcher-kva.example"
