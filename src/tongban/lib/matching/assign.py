"""One record of the left means at most one of the right."""

import numpy as np
from numpy.typing import NDArray


def one_to_one(left: NDArray[np.int64], right: NDArray[np.int64], score: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places of the pairs that are kept: the best first, each record once. Ties go to the first of the left.

    Greedy, which for scores as separated as these gives what the optimal assignment gives, in the time of sorting.
    """
    kept = []
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    for place in np.lexsort((right, left, -score)).tolist():
        a, b = int(left[place]), int(right[place])
        if a not in taken_left and b not in taken_right:
            taken_left.add(a)
            taken_right.add(b)
            kept.append(place)
    return np.array(kept, dtype=np.int64)
