"""Pure rules of delivery: what may follow what, what a header may hold, who may be reached, when to try again."""
