"""A small programme written by hand, so that every number below can be counted on fingers."""

from pathlib import Path

VENUES = """venue_code,name,timezone,sports
STA,Stade de France,Europe/Paris,Athletics
TAH,"Teahupo'o, Tahiti",Pacific/Tahiti,Surfing
"""

SESSIONS = """session_code,sport,sport_code,venue_code,starts_at,ends_at,medal_events,gender,programme
ATH01-STA,Athletics,ATH,STA,2024-08-02T10:00:00+02:00,2024-08-02T13:00:00+02:00,0,M/W,Heats
ATH02-STA,Athletics,ATH,STA,2024-08-02T19:00:00+02:00,2024-08-02T22:00:00+02:00,2,M/W,"Finals; 10,000 m"
SRF01-TAH,Surfing,SRF,TAH,2024-07-28T04:00:00+02:00,2024-07-28T08:00:00+02:00,1,W,Final
"""

TICKETS = """ticket_ref,session_code,holder_email,buyer_email,category,gate,block,row,seat,status
T1,ATH01-STA,lea@example.org,lea@example.org,A,E,12,4,7,valid
T2,ATH02-STA,lea@example.org,lea@example.org,A,E,12,4,7,valid
T3,ATH01-STA,omar@example.org,lea@example.org,B,K,3,1,2,transferred
T4,SRF01-TAH,,omar@example.org,A,,,,,valid
T5,ATH02-STA,lea@example.org,,C,,,,,cancelled
"""

GATES = """gate_code,venue_code,name,opens_at,step_free
E,STA,East,07:30,yes
K,STA,South,,no
"""


def write(folder: Path, **files: str | bytes) -> Path:
    """Put `name=text` as name.csv into `folder`."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def whole(folder: Path) -> Path:
    """All four files."""
    return write(folder, venues=VENUES, sessions=SESSIONS, gates=GATES, tickets=TICKETS)
