"""Exchange of three generations and Exchange Online, in several languages."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import exchange, exchange_online


def _read(text: str, *headers: str) -> list[RecipientStatus]:
    head = "\n".join((*headers, "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"))
    return exchange.read(read_notice(open_message(f"From: postmaster@example.org\n{head}\n\n{text}".encode())))


def test_exchange_55_names_the_reason_twice_and_the_mts_id_is_no_reason() -> None:
    [status] = _read(
        """Your message

  To:      ana@example.org
  Subject: Hello
  Sent:    Thu, 9 May 2002 10:00:00 +0100

did not reach the following recipient(s):

ana@example.org on Thu, 9 May 2002 10:00:03 +0100
    The recipient name is not recognized
\tThe MTS-ID of the original message is: c=gb;a=
;p=example;l=MAIL-020509090000Z-1
    MSEXCH:IMS:Example:SITE:MAIL 0 (000C05A6) Unknown Recipient
""",
        "X-MS-Embedded-Report:",
    )
    assert (status.recipient, status.reply, status.said_by) == (
        "ana@example.org",
        "The recipient name is not recognized Unknown Recipient",
        "local",
    )


def test_exchange_55_passes_on_a_remote_reply() -> None:
    [status] = _read(
        """did not reach the following recipient(s):

ana@example.org on Thu, 9 May 2002 10:00:03 +0100
    The recipient was unavailable to take delivery of the message
    MSEXCH:IMS:Example:SITE:MAIL 3550 (000B09B6) 550 5.7.1
<ana@example.org>... Relaying denied
""",
    )
    assert (status.reply, status.said_by) == ("550 5.7.1 <ana@example.org>... Relaying denied", "remote")


def test_an_x400_name_holds_the_smtp_address() -> None:
    [status] = _read(
        """did not reach the following recipient(s):

c=GB;a= ;p=Example;o=Site;dda:SMTP=ana@example.org; on Thu, 9 May 2002
10:00:03 +0100
    The recipient name is not recognized
    MSEXCH:IMS:Example:SITE:MAIL 0 (000C05A6) Unknown Recipient
""",
    )
    assert (status.recipient, status.reply) == ("ana@example.org", "The recipient name is not recognized Unknown Recipient")


def test_exchange_2003_in_german_gives_the_reply_in_brackets() -> None:
    [status] = _read(
        """Ihre Nachricht hat einige oder alle Empfänger nicht erreicht.

      Betreff:  Hallo
      Gesendet am:  29.04.2005 10:00

Folgende Empfänger konnten nicht erreicht werden:

      ana@example.org am 29.04.2005 10:01
            Während der Übermittlung ist ein Kommunikationsfehler aufgetreten.
            <mail.example.com #5.5.0 smtp;550 5.1.1 <ana@example.org>: unbekannt>
""",
        "X-MS-Embedded-Report:",
    )
    assert (status.recipient, status.reply, status.status, status.said_by) == (
        "ana@example.org",
        "550 5.1.1 <ana@example.org>: unbekannt",
        "5.5.0",
        "remote",
    )


def test_exchange_2003_without_a_reply_gives_its_sentence_and_status() -> None:
    [status] = _read(
        """The following recipient(s) could not be reached:

      'ana@example.org' on 4/29/2005 10:01 AM
            The e-mail account does not exist at the organization this message was sent to.
            <mail.example.org #5.1.1>
""",
    )
    assert (status.recipient, status.status) == ("ana@example.org", "5.1.1")
    assert status.reply == "The e-mail account does not exist at the organization this message was sent to."


def test_exchange_2007_in_french_is_read_by_its_hash() -> None:
    [status] = _read(
        """Échec de la remise aux destinataires suivants :

ana@example.org<mailto:ana@example.org>
Boîte aux lettres pleine.

Informations de diagnostic pour les administrateurs :

Serveur de génération : mail.example.org

ana@example.org
#550 5.2.2 STOREDRV.Deliver; mailbox full ##rfc822;ana@example.org

