"""Methods for ops/scan.py."""


class ScanMethods:
    pass
