"""What these tests share: all addresses, one of each thing, and letting everything follow that was written."""

import time
from collections.abc import Iterator
from pathlib import Path

from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver

from tests.spectators.files import write
from tifo.audiences.public import save_audience
from tifo.campaigns.public import read_campaign_file, save_campaign
from tifo.consents.public import give
from tifo.content.public import Block, save_block
from tifo.fanclub.public import NewsText, open_source, publish_news
from tifo.fans.public import create_fan
from tifo.kernel.public import deliver_events, revisions
from tifo.lake.public import refresh
from tifo.points.public import Rule, earn, give_badge, publish_rule, set_badge
from tifo.quests.public import open_quest
from tifo.rewards.public import open_offer, read_offer_file
from tifo.spectators.public import import_programme


def settle() -> None:
    """Every reaction has seen every event, and the lake what was written until now.

    PostgreSQL gives out what is committed once no older transaction of the cluster is open, those of the tests
    running beside this one too.
    """
    for _ in range(2):  # what reactions write follows in the second round
        with transaction.atomic():
            newest = revisions.current()
        for _ in range(1_500):
            if revisions.settled() >= newest:
                break
            time.sleep(0.02)
        else:
            raise AssertionError("older transactions stay open")
        while deliver_events():
            pass
    refresh()


def _routes(resolver: URLResolver, namespaces: tuple[str, ...] = ()) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from _routes(entry, inner)
        elif entry.name:
            yield ":".join((*namespaces, entry.name)), entry


ROUTES = dict(_routes(get_resolver()))


CAMPAIGN = """campaign: x
purpose: newsletter
fallback: en
audience: 'everyone()'
subject: {en: 'Hello'}
slots:
  - {slot: x, blocks: [x]}
blocks:
  x: {markdown: {en: "Hi"}}
"""


OFFER = """offer: x
title: {en: X}
terms: {en: X}
opens: 2020-01-01T00:00Z
closes: 2099-01-01T00:00Z
places: 1
"""


QUEST = """quest: x
kind: quiz
title: {en: X}
opens: 2020-01-01T00:00Z
closes: 2090-01-01T00:00Z
points: 1
questions:
  - {ask: {en: Which}, options: {a: {en: A}, b: {en: B}}, right: a}
"""


def furnish(folder: Path) -> None:
    """One of each thing, under the numbers and names that the addresses hold."""
    fan = create_fan(source="tests", email="lea@lac.example", first_name="Léa")
    give(fan, "newsletter", source="tests")
    publish_news({"en": NewsText("X")}, actor_id=None)
    open_source("x1", "X", actor_id=None)
    open_quest(QUEST)
    publish_rule(Rule("x", "play", points=1))
    earn(fan, "x", "play")
    set_badge("x", {"en": "X"}, {})
    give_badge(fan, "x")
    open_offer(read_offer_file(OFFER))
    save_audience(name="All", text="everyone()")
    save_block("", Block("x", "markdown", {"en": "Hi"}), by=None)
    save_campaign(read_campaign_file(CAMPAIGN))
    import_programme(
        write(
            folder / "event",
            venues="venue_code,name,timezone\nx,Stade,Europe/Paris\n",
            sessions="session_code,sport,venue_code,starts_at,ends_at\nx,Judo,x,2027-07-27T10:00,2027-07-27T11:00\n",
            tickets="ticket_ref,session_code,holder_email,status\nT1,x,lea@lac.example,valid\n",
        )
    )
