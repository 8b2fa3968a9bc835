"""What `compromise doctor` tells of the certificates that applications sign in with: until when they hold.

Whoever is let in today may be refused in a month: Microsoft refuses an expired one (AADSTS700027).
Source: Microsoft Entra, "Certificate credentials", and "AADSTS error codes".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from bot.setup.doctor_findings import Line
from graph.settings import RemediateSettings, TenantSettings

log = structlog.get_logger(__name__)

SOON: Final = timedelta(days=30)
_PFX: Final = frozenset({".pfx", ".p12"})


def look_at_certificates(tenant: TenantSettings, now: datetime) -> Iterator[Line]:
    """Say until when the certificates of a tenant's applications hold.

    Args:
        tenant: Its settings.
        now: The time (aware UTC).
    """
    for holder in (tenant, tenant.remediate):
        certificate = _certificate(holder) if holder is not None else None
        if holder is None or certificate is None:
            continue
        what = f"certificate {holder.certificate}"
        begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if ends <= now:
            says = f"expired {ends:%Y-%m-%d}, so Microsoft refuses it"
            mend = ("Make a new certificate and upload it: docs/how-to/rotate-secrets.md",)
            yield Line(there=False, what=what, says=says, mend=mend)
        elif begins > now:
            says = f"is not valid before {begins:%Y-%m-%d}; look at this machine's clock"
            yield Line(there=None, what=what, says=says, told=True)
        else:
            says = f"valid until {ends:%Y-%m-%d}"
            if ends - now < SOON:
                says += "; then nothing can be collected. Replace it: docs/how-to/rotate-secrets.md"
                yield Line(there=None, what=what, says=says, told=True)
            else:
                yield Line(there=True, what=what, says=says)


def _certificate(holder: TenantSettings | RemediateSettings) -> x509.Certificate | None:
    """Read the certificate; None where there is none, or the line of the sign-in says why it is unusable."""
    path: Path | None = holder.certificate
    if path is None:
        return None
    try:
        content = path.read_bytes()
        if path.suffix.lower() not in _PFX:
            return x509.load_pem_x509_certificate(content)
        locked = holder.certificate_passphrase
        passphrase = locked.get_secret_value().encode() if locked is not None else None
        return pkcs12.load_key_and_certificates(content, passphrase)[1]
    except (OSError, ValueError) as error:
        log.info("A certificate cannot be read.", action="certificate.unread", why=type(error).__name__)
        return None
