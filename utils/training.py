"""What training in a notebook needs beside Keras itself."""

import keras


class Dots(keras.callbacks.Callback):
    """Progress as one dot for each epoch: a line that looks the same in every run, so that outputs can be compared.

    Use it with verbose=0. Introduced in notebook 04.
    """

    def __init__(self, name):
        super().__init__()
        self.name = name

    def on_train_begin(self, logs=None):
        print(f"{self.name:<24} ", end="", flush=True)

    def on_epoch_end(self, epoch, logs=None):
        print(".", end="", flush=True)

    def on_train_end(self, logs=None):
        print(f" {self.params['epochs']} epochs", flush=True)
