"""Both logs of a firm, and what every audit record has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from evaluation.world.people import Firm, new_id

Record = dict[str, Any]


def pairs(values: Mapping[str, object]) -> list[dict[str, str]]:
    """Give values as Microsoft's lists of names and values, all of them text."""
    return [{"Name": name, "Value": str(value)} for name, value in values.items()]


class Log:
    """The audit log and the sign-in log of one firm.

    Args:
        r: The source of chance.
        firm: Whose logs they are.
        sign_ins_from: Before this moment sign-ins are no longer kept.
    """

    def __init__(self, r: Random, firm: Firm, sign_ins_from: datetime) -> None:
        self.r, self.firm, self.sign_ins_from = r, firm, sign_ins_from
        self.audit: list[Record] = []
        self.sign_ins: list[Record] = []

    def record(
        self, at: datetime, operation: str, kind: int, workload: str, actor: str, **more: object
    ) -> Record:
        """Write an audit record with its common fields; `more` adds to them or replaces them."""
        found: Record = {
            "CreationTime": at.strftime("%Y-%m-%dT%H:%M:%S"),
            "Id": new_id(self.r),
            "Operation": operation,
            "OrganizationId": self.firm.tenant,
            "RecordType": kind,
            "ResultStatus": "Succeeded",
            "UserKey": actor,
            "UserType": 0,
            "Version": 1,
            "Workload": workload,
            "UserId": actor,
            **more,
        }
        self.audit.append(found)
        return found

    def sorted_logs(self) -> tuple[list[Record], list[Record]]:
        """Give audit records and sign-ins, each oldest first."""
        self.audit.sort(key=lambda one: (one["CreationTime"], one["Id"]))
        self.sign_ins.sort(key=lambda one: (one["createdDateTime"], one["id"]))
        return self.audit, self.sign_ins


def later(at: datetime, r: Random, low: float, high: float) -> datetime:
    """Give a moment some minutes later."""
    return at + timedelta(seconds=r.uniform(low * 60, high * 60))
