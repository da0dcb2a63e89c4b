"""What the columns of a file mean: the known names, and proposals for those written otherwise."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence

from tifo.registry.types import LEFT_OUT, UNKNOWN, BadFile, gettext_noop

KNOWN = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "birth_date",
    "gender",
    "language",
    "country",
    "postcode",
    "timezone",
    "external_id",
    "joined_at",
    "club_member",
)
IDENTITIES = ("email", "phone", "external_id")
# The file of rejects carries these two in front, so that it can be mended and imported as it is.
OF_REJECTS = ("line", "reason")

_PROPOSALS: Mapping[str, str] = {
    "email": "e_mail mail email_address e_mail_address mail_address courriel adresse_mail adresse_email "
    "adresse_e_mail correo correo_electronico البريد_الالكتروني البريد",
    "phone": "telephone tel mobile phone_number mobile_phone portable numero_de_telephone telefono movil الهاتف",
    "first_name": "firstname given_name forename prenom nombre الاسم_الاول",
    "last_name": "lastname surname family_name name nom nom_de_famille apellido apellidos اسم_العائلة",
    "birth_date": "birthdate date_of_birth dob birthday date_de_naissance naissance fecha_de_nacimiento",
    "gender": "sex genre sexe civilite genero sexo",
    "language": "lang locale langue idioma preferred_language اللغة",
    "country": "country_code pays code_pays pais البلد",
    "postcode": "zip zipcode zip_code postal_code code_postal cp codigo_postal",
    "timezone": "time_zone tz fuseau_horaire zona_horaria",
    "external_id": "id crm_id customer_id client_id contact_id user_id identifiant reference",
    "joined_at": "created created_at signup_date registered_at date_inscription inscrit_le fecha_de_alta",
    "club_member": "member club membre membre_du_club miembro socio",
}
_MEANING = {written: name for name, writings in _PROPOSALS.items() for written in writings.split()}
LONGEST_SHOWN = 80  # characters of a header in a sentence
LONGEST_TOPIC = 60
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def plain(text: str) -> str:
    """Letters without accents, lower case, `_` between words: how two writings of a header are compared."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "_", bare).strip("_")


def slug(text: str) -> str:
    """`Artistic Gymnastics` → `artistic-gymnastics`."""
    return plain(text).replace("_", "-")


def understand(header: str) -> str:
    """The place that a header names by itself, UNKNOWN when it names none; no guessing."""
    name = header.strip()
    head, colon, rest = name.partition(":")
    if colon and head.strip().casefold() in ("consent", "likes") and rest.strip():
        return f"{head.strip().casefold()}:{slug(rest)}"
    name = name.casefold()
    return name if name in KNOWN else UNKNOWN


def propose(headers: Sequence[str]) -> tuple[str, ...]:
    """A place for each column: known names, then likely ones that no column names already."""
    targets = [understand(header) for header in headers]
    for position, header in enumerate(headers):
        guess = _MEANING.get(plain(header), UNKNOWN)
        if targets[position] == UNKNOWN and plain(header) in KNOWN:
            guess = plain(header)
        if targets[position] == UNKNOWN and guess and guess not in targets:
            targets[position] = guess
        elif targets[position] == UNKNOWN and plain(header) in OF_REJECTS:
            targets[position] = LEFT_OUT
    return tuple(targets)


def targets_of(headers: Sequence[str], chosen: Mapping[str, str], *, leave_unknown: bool) -> tuple[str, ...]:
    """Where each column goes for the command line: known names, `chosen` (header → place) by hand.

    Raises BadFile for an unknown column that nobody said to leave out.
    """
    wanted = {plain(header): place for header, place in chosen.items()}
    targets: list[str] = []
    for position, header in enumerate(headers, 1):
        target = wanted.pop(plain(header), None) or understand(header)
        if target == UNKNOWN and (leave_unknown or plain(header) in OF_REJECTS):
            target = LEFT_OUT
        if target == UNKNOWN and len(headers) == 1:
            raise _unseparated(header)
        if target == UNKNOWN:
            raise _unknown(position, header)
        targets.append(target if target == LEFT_OUT else understand(target) or target)
    if wanted:
        raise BadFile(
            gettext_noop("--map names '%(column)s', and the header has no such column: %(columns)s."),
            column=next(iter(wanted)),
            columns=", ".join(headers),
        )
    return tuple(targets)


