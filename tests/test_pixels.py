"""Photographs are read as they are meant to be seen, and pixels that may be in another range are refused."""

import os

import numpy as np
import PIL.Image
import pytest
import skimage.data
from packaging.version import Version
from PIL import ImageCms

from tests.helpers import needs_fork, refuses
from tests.networks import noise
from utils.pixels import check_pixels, read_image

COLOURS = skimage.data.chelsea()[50:114, 100:180]
GREY = np.asarray(PIL.Image.fromarray(COLOURS).convert("L"))
TURNS = {  # Orientation in EXIF: how the upright picture is stored
    1: lambda x: x,
    2: lambda x: x[:, ::-1],
    3: lambda x: x[::-1, ::-1],
    4: lambda x: x[::-1],
    5: lambda x: np.swapaxes(x, 0, 1),
    6: lambda x: np.rot90(x),
    7: lambda x: np.swapaxes(x[::-1, ::-1], 0, 1),
    8: lambda x: np.rot90(x, -1),
}


@pytest.fixture
def saved(tmp_path):
    """A function that saves a picture and returns its path."""

    def save(picture, name="picture.png", **options):
        picture = picture if isinstance(picture, PIL.Image.Image) else PIL.Image.fromarray(picture)
        picture.save(tmp_path / name, **options)
        return tmp_path / name

    return save


# Files


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("name", ["picture.png", "picture.tif", "picture.jpg"])
def test_a_photograph_stands_upright(orientation, name, saved):
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(TURNS[orientation](COLOURS))
    path = saved(stored, name, exif=exif, **({"quality": 100, "subsampling": 0} if name.endswith("jpg") else {}))
    found = read_image(path)
    assert found.shape == COLOURS.shape and found.dtype == np.uint8
    assert np.abs(found.astype(int) - COLOURS).mean() < (1 if name.endswith("jpg") else 1e-9)


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.webp", "a.ppm"])
def test_colours_of_files_without_loss(name, saved):
    np.testing.assert_array_equal(read_image(saved(COLOURS, name, lossless=True)), COLOURS)
    np.testing.assert_array_equal(read_image(str(saved(COLOURS, name, lossless=True))), COLOURS)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.pgm"])
def test_grey_pictures_of_8_and_16_bits(name, saved):
    expected = np.stack([GREY] * 3, axis=-1)
    np.testing.assert_array_equal(read_image(saved(GREY, name)), expected)
    np.testing.assert_array_equal(read_image(saved(GREY.astype("uint16") * 257, name)), expected)
    shifted = GREY.astype("uint16") * 257 + np.where(GREY > 100, -128, 128).astype("uint16")
    np.testing.assert_array_equal(read_image(saved(shifted, name)), expected)


@pytest.mark.parametrize(
    "mode, name", [("1", "a.png"), ("1", "a.tif"), ("P", "a.gif"), ("P", "a.png"), ("LA", "a.png")]
)
def test_modes_that_pillow_reads_as_they_are(mode, name, saved):
    picture = PIL.Image.fromarray(COLOURS).convert(mode)
    np.testing.assert_array_equal(read_image(saved(picture, name)), np.asarray(picture.convert("RGB")))


def on_white(alpha):
    return np.round(COLOURS * (alpha / 255) + 255 * (1 - alpha / 255))


def test_what_is_transparent_lies_on_white(saved):
    alpha = np.broadcast_to(np.linspace(0, 255, 80).round(), (64, 80))[..., None]
    found = read_image(saved(np.dstack([COLOURS, alpha.astype("uint8")])))
    assert np.abs(found - on_white(alpha)).max() <= 1
    grey = read_image(saved(np.dstack([GREY, np.zeros_like(GREY)]), "grey.webp", lossless=True))
    assert grey.min() == 255
    key = tuple(int(value) for value in COLOURS[3, 4])  # one colour stands for "nothing here"
    found = read_image(saved(COLOURS, transparency=key))
    seen_through = (COLOURS == key).all(axis=-1)
    assert (found[seen_through] == 255).all() and (found[~seen_through] == COLOURS[~seen_through]).all()
    palette = PIL.Image.fromarray(COLOURS).convert("P")
    hidden = int(np.asarray(palette)[3, 4])
    assert (read_image(saved(palette, "a.gif", transparency=hidden))[np.asarray(palette) == hidden] == 255).all()


