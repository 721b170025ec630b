"""Images to train on, from files that are already here.

    MNIST, FashionMNIST        IDX files in a folder
    Digits                     scikit-learn's small digits: needs no download at all
    ImageFolder                one sub-folder per class
    FilenameLabels             the class stands in the file name
    Normalize, Compose         transforms

Below: utils/data. Above: cli/. Tests: tests/data.
"""

from .digits import Digits
from .idx import read_idx
from .images import FilenameLabels, ImageDataset, ImageFolder, read_image
from .mnist import MNIST, FashionMNIST
from .transforms import Compose, Normalize

__all__ = [
    "MNIST", "Compose", "Digits", "FashionMNIST", "FilenameLabels", "ImageDataset", "ImageFolder",
    "Normalize", "read_idx", "read_image",
]  # fmt: skip
