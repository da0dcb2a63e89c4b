"""When two e-mail addresses are the same address.

The canonical form: white space around it goes; Unicode NFC; ASCII letters of the local part become small (every
provider of weight treats them alike), other letters of it stay as they are, dots and `+tags` too (providers differ);
the domain in its ASCII form by IDNA 2008 with the mapping of UTS 46, non-transitional (`faß.de` is not `fass.de`).
Quoted local parts, address literals and hosts without a dot are refused: no fan has one, mistakes do.
"""

import re
import unicodedata
from functools import lru_cache

import idna
import pyarrow as pa
import pyarrow.compute as pc

from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# What needs no second look: its canonical form is itself in small letters. "--" may be an encoded label.
_PLAIN = rf"^{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z]{{2,63}}$"
_PLAIN_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_SPECIAL = set('()<>[]:;,\\"')
_SMALL = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"}


def _local(local: str) -> str:
    if not local:
        raise Refused(_("nothing stands before the @; write name@example.org"))
    if len(local.encode()) > 64:
        raise Refused(_("more than 64 bytes stand before the @"))
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise Refused(_("a dot stands first, last or twice in a row before the @"))
    for sign in local:
        if sign in _SPECIAL:
            raise Refused(_("the sign %(sign)s can't stand before the @", sign=sign))
        if sign.isspace():
            raise Refused(_("a blank stands before the @; write name@example.org"))
        if unicodedata.category(sign) in _INVISIBLE:
            raise Refused(
                _(
                    "an invisible sign (U+%(sign)s) stands before the @; type the address anew",
                    sign=f"{ord(sign):04X}",
                )
            )
    return local.translate(_SMALL)


@lru_cache(maxsize=10_000)
def _domain(domain: str) -> str:
    if not domain:
        raise Refused(_("nothing stands after the @; write name@example.org"))
    if "[" in domain:
        raise Refused(_("an address of a machine stands after the @; a domain is needed"))
    try:
        plain = idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise Refused(_("what stands after the @ is no domain name; write name@example.org")) from None
    labels = plain.split(".")
    if len(labels) < 2 or not all(labels):
        raise Refused(_("the domain after the @ is incomplete; write name@example.org"))
    if labels[-1].isdigit():
        raise Refused(_("an address of a machine stands after the @; a domain is needed"))
    return plain


def canonical_email(text: str) -> str:
    """The one spelling of this address that others are compared with. Refused says what is wrong with it."""
    address = unicodedata.normalize("NFC", text.strip())
    local, at, domain = address.rpartition("@")
    if not at:
        raise Refused(_("no @ in it; write name@example.org"))
    if "@" in local:
        raise Refused(_("more than one @ in it; write name@example.org"))
    canonical = f"{_local(local)}@{_domain(domain)}"
    if len(canonical) > 254:
        raise Refused(_("longer than 254 signs, which no mail server takes"))
    return canonical


def mailable_email(text: str) -> str:
    """The address as a mail server takes it: the local part as typed, the domain in ASCII."""
    local, _, domain = text.strip().rpartition("@")
    return f"{unicodedata.normalize('NFC', local)}@{_domain(unicodedata.normalize('NFC', domain))}"


def plain_emails(emails: pa.ChunkedArray) -> pa.ChunkedArray:
    """True where the canonical form is simply the address in small letters (NULL stays NULL)."""
    return pc.and_(
        pc.and_(pc.match_substring_regex(emails, _PLAIN), pc.less_equal(pc.utf8_length(emails), 254)),
        pc.and_(
            pc.invert(pc.match_substring(emails, "--")),
            pc.match_substring_regex(emails, r"^[^@]{1,64}@"),
        ),
    )


def email_keys(emails: pa.ChunkedArray) -> pa.ChunkedArray:
    """The canonical forms of many addresses; NULL stays NULL. Refused where one has none."""
    plain = plain_emails(emails)
    keys = pc.ascii_lower(emails)
    odd = pc.fill_null(pc.invert(plain), False)
    if not pc.any(odd).as_py():
        return keys
    spelled = [
        canonical_email(address) if strange else key
        for address, key, strange in zip(emails.to_pylist(), keys.to_pylist(), odd.to_pylist(), strict=True)
    ]
    return pa.chunked_array([pa.array(spelled, pa.string())])
