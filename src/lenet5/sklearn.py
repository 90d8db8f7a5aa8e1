"""LeNet-5 in a scikit-learn pipeline: a classifier and a transformer with the library's manners.

    model = make_pipeline(MnistNormalizer(), LeNet5Classifier(passes=12, random_state=0))
    model.fit(X, y).predict(X)                     X: (N, 784), any labels
    model[-1].network_.save("mine.safetensors")

A row of X is a picture, row by row of pixels. It is laid in the smallest square that holds its columns, enlarged by
the largest whole factor that fits 28×28, and framed. 1,024 columns are 28×28 pixels and the paper's frame of two
pixels, which is dropped. The smallest value of the training rows is paper and the largest is ink, in 256 steps;
uint8 is taken as it is, 0 for paper to 255 for ink.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5 import architecture as declared
from lenet5.architecture import SIDE, Architecture, EuclideanRBF, FullConnection
from lenet5.codes import CHARACTERS, DIGITS
from lenet5.datasets.dataset import Dataset, class_name, split_by_writer
from lenet5.errors import extra
from lenet5.network import LeNet5
from lenet5.pictures.normalise import normalise
from lenet5.scale import INNER
from lenet5.training import PassRecord, Recipe, Run
from lenet5.training import recipe as recipe_called
from lenet5.training.calibration import fitted_sharpness
from lenet5.training.going_on import single
from lenet5.training.hand import among_known

with extra("scikit-learn", "sklearn"):
    from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
    from sklearn.model_selection import train_test_split
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

__all__ = ["LeNet5Classifier", "MnistNormalizer"]

CHUNK = 4096  # rows that are scaled at a time
CALIBRATED = 200  # different rows, from which on probabilities are calibrated

Pictures = NDArray[np.uint8]


class LeNet5Classifier(ClassifierMixin, BaseEstimator):
    """A classifier that trains LeNet-5 on the rows of X. The order of the rows does not matter.

    Args:
        network: the name of a declared network, or an Architecture. Its output layer gets one unit for each class. An
            RBF output has the codes of the characters that the classes are named after, or else of the first of 0 to
            9, A to Z and so on; it has at most 95 classes.
        start: a trained network to go on from, the name of shipped weights, or the path of a file, in place of
            `network`. A class of the same name keeps its output. None begins with first weights.
        recipe: the name of a training recipe, or a Recipe. None is "fine-tune" with a start, else "1998" for an RBF
            output, and "plain-centred" for others.
        passes: replaces the recipe's own, where it is not None.
        step: replaces the recipe's own, where it is not None.
        distortion: replaces the recipe's own, where it is not None.
        early_stopping: hold out `validation_fraction` of the rows, stop when their error has not fallen for
            `n_iter_no_change` passes, and keep the network that was best on them.
        validation_fraction: the part of the rows to hold out, 0 to 1.
        n_iter_no_change: passes.
        random_state: decides the first weights, the order of the pictures and their distortions.
        verbose: print a line for each pass.
        calibrate: fit the sharpness of the probabilities on rows that were not learned from: those of early stopping,
            or a fifth, which a twin that learns from the others is asked. The twin makes `fit` take 1.8 times as
            long; the network and its answers stay the same. Fewer than 200 different rows leave too few to fit on.

    Attributes:
        network_: the trained lenet5.LeNet5.
        classes_: the labels, in the order of the outputs.
        n_features_in_: columns of X.
        n_iter_: passes that were made.
        records_: one PassRecord for each pass.

    Raises:
        ValueError: `fit` was given what it can't learn from.
    """

    def __init__(
        self,
        network: str | Architecture = "lenet5",
        *,
        start: str | LeNet5 | None = None,
        recipe: str | Recipe | None = None,
        passes: int | None = None,
        step: float | None = None,
        distortion: str | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        random_state: Any = None,
        verbose: bool = False,
        calibrate: bool = True,
    ) -> None:
        self.network = network
        self.start = start
        self.recipe = recipe
        self.passes = passes
        self.step = step
        self.distortion = distortion
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.random_state = random_state
        self.verbose = verbose
        self.calibrate = calibrate

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> LeNet5Classifier:
        """Train on rows of pixels.

        Args:
            X: (N, columns), or pictures (N, height, width).
            y: (N,), labels of any kind.
            sample_weight: (N,), about 1 on average. A row of weight w is learned from w times in each pass; a
                fractional part is decided once, by lot.

        Returns:
            The classifier itself.
        """
        X, y = validate_data(self, _rows(X), y, dtype="numeric")
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        self._range = _range(X)
        rng = check_random_state(self.random_state)
        seed = int(rng.randint(2**31 - 1))
        dataset = self._dataset(X, labels)
        held_out = None
        rows = np.arange(len(labels))
        if self.early_stopping:
            rows, apart = train_test_split(rows, test_size=self.validation_fraction, stratify=labels, random_state=seed)
            held_out = dataset.take(apart, "held out")
        times = _times(sample_weight, X, np.random.default_rng(seed))
        learned = _any_order(dataset, np.repeat(rows, times[rows]))
        network, recipe, start = self._how()
        run = Run(network, recipe, learned, held_out, seed, start=start)
        self._train(run)
        if self.calibrate and len(np.unique(np.asarray(learned.writers))) >= CALIBRATED:
            self._calibrate(run)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> LeNet5Classifier:
        """Train for one pass over these rows, with a constant step, from where the last call left the network.

        With a start, three times as many pictures that are drawn here come along, which are to be answered as the
        start answers them: so it keeps what it knew.

        Args:
            X: (N, columns), or pictures (N, height, width). The rows of the first call decide which values are paper
                and ink.
            y: (N,), labels of any kind.
            classes: all labels that will ever come; needed the first time, unless `fit` came before.
            sample_weight: as in `fit`.

        Returns:
            The classifier itself.
        """
        first = not hasattr(self, "classes_")
        X, y = validate_data(self, _rows(X), y, dtype="numeric", reset=first)
        check_classification_targets(y)
        if first:
            if classes is None:
                raise ValueError("the first call of partial_fit needs classes: give all labels that will ever come")
            self.classes_, self._range = np.unique(classes), _range(X)
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"classes {np.unique(classes)}; expected those of the first call, {self.classes_}")
        labels = np.searchsorted(self.classes_, y).clip(0, len(self.classes_) - 1)
        if (self.classes_[labels] != y).any():
            raise ValueError(f"labels {np.setdiff1d(y, self.classes_)}; expected only the classes {self.classes_}")
        seed = int(check_random_state(self.random_state).randint(2**31 - 1)) + getattr(self, "n_iter_", 0)
        dataset = self._dataset(X, labels)
        times = _times(sample_weight, X, np.random.default_rng(seed))
        learned = _any_order(dataset, np.repeat(np.arange(len(labels)), times))
        (network, recipe, start), kept = self._how(), 0
        recipe = replace(recipe, passes=1, schedule="constant", fade=0.0)
        if start is not None and set(start.classes) & set(learned.classes):
            learned, kept = among_known(learned, seed)
        run = Run(network, recipe, learned, seed=seed, start=start, kept=kept)
        if not first:
            run.network.parameters[...] = self._last.parameters
            run.network.metadata["sharpness"] = self.network_.sharpness
            for name, array in run.learner.arrays().items():
                array[...] = self._learner.get(name, array)
        self._train(run, getattr(self, "n_iter_", 0))
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """The label of each row, (N,)."""
        pictures = self._given(X)
        return np.asarray(self.classes_[self.network_.penalties(pictures).argmin(axis=1)])

    def predict_proba(self, X: Any) -> NDArray[np.float32]:
        """(N, classes), each row summing to 1, in the order of `classes_`."""
        pictures = self._given(X)
        return self.network_.probabilities(pictures)

    def decision_function(self, X: Any) -> NDArray[np.float32]:
        """Minus the penalties, (N, classes): the largest wins. Of two classes, how much the second is ahead, (N,)."""
        pictures = self._given(X)
        scores = -self.network_.penalties(pictures)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def _given(self, X: Any) -> Pictures:
        check_is_fitted(self)
        X = validate_data(self, _rows(X), dtype="numeric", reset=False)
        return _pictures(X, self._range)

    def _dataset(self, X: NDArray[Any], labels: NDArray[Any]) -> Dataset:
        if len(self.classes_) < 2:
            raise ValueError(f"only one class, {self.classes_}; expected at least two classes to tell apart")
        images = _pictures(X, self._range)
        return Dataset("X", images, labels.astype(np.int64), tuple(map(class_name, self.classes_)))

    def _how(self) -> tuple[Architecture, Recipe, LeNet5 | None]:
        """What is trained, how, and from what it goes on. Raises ValueError for several networks in one."""
        start, network = None if self.start is None else single(self.start), self.network
        if start is not None:
            network = start.architecture
        elif not isinstance(network, Architecture):
            network = declared.architecture(network)
        if rbf := isinstance(network.output, EuclideanRBF):
            network = replace(network, output=EuclideanRBF(_characters(self.classes_)))
        else:
            network = replace(network, output=FullConnection(len(self.classes_), network.output.squash))
        given = self.recipe if self.recipe is not None else "1998" if rbf else "plain-centred"
        if start is not None and self.recipe is None:
            given = replace(recipe_called("fine-tune"), sharpness=start.sharpness if rbf else 1.0)
        recipe = given if isinstance(given, Recipe) else recipe_called(given)
        own: dict[str, Any] = {"passes": self.passes, "step": self.step, "distortion": self.distortion}
        return network, replace(recipe, **{name: value for name, value in own.items() if value is not None}), start

    def _train(self, run: Run, before: int = 0) -> None:
        records: list[PassRecord] = []
        best, least, since = None, np.inf, 0
        for event in run.go():
            if not isinstance(event, PassRecord):
                continue
            records.append(event)
            if self.verbose:
                print(_line(event, run.recipe.passes))
            if event.held_out_error is not None:
                if event.held_out_error < least:
                    best, least, since = run.trained(), event.held_out_error, 0
                else:
                    since += 1
                if since >= self.n_iter_no_change:
                    break
        # What partial_fit goes on from is not the running average of the weights that a recipe may keep.
        self._last, self._learner = run.network, dict(run.learner.arrays())
        self.network_ = best or run.trained()
        self.network_.metadata["classes"] = [class_name(c) for c in self.classes_]
        self.records_ = records
        self.n_iter_ = before + len(records)

    def _calibrate(self, run: Run) -> None:
        """Fit the sharpness on rows that the asked network did not learn from."""
        judged, network = run.held_out, self.network_
        if judged is None:
            part, judged = split_by_writer(run.train, 0.2, seed=run.seed)
            twin = Run(run.architecture, run.recipe, part, seed=run.seed, start=run.start)
            list(twin.go())
            network = twin.trained()
        self.network_.metadata["sharpness"] = fitted_sharpness(network.penalties(judged.images), judged.labels)


class MnistNormalizer(TransformerMixin, BaseEstimator):
    """Makes each picture as MNIST's are: scaled to 20×20, anti-aliased, its centre of mass in the middle of 28×28.

    A row of X is a picture in the smallest square that holds its columns, 0 or less for paper and its largest value
    for full ink. `transform` gives uint8 (N, 784), 0 for paper to 255 for ink (III-A).
    """

    def fit(self, X: Any, y: Any = None) -> MnistNormalizer:
        """Only looks at the number of columns."""
        validate_data(self, X, dtype="numeric")
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # pictures are uint8, as MNIST's are
        return tags

    def transform(self, X: Any) -> Pictures:
        """(N, columns) -> uint8 (N, 784)."""
        check_is_fitted(self, "n_features_in_")
        X = validate_data(self, X, dtype="numeric", reset=False)
        squares = _squares(np.clip(X, 0, None).astype(np.float32))
        return np.stack([normalise(square) for square in squares]).reshape(len(X), -1)


def _rows(X: Any) -> Any:
    """Pictures as rows of pixels; all else as it is."""
    return X.reshape(len(X), -1) if isinstance(X, np.ndarray) and X.ndim == 3 else X


def _range(X: NDArray[Any]) -> tuple[float, float]:
    """What is paper and what is ink."""
    return (0.0, 255.0) if X.dtype == np.uint8 else (float(X.min()), float(X.max()))


def _squares(X: NDArray[Any]) -> NDArray[Any]:
    """(N, columns) -> (N, side, side), the smallest square; what is left of it is 0."""
    side = int(np.ceil(np.sqrt(X.shape[1])))
    return np.pad(X, ((0, 0), (0, side * side - X.shape[1]))).reshape(-1, side, side)


def _pictures(X: NDArray[Any], limits: tuple[float, float]) -> Pictures:
    """(N, columns) -> uint8 (N, 28, 28)."""
    low, high = limits
    gain = 255 / (high - low) if high > low else 0.0
    pictures = np.empty((len(X), INNER, INNER), np.uint8)
    for start in range(0, len(X), CHUNK):
        ink = np.rint((X[start : start + CHUNK].astype(np.float64) - low) * gain).clip(0, 255).astype(np.uint8)
        pictures[start : start + CHUNK] = _fitted(_squares(ink))
    return pictures


def _fitted(squares: Pictures) -> Pictures:
    """(N, side, side) -> (N, 28, 28)."""
    side = squares.shape[1]
    if side == SIDE:
        inner = squares[:, 2:-2, 2:-2]
        if int(inner.sum(dtype=np.int64)) != int(squares.sum(dtype=np.int64)):
            raise ValueError(
                "pictures of 32×32 with ink in the outer two pixels; expected 28×28 within a frame of paper"
            )
        return inner
    if side > INNER:
        raise ValueError(
            f"pictures of {side}×{side}; expected at most 28×28, or 32×32 with their frame: "
            f"make them smaller, with MnistNormalizer for one"
        )
    factor = INNER // side
    enlarged = squares.repeat(factor, axis=1).repeat(factor, axis=2)
    before = (INNER - factor * side) // 2
    after = INNER - factor * side - before
    return np.pad(enlarged, ((0, 0), (before, after), (before, after)))


def _characters(classes: Iterable[Any]) -> str:
    """The characters whose codes stand for the classes."""
    names = [class_name(c) for c in classes]
    if len(names) > len(CHARACTERS):
        raise ValueError(
            f"{len(names)} classes; expected at most {len(CHARACTERS)}, as many as the output has codes: "
            f"give network='lenet5-softmax'"
        )
    if all(len(name) == 1 and name in CHARACTERS for name in names):
        return "".join(names)
    others = sorted(set(CHARACTERS) - set(DIGITS), key=lambda c: (not c.isalpha(), c))
    return (DIGITS + "".join(others))[: len(names)]


def _times(sample_weight: Any, X: NDArray[Any], rng: np.random.Generator) -> NDArray[np.int64]:
    """How often each row is learned from in a pass: its weight, fractions made up for by later rows."""
    if sample_weight is None:
        return np.ones(len(X), np.int64)
    weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
    if weights.min() < 0:
        raise ValueError(f"a sample weight of {weights.min():g}; expected weights from 0 on")
    # Sums of whole numbers are exact, so that whole weights are whole times whatever the lot.
    reached = np.floor(np.cumsum(weights) + rng.uniform(0, 0.999))
    times = np.diff(reached, prepend=0.0).astype(np.int64)
    if not times.any():
        raise ValueError(f"sample weights that sum to {weights.sum():g}; expected weights of about 1 on average")
    return np.asarray(times)


def _any_order(dataset: Dataset, rows: NDArray[np.int64]) -> Dataset:
    """The rows sorted by what they hold, so that the order in which they came decides nothing.

    Rows that hold the same count as of one writer, so that none of them is judged who learned from another.
    """
    labels = dataset.labels[rows, None].astype(">u4").view(np.uint8)
    held = np.concatenate([dataset.images[rows].reshape(len(rows), -1), labels], axis=1)
    _, holds = np.unique(held.view(f"V{held.shape[1]}")[:, 0], return_inverse=True)
    order = np.argsort(holds, kind="stable")
    return replace(dataset.take(rows[order]), writers=holds[order])


def _line(record: PassRecord, passes: int) -> str:
    held_out = "" if record.held_out_error is None else f", {record.held_out_error:.2f} % on held-out rows"
    return f"pass {record.pass_} of {passes}: {record.train_error:.2f} % wrong{held_out}, {record.seconds:.1f} s"
