"""A tenant that runs on this machine: its addresses, what it holds and was asked, and its clock."""

from __future__ import annotations

import socket
from datetime import timedelta
from threading import Thread
from time import sleep
from typing import Self

import uvicorn

from sandbox.scenarios.state import TenantState
from sandbox.tenant import device_code
from sandbox.tenant.core import Core
from sandbox.tenant.faults import Call, Faults
from sandbox.tenant.server import application


class RunningTenant:
    """A tenant that answers on 127.0.0.1 until it is stopped; a context manager."""

    def __init__(self, core: Core, port: int) -> None:
        self._core = core
        # The protocol is named because asyncio sends small answers at once only on sockets that say TCP.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        core.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            application(core),
            loop="asyncio",
            http="auto",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="tenant", daemon=True
        )
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the local tenant could not start")
            sleep(0.005)

    @property
    def url(self) -> str:
        """The address of everything, without a path."""
        return self._core.url

    @property
    def login_url(self) -> str:
        """The base of the login endpoints; the tenant's id follows."""
        return self.url + "/login"

    @property
    def graph_url(self) -> str:
        """The base of Graph; the version follows."""
        return self.url + "/graph"

    @property
    def exchange_url(self) -> str:
        """The base of the Exchange admin endpoint; ``/adminapi/beta/…`` follows."""
        return self.url + "/exchange"

    @property
    def compliance_url(self) -> str:
        """The base of the compliance endpoint; ``/adminapi/beta/…`` follows."""
        return self.url + "/compliance"

    @property
    def tenant_id(self) -> str:
        """The tenant's GUID."""
        return self._core.state.tenant_id

    @property
    def client_id(self) -> str:
        """The app's client id."""
        return self._core.state.client_id

    @property
    def client_secret(self) -> str:
        """The app's secret."""
        return self._core.state.client_secret

    @property
    def domains(self) -> tuple[str, ...]:
        """The verified domains."""
        return tuple(str(item["id"]) for item in self._core.state.domains if item["isVerified"])

    @property
    def state(self) -> TenantState:
        """The live state."""
        return self._core.state

    @property
    def faults(self) -> Faults:
        """The faults that are turned on."""
        return self._core.faults

    @property
    def calls(self) -> list[Call]:
        """Every call so far."""
        return self._core.calls

    @property
    def permissions(self) -> set[str]:
        """The application permissions; changed ones count from the next call on."""
        return self._core.permissions

    @permissions.setter
    def permissions(self, wanted: set[str]) -> None:
        self._core.permissions = wanted

    @property
    def exchange_cmdlets(self) -> set[str]:
        """The cmdlets that the app's Exchange role holds."""
        return self._core.exchange_cmdlets

    @exchange_cmdlets.setter
    def exchange_cmdlets(self, wanted: set[str]) -> None:
        self._core.exchange_cmdlets = wanted

    @property
    def compliance_cmdlets(self) -> set[str]:
        """The cmdlets that the app's compliance role holds."""
        return self._core.compliance_cmdlets

    @property
    def directory_roles(self) -> set[str]:
        """The directory roles of the app, which decide whose account it may change."""
        return self._core.state.app_directory_roles

    @directory_roles.setter
    def directory_roles(self, wanted: set[str]) -> None:
        self._core.state.app_directory_roles = wanted

    @property
    def licenses(self) -> set[str]:
        """The tenant's service plans."""
        return self._core.state.licenses

    @licenses.setter
    def licenses(self, wanted: set[str]) -> None:
        self._core.state.licenses = wanted

    def register_certificate(self, pem: str) -> None:
        """Let the app sign in with this certificate too."""
        self._core.state.app_certificates.append(pem)

    def enter_code(self, code: str, user: str, *, consent: bool = True) -> str:
        """Do what a person does in a browser: enter a device code as somebody, and accept or not.

        Raises:
            KeyError: nobody has this address.
        """
        return device_code.enter(self._core, code, user, consent=consent)

    def let_pass(self, span: timedelta) -> None:
        """Move the tenant's clock forward: delayed writes are seen, searches end, limits open again.

        Tokens live by the machine's clock and stay as they are. Raises ValueError for a negative span.
        """
        self._core.state.let_pass(span)

    def end_searches(self) -> None:
        """End the audit searches that run; whichever begins from now on ends at once."""
        self._core.audit_query_seconds = 0.0

    def stop_clock(self) -> None:
        """From now on the tenant's time passes only through `let_pass`, however slow the machine is."""
        self._core.state.stop_clock()

    def writes(self) -> list[Call]:
        """The calls that were meant to change something."""
        return [call for call in self._core.calls if call.writes]

    def stop(self) -> None:
        """Stop answering; open connections are closed."""
        self._server.should_exit = True
        self._thread.join(5)
        if self._thread.is_alive():
            self._server.force_exit = True
            self._thread.join(5)
        self._socket.close()

    def __enter__(self) -> Self:
        """The running tenant itself."""
        return self

    def __exit__(self, *args: object) -> None:
        """Stop it."""
        self.stop()
