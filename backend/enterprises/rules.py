"""What the registry knows of an enterprise. Pure."""

from enum import StrEnum


class EnterpriseStatus(StrEnum):
    ACTIVE = "active"  # 存续/在业
    MOVED = "moved"  # 迁出
    DEREGISTERED = "deregistered"  # 注销
    REVOKED = "revoked"  # 吊销


class Tie(StrEnum):
    """How a person stands to an enterprise."""

    OWNER = "owner"
    AGENT = "agent"
