"""Where each screen is mounted."""

from django.urls import URLPattern, URLResolver, include, path

from tifo.server.api import api

handler500 = "tifo.server.refusals.fault"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tifo.fanclub.web.entrance")),  # before the accounts' page of the same address and name
    path("", include("tifo.fanclub.web.fan")),
    path("", include("tifo.points.web.fan")),
    path("", include("tifo.quests.web.fan")),
    path("", include("tifo.accounts.web.staff")),
    path("", include("tifo.accounts.web.entrance")),
    path("", include("tifo.ui.web.fan")),
    path("", include("tifo.ui.web.staff")),
    path("studio/settings/", include("tifo.delivery.web.staff")),
    path("studio/audiences/", include("tifo.audiences.web.staff")),
    path("studio/content/", include("tifo.content.web.staff")),
    path("studio/fans/", include("tifo.registry.web.staff")),
    path("rewards/", include("tifo.rewards.web.proof")),
    path("", include("tifo.rewards.web.fan")),
    path("studio/points/", include("tifo.points.web.staff")),
    path("studio/spectators/", include("tifo.spectators.web.staff")),
    path("studio/campaigns/", include("tifo.campaigns.web.staff")),
    path("studio/club/quests/", include("tifo.quests.web.staff")),
    path("studio/club/rewards/", include("tifo.rewards.web.staff")),
    path("studio/club/", include("tifo.fanclub.web.staff")),
    path("studio/", include("tifo.insights.web.staff")),
    path("api/", api.urls),
    path("hooks/", include("tifo.delivery.web.hooks")),
    path("hooks/", include("tifo.quests.web.hooks")),
    path("inbox/", include("tifo.inbox.web.staff")),
]
