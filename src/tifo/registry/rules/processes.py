"""How a process that helps with a large file begins and ends; importable before Django is set up."""

import multiprocessing
import os
import threading


def begin(language: str) -> None:
    """Set up, speak `language`, and end with the process that started this one, however that one ends."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent:
            parent.join()
            os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    import django
    from django.utils import translation

    django.setup()
    translation.activate(language)
