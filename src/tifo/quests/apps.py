from django.apps import AppConfig


class QuestsConfig(AppConfig):
    name = "tifo.quests"
    label = "quests"
    default_auto_field = "django.db.models.BigAutoField"
