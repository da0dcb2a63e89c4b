from django.apps import AppConfig


class FanclubConfig(AppConfig):
    name = "tifo.fanclub"
    label = "fanclub"
    default_auto_field = "django.db.models.BigAutoField"
