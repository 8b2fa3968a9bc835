"""Writes records as Microsoft does: AuditData of the unified audit log, and Graph's beta sign-ins.

Sources: "Office 365 Management Activity API schema"; "Use Microsoft Purview Audit: detailed properties";
"Search the audit log for MailItemsAccessed"; Graph beta, "signIn resource type"; and public captures.
"""
