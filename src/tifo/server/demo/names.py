"""How people of the demo are called and where they live, by language."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """How people of one language are called, where they live and how many of a hundred they are."""

    code: str
    share: int
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    places: tuple[tuple[str, str], ...]  # country, time zone


LANGUAGES = (
    Language(
        "fr",
        36,
        (
            "Léa",
            "Hugo",
            "Manon",
            "Louis",
            "Chloé",
            "Jules",
            "Inès",
            "Gabriel",
            "Zoé",
            "Noé",
            "Émilie",
            "François",
            "Aïcha",
            "Théo",
        ),
        (
            "Moreau",
            "Lefèvre",
            "Garnier",
            "Dubois",
            "Chevalier",
            "N'Diaye",
            "Le Goff",
            "Roussel",
            "Perrin",
            "D'Angelo",
            "Benoît",
        ),
        (
            ("FR", "Europe/Paris"),
            ("FR", "Europe/Paris"),
            ("BE", "Europe/Brussels"),
            ("CH", "Europe/Zurich"),
            ("CA", "America/Toronto"),
            ("PF", "Pacific/Tahiti"),
        ),
    ),
    Language(
        "en",
        27,
        (
            "Olivia",
            "Jack",
            "Amara",
            "Liam",
            "Grace",
            "Noah",
            "Priya",
            "Ethan",
            "Ruby",
            "Owen",
            "Zainab",
            "Callum",
        ),
        (
            "Okafor",
            "Smith",
            "O'Brien",
            "Patel",
            "Campbell",
            "Nguyen",
            "Williams",
            "Mac Donald",
            "Fraser",
            "Adeyemi",
        ),
        (
            ("GB", "Europe/London"),
            ("US", "America/New_York"),
            ("US", "America/Los_Angeles"),
            ("IE", "Europe/Dublin"),
            ("AU", "Australia/Sydney"),
            ("NG", "Africa/Lagos"),
        ),
    ),
    Language(
        "es",
        18,
        ("Lucía", "Mateo", "Sofía", "Nicolás", "Valeria", "Diego", "Martina", "Joaquín", "Begoña", "Íñigo"),
        ("García", "Núñez", "Muñoz", "de la Cruz", "Ibáñez", "Peña", "Rojas", "Ordóñez", "Castaño"),
        (
            ("ES", "Europe/Madrid"),
            ("MX", "America/Mexico_City"),
            ("AR", "America/Argentina/Buenos_Aires"),
            ("CO", "America/Bogota"),
        ),
    ),
    Language(
        "ar",
        13,
        ("ليلى", "يوسف", "مريم", "عمر", "نور", "خالد", "هدى", "سامي", "أمينة", "طارق"),
        ("الفاسي", "حداد", "منصور", "العلوي", "بن علي", "الزهراني", "خوري", "المصري"),
        (
            ("MA", "Africa/Casablanca"),
            ("EG", "Africa/Cairo"),
            ("AE", "Asia/Dubai"),
            ("TN", "Africa/Tunis"),
            ("FR", "Europe/Paris"),
        ),
    ),
    Language(
        "de",
        4,
        ("Lena", "Jonas", "Greta", "Felix"),
        ("Müller", "Weiß", "Krüger", "Schäfer"),
        (("DE", "Europe/Berlin"), ("AT", "Europe/Vienna")),
    ),
    Language(
        "pt",
        2,
        ("João", "Beatriz", "Inês"),
        ("Conceição", "Magalhães", "Simões"),
        (("PT", "Europe/Lisbon"), ("BR", "America/Sao_Paulo")),
    ),
)
