"""Ages, the chain, the fold. Pure."""

from tifo.consents.rules.age import AGES, DEFAULT_AGE, PURPOSE_AGES, age_needed, age_on, may_give
from tifo.consents.rules.chain import CHAIN_SQL, ORIGIN, entry_hash, opened_proof, sealed_proof
from tifo.consents.rules.fold import IMPORTED_SQL, REQUEST_LIFE, STATE_AFTER, fold, imported

__all__ = [
    "AGES",
    "CHAIN_SQL",
    "DEFAULT_AGE",
    "IMPORTED_SQL",
    "ORIGIN",
    "PURPOSE_AGES",
    "REQUEST_LIFE",
    "STATE_AFTER",
    "age_needed",
    "age_on",
    "entry_hash",
    "fold",
    "imported",
    "may_give",
    "opened_proof",
    "sealed_proof",
]
