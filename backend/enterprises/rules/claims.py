"""Who may say "this is my enterprise". Pure."""

from backend.enterprises.rules.words import EnterpriseStatus
from backend.kit.errors import DomainError


class NotTheContact(DomainError):
    message = "您登录的手机号不是这家企业登记的联系电话，请先到登记机关更新联系电话，或打电话联系指导办"
    status = 403


class NotActive(DomainError):
    message = "这家企业的登记状态不是存续，不能关联"


def check_claim(*, phone: str, contact_phone: str, status: EnterpriseStatus) -> None:
    """Refuse a claim by anybody but the registered contact. phone: the number that was proved at sign-in.

    Raises NotTheContact or NotActive.
    """
    if not contact_phone or phone != contact_phone:
        raise NotTheContact
    if status is not EnterpriseStatus.ACTIVE:
        raise NotActive
