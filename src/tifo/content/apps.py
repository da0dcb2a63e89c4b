from django.apps import AppConfig


class ContentConfig(AppConfig):
    name = "tifo.content"
    label = "content"
    default_auto_field = "django.db.models.BigAutoField"
