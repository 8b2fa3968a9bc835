"""What is the user's own where acts show more places than sign-ins do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from commands.usual.acts import WEB_CLIENT, is_web_client
from commands.usual.networks import Network
from commands.usual.own import Own, days_of, is_among, lasting_in
from graph.evidence import Evidence
from graph.resources.sign_ins import SignIn


def with_visits(
    own: Own,
    sign_ins: Sequence[SignIn],
    visits: Iterable[SignIn],
    evidence: Evidence,
    rented: Mapping[str, Network],
) -> Own:
    """Give what is the user's own, with the networks of acts that no sign-in shows and that last as well.

    A line at home may show to Exchange alone, over IPv6 say. Outlook on the web is the user's where it was
    used from own networks.
    """
    days = days_of(visits, rented)
    lasting = lasting_in(days, {one.created_date_time.date() for one in sign_ins})
    networks = own.networks | lasting
    web = any(
        is_web_client(record.client)
        and evidence.subject.is_meant_by(record.actor)
        and record.address is not None
        and is_among(record.address, networks)
        for record in evidence.records()
    )
    agents = own.agents | ({WEB_CLIENT} if web else set())
    return replace(own, networks=networks, regular=own.regular | lasting, agents=agents)
