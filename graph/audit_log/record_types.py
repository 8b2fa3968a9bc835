"""Names of the unified audit log's record types.

Source: the enumeration AuditLogRecordType of the Office 365 Management Activity API schema. Exports write the
number, search rows the name.
"""

from __future__ import annotations

from typing import Final

RECORD_TYPES: Final = {
    1: "ExchangeAdmin",
    2: "ExchangeItem",
    3: "ExchangeItemGroup",
    4: "SharePoint",
    6: "SharePointFileOperation",
    7: "OneDrive",
    8: "AzureActiveDirectory",
    9: "AzureActiveDirectoryAccountLogon",
    10: "DataCenterSecurityCmdlet",
    11: "ComplianceDLPSharePoint",
    13: "ComplianceDLPExchange",
    14: "SharePointSharingOperation",
    15: "AzureActiveDirectoryStsLogon",
    18: "SecurityComplianceCenterEOPCmdlet",
    19: "ExchangeAggregatedOperation",
    20: "PowerBIAudit",
    21: "CRM",
    22: "Yammer",
    24: "Discovery",
    25: "MicrosoftTeams",
    28: "ThreatIntelligence",
    29: "MailSubmission",
    30: "MicrosoftFlow",
    31: "AeD",
    32: "MicrosoftStream",
    33: "ComplianceDLPSharePointClassification",
    34: "ThreatFinder",
    35: "Project",
    36: "SharePointListOperation",
    37: "SharePointCommentOperation",
    38: "DataGovernance",
    40: "SecurityComplianceAlerts",
    41: "ThreatIntelligenceUrl",
    42: "SecurityComplianceInsights",
    43: "MIPLabel",
    44: "WorkplaceAnalytics",
    45: "PowerAppsApp",
    46: "PowerAppsPlan",
    47: "ThreatIntelligenceAtpContent",
    48: "LabelContentExplorer",
    50: "ExchangeItemAggregated",
    51: "HygieneEvent",
    52: "DataInsightsRestApiAudit",
    53: "InformationBarrierPolicyApplication",
    54: "SharePointListItemOperation",
    55: "SharePointContentTypeOperation",
    56: "SharePointFieldOperation",
    57: "MicrosoftTeamsAdmin",
    58: "HRSignal",
    59: "MicrosoftTeamsDevice",
    60: "MicrosoftTeamsAnalytics",
    61: "InformationWorkerProtection",
    62: "Campaign",
    63: "DLPEndpoint",
    64: "AirInvestigation",
    65: "Quarantine",
    66: "MicrosoftForms",
    67: "ApplicationAudit",
    68: "ComplianceSupervisionExchange",
    69: "CustomerKeyServiceEncryption",
    70: "OfficeNative",
    73: "MicrosoftTeamsShifts",
    75: "MipAutoLabelExchangeItem",
    78: "WDATPAlerts",
    82: "SensitivityLabelPolicyMatch",
    83: "SensitivityLabelAction",
    84: "SensitivityLabeledFileAction",
    85: "AttackSim",
    86: "AirManualInvestigation",
    87: "SecurityComplianceRBAC",
    88: "UserTraining",
    89: "AirAdminActionInvestigation",
    90: "MSTIC",
    98: "MCASAlerts",
    101: "ExchangeSearch",
    102: "SharePointSearch",
    106: "SecurityComplianceUserChange",
}

_BY_LOWER: Final = {name.lower(): name for name in RECORD_TYPES.values()}


def record_type_of(value: object) -> str:
    """Give the name for a number, a number as text or a name in any case; "" for an unknown number."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int):
        return RECORD_TYPES.get(value, "")
    if isinstance(value, str):
        plain = value.strip()
        if plain.isascii() and plain.isdigit() and len(plain) <= 4:
            return RECORD_TYPES.get(int(plain), "")
        return _BY_LOWER.get(plain.lower(), plain)
    return ""
