from django.apps import AppConfig


class LakeConfig(AppConfig):
    name = "tifo.lake"
    label = "lake"
    default_auto_field = "django.db.models.BigAutoField"