def test_the_inks_of_a_print(saved):
    picture = PIL.Image.fromarray(COLOURS).convert("CMYK")
    np.testing.assert_array_equal(read_image(saved(picture, "a.tif")), np.asarray(picture.convert("RGB")))
    difference = np.abs(read_image(saved(picture, "a.jpg", quality=100)).astype(int) - COLOURS)
    assert difference.mean() < 3


def test_lab(saved):
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    picture = ImageCms.profileToProfile(PIL.Image.fromarray(COLOURS), srgb, lab, outputMode="LAB")
    assert np.abs(read_image(saved(picture, "lab.tif")).astype(int) - COLOURS).mean() < 3


OLD_PILLOW = Version(PIL.__version__) < Version("13")


@pytest.mark.skipif(OLD_PILLOW, reason="Pillow before 13 cannot read such a file without compression; it is refused")
def test_ycbcr(saved):
    picture = PIL.Image.fromarray(COLOURS).convert("YCbCr")
    assert np.abs(read_image(saved(picture, "a.tif")).astype(int) - COLOURS).mean() < 3


def test_the_profile_in_a_file(saved):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.abs(read_image(saved(COLOURS, icc_profile=srgb)).astype(int) - COLOURS).max() <= 1
    swapped = bytearray(srgb)  # the table of a profile names where red and blue are
    red, blue = swapped.index(b"rXYZ"), swapped.index(b"bXYZ")
    swapped[red : red + 4], swapped[blue : blue + 4] = b"bXYZ", b"rXYZ"
    found = read_image(saved(COLOURS, icc_profile=bytes(swapped)))
    assert np.abs(found.astype(int) - COLOURS[..., ::-1]).max() <= 1
    for wrong in (b"no profile", srgb[:200]):
        np.testing.assert_array_equal(read_image(saved(COLOURS, icc_profile=wrong)), COLOURS)


def test_files_that_are_no_pictures(saved, tmp_path):
    refuses(lambda: read_image(tmp_path / "none.jpg"), "none.jpg", error=FileNotFoundError)
    refuses(lambda: read_image(tmp_path), "path", str(tmp_path), "folder")
    refuses(lambda: read_image(COLOURS), "path", "ndarray")
    text = tmp_path / "text.jpg"
    text.write_text("not a picture")
    refuses(lambda: read_image(text), "text.jpg", "not a picture")
    whole = saved(noise(64, 64, 3), "whole.jpg")
    for length in (0, 30, 400, -500):
        (tmp_path / "part.jpg").write_bytes(whole.read_bytes()[:length])
        refuses(lambda: read_image(tmp_path / "part.jpg"), "part.jpg", "save it anew")
    for dtype in ("float32", "int32"):
        refuses(lambda dtype=dtype: read_image(saved(GREY.astype(dtype), "a.tif")), "a.tif", "known range")


@needs_fork
def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    refuses(lambda: read_image(tmp_path / "pipe.jpg"), "pipe.jpg", "pipe")


# Arrays


