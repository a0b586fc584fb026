"""The bundled image sets, as TensorFlow Datasets builders; `utils.datasets.load` prepares and reads them."""
