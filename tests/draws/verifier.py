"""tools/verify_draw.py as a module: the very file that is handed out, loaded by its path."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

PATH = Path(__file__).resolve().parents[2] / "tools" / "verify_draw.py"


def load() -> Any:
    spec = importlib.util.spec_from_file_location("verify_draw", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["verify_draw"] = module
    spec.loader.exec_module(module)
    return module


verifier = load()
