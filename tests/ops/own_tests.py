"""Operations that no table can check, and the test that checks each.

Random numbers, uninitialised memory, dtypes and states have no reference to be compared with row by
row. ``OWN`` names the test of each one; docs/reference/operations.md shows it, and test_table.py
breaks the operation on purpose and watches that test fail.
"""

from __future__ import annotations

from . import test_casting, test_creation, test_random

OWN = {
    "bernoulli": test_random.test_bernoulli_follows_its_probabilities,
    "broadcast_shapes": test_creation.test_shapes_broadcast_as_numpy_says,
    "can_cast": test_casting.test_promote_types_and_can_cast_agree_with_pytorch,
    "empty": test_creation.test_uninitialised_memory_has_the_size_and_dtype_asked_for,
    "empty_like": test_creation.test_uninitialised_memory_has_the_size_and_dtype_asked_for,
    "get_default_dtype": test_casting.test_the_default_dtype_is_what_was_set,
    "get_rng_state": test_random.test_the_default_state_is_taken_up_where_it_was_left,
    "initial_seed": test_random.test_the_module_random_drives_the_default_generator,
    "manual_seed": test_random.test_the_module_random_drives_the_default_generator,
    "multinomial": test_random.test_multinomial_follows_its_weights,
    "normal": test_random.test_normal_numbers_have_their_mean_and_deviation,
    "poisson": test_random.test_poisson_and_exponential_have_their_means,
    "promote_types": test_casting.test_promote_types_and_can_cast_agree_with_pytorch,
    "rand": test_random.test_uniform_numbers_fill_the_half_open_interval,
    "rand_like": test_random.test_numbers_like_a_tensor_have_its_shape_and_dtype,
    "randint": test_random.test_integers_reach_both_ends_of_their_range,
    "randint_like": test_random.test_integers_reach_both_ends_of_their_range,
    "randn": test_random.test_normal_numbers_have_their_mean_and_deviation,
    "randn_like": test_random.test_numbers_like_a_tensor_have_its_shape_and_dtype,
    "randperm": test_random.test_a_permutation_has_each_number_once_and_every_order_comes_up,
    "result_type": test_casting.test_result_type_agrees_with_pytorch_for_tensors_and_numbers,
    "seed": test_random.test_the_module_random_drives_the_default_generator,
    "set_default_dtype": test_casting.test_the_default_dtype_is_what_was_set,
    "set_rng_state": test_random.test_the_default_state_is_taken_up_where_it_was_left,
}
