"""The same as `compromise init` does, as a PowerShell script that an administrator reviews and runs.

It is written from the same list of things. Every text stands in single quotes, in which PowerShell reads
nothing but a doubled quote. Private keys are not in it: it holds the certificates alone, which are public.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from bot.setup.in_entra import SCOPES, SHOWN_AMONG_APPS
from bot.setup.registrations import (
    EXCHANGE_APP,
    GRAPH_APP,
    MANAGE_AS_APP_ID,
    TRACE,
    WRITER,
    Registration,
)
from graph import contract

FILE: Final = "register.ps1"

_HEAD: Final = """\
# Registers compromise-bot in a tenant. Written by `compromise init --script`; read it before you run it.
# It needs PowerShell 7 and two modules of Microsoft's:
#   Install-Module Microsoft.Graph.Authentication, ExchangeOnlineManagement
# Everything is looked for before it is made, so it can be run again when it stops.
#Requires -Version 7.0
#Requires -Modules Microsoft.Graph.Authentication, ExchangeOnlineManagement
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
"""
_TOOLS: Final = """\
function Get-FromGraph([string] $Path) {
    try { Invoke-MgGraphRequest -Method GET -Uri "v1.0/$Path" -OutputType PSObject }
    catch { if ("$_" -match 'ResourceNotFound|404|NotFound') { $null } else { throw } }
}
function Send-ToGraph([string] $Path, [hashtable] $Body) {
    $json = ConvertTo-Json -InputObject $Body -Depth 6
    $sent = @{ Method = 'POST'; Uri = "v1.0/$Path"; Body = $json; ContentType = 'application/json' }
    Invoke-MgGraphRequest @sent -OutputType PSObject
}
function Wait-For([scriptblock] $Find) {
    foreach ($try in 1..40) {
        $found = & $Find
        if ($found) { return $found }
        Start-Sleep -Seconds 3
    }
    throw 'Something that was made is not seen yet. Run this script again in a few minutes.'
}
"""
_ENTRA: Final = """\
Connect-MgGraph -Scopes $scopes -NoWelcome
$graph = Get-FromGraph "servicePrincipals(appId='$graphApp')"
$exchange = Get-FromGraph "servicePrincipals(appId='$exchangeApp')"
foreach ($app in $apps) {
    $filter = "applications?`$filter=tags/any(t:t eq '$($app.Tag)')"
    $found = @((Get-FromGraph $filter).value)
    if ($found.Count -gt 1) { throw "Several registrations have the tag $($app.Tag)." }
    if ($found.Count -eq 0) {
        $key = @{ type = 'AsymmetricX509Cert'; usage = 'Verify'; key = $app.Certificate }
        $body = @{
            displayName = $app.Name; signInAudience = 'AzureADMyOrg'; keyCredentials = @($key)
            tags = @('compromise-bot', $app.Tag)
        }
        $made = Send-ToGraph 'applications' $body
    } else {
        # Anybody may register something with this tag; it is ours only if it has our key and no other.
        $select = 'id,appId,keyCredentials,passwordCredentials'
        $made = Get-FromGraph "applications/$($found[0].id)?`$select=$select"
        $keys = @($made.keyCredentials | ForEach-Object { "$($_.key)" })
        $passwords = @($made.passwordCredentials | Where-Object { $_ })
        if ("$keys" -cne $app.Certificate -or $passwords.Count -gt 0) {
            throw "$($app.Tag) is registered with other credentials than this script's: $($made.appId)."
        }
    }
    $app.ClientId = $made.appId
    if (-not (Get-FromGraph "servicePrincipals(appId='$($app.ClientId)')")) {
        Wait-For { Get-FromGraph "applications/$($made.id)" } | Out-Null
        Send-ToGraph 'servicePrincipals' @{ appId = $app.ClientId; tags = @($shownAmongApps) } | Out-Null
    }
    $principal = Wait-For { Get-FromGraph "servicePrincipals(appId='$($app.ClientId)')" }
    $app.ObjectId = $principal.id
    $path = "servicePrincipals/$($app.ObjectId)/appRoleAssignments"
    $held = @((Get-FromGraph $path).value | ForEach-Object { "$($_.resourceId) $($_.appRoleId)" })
    $wanted = @($graph.appRoles | Where-Object { $_.value -in $app.Permissions } |
        ForEach-Object { @{ resourceId = $graph.id; appRoleId = $_.id } })
    if ($exchange) { $wanted += @{ resourceId = $exchange.id; appRoleId = $manageAsApp } }
    foreach ($one in $wanted) {
        if ("$($one.resourceId) $($one.appRoleId)" -notin $held) {
            $one.principalId = $app.ObjectId
            Send-ToGraph $path $one | Out-Null
        }
    }
    $filter = "principalId eq '$($app.ObjectId)'"
    $assigned = Get-FromGraph "roleManagement/directory/roleAssignments?`$filter=$filter"
    $roles = @($assigned.value | ForEach-Object { $_.roleDefinitionId })
    foreach ($role in $app.DirectoryRoles) {
        if ($role -notin $roles) {
            $body = @{ principalId = $app.ObjectId; roleDefinitionId = $role; directoryScopeId = '/' }
            Send-ToGraph 'roleManagement/directory/roleAssignments' $body | Out-Null
        }
    }
}
if (-not (Get-FromGraph "servicePrincipals(appId='$traceApp')")) {
    Send-ToGraph 'servicePrincipals' @{ appId = $traceApp } | Out-Null
}
"""
_EXCHANGE: Final = """\
function Add-Reference($App) {
    if (-not (Get-ServicePrincipal | Where-Object { $_.AppId -eq $App.ClientId })) {
        New-ServicePrincipal -AppId $App.ClientId -ObjectId $App.ObjectId -DisplayName $App.Name | Out-Null
    }
}
function Add-Group($App, [string[]] $Roles) {
    if (-not (Get-RoleGroup | Where-Object { $_.Name -eq $App.Group })) {
        New-RoleGroup -Name $App.Group -Roles $Roles | Out-Null
    }
    $members = Get-RoleGroupMember -Identity $App.Group
    $ids = @($members | ForEach-Object { "$($_.Name)"; "$($_.ExternalDirectoryObjectId)" })
    if ($App.ObjectId -notin $ids) {
        Add-RoleGroupMember -Identity $App.Group -Member $App.ObjectId
    }
}
Connect-ExchangeOnline -ShowBanner:$false
foreach ($app in $apps) {
    Add-Reference $app
    $roles = @($app.Whole)
    foreach ($parent in $app.Parents) {
        $entries = Get-ManagementRoleEntry -Identity "$parent\\*" -ResultSize Unlimited
        $kept = @($entries | ForEach-Object { $_.Name } | Where-Object {
            $_ -in $app.Keep -or $_ -eq 'Get-Mailbox' -or ($app.KeepsGet -and $_ -like 'Get-*')
        } | Sort-Object -Unique)
        if (-not ($kept | Where-Object { $_ -in $app.Keep })) { continue }
        $role = "$($app.Group) $parent"
        if (-not (Get-ManagementRole | Where-Object { $_.Name -eq $role })) {
            New-ManagementRole -Name $role -Parent $parent -EnabledCmdlets $kept | Out-Null
        }
        $roles += $role
    }
    Add-Group $app $roles
}
Disconnect-ExchangeOnline -Confirm:$false
Connect-IPPSSession -ShowBanner:$false
foreach ($app in $apps | Where-Object { $_.Purview }) {
    Add-Reference $app
    Add-Group $app $app.Purview
}
Disconnect-ExchangeOnline -Confirm:$false
"""
_END: Final = """\
$tenant = (Get-MgContext).TenantId
Disconnect-MgGraph | Out-Null
'Write these lines into answers.toml on the machine of the bot:'
"tenant = `"$tenant`""
foreach ($app in $apps) { "$($app.Answer) = `"$($app.ClientId)`"" }
"""


def script(applications: tuple[Registration, ...], certificates: Mapping[str, bytes]) -> str:
    """The script for these applications.

    Args:
        applications: What is to be registered.
        certificates: The certificate (DER) of each, by what it is for.
    """
    names = "".join(
        f"${name} = {value}\n"
        for name, value in (
            ("scopes", _many(SCOPES)),
            ("graphApp", quoted(GRAPH_APP)),
            ("exchangeApp", quoted(EXCHANGE_APP)),
            ("manageAsApp", quoted(MANAGE_AS_APP_ID)),
            ("traceApp", quoted(TRACE)),
            ("shownAmongApps", quoted(SHOWN_AMONG_APPS)),
        )
    )
    apps = "".join(f"    @{{\n{''.join(_app(one, certificates[one.what]))}    }}\n" for one in applications)
    return "\n".join((_HEAD, names, f"$apps = @(\n{apps})\n", _TOOLS, _ENTRA, _EXCHANGE, _END))


def _app(one: Registration, certificate: bytes) -> Iterator[str]:
    values = {
        "Name": quoted(one.name),
        "Tag": quoted(one.tag),
        "Answer": quoted("remediate" if one.what == WRITER else "client_id"),
        "Certificate": quoted(base64.b64encode(certificate).decode()),
        "Permissions": _many(one.permissions),
        "DirectoryRoles": _many(contract.roles()[name].id for name in one.directory_roles),
        "Group": quoted(one.exchange.group),
        "Whole": _many(one.exchange.whole),
        "Parents": _many(one.exchange.parents),
        "Keep": _many(one.exchange.keep),
        "KeepsGet": "$true" if one.what == WRITER else "$false",
        "Purview": _many(one.purview),
        "ClientId": "''",
        "ObjectId": "''",
    }
    for name, value in values.items():
        yield f"        {name} = {value}\n"


def quoted(text: str) -> str:
    """A text in PowerShell; in single quotes only a quote means something, and is doubled."""
    # PowerShell takes typographic quotes for quotes as well.
    return "'" + "".join(2 * sign if sign in "'\u2018\u2019\u201a\u201b" else sign for sign in text) + "'"


def _many(texts: Iterable[str]) -> str:
    return f"@({', '.join(quoted(text) for text in texts)})"
