"""Mutations that know what the input is made of: lines of mails and rules, words of replies. libFuzzer's own know bytes alone."""

import base64
import binascii
import random
from collections.abc import Callable, Sequence

Mutate = Callable[[bytes, int], bytes]
Mutator = Callable[[bytes, int, int], bytes]

_OWN = 0.5  # of all mutations are libFuzzer's own, with its dictionary
_MAX_TIMES = 2_000  # that one piece is repeated, which shows what takes more than linear time
_CHARSETS = (b"utf-8", b"utf-16", b"utf-7", b"iso-2022-jp", b"gb18030", b"big5", b"koi8-r", b"us-ascii", b"x-unknown", b"")
_TYPES = (
    b"multipart/report; report-type=delivery-status; boundary=b", b"multipart/mixed; boundary=b", b"message/rfc822", b"text/html",
    b"message/delivery-status", b"message/feedback-report", b"text/rfc822-headers", b"message/global-delivery-status",
    b"message/disposition-notification", b"multipart/digest; boundary=b",
)  # fmt: skip


def mutator(separator: bytes, seeds: Sequence[bytes], own: Mutate, *, is_mail: bool = False) -> Mutator:
    """A custom mutator for libFuzzer: (input, longest output, random number) → another input.

    separator: what parts the pieces that are moved about. seeds: whose pieces are put in. own: libFuzzer's mutation.
    """
    pool = sorted({piece for seed in seeds for piece in seed.split(separator) if piece.strip()})

    def mutate(data: bytes, most: int, number: int) -> bytes:
        chance = random.Random(number)  # noqa: S311  # libFuzzer's number makes a run repeatable
        if chance.random() < _OWN:
            return own(data, most)
        for _ in range(chance.choice((1, 1, 2, 4))):
            if is_mail and chance.random() < 0.2:  # noqa: PLR2004
                data = _rewrapped(data, chance)
            else:
                data = separator.join(_moved(data.split(separator), pool, chance, most))
        return data[:most]

    return mutate


def _moved(pieces: list[bytes], pool: Sequence[bytes], chance: random.Random, most: int) -> list[bytes]:
    """The pieces with one or some taken away, put in, changed places, repeated up to `most` bytes, cut or joined."""
    at, other = chance.randrange(len(pieces)), chance.randrange(len(pieces))
    match chance.randrange(9):
        case 0:
            del pieces[at : at + chance.choice((1, 1, 5))]
        case 1 | 2:
            pieces.insert(at, chance.choice(pool))
        case 3:
            pieces[at] = chance.choice(pool)
        case 4:
            pieces[at], pieces[other] = pieces[other], pieces[at]
        case 5:
            times = chance.choice((1, 2, 10, 100, _MAX_TIMES))
            pieces[at:at] = [pieces[other]] * min(times, most // (len(pieces[other]) + 1) + 1)
        case 6:
            low, high = sorted((at, other))
            pieces[at:at] = pieces[low : high + 1] * chance.choice((1, 2, 20))
        case 7:
            piece = pieces[at]
            cut = chance.randrange(len(piece) + 1)
            pieces[at] = piece[:cut] if chance.random() < 0.5 else piece[cut : cut + 1] * 200 + piece  # noqa: PLR2004
        case _:
            pieces[at : at + 2] = [b" ".join(pieces[at : at + 2])]
    return pieces or [b""]


def _rewrapped(mail: bytes, chance: random.Random) -> bytes:
    """The mail in another dress: line ends, transfer encoding, charset, a part of another, quoted, its type changed."""
    head, gap, body = mail.partition(b"\n\n")
    match chance.randrange(8):
        case 0:
            mail = mail.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\r\r\n", b"\0\n")))
        case 1:
            mail = head + b"\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(body)
        case 2:
            mail = head + b"\nContent-Transfer-Encoding: quoted-printable\n\n" + binascii.b2a_qp(body)
        case 3:
            mail = head + b"\nContent-Type: text/plain; charset=" + chance.choice(_CHARSETS) + b"\n\n" + body
        case 4:
            mail = (
                b"Content-Type: "
                + chance.choice(_TYPES)
                + b"\n\n--b\n"
                + mail
                + chance.choice((b"", b"\n--b--\n", b"\n--b\n" + mail))
            )
        case 5:
            mail = b"\n".join(chance.choice((b"> ", b"| ", b"   ", b"\t")) + line for line in mail.split(b"\n"))
        case 6:
            mail = head + b"\nContent-Type: " + chance.choice(_TYPES) + gap + body
        case _:
            mail = head + gap + body.replace(b" ", chance.choice((b"=20", b"\xc2\xa0", b"\\303\\244", b"  ", b"\t")))
    return mail
