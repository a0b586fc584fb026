"""The way back: derivatives of the output of a network with respect to its input, by the backend of Keras."""

import keras
import numpy as np


def backpropagate(function, images, signals):
    """Carry one signal for each image back through a function, by the automatic differentiation of the backend.

    Args:
        function: Takes and returns a batch.
        images: (n, ...), as `function` reads them.
        signals: (n, ...), the shape of the outputs of `function`.

    Returns:
        The derivative of sum(function(image) * signal) with respect to every pixel, the shape of `images`.

    Raises:
        ValueError: As `backward` does.
    """
    images, signals = np.float32(images)[:, None], np.float32(signals)[:, None]
    back = backward(function, images.shape[1:], signals.shape[1:])
    return np.concatenate([back(image, signal) for image, signal in zip(images, signals)])


def backward(function, input_shape, output_shape):
    """Compile the way back through a function, to be used many times.

    Args:
        function: Takes an array of `input_shape` and returns one of `output_shape`.
        input_shape, output_shape: With the batch.

    Returns:
        A function of (x, signal), NumPy arrays of these shapes, float32, which gives the derivative of
        sum(function(x) * signal) with respect to x as a NumPy array.

    Raises:
        ValueError: For another backend than TensorFlow, JAX and PyTorch, and for an output that is not differentiable.
            The function that is returned raises it for derivatives that are NaN or infinite.
    """

    def only(x):
        """Return the one output, in the precision of the signal, whatever that of the model is."""
        (y,) = keras.tree.flatten(function(x))
        if not keras.backend.is_float_dtype(keras.backend.standardize_dtype(y.dtype)):
            raise ValueError(
                f"the output must be differentiable, but it holds {keras.backend.standardize_dtype(y.dtype)}"
            )
        return keras.ops.cast(y, "float32")

    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf  # noqa: PLC0415 only the backend in use

        def back(x, signal):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(x)
                y = only(x)
            return tape.gradient(y, x, signal, unconnected_gradients="zero")

        # Compiled, because then TensorFlow leaves out the gradients of the weights. A tf.function that is called
        # would complain that there is a new one for each call of backpropagate; its concrete function does not.
        specs = [tf.TensorSpec(shape, tf.float32) for shape in (input_shape, output_shape)]
        back = tf.function(back, autograph=False).get_concrete_function(*specs)
        tensor = tf.constant
    elif backend == "jax":
        import jax  # noqa: PLC0415

        back, tensor = jax.jit(lambda x, signal: jax.vjp(only, x)[1](signal)[0]), jax.numpy.asarray
    elif backend == "torch":
        import torch  # noqa: PLC0415

        def back(x, signal):
            y = only(x.requires_grad_())
            if not y.requires_grad:  # a constant
                return torch.zeros_like(x)
            return torch.autograd.grad(y, x, signal, materialize_grads=True)[0]

        tensor = keras.ops.array  # on Keras' device
    else:
        raise ValueError(
            f"the way back needs Keras' tensorflow, jax or torch backend, got {backend!r}; set KERAS_BACKEND"
        )

    return lambda x, signal: _finite(keras.ops.convert_to_numpy(back(tensor(x), tensor(signal))))


def _finite(gradient):
    if not np.isfinite(gradient).all():
        raise ValueError("the gradient is NaN or infinite; check the weights of the model, and the range of pixels")
    return gradient
