"""Train one network on several machines at once, with Keras' own tools on its JAX backend.

Every machine runs this file. Each reads its part of every batch, and after every step the gradients of all of them are
averaged: the losses are those of one machine with the whole batch. With two machines, the first reachable as `first`:

    python -m records.several_machines --coordinator first:12345 --processes 2 --process 0      on the first
    python -m records.several_machines --coordinator first:12345 --processes 2 --process 1      on the second

To try it, run both on one machine, in two terminals, with --coordinator localhost:12345. Without arguments it trains in
one process. For a network of your own, replace `network` and `batches`; the rest stays. It needs `pip install jax`.
"""

import argparse
import os

os.environ["KERAS_BACKEND"] = "jax"  # before Keras is imported

import jax
import keras
import tensorflow as tf
from sklearn.datasets import load_digits

BATCH = 64  # images in a step, all machines together; a multiple of their number


def network():
    layers = [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(16, 3, activation="relu", name="conv"),
        keras.layers.MaxPooling2D(name="pool"),
        keras.layers.Flatten(name="flatten"),
        keras.layers.Dense(10, name="scores"),
    ]
    model = keras.Sequential(layers)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def batches():
    digits = load_digits()
    data = tf.data.Dataset.from_tensor_slices((digits.images[..., None] / 16, digits.target))
    data = data.shuffle(len(digits.target), seed=0)  # the same order on every machine: they share out each batch
    return data.batch(BATCH, drop_remainder=True)  # an incomplete batch could not be shared out evenly


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coordinator", help="address:port of process 0; any port there that is free")
    parser.add_argument("--processes", type=int, default=1, help="how many take part")
    parser.add_argument("--process", type=int, default=0, help="the number of this one, from 0")
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()

    tf.config.set_visible_devices([], "GPU")  # TensorFlow only reads the data and leaves the GPU to JAX
    if options.processes > 1:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")  # how processes without GPUs exchange gradients
        keras.distribution.initialize(options.coordinator, options.processes, options.process)
    keras.distribution.set_distribution(keras.distribution.DataParallel())
    keras.utils.set_random_seed(0)  # the same first weights on every machine

    history = network().fit(batches(), epochs=options.epochs, verbose=0).history
    print(f"process {options.process} of {jax.process_count()}, {jax.device_count()} devices in all")
    for epoch, (loss, accuracy) in enumerate(zip(history["loss"], history["accuracy"]), start=1):
        print(f"epoch {epoch}: loss {loss:.7f}, accuracy {accuracy:.4f}")


if __name__ == "__main__":
    main()
