"""The bare draw that the bench holds the product against is a draw by the page: the verifier's parts agree with it."""

import pytest
from bench import bare_draw

from tests.draws.verifier import verifier


@pytest.mark.parametrize("entries", [1, 2, 3, 333])
def test_duckdb_draws_as_the_page_says(entries: int) -> None:
    said = bare_draw.draw(entries)
    made = []
    for number in range(entries):
        commitment = verifier.sha(f"bench {number}".encode()).hex()
        stratum, weight = ("men", "women")[number % 2], 1 + number % 3
        made.append(
            (verifier.leaf_of(bare_draw.RULES_HASH, commitment, stratum, weight, []), stratum, weight)
        )
    leaves = sorted(made)
    root = verifier.root_of([leaf for leaf, _, _ in leaves])
    seed = verifier.seed_of(bare_draw.RULES_HASH, root.hex(), bare_draw.RANDOM)
    ranked = sorted(
        (stratum == "men", verifier.score(seed, leaf, weight), leaf) for leaf, stratum, weight in leaves
    )
    assert said["root"] == root.hex()
    assert said["hash"] == verifier.sha(*(leaf for _, _, leaf in ranked)).hex()
