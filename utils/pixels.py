"""Pixels as they are meant to be seen: 0 ... 255, red, green and blue, the first row on top.

`read_image` reads a file that way, and `check_pixels` refuses arrays that may mean something else. A network gives an
answer for any numbers, so a wrong range or a picture lying on its side would go unnoticed.
"""

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from utils.validation import real_array

DOUBTFUL = 100  # the largest fraction in an image: from here down it may as well mean 0 ... 1, 0 ... 2 or per cent
READ = "utils.pretrained.read_image(path)"


def read_image(path):
    """Read a photograph as it is meant to be seen.

    It is turned upright, however the camera was held, its colours are those of the profile in the file, and what is
    transparent in it lies on white. Of an animation it is the first picture.

    Args:
        path: Of the file, in any format that Pillow reads, among them JPEG, PNG, GIF, TIFF and WebP.

    Returns:
        uint8 of shape (height, width, 3), in 0 ... 255. Grey pictures and those of one bit have three equal channels;
        of 16 bits the upper eight are kept, rounded.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: For what is not a picture or is damaged, and for numbers without a known range (float or 32 bits).

    Introduced in notebook 00.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise ValueError(f"path must be the name of a file, got a {type(path).__name__}")
    if Path(path).exists() and not Path(path).is_file():
        raise ValueError(f"path must be a file, but {path} is a folder, a pipe or a device")
    try:
        with Image.open(path) as file:
            file.load()
            return np.asarray(_to_rgb(ImageOps.exif_transpose(file), file.format, path))
    except FileNotFoundError:
        raise
    except (OSError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        reason = "it is not a picture, or of an unknown format" if isinstance(error, UnidentifiedImageError) else error
        raise ValueError(f"path={str(path)!r} cannot be read: {reason}; save it anew as JPEG or PNG") from error


def check_pixels(name, value, batches=False):
    """Return `value` as an array of pixels in 0 ... 255 with three channels, if it cannot be anything else.

    Args:
        name: Of the argument, for the message.
        value: An array (height, width, 3), or an image that Pillow has read.
        batches: Take (images, height, width, 3) as well; each image has to be right by itself.

    Raises:
        ValueError: For another shape or mode, grey images, channels first, paths, masked arrays, NaN, and for values
            that are not, or need not be, in 0 ... 255: negative ones, truth values, whole numbers of which none
            exceeds 2, fractions of which none exceeds 100. Black is black in any range.
    """
    if isinstance(value, (str, os.PathLike)):
        raise ValueError(f"{name} must hold real numbers, the pixels, not {str(value)!r}; read the file with {READ}")
    if isinstance(value, Image.Image) and value.mode != "RGB":
        raise ValueError(
            f'{name} must be an image in red, green and blue, mode "RGB", but Pillow has it in mode "{value.mode}"; '
            f"read the file with {READ}"
        )
    if isinstance(value, np.ma.MaskedArray):
        raise ValueError(f"{name} must be a plain array, got a masked one; fill it with .filled(0)")
    shapes = [("height", "width", "3"), ("images", "height", "width", "3")][: 2 if batches else 1]
    if np.ndim(value) == 2:
        raise ValueError(
            f"{name} must have shape (height, width, 3), got shape {np.shape(value)}, a grey image; "
            f"stack it three times with np.stack([image] * 3, axis=-1), or read the file with {READ}"
        )
    array = real_array(name, value, shapes)
    _check_channels(name, array)
    for number, image in enumerate(array if array.ndim == 4 else array[None]):
        _check_range(f"{name}[{number}]" if array.ndim == 4 else name, image)
    return array


def cut_to_size(image, size):
    """Cut from the middle the largest part of an image that has the aspect ratio of `size`, and resize it.

    Args:
        image: uint8 of shape (height, width, channels).
        size: A pair (rows, columns).

    Returns:
        A uint8 tensor of TensorFlow of shape (rows, columns, channels): bilinear, antialiased and rounded.
    """
    import tensorflow as tf

    height, width = tf.shape(image)[0], tf.shape(image)[1]
    rows = tf.minimum(height, tf.maximum(width * size[0] // size[1], 1))
    columns = tf.minimum(width, tf.maximum(height * size[1] // size[0], 1))
    part = tf.image.crop_to_bounding_box(image, (height - rows) // 2, (width - columns) // 2, rows, columns)
    resized = tf.image.resize(part, size, antialias=True)
    return tf.cast(tf.clip_by_value(tf.round(resized), 0, 255), tf.uint8)


def _check_channels(name, array):
    height, _, channels = array.shape[-3:]
    first = f"if its channels come first, move them to the end with np.moveaxis({name}, -3, -1)"
    if channels != 3:
        remedy = {
            1: "it is grey: repeat it with np.repeat(image, 3, axis=-1)",
            4: f"leave out an alpha channel with [..., :3], or better read the file with {READ}, which also knows inks",
        }.get(channels, first if height in (1, 3, 4) else f"read the file with {READ}")
        raise ValueError(
            f"{name} must have three channels, red, green and blue, as its last axis, got shape {array.shape}; {remedy}"
        )
    if height == 3:
        raise ValueError(f"{name} of shape {array.shape} has three rows and three channels, or the reverse; {first}")


def _check_range(name, image):
    low, high = image.min(), image.max()
    problem = f"{name} must hold values in 0 ... 255, got {low} ... {high}"
    if image.dtype.kind == "b":
        raise ValueError(f"{problem}; multiply it by 255, if True is white")
    if low < 0 or high > 255:
        prepared = low < 0 and "; has it been prepared for a network already? Give the pixels as they were"
        raise ValueError(f"{problem}{prepared or '; divide 16 bits by 257'}")
    if image.dtype.kind in "iu" and np.iinfo(image.dtype).max < 255:
        raise ValueError(f"{name} must hold values in 0 ... 255, which {image.dtype} cannot; give uint8")
    if high == 0 or high > DOUBTFUL:
        return
    whole = image.dtype.kind in "iu" or (image == np.rint(image)).all()
    if high <= 1:
        raise ValueError(f"{problem}; multiply it by 255, if 1 is white")
    if high <= 2 or not whole:
        raise ValueError(
            f"{problem}, which may be another range; scale it so that white is 255, or, if it is a dark image "
            "in 0 ... 255, round it to whole numbers above 2 with np.round"
        )


def _to_rgb(picture, file_format, path):
    """Return a picture of any mode in mode "RGB"."""
    if picture.mode.startswith("I;16") or (picture.mode == "I" and file_format in ("PNG", "PPM")):  # 0 ... 65535
        picture = Image.fromarray(np.round(np.asarray(picture) / 257).astype("uint8"))
    if picture.mode in ("I", "F"):
        raise OSError(f'its numbers, mode "{picture.mode}", have no known range')
    profile = picture.info.get("icc_profile")
    if picture.mode == "CMYK" and profile:
        picture = _in_srgb(picture, profile)
    elif picture.mode not in ("CMYK", "YCbCr", "LAB", "HSV"):
        seen = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")
        return _in_srgb(picture, profile) if profile else picture
    return picture.convert("RGB")


def _in_srgb(picture, profile):
    """Convert the colours of a profile to those of screens; a profile that does not fit is ignored, as browsers do."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return picture
