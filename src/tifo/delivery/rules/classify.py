"""Who made a hit: a person, a mail program's proxy, or a scanner. A versioned rule, as one statement of DuckDB.

The statement reads `hit(row, kind, message_id, mailing_id, link, head, agent, network, moment, sent_at)` and gives
`(row, class)`. `sent_at` is when the message was handed over, where it is known.
"""

VERSION = 1

# A mail-privacy proxy fetches pictures for the person, whether she looks or not: Gmail, Yahoo, Outlook's cache,
# Apple's Mail Privacy Protection (a bare "Mozilla/5.0", or Apple's own network).
PROXY_AGENTS = r"(?i)GoogleImageProxy|ggpht\.com|YahooMailProxy|DuckDuckGo-?Image|Proton.?Mail.?Image"
BARE_AGENT = "Mozilla/5.0"
APPLE_NETWORK = "17."

# Programs that follow links to look for harm, or to draw previews.
SCANNER_AGENTS = (
    r"(?i)bot/|bot;|\+http|crawler|spider|slurp|\b(scan|monitor|preview|fetch|probe|validator)|barracuda|proofpoint|mimecast|"
    r"safelinks|sophos|symantec|messagelabs|trendmicro|fortinet|zscaler|cloudmark|forcepoint|"
    r"^(curl|wget|python|java|go-http|okhttp|libwww|ruby|php|node|axios|powershell|winhttp)|facebookexternalhit|"
    r"whatsapp|telegrambot|slack|skypeuripreview"
)

AT_ONCE_SECONDS = 2  # nobody has read a mail so soon after it was handed over
BURST_SECONDS = 10
BURST_LINKS = 4  # so many different links of one mail in so few seconds: no person does that

STATEMENT = f"""
WITH counted AS (
    SELECT *, CASE WHEN kind = 'click' AND message_id IS NOT NULL THEN count(DISTINCT link) FILTER (kind = 'click') OVER (
        PARTITION BY message_id, network ORDER BY moment
        RANGE BETWEEN INTERVAL '{BURST_SECONDS} seconds' PRECEDING AND INTERVAL '{BURST_SECONDS} seconds' FOLLOWING
    ) ELSE 0 END AS links
    FROM hit
)
SELECT row, CASE
    WHEN head OR agent = '' OR regexp_matches(agent, $scanners) THEN 'scanner'
    WHEN kind = 'click' AND (moment < sent_at + INTERVAL '{AT_ONCE_SECONDS} seconds' OR links >= {BURST_LINKS})
        THEN 'scanner'
    WHEN kind = 'open' AND (regexp_matches(agent, $proxies) OR agent = '{BARE_AGENT}'
        OR starts_with(network, '{APPLE_NETWORK}') OR moment < sent_at + INTERVAL '{AT_ONCE_SECONDS} seconds')
        THEN 'proxy'
    ELSE 'person'
END AS class
FROM counted ORDER BY row
"""
PARAMETERS = {"scanners": SCANNER_AGENTS, "proxies": PROXY_AGENTS}