FRACTIONS = COLOURS / 255
DOUBTFUL = {
    "0 ... 1": (FRACTIONS, "multiply it by 255"),
    "a little above 1": (FRACTIONS * 1.2, "another range"),
    "0 ... 2": (COLOURS / 127.5, "another range"),
    "per cent": (FRACTIONS * 100, "another range"),
    "float16": ((FRACTIONS * 1.5).astype("float16"), "another range"),
    "big-endian": ((FRACTIONS * 2).astype(">f4"), "another range"),
    "uint8 of 0 and 1": ((COLOURS > 127).astype("uint8"), "multiply it by 255"),
    "int64 of 0 and 1": ((COLOURS > 127).astype("int64"), "multiply it by 255"),
    "floats of 0 and 1": ((COLOURS > 127).astype(float), "multiply it by 255"),
    "three levels": (COLOURS // 86, "another range"),
    "truth values": (COLOURS > 127, "multiply it by 255"),
    "int8": ((FRACTIONS * 127).astype("int8"), "int8"),
    "16 bits": (COLOURS.astype("uint16") * 257, "divide 16 bits by 257"),
    "prepared, -1 ... 1": (COLOURS / 127.5 - 1, "prepared for a network already"),
    "prepared, Lite": ((COLOURS - 127.0) / 128, "prepared for a network already"),
    "prepared, Caffe": (COLOURS[..., ::-1] - np.array([103.939, 116.779, 123.68]), "prepared for a network already"),
    "masked": (np.ma.masked_greater(COLOURS, 200), "masked"),
    "not finite": (np.where(COLOURS > 200, np.inf, COLOURS), "infinity"),
}


@pytest.mark.parametrize("kind", DOUBTFUL)
def test_doubtful_ranges_are_refused(kind):
    image, remedy = DOUBTFUL[kind]
    refuses(lambda: check_pixels("image", image), "image", remedy)
    if kind not in ("masked", "not finite", "int8", "truth values"):
        batch = np.stack([COLOURS.astype(image.dtype), image, COLOURS.astype(image.dtype)])
        refuses(lambda: check_pixels("x", batch, batches=True), "x[1] must hold", remedy)


def test_pixels_that_cannot_be_anything_else():
    resized = COLOURS * 0.997
    for dtype in ("uint8", "int16", "uint16", "int64", "float16", "float32", ">f4"):
        np.testing.assert_array_equal(check_pixels("x", COLOURS.astype(dtype)), COLOURS)
    np.testing.assert_array_equal(check_pixels("x", PIL.Image.fromarray(COLOURS)), COLOURS)
    np.testing.assert_array_equal(check_pixels("x", COLOURS.tolist()), COLOURS)
    for image in (resized, COLOURS * 0, COLOURS * 0.0, np.full((4, 5, 3), 7.0), COLOURS // 20):
        np.testing.assert_array_equal(check_pixels("x", image), image)
    batch = np.stack([resized, COLOURS * 0, COLOURS])
    np.testing.assert_array_equal(check_pixels("x", batch, batches=True), batch)


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "CMYK", "YCbCr", "HSV", "LAB", "F", "I", "I;16"])
def test_pictures_of_pillow_in_other_modes(mode):
    picture = PIL.Image.new(mode, (8, 6))
    refuses(lambda: check_pixels("image", picture), "image", f'mode "{mode}"', "read_image")


def test_shapes_that_are_no_pictures_in_colour(tmp_path):
    for path in ("cat.jpg", tmp_path / "cat.jpg"):
        refuses(lambda path=path: check_pixels("x", path), "x", "cat.jpg", "read_image")
    refuses(lambda: check_pixels("x", GREY), "grey", "np.stack", "(64, 80)")
    refuses(lambda: check_pixels("x", GREY[..., None]), "grey", "np.repeat", "(64, 80, 1)")
    refuses(lambda: check_pixels("x", np.dstack([COLOURS, GREY])), "[..., :3]", "read_image")
    first = np.moveaxis(COLOURS, -1, 0)
    refuses(lambda: check_pixels("x", first), "channels come first", "np.moveaxis(x, -3, -1)")
    np.testing.assert_array_equal(np.moveaxis(first, -3, -1), COLOURS)
    refuses(lambda: check_pixels("x", first[..., :3]), "channels come first", "(3, 64, 3)")
    refuses(lambda: check_pixels("x", first[None], batches=True), "channels come first", "(1, 3, 64, 80)")
    refuses(lambda: check_pixels("x", COLOURS[None]), "must have shape (height, width, 3)", "(1, 64, 80, 3)")
