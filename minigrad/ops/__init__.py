"""Operations: a rule for each primitive, and the public function that checks and calls it.

One file a subject, the same stem in kernels/, methods/, nn/ and tests/. Each file's
``__all__`` lists what becomes ``minigrad.<name>``.

Below: tape.py, kernels/, shapes.py, errors.py. Above: methods/ and tensor.py.
"""
