"""The five grades of 好差评 and what follows from them. Pure."""

from enum import IntEnum


class Stars(IntEnum):
    """国办发〔2019〕51号: the two lowest are a bad review."""

    VERY_BAD = 1  # 非常不满意
    BAD = 2  # 不满意
    FAIR = 3  # 基本满意
    GOOD = 4  # 满意
    VERY_GOOD = 5  # 非常满意