En-têtes de message d'origine :
""",
        "Content-Language: fr-FR",
    )
    assert (status.reply, status.said_by) == ("550 5.2.2 STOREDRV.Deliver; mailbox full", "local")


def test_exchange_2010_names_the_remote_host_before_the_hash() -> None:
    [status] = _read(
        """Diagnostic information for administrators:

Generating server: mail.example.com

ana@example.org
mx.example.org #550 5.1.1 <ana@example.org>: Recipient address rejected ##
""",
    )
    assert (status.remote_mta, status.reply, status.said_by) == (
        "mx.example.org",
        "550 5.1.1 <ana@example.org>: Recipient address rejected",
        "remote",
    )


def test_exchange_2007_nests_the_reply_in_brackets() -> None:
    [status] = _read("ana@example.org\nmx.example.org #<mx.example.org #5.7.1 smtp;554 5.7.1 <ana@example.org>: no> #SMTP#\n")
    assert (status.remote_mta, status.reply) == ("mx.example.org", "554 5.7.1 <ana@example.org>: no")


def test_exchange_2016_quotes_what_the_remote_server_returned() -> None:
    [status] = _read(
        """Diagnostic information for administrators:

Generating server: mail.example.com

ana@example.org
Remote Server at mx.example.org (192.0.2.7) returned '450 4.7.1 <ana@example.org>: Recipient
address rejected: Greylisted'
""",
        "Content-Language: en-US",
    )
    assert (status.remote_mta, status.reply, status.said_by) == (
        "mx.example.org",
        "450 4.7.1 <ana@example.org>: Recipient address rejected: Greylisted",
        "remote",
    )


def test_exchange_2016_in_japanese_is_read_by_its_quotes() -> None:
    [status] = _read(
        "管理者向けの診断情報:\n\n生成サーバー: mail.example.com\n\nana@example.org\nmx.example.org\n"
        "リモート サーバーが '550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found' を返しました",
        "Content-Language: ja-JP",
    )
    assert (status.remote_mta, status.reply) == ("mx.example.org", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found")


def test_two_recipients_keep_their_own_replies() -> None:
    first, second = _read(
        "ana@example.org\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n\n"
        "bea@example.org\n#550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient ##\n",
    )
    assert (first.recipient, first.reply) == ("ana@example.org", "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found")
    assert (second.recipient, second.reply) == (
        "bea@example.org",
        "550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient",
    )


def test_the_smtp_services_sentence_is_the_reason() -> None:
    [status] = _read(
        """This is an automatically generated Delivery Status Notification.

Unable to deliver message to the following recipients, due to being unable to connect successfully to the destination mail server.

       ana@example.org
""",
    )
    assert status.recipient == "ana@example.org"
    assert "unable to connect" in (status.reply or "")


def test_a_delay_of_the_smtp_service_is_delayed_and_gives_no_reason() -> None:
    [status] = _read("Delivery to the following recipients has been delayed.\n\n       ana@example.org\n")
    assert (status.action, status.reply) == ("delayed", None)


def test_an_address_and_a_date_in_a_letter_are_no_bounce() -> None:
    assert _read("Please write to\nana@example.org on 29 April 2010\nabout invoice #5123.\n") == []


def test_exchange_online_gives_recipient_error_and_who_rejected() -> None:
    text = """Original Message Details
Created Date: 4/29/2017 11:23:34 PM
Sender Address: sender@example.com
Recipient Address: ana@example.org
Subject: Hello

Error Details
Error: 550 5.7.23 The message was rejected because of SPF
Message rejected by: mx.example.org
"""
    mail = f"From: postmaster@example.com\nContent-Type: text/plain\n\n{text}"
    [status] = exchange_online.read(read_notice(open_message(mail.encode())))
    assert (status.recipient, status.reply, status.remote_mta) == (
        "ana@example.org",
        "550 5.7.23 The message was rejected because of SPF",
        "mx.example.org",
    )
