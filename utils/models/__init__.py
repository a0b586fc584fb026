"""The networks of the lecture in Keras, one file for each paper, their layers named as the paper names them.

`from utils.models import lenet5`, and so on. Arguments come in the order of keras.applications; any beyond
those are passed by keyword. Import this package before you load a saved model: that makes its own layers known to
Keras. All networks start with random weights, except efficientnet_lite0, which was trained on ImageNet.
"""

from utils.models.alexnet import alexnet
from utils.models.efficientnet_lite import efficientnet_lite0
from utils.models.googlenet import googlenet
from utils.models.lenet import lenet5
from utils.models.lenet_1998 import lenet5_1998
from utils.models.resnet import resnet18, resnet34, resnet50, resnet_small
from utils.models.vgg import vgg16
from utils.models.zfnet import zfnet

__all__ = [
    "alexnet",
    "efficientnet_lite0",
    "googlenet",
    "lenet5",
    "lenet5_1998",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet_small",
    "vgg16",
    "zfnet",
]
