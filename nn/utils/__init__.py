"""Helpers on the parameters of a model.

    clip_grad_norm_ clip_grad_value_ get_total_norm     keep gradients from exploding
    parameters_to_vector vector_to_parameters           all parameters as one vector, and back

Below: tape.py. Tests: tests/nn/test_utils.py.
"""

from .clip_grad import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from .convert_parameters import parameters_to_vector, vector_to_parameters
