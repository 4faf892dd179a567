"""Replies in their operators' own words, which no program writes: what a receiver says of itself, of a mailbox that is there, of who left."""

import pytest

from bounce_verdict.model import Classification, ReplyInput
from bounce_verdict.pipeline import Pipeline

ANA = "ana@example.org"


def ask(pipeline: Pipeline, reply: str) -> Classification:
    return pipeline.reply(ReplyInput(reply, "RCPT", recipient=ANA))


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1 our LDAP is down, nobody can be looked up",
        "550 5.1.1 MySQL server has gone away",
        "550 5.1.1 Verzeichnisdienst ausgefallen",
        "550 5.1.1 La base de données ne répond plus",
        "550 5.1.1 数据库故障，无法验证",
        "550 Cannot verify recipient: LDAP timeout",
        "550 5.3.0 NFS server not responding",
        "550 5.1.1 Mailboxes are currently being migrated",
        "550 5.1.1 Messagerie en cours de migration",
        "550 5.1.1 Wegen Wartungsarbeiten keine Annahme",
        "550 5.2.1 User suspended temporarily, try after a week",
        "554 5.7.1 You have not been seen before; retry after 300 seconds",
        "550 5.7.1 Come again in 20 minutes",
    ],
)
def test_a_receiver_that_could_not_look_or_asks_to_wait_is_tried_again(pipeline: Pipeline, reply: str) -> None:
    assert ask(pipeline, reply).verdict == "retry"


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1 his inbox is brimming over",
        "550 5.1.1 the mailbox is stuffed, come again when it has been cleaned",
        "550 5.1.1 Das Postfach platzt aus allen Nähten",
        "550 5.1.1 Skrzynka zapchana",
        "550 5.2.1 no more space for mail to ana",
    ],
)
def test_a_mailbox_that_is_full_in_other_words_is_no_dead_one(pipeline: Pipeline, reply: str) -> None:
    answer = ask(pipeline, reply)
    assert (answer.verdict, answer.suppress) == ("storage", "if-repeated")


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1 address reserved for mail from our own offices",
        "550 5.1.1 Nur für internen Gebrauch",
        "550 5.1.1 Réservé au personnel",
        "550 5.1.1 内部邮箱",
        "550 5.1.1 abgelehnt, da Sie kein Mitglied sind",
        "550 5.1.1 Ana will nichts von Ihnen hören",
        "550 5.2.1 ドメイン指定受信により拒否されました",
        "550 5.1.1 mail to this mailbox needs TLS",
    ],
)
def test_who_takes_no_mail_from_us_is_no_dead_address(pipeline: Pipeline, reply: str) -> None:
    assert ask(pipeline, reply).verdict == "policy"


@pytest.mark.parametrize(
    "reply",
    [
        "550 보내는 사람 주소가 없습니다",
        "550 发信人地址不存在",
        "550 発信者のアドレスが見つかりません",
        "550 Versender unbekannt",
        "550 L'adresse d'envoi n'existe pas",
        "550 Dirección de origen desconocida",
        "550 Обратный адрес не существует",
    ],
)
def test_an_unknown_sender_by_any_name_is_no_dead_recipient(pipeline: Pipeline, reply: str) -> None:
    answer = ask(pipeline, reply)
    assert (answer.verdict, answer.suppress) == ("policy", "never")


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.7.1 Frau Meier ist nicht mehr bei uns beschäftigt",
        "550 5.7.1 Mme Petit ne travaille plus chez nous",
        "550 5.7.1 Non fa più parte dello staff",
        "550 5.7.1 Nie pracuje już w firmie",
        "550 5.7.1 Больше не работает у нас",
        "550 5.7.1 该同事已退休",
        "550 Ana isn't employed here any longer",
        "550 5.7.1 Le titulaire a clos son compte",
        "554 This domain has stopped accepting mail",
    ],
)
def test_who_has_left_is_counted_whatever_the_code(pipeline: Pipeline, reply: str) -> None:
    answer = ask(pipeline, reply)
    assert (answer.verdict, answer.suppress) == ("permanent", "if-repeated")


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.7.1 Ihr Relay arbeitet nicht mehr korrekt",
        "550 5.7.1 Votre serveur ne travaille plus chez nous",
        "550 5.7.1 Ваш сервер уже не числится в белом списке",
        "550 5.7.1 your server is not working with us any longer",
    ],
)
def test_a_server_that_has_gone_is_no_person_who_left(pipeline: Pipeline, reply: str) -> None:
    assert ask(pipeline, reply).verdict == "policy"


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1 Mailbox not available: overfull, locked or wrong address",
        "550 5.1.1 User unknown, over quota or otherwise not available",
        "550 5.1.1 user unknown or account locked",
        "550 5.1.1 Recipient not found in cache, checking in background, retry shortly",
        "550 5.1.1 user unknown, not yet created",
    ],
)
def test_one_of_several_causes_that_would_pass_stops_nobody_at_once(pipeline: Pipeline, reply: str) -> None:
    assert ask(pipeline, reply).suppress != "now"
