"""Ten audiences as they are asked in a house: from one attribute to everything at once."""

AUDIENCES = (
    'language = "fr"',
    'club.member and language in ("fr", "en")',
    'consents("newsletter") and reachable("email")',
    "age >= 18 and age < 26 and club.member",
    'likes("judo") >= 0.6 and not holds_ticket()',
    'holds_ticket(venue: "STA", day: 2024-08-02)',
    'holds_ticket(sport: "Judo") or likes("judo") >= 0.8',
    'sessions_held() >= 3 and country in ("FR", "BE") and consents("ticketing")',
    'received(within: 30 days) >= 1 and opened(within: 30 days) = 0 and consents("newsletter")',
    'club.member and language in ("fr", "en") and consents("newsletter") and likes("judo") >= 0.6 '
    "and not holds_ticket() and opened(within: 30 days) >= 1 and contacted(within: 3 days) = 0",
)
