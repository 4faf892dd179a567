"""PEC, Italian certified mail: receipts and failure notices, as the technical rules lay them down (DM 2 November 2005, annex, §6 and §7.4).

`X-Ricevuta` says which it is, and the attached daticert.xml says it all once more for programs: `<postacert tipo="errore-consegna"
errore="no-dest">`, the recipients, and in `errore-esteso` what the receiving provider's server said. A transport envelope ("busta di
trasporto") is an ordinary mail and has none of this.
"""

import html
import re
from collections.abc import Sequence

from bounce_verdict.model import Action, Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import address_key, clean_address

FIELDS = ("x-ricevuta",)
_ACTIONS: dict[str, Action] = {
    "accettazione": "relayed",
    "presa-in-carico": "relayed",
    "avvenuta-consegna": "delivered",
    "non-accettazione": "failed",
    "errore-consegna": "failed",
    "mancata-consegna": "failed",
    "preavviso-errore-consegna": "delayed",  # no receipt within 12 hours; the last word comes after 24
    "rilevazione-virus": "failed",
}
_STATUS = {"no-dest": "5.1.1", "no-dominio": "5.1.2", "virus": "5.7.0"}
_MAX_XML = 100_000  # characters
_KIND = re.compile(r"<postacert\b[^<>]{0,200}?\btipo=[\"']([a-z-]{1,40})[\"']")
_ERROR = re.compile(r"<postacert\b[^<>]{0,200}?\berrore=[\"']([a-z-]{1,40})[\"']")
_DELIVERED_TO = re.compile(r"<consegna>([^<>]{3,320})</consegna>")
_ADDRESSED_TO = re.compile(r"<destinatari\b[^<>]{0,80}>([^<>]{3,320})</destinatari>")
_SAID = re.compile(r"<errore-esteso>([^<>]{1,2000})</errore-esteso>")
_IN_TEXT = re.compile(r"(?:destinato all'utente|indirizzato a|destinatario)\s{1,3}\"?([^\s\"<>]{1,64}@[^\s\"<>,;)]{1,255})")
_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")


def read(notice: Notice) -> list[RecipientStatus]:
    """One status for each recipient that the receipt is about; [] where it is none."""
    kind = notice.header("x-ricevuta").strip().lower()
    if not kind:
        return []
    xml = next(
        (
            part.read_text()[:_MAX_XML]
            for part in notice.message.parts
            if _is_certificate(part.content_type, part.headers.get("content-disposition"), part.parameters)
        ),
        "",
    )
    stated = _KIND.search(xml)
    action = _ACTIONS.get(stated[1] if stated is not None else kind)
    if action is None:
        return []
    said = _SAID.search(xml)
    words = html.unescape(said[1]).strip() if said is not None else None
    error = _ERROR.search(xml)
    status = _STATUS.get(error[1]) if error is not None and action == "failed" else None
    named = _CODE.search(words or "")
    return [
        RecipientStatus(
            recipient=address, recipient_source="text", action=action, status=named[0] if named else status, reply=words, said_by="local",
            read_by="pec",
        )
        for address in _recipients(xml, notice.text)
    ]  # fmt: skip


def _is_certificate(content_type: str, disposition: str | None, parameters: object) -> bool:
    return content_type in {"application/xml", "text/xml"} and "daticert" in f"{disposition} {parameters}".lower()


def _recipients(xml: str, text: str) -> Sequence[str]:
    """Whom the receipt is about: `consegna` names the one, a receipt about them all lists them."""
    found = _DELIVERED_TO.findall(xml) or _ADDRESSED_TO.findall(xml) or _IN_TEXT.findall(text)
    addresses = [address for raw in found if (address := clean_address(html.unescape(raw).rstrip("."))) is not None]
    return list({address_key(address): address for address in addresses}.values())
