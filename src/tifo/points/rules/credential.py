"""A badge as an Open Badges 3.0 credential: a JSON Web Token that anybody checks with the public key in it."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CONTEXTS = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)


@dataclass(frozen=True)
class Issuer:
    """Who gives badges: the event, at its public address."""

    url: str
    name: str

    @property
    def id(self) -> str:
        """Where its key is published."""
        return f"{self.url}/badges/issuer.json"


@dataclass(frozen=True)
class Given:
    """A badge in somebody's hands; her address is in it as a salted hash only."""

    id: str
    key: str
    name: str
    criteria: str
    given_at: datetime
    address: str


def credential(given: Given, issuer: Issuer) -> dict[str, Any]:
    """What is signed."""
    return {
        "@context": list(CONTEXTS),
        "id": given.id,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": issuer.id, "type": ["Profile"], "name": issuer.name, "url": issuer.url},
        "validFrom": given.given_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "name": given.name,
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [_identity(given)],
            "achievement": {
                "id": f"{issuer.url}/badges/{given.key}.json",
                "type": ["Achievement"],
                "name": given.name,
                "description": given.criteria,
                "criteria": {"narrative": given.criteria},
            },
        },
    }


def _identity(given: Given) -> dict[str, object]:
    salt = hashlib.sha256(given.id.encode()).hexdigest()[:16]
    digest = hashlib.sha256((given.address.lower() + salt).encode()).hexdigest()
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": f"sha256${digest}",
        "identityType": "emailAddress",
        "salt": salt,
    }


def signed(said: Mapping[str, Any], seed: bytes) -> str:
    """The credential as a compact JWT, signed by Ed25519; the key that checks it stands in its head."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    claims = {**said, "iss": said["issuer"]["id"], "jti": said["id"]}
    text = f"{_part({'alg': 'EdDSA', 'typ': 'JWT', 'jwk': public_key(seed)})}.{_part(claims)}"
    return f"{text}.{_packed(key.sign(text.encode('ascii')))}"


def public_key(seed: bytes) -> dict[str, str]:
    """The key that checks, as a JWK."""
    raw = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": _packed(raw)}


def _part(said: Mapping[str, Any]) -> str:
    return _packed(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode())


def _packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
