from django.apps import AppConfig


class SpectatorsConfig(AppConfig):
    name = "tifo.spectators"
    label = "spectators"
    default_auto_field = "django.db.models.BigAutoField"
