"""Methods for ops/indexing.py."""


class IndexingMethods:
    pass
