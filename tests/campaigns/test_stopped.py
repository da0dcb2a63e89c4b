"""While nothing may be sent a sending waits, and who waits for it is told why (M9)."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from django.conf import LazySettings

from tests.campaigns.made import FILE, definition, fan
from tests.delivery.world import inbox
from tifo.campaigns.cli import send
from tifo.campaigns.public import Stage, occurrence, save_campaign, start
from tifo.delivery.public import bind_new, release_sending, stop_sending
from tifo.kernel.public import Refused
from tifo.server.worker import run_until_idle

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_stopped_sending_waits_and_goes_on_by_itself(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tifo.campaigns.actions.send.LOOK_AGAIN", 0.0)
    for number in range(3):
        fan(number, "newsletter")
    bind_new()
    stop_sending("audit", [])
    caplog.clear()
    save_campaign(definition())
    with inbox() as (sink, url):
        settings.TIFO_SMTP_URL = url
        sending = start("the-week")
        run_until_idle()
        assert occurrence(sending).stage is Stage.SENDING
        assert sink.contents == []
        assert "failed" not in caplog.text, "a stop is no fault to be logged again and again"
        release_sending(None, "mended")
        run_until_idle()
        assert occurrence(sending).stage is Stage.FINISHED
        assert len(sink.contents) == 3


def test_who_waits_for_it_on_the_command_line_is_told_why(tmp_path: Path) -> None:
    fan(1, "newsletter")
    bind_new()
    stop_sending("audit", [])
    file = tmp_path / "week.yaml"
    file.write_text(FILE, encoding="utf-8")
    said = CliRunner().invoke(send, [str(file), "--wait", "--yes"])
    assert isinstance(said.exception, Refused)
    assert "Nothing is sent" in str(said.exception)
