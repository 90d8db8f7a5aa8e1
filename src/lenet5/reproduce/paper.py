"""The numbers that the paper published, to stand beside ours.

Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-Based Learning Applied to Document Recognition, Proceedings of
the IEEE 86(11), 1998. Numbers marked as measured were read off the figures of the authors' preprint.
"""

from __future__ import annotations

from typing import Any

# Figure 8: position in the MNIST test set -> (its class, the answer of 1998). All 82 pictures were found there.
MISTAKES: dict[int, tuple[int, int]] = {
    247: (4, 6), 449: (3, 5), 582: (8, 2), 659: (2, 1), 674: (5, 3), 829: (4, 8), 926: (2, 8), 938: (3, 5),
    1014: (6, 5), 1039: (7, 3), 1232: (9, 4), 1319: (8, 0), 1328: (7, 8), 1393: (5, 3), 1530: (8, 7),
    1621: (0, 6), 1681: (3, 7), 1790: (2, 7), 1878: (8, 3), 1901: (9, 4), 1955: (8, 2), 2035: (5, 3),
    2043: (4, 8), 2109: (3, 9), 2118: (6, 0), 2129: (9, 8), 2130: (4, 9), 2135: (6, 1), 2293: (9, 4),
    2387: (9, 1), 2414: (9, 4), 2462: (2, 0), 2654: (6, 1), 2921: (3, 5), 2927: (3, 2), 2939: (9, 5),
    3030: (6, 0), 3422: (6, 0), 3520: (6, 0), 3762: (6, 8), 3780: (4, 6), 3808: (7, 3), 3869: (9, 4),
    3941: (4, 6), 4176: (2, 7), 4224: (9, 7), 4265: (4, 3), 4369: (9, 4), 4405: (9, 4), 4425: (9, 4),
    4497: (8, 7), 4575: (4, 2), 4601: (8, 4), 4740: (3, 5), 4956: (8, 4), 5736: (6, 5), 5749: (8, 5),
    5955: (3, 8), 5973: (3, 8), 6091: (9, 8), 6101: (1, 5), 6173: (9, 8), 6538: (6, 3), 6557: (0, 2),
    6558: (6, 5), 6571: (9, 5), 6597: (0, 7), 6783: (1, 6), 7434: (4, 9), 8059: (2, 1), 8094: (2, 8),
    8408: (8, 5), 8527: (4, 9), 9009: (7, 2), 9015: (7, 2), 9679: (6, 5), 9692: (9, 7), 9698: (6, 1),
    9729: (5, 6), 9770: (5, 0), 9792: (4, 9), 9904: (2, 8),
}  # fmt: skip
assert len(MISTAKES) == 82

# Everything in percent, unless it says otherwise.
PAPER: dict[str, Any] = {
    "year": 1998,
    "uncertainty": 0.1,  # III-C, of every error on the test set
    "results": {  # III-B and III-C, Figure 9
        "1998": {"test": 0.95, "train": 0.35},
        "1998-distorted": {"test": 0.8},
    },
    "figure_5": {  # measured, ±0.03; 21 points, where the text says 20 passes
        "test": [2.65, 2.23, 1.48, 1.43, 1.43, 1.09, 1.04, 1.07, 0.99, 0.96, 0.96, 0.99, *[0.96] * 9],
        "train": [4.88, 3.04, 1.77, 1.48, 1.22, 0.91, 0.78, 0.70, 0.57, 0.49, 0.47, 0.44, 0.41]
        + [0.39] * 4
        + [0.36] * 4,
    },
    "figure_6": {  # measured, ±0.01: training pictures -> errors
        "15000": {"test": 1.68, "train": 0.05},
        "30000": {"test": 1.14, "train": 0.31},
        "60000": {"test": 0.94, "train": 0.35},
        "distorted": {"test": 0.82},
    },
    "rejected_for_half_a_percent": {  # Figure 10, which has no bar for LeNet-5
        "Boosted LeNet-4": 0.5,
        "LeNet-4/Local": 1.4,
        "LeNet-4/K-NN": 1.6,
        "LeNet-4": 1.8,
        "SVM poly 4": 1.8,
        "Tangent distance": 1.9,
        "20×20-300-10": 3.2,
        "LeNet-1": 3.7,
        "K-NN": 8.1,
    },
    "steps": [7e-5, 0.016],  # appendix C: the effective steps of the first pass
    "stable_from_pass": 10,  # III-B: about
    "invariance": {"scale": 2.0, "shift_y": 10.0, "rotation": 30.0},  # III-E: factor; half of a height of 20; degrees
    "noise": 0.1,  # III-E: the probability that a pixel is inverted, in the training of the noisy network
    "input": {"mean": 0.0, "variance": 1.0},  # II-B, about
}
assert len(PAPER["figure_5"]["test"]) == len(PAPER["figure_5"]["train"]) == 21
