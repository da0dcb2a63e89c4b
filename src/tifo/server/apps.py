"""Once all contexts are loaded: what they declare to the lake, react to, and do again and again."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ServerConfig(AppConfig):
    name = "tifo.server"
    label = "server"

    def ready(self) -> None:
        autodiscover_modules("lake", "reactions", "jobs")
