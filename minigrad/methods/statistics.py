"""Methods for ops/statistics.py."""


class StatisticsMethods:
    pass
