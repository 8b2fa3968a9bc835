"""The refusals of the local tenant, each in the words and the shape of the service that would refuse.

RefusalError
├── GraphError      {"error": {"code", "message", "innerError"}}
├── CmdletError     Exchange's {"error": {…, "details", "innererror"}}
│   └── CallError   the same, from the endpoint itself, before the cmdlet runs
├── NulBodyError    Exchange's 403 whose body is NUL bytes declared as gzip
└── LoginError      {"error", "error_description", "error_codes"}
"""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.scenarios.state import Json


class RefusalError(Exception):
    """A refusal: HTTP status and further headers."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


class GraphError(RefusalError):
    """Graph refuses, with a code."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, message, headers)
        self.code = code

    def body(self, date: str, request_id: str, client_request_id: str) -> Json:
        """The error object around the code."""
        inner = {"date": date, "request-id": request_id, "client-request-id": client_request_id}
        return {"error": {"code": self.code, "message": self.message, "innerError": inner}}


class CmdletError(RefusalError):
    """A cmdlet fails; the readable text stands in three places, as with the real service."""

    def __init__(self, status: int, code: str, exception: str, message: str) -> None:
        super().__init__(status, message)
        self.code = code
        self.exception = exception

    def body(self) -> Json:
        """The error object of the admin endpoint."""
        context = f"Ex6F9304|Microsoft.Exchange.{self.exception}|{self.message}"
        return {
            "error": {
                "code": self.code,
                "message": "Error executing cmdlet",
                "details": [{"code": "Context", "target": "", "message": context}],
                "innererror": {"internalexception": {"message": self.message}},
            }
        }


class CallError(CmdletError):
    """The endpoint does not run a call, as its parameters are not those of the cmdlet.

    Source: answers of a real tenant, rknightion/graph2otel, internal/exoclient/errors_test.go.
    """

    def body(self) -> Json:
        """The error object of the admin endpoint where no cmdlet has run."""
        exception = f"Microsoft.Exchange.AdminApi.CommandInvocation.{self.exception}"
        inner = {"message": self.message, "type": exception, "stacktrace": ""}
        return {
            "error": {
                "code": self.code,
                "message": "Invalid Operation",
                "details": [{"code": "Client", "target": "", "message": f"|{exception}|{self.message}"}],
                "innererror": {
                    "message": "Invalid Operation",
                    "type": "Microsoft.Exchange.Admin.OData.Core.ODataServiceException",
                    "stacktrace": "",
                    "internalexception": inner,
                },
            }
        }


class NulBodyError(RefusalError):
    """The role does not hold the cmdlet: an answer that claims to be gzip and holds only NUL bytes."""


class LoginError(RefusalError):
    """The token endpoint refuses, with an AADSTS number."""

    def __init__(self, status: int, error: str, number: int, message: str) -> None:
        super().__init__(status, message)
        self.error = error
        self.number = number

    def body(self, correlation_id: str) -> Json:
        """The error object of the token endpoint."""
        text = f"AADSTS{self.number}: {self.message} Correlation ID: {correlation_id}"
        return {
            "error": self.error,
            "error_description": text,
            "error_codes": [self.number],
            "correlation_id": correlation_id,
        }


def bad_request(message: str, code: str = "BadRequest") -> GraphError:
    """A 400 of Graph."""
    return GraphError(400, code, message)


def not_found(what: str, code: str = "Request_ResourceNotFound") -> GraphError:
    """A 404 of Graph."""
    return GraphError(404, code, f"Resource '{what}' does not exist or one of its parts is not present.")


def forbidden(
    message: str = "Insufficient privileges to complete the operation.",
    code: str = "Authorization_RequestDenied",
) -> GraphError:
    """A 403 of Graph."""
    return GraphError(403, code, message)


def unknown_parameters(names: Iterable[str]) -> CallError:
    """The admin endpoint's answer to parameters that the cmdlet does not have in this service."""
    text = "Parameter set cannot be resolved using the specified named parameters. Invalid cmdlet parameters "
    return CallError(
        400, "BadRequest", "AmbiguousParameterSetException", f"{text}specified. {', '.join(names)}"
    )


def object_not_found(name: str) -> CmdletError:
    """Exchange's answer to an identity that names nothing."""
    return CmdletError(
        404,
        "NotFound",
        "Configuration.Tasks.ManagementObjectNotFoundException",
        f"The operation couldn't be performed because object '{name}' couldn't be found.",
    )
