"""PEC: receipts and failure notices of Italian certified mail."""

import pytest

from bounce_verdict.model import Classification, MessageInput, Report
from bounce_verdict.pipeline import Pipeline


def mail(kind: str, xml: str = "", text: str = "Ricevuta", head: str = "") -> bytes:
    return (
        f"Return-Path: <posta-certificata@pec.example>\nFrom: posta-certificata@pec.example\nTo: news@pec.example\nSubject: {kind}: March\n"
        f'{head}MIME-Version: 1.0\nContent-Type: multipart/signed; protocol="application/x-pkcs7-signature"; boundary=s\n\n'
        f"--s\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
        f'--b\nContent-Type: application/xml; name="daticert.xml"\n\n{xml}\n--b--\n'
        "--s\nContent-Type: application/x-pkcs7-signature; name=smime.p7s\n\nMIIB\n--s--\n"
    ).encode()


def certificate(kind: str, error: str = "nessuno", inside: str = "") -> str:
    return (
        f'<?xml version="1.0"?><postacert tipo="{kind}" errore="{error}"><intestazione><mittente>news@pec.example</mittente>'
        '<destinatari tipo="certificato">ana@pec.example.org</destinatari><destinatari tipo="esterno">bea@example.org</destinatari>'
        f"<oggetto>March</oggetto></intestazione><dati>{inside}</dati></postacert>"
    )


def answered(pipeline: Pipeline, raw: bytes) -> Report:
    return pipeline.message(MessageInput(raw))


def only(report: Report) -> Classification:
    [answer] = report.recipients
    return answer


def test_a_failure_names_the_one_recipient_and_the_error(pipeline: Pipeline) -> None:
    inside = (
        "<consegna>ana@pec.example.org</consegna><errore-esteso>5.1.1 - Gestore S.p.A. - indirizzo non valido</errore-esteso>"
    )
    report = answered(
        pipeline,
        mail(
            "AVVISO DI MANCATA CONSEGNA", certificate("errore-consegna", "no-dest", inside), head="X-Ricevuta: errore-consegna\n"
        ),
    )
    answer = only(report)
    assert (report.kind, answer.recipient, answer.verdict) == ("bounce", "ana@pec.example.org", "permanent")


@pytest.mark.parametrize(("error", "verdict"), [("no-dest", "permanent"), ("no-dominio", "permanent"), ("virus", "policy")])
def test_the_error_s_kind_decides_where_no_words_stand_beside_it(pipeline: Pipeline, error: str, verdict: str) -> None:
    inside = "<consegna>ana@pec.example.org</consegna>"
    raw = mail("AVVISO DI MANCATA CONSEGNA", certificate("errore-consegna", error, inside), head="X-Ricevuta: errore-consegna\n")
    assert only(answered(pipeline, raw)).verdict == verdict


def test_a_first_warning_is_a_delay(pipeline: Pipeline) -> None:
    inside = "<consegna>ana@pec.example.org</consegna>"
    raw = mail(
        "PREAVVISO", certificate("preavviso-errore-consegna", "altro", inside), head="X-Ricevuta: preavviso-errore-consegna\n"
    )
    report = answered(pipeline, raw)
    assert (report.kind, only(report).suppress) == ("delay", "never")


@pytest.mark.parametrize(("kind", "action"), [("accettazione", "relayed"), ("avvenuta-consegna", "delivered")])
def test_receipts_are_no_failures(pipeline: Pipeline, kind: str, action: str) -> None:
    report = answered(pipeline, mail(kind.upper(), certificate(kind), head=f"X-Ricevuta: {kind}\n"))
    assert (report.kind, {answer.action for answer in report.recipients}) == ("success", {action})
    assert {answer.recipient for answer in report.recipients} == {"ana@pec.example.org", "bea@example.org"}
    assert {answer.verdict for answer in report.recipients} == {None}


def test_without_the_certificate_the_text_names_the_recipient(pipeline: Pipeline) -> None:
    text = "Avviso di mancata consegna\n\nnel messaggio destinato all'utente \"ana@pec.example.org\" e' stato rilevato un errore:\ncasella piena"
    answer = only(answered(pipeline, mail("AVVISO DI MANCATA CONSEGNA", text=text, head="X-Ricevuta: errore-consegna\n")))
    assert (answer.recipient, answer.verdict) == ("ana@pec.example.org", "storage")


def test_an_ordinary_certified_mail_is_no_report(pipeline: Pipeline) -> None:
    """A transport envelope has the same author, and whatever the sender attached."""
    inside = "<consegna>ana@pec.example.org</consegna>"
    raw = mail("POSTA CERTIFICATA", certificate("errore-consegna", "no-dest", inside), head="X-Trasporto: posta-certificata\n")
    assert answered(pipeline, raw).kind == "not-a-report"


def test_the_field_alone_makes_no_receipt_of_a_persons_mail(pipeline: Pipeline) -> None:
    inside = "<consegna>ana@pec.example.org</consegna>"
    raw = mail("Fwd", certificate("errore-consegna", "no-dest", inside), head="X-Ricevuta: errore-consegna\n")
    forged = raw.replace(b"posta-certificata@", b"bob@")
    assert answered(pipeline, forged).kind == "not-a-report"
