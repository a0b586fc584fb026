"""Looking into a trained network."""

from utils.validation import integer, is_pair, real_array


def input_gradient(model, image, unit):
    """How strongly one output of a Keras model reacts to each pixel of its input.

    image: (height, width, channels). unit: the index of the output without the batch, (row, column, map) for a map,
        an int for a list of scores.
    Returns the derivative of that output with respect to every pixel, shape (height, width, channels).
    Raises ValueError for an image of another shape than the model reads, and for an output that does not exist.
    Works on Keras' TensorFlow, JAX and PyTorch backends. Introduced in notebook 04.
    """
    import keras

    batch = real_array("image", image, [("height", "width", "channels")]).astype("float32")[None]
    if any(want is not None and want != got for want, got in zip(model.input_shape, batch.shape)):
        raise ValueError(f"image has shape {batch.shape[1:]}, but the model reads {model.input_shape[1:]}; resize it")
    unit = (0, *(integer("unit", index, 0) for index in (unit if is_pair(unit) else (unit,))))
    shape = model.compute_output_shape(batch.shape)
    if len(unit) != len(shape) or any(index >= size for index, size in zip(unit, shape)):
        raise ValueError(f"unit must be an index into the output of shape {tuple(shape[1:])}, got {unit[1:]}")
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
        (gradient,) = torch.autograd.grad(model(x)[unit], x)
    return keras.ops.convert_to_numpy(gradient)[0]