def _unseparated(header: str) -> BadFile:
    return BadFile(
        gettext_noop(
            "Line 1 is a single column, '%(header)s', which isn't known. Columns are separated by a comma, semicolon "
            "or tab: save the file as CSV. Known: %(known)s, consent:<purpose>, likes:<topic>."
        ),
        header=header[:LONGEST_SHOWN],
        known=", ".join(KNOWN),
    )


def _unknown(position: int, header: str) -> BadFile:
    guess = _MEANING.get(plain(header)) or (plain(header) if plain(header) in KNOWN else "")
    values = {"column": position, "header": header[:LONGEST_SHOWN], "guess": guess, "known": ", ".join(KNOWN)}
    if guess:
        return BadFile(
            gettext_noop(
                "Line 1, column %(column)s: '%(header)s' isn't a known column. "
                "--map '%(header)s=%(guess)s' takes it as %(guess)s; --ignore-unknown leaves it out. "
                "Known: %(known)s, consent:<purpose>, likes:<topic>."
            ),
            **values,
        )
    return BadFile(
        gettext_noop(
            "Line 1, column %(column)s: '%(header)s' isn't a known column; --ignore-unknown leaves it out. "
            "Known: %(known)s, consent:<purpose>, likes:<topic>."
        ),
        **values,
    )


def check_targets(headers: Sequence[str], targets: Sequence[str], purposes: Collection[str]) -> None:
    """Raises BadFile where the mapping can't be followed; names columns from 1."""
    if len(headers) != len(targets):
        raise BadFile(
            gettext_noop(
                "The file has %(columns)s columns and %(mapped)s are mapped: map each, or leave it out."
            ),
            columns=len(headers),
            mapped=len(targets),
        )
    seen: dict[str, int] = {}
    for position, (header, target) in enumerate(zip(headers, targets, strict=True), 1):
        if target in (UNKNOWN, LEFT_OUT):
            continue
        if target in seen:
            raise BadFile(
                gettext_noop(
                    "Line 1: columns %(first)s and %(second)s ('%(header)s') are both %(target)s: "
                    "rename or delete one."
                ),
                first=seen[target],
                second=position,
                header=header,
                target=target,
            )
        seen[target] = position
        _check_target(position, header, target, purposes)
    if not any(name in seen for name in IDENTITIES):
        raise BadFile(
            gettext_noop(
                "Line 1: no column says who a person is. One of email, phone, external_id is needed; "
                "the header names: %(columns)s."
            ),
            columns=", ".join(headers[:20]),
        )


def _check_target(position: int, header: str, target: str, purposes: Collection[str]) -> None:
    head, colon, rest = target.partition(":")
    if colon and head == "consent" and rest not in purposes:
        raise BadFile(
            gettext_noop(
                "Line 1, column %(column)s: '%(header)s' names the purpose '%(purpose)s', which doesn't exist. "
                "Purposes: %(purposes)s."
            ),
            column=position,
            header=header,
            purpose=rest,
            purposes=", ".join(sorted(purposes)),
        )
    if colon and head == "likes" and (not _SLUG.fullmatch(rest) or len(rest) > LONGEST_TOPIC):
        raise BadFile(
            gettext_noop(
                "Line 1, column %(column)s: '%(header)s' names no topic: write e.g. likes:judo, in Latin letters."
            ),
            column=position,
            header=header,
        )
    if target not in KNOWN and not (colon and head in ("consent", "likes")):
        raise BadFile(
            gettext_noop("Line 1, column %(column)s: '%(target)s' isn't a known column: %(known)s."),
            column=position,
            target=target,
            known=", ".join(KNOWN),
        )
