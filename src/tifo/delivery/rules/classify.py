"""Who made a hit: a person, a mail program's proxy, or a scanner. Versioned rules over features that name nobody, so that
old hits can be judged again (T6). What each version gets right and wrong stands in docs/explanation/hits-told-apart.md.

FEATURES, a statement of DuckDB, reads `hit(row, kind, message_id, link, head, agent, network, moment, sent_at)`, where
`sent_at` is when the message was handed over, as far as that is known. It is asked once, while the message is at
hand; its answers are kept with the hit: `early` (0: within 2 seconds of the hand-over, 1: 10, 2: 60, 3: later or not
known), `links` (so many different links of the message from the same network within 10 seconds either way, 9 at most),
`owner` ("apple": from Apple's own network).
"""

VERSION = 2

FEATURES = """
SELECT row, CASE
        WHEN sent_at IS NULL OR moment >= sent_at + INTERVAL 60 SECOND THEN 3
        WHEN moment < sent_at + INTERVAL 2 SECOND THEN 0
        WHEN moment < sent_at + INTERVAL 10 SECOND THEN 1
        ELSE 2 END::TINYINT AS early,
    least(9, CASE WHEN kind = 'click' AND message_id IS NOT NULL THEN count(DISTINCT link) FILTER (kind = 'click') OVER (
        PARTITION BY message_id, network ORDER BY moment
        RANGE BETWEEN INTERVAL 10 SECOND PRECEDING AND INTERVAL 10 SECOND FOLLOWING
    ) ELSE 0 END)::TINYINT AS links,
    CASE WHEN starts_with(network, '17.') THEN 'apple' ELSE '' END AS owner
FROM hit
"""

# A proxy fetches pictures for the person, whether she looks or not: Gmail, Yahoo, DuckDuckGo, Proton; Apple's Mail
# Privacy Protection says no more than "Mozilla/5.0".
_PROXIES = r"(?i)GoogleImageProxy|ggpht\.com|YahooMailProxy|DuckDuckGo-?Image|Proton.?Mail.?Image"
_BARE = "Mozilla/5.0"

# Programs that follow links to look for harm, or to draw previews.
_SCANNERS = (
    r"(?i)bot/|bot;|\+http|crawler|spider|slurp|\b(scan|monitor|preview|fetch|probe|validator)|barracuda|proofpoint|mimecast|"
    r"safelinks|sophos|symantec|messagelabs|trendmicro|fortinet|zscaler|cloudmark|forcepoint|"
    r"^(curl|wget|python|java|go-http|okhttp|libwww|ruby|php|node|axios|powershell|winhttp)|facebookexternalhit|"
    r"whatsapp|telegrambot|slack|skypeuripreview"
)
_SCANNERS_2 = (
    _SCANNERS
    + r"|headlesschrome|phantomjs|selenium|playwright|urldefense|ciscosecure|ironport|\btmes\b|f-secure"
)
_OFFICE = (
    r"(?i)ms-?office|microsoft office"  # opens pictures for Outlook's reader, but follows no link for her
)
_OLD = (
    r"MSIE [2-9]\.|Windows NT 5\.|Chrome/[1-4]?\d\.|Firefox/[1-4]?\d\."  # a sandbox's browser, ten years old
)

RULES: dict[int, str] = {
    # what stood here first
    1: f"""CASE
        WHEN head OR agent = '' OR regexp_matches(agent, '{_SCANNERS}') THEN 'scanner'
        WHEN kind = 'click' AND (early = 0 OR links >= 4) THEN 'scanner'
        WHEN kind = 'open' AND (regexp_matches(agent, '{_PROXIES}') OR agent = '{_BARE}' OR owner = 'apple' OR early = 0)
            THEN 'proxy'
        ELSE 'person' END""",
    # proxies before scanners; sandboxes by their browsers; three links in ten seconds, two in the first minute
    2: f"""CASE
        WHEN kind = 'open' AND NOT head AND (regexp_matches(agent, '{_PROXIES}') OR agent = '{_BARE}' OR owner = 'apple')
            THEN 'proxy'
        WHEN head OR agent = '' OR regexp_matches(agent, '{_SCANNERS_2}') OR regexp_matches(agent, '{_OLD}') THEN 'scanner'
        WHEN kind = 'click' AND (agent = '{_BARE}' OR regexp_matches(agent, '{_OFFICE}')) THEN 'scanner'
        WHEN kind = 'click' AND (early = 0 OR links >= 3 OR (early <= 2 AND links >= 2)) THEN 'scanner'
        WHEN kind = 'open' AND early = 0 THEN 'proxy'
        ELSE 'person' END""",
}
