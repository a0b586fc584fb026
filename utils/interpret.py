"""Looking into a trained network."""

import numpy as np


def input_gradient(model, image, unit):
    """How strongly one output of a Keras model reacts to each pixel of its input.

    image: (height, width, channels). unit: the index of the output without the batch, (row, column, map) for a map.
    Returns the derivative of that output with respect to every pixel, shape (height, width, channels).
    Works on Keras' TensorFlow, JAX and PyTorch backends. Introduced in notebook 04.
    """
    import keras

    batch = np.asarray(image, dtype="float32")[None]
    unit = (0, *unit)
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        x = tf.constant(batch)
        with tf.GradientTape() as tape:
            tape.watch(x)
            output = model(x)[unit]
        gradient = tape.gradient(output, x)
    elif backend == "jax":
        import jax

        gradient = jax.grad(lambda x: model(x)[unit])(batch)
    else:
        import torch

        x = torch.tensor(batch, requires_grad=True)
        gradient, = torch.autograd.grad(model(x)[unit], x)
    return keras.ops.convert_to_numpy(gradient)[0]
