from django.apps import AppConfig


class FansConfig(AppConfig):
    name = "tifo.fans"
    label = "fans"
    default_auto_field = "django.db.models.BigAutoField"
