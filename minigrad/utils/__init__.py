"""What a training program needs beside the mathematics.

data        DataLoader, Dataset and their kin, as in torch.utils.data
training    fit, evaluate, predict, History, callbacks
metrics     accuracy, confusion matrix, precision and recall
files       writing a file whole or not at all
checkpoint  recompute activations in backward instead of keeping them
"""

from . import checkpoint, data
