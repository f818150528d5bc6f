"""The words of the registry. Pure."""

from enum import StrEnum


class EnterpriseStatus(StrEnum):
    ACTIVE = "active"  # 存续/在业
    MOVED = "moved"  # 迁出
    DEREGISTERED = "deregistered"  # 注销
    REVOKED = "revoked"  # 吊销


STATUS_WORDS = {
    EnterpriseStatus.ACTIVE: "存续",
    EnterpriseStatus.MOVED: "迁出",
    EnterpriseStatus.DEREGISTERED: "注销",
    EnterpriseStatus.REVOKED: "吊销",
}


class Tie(StrEnum):
    """How a person stands to an enterprise."""

    OWNER = "owner"
    AGENT = "agent"
