"""Whose each tenant is: its people, its policy and its channels, from the settings. Pure.

What a tenant does not name is as for all tenants. A tenant that is not configured (any more) is nobody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.people.members import NO_TEAM, Team
from bot.settings import PolicySettings, Settings, Tenant
from commands.containment.propose import Policy
from commands.plans.planning_input import Guard


@dataclass(frozen=True, slots=True)
class House:
    """What holds in one tenant.

    Attributes:
        team: Who may ask and approve.
        policy: What it takes to carry something out.
        guard: Whom and what the bot never touches.
        channel: Where cards go unless asked otherwise; "" for where it was asked.
        alerts: Where alerts go, "" for nowhere.
        confined: The only channels that its cards may enter; none where it has no such list.
    """

    team: Team
    policy: Policy
    guard: Guard
    channel: str = ""
    alerts: str = ""
    confined: frozenset[str] = frozenset()


class Tenancy:
    """What holds in each tenant.

    Args:
        settings: All of them.
        former: The names that tenants had earlier, with those that they have now; "" where the tenant is no
            longer configured.

    Attributes:
        names: The names of the configured tenants.
        owners: Channels that are one tenant's alone, with its name.
        teams: The people of each tenant, by its name.
        shared: The channel for all tenants, "" for none.
        heir: The tenant that has the cases of those whose ids nobody noted, "" for none. Only one that stands
            alone and has the people of all tenants: it is the one of before, by another name. People who
            are named for one tenant never get another's cases.
    """

    def __init__(self, settings: Settings, former: Mapping[str, str] = MappingProxyType({})) -> None:
        self._former = former
        self.names = tuple(one.name for one in settings.tenants)
        self.shared = settings.slack.channel if settings.slack else ""
        self.owners: Mapping[str, str] = MappingProxyType(
            {channel: one.name for one in settings.tenants for channel in one.own_channels}
        )
        self._houses = {one.name: _house(one, settings) for one in settings.tenants}
        self.teams: Mapping[str, Team] = {name: house.team for name, house in self._houses.items()}
        [only] = settings.tenants if len(settings.tenants) == 1 else [None]
        self.heir = only.name if only and only.responders is None and only.approvers is None else ""
        self._nobody = House(NO_TEAM, _policy(settings.policy), _guard((), settings))

    def of(self, tenant: str) -> House:
        """Give what holds in a tenant; in one that is not configured, nobody may do anything."""
        return self._houses.get(self.whose(tenant), self._nobody)

    def whose(self, tenant: str) -> str:
        """Give the tenant whose people a tenant's cases are for: by its id, whatever it was called then."""
        if tenant in self._houses:
            return tenant
        return self._former.get(tenant, self.heir) or tenant

    def why_not_in(self, tenant: str, channel: str) -> str:
        """Say why nobody asks about a tenant in a channel, in one sentence; "" where they may.

        What belongs to no other tenant will do: answers are for the person who asks alone.
        """
        whose = self.whose(tenant) if tenant else ""
        return self._says(tenant) if self.owners.get(channel, whose) != whose else ""

    def why_not_posted(self, tenant: str, channel: str) -> str:
        """Say why nothing of a tenant is posted in a channel, in one sentence; "" where it may be.

        What is no tenant's, "", is posted in channels that are for all.
        """
        confined = self.of(tenant).confined if tenant else frozenset[str]()
        if confined and channel not in confined:
            return self._says(tenant)
        return self.why_not_in(tenant, channel)

    @staticmethod
    def _says(tenant: str) -> str:
        return f"This channel is not one for {tenant}. Use one of its channels, or a direct message to me."


def _house(one: Tenant, settings: Settings) -> House:
    given = one.policy
    changes = {name: getattr(given, name) for name in given.model_fields_set} if given else {}
    # Step by step: who names one step leaves the others as they are for all.
    changes["people"] = {**settings.policy.people, **changes.get("people", {})}
    channel = one.channel or (settings.slack.channel if settings.slack else "")
    return House(
        team=Team(
            settings.responders if one.responders is None else one.responders,
            settings.approvers if one.approvers is None else one.approvers,
        ),
        policy=_policy(settings.policy.model_copy(update=changes)),
        guard=_guard(one.protected, settings),
        channel=channel,
        alerts=one.alerts_channel or one.channel or settings.alerts.channel or channel,
        confined=one.own_channels if one.channel else frozenset(),
    )


def _policy(policy: PolicySettings) -> Policy:
    return Policy(
        people=policy.people,
        factor_steps=frozenset(policy.factor),
        strict=policy.strict,
        expires=policy.expires,
    )


def _guard(protected: tuple[str, ...], settings: Settings) -> Guard:
    """What the settings protect, and the bot itself."""
    return Guard(
        protected=frozenset(name.strip().casefold() for name in (*settings.protected, *protected)),
        own_apps=frozenset(app.casefold() for tenant in settings.tenants for app in tenant.client_ids),
    )
