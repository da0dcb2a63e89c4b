"""Who made a hit: a person, a mail program's proxy, or a scanner. A versioned rule, as one statement of DuckDB.

The statement reads `hit(row, kind, message_id, mailing_id, link, head, agent, network, at, sent_at)` and gives
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
    r"(?i)\b(bot|crawl|spider|slurp|scan|monitor|preview|fetch|probe|validator)|barracuda|proofpoint|mimecast|"
    r"safelinks|sophos|symantec|messagelabs|trendmicro|fortinet|zscaler|cloudmark|forcepoint|"
    r"^(curl|wget|python|java|go-http|okhttp|libwww|ruby|php|node|axios|powershell|winhttp)|facebookexternalhit|"
    r"whatsapp|telegrambot|slack|skypeuripreview"
)

AT_ONCE_SECONDS = 2  # nobody has read a mail so soon after it was handed over
BURST_SECONDS = 10
BURST_LINKS = 4  # so many different links of one mail in so few seconds: no person does that

STATEMENT = f"""
WITH burst AS (
    SELECT DISTINCT a.message_id, a.network, time_bucket(INTERVAL '{BURST_SECONDS} seconds', a.at) AS at
    FROM hit a JOIN hit b ON a.message_id = b.message_id AND a.network = b.network
        AND b.kind = 'click' AND b.at BETWEEN a.at AND a.at + INTERVAL '{BURST_SECONDS} seconds'
    WHERE a.kind = 'click' AND a.message_id IS NOT NULL
    GROUP BY a.row, a.message_id, a.network, a.at
    HAVING count(DISTINCT b.link) >= {BURST_LINKS}
)
SELECT hit.row, CASE
    WHEN hit.head THEN 'scanner'
    WHEN hit.agent = '' OR regexp_matches(hit.agent, $scanners) THEN 'scanner'
    WHEN hit.kind = 'click' AND hit.at < hit.sent_at + INTERVAL '{AT_ONCE_SECONDS} seconds' THEN 'scanner'
    WHEN burst.message_id IS NOT NULL AND hit.kind = 'click' THEN 'scanner'
    WHEN hit.kind = 'open' AND (regexp_matches(hit.agent, $proxies) OR hit.agent = '{BARE_AGENT}'
        OR starts_with(hit.network, '{APPLE_NETWORK}')) THEN 'proxy'
    WHEN hit.kind = 'open' AND hit.at < hit.sent_at + INTERVAL '{AT_ONCE_SECONDS} seconds' THEN 'proxy'
    ELSE 'person'
END AS class
FROM hit LEFT JOIN (SELECT DISTINCT message_id, network, min(at) AS begins, max(at) AS ends FROM burst GROUP BY ALL)
    AS burst ON burst.message_id = hit.message_id AND burst.network = hit.network
    AND hit.at BETWEEN burst.begins - INTERVAL '{BURST_SECONDS} seconds'
        AND burst.ends + INTERVAL '{2 * BURST_SECONDS} seconds'
ORDER BY hit.row
"""
PARAMETERS = {"scanners": SCANNER_AGENTS, "proxies": PROXY_AGENTS}
