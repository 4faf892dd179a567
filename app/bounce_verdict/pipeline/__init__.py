"""The walk from bytes to answers, on one screen. Pure: no file, clock, socket or environment below this package.

    open_message → read_notice → read_statuses → per recipient: parse_reply → infer_context → decide → build_answer

A bare reply joins at parse_reply. The steps do not know each other; this file joins them, and decide/ those that
decide.
"""

from collections.abc import Hashable, Sequence
from functools import partial

from bounce_verdict import __version__
from bounce_verdict.model import (
    DEFAULT_LIMITS,
    Blocklist,
    Classification,
    Command,
    Context,
    Limits,
    MessageInput,
    ParsedReply,
    RecipientStatus,
    Reply,
    ReplyInput,
    Report,
    Rulebook,
)
from bounce_verdict.pipeline.answer import MAX_DIAGNOSTIC, NO_STATUS, build_answer, matched_words
from bounce_verdict.pipeline.answer_cache import AnswerCache, cache_key, for_caller, status_key
from bounce_verdict.pipeline.budget import CAREFUL, CAREFUL_REPLY, JUDGED, RECIPIENT, Budget, cost_of_scans
from bounce_verdict.pipeline.context import MAX_PROVIDERS, index_providers, infer_context
from bounce_verdict.pipeline.decide import Decider, Decision, ScannedReply
from bounce_verdict.pipeline.decide.forward_path import moved_to
from bounce_verdict.pipeline.decide.judge import Judge
from bounce_verdict.pipeline.decide.quotation import MARKS
from bounce_verdict.pipeline.decide.verdict import DELIVERED, SUCCESS, UNDETERMINED, Candidate
from bounce_verdict.pipeline.judge_sentences import judge_recipient
from bounce_verdict.pipeline.match.engine import PatternDatabase
from bounce_verdict.pipeline.match.matcher import Matcher, Scan
from bounce_verdict.pipeline.not_judged import not_judged
from bounce_verdict.pipeline.parse.origin.return_paths import ReturnPaths
from bounce_verdict.pipeline.parse.reply.fast_path import SIGNALS, complete, read_common_form
from bounce_verdict.pipeline.parse.reply.parse_reply import parse_reply

EXPIRED = ".4.7"  # delivery time expired (RFC 3463 §3.5)
UNPROVEN = "origin not proven: match it and the recipient to a mail you sent before you stop an address"
NO_RETURN_PATHS = ReturnPaths()
_TOGETHER = 64  # recipients of a message that are judged in step
_MAX_ALIKE = 256  # judged replies of a message that the next are compared with

_NO_REPLY = Reply(None, None, None, "")
_UNREAD = ParsedReply(_NO_REPLY, surprises=["not judged: the work that one message may cost was spent before"])
UNREAD = ScannedReply(_UNREAD, [_NO_REPLY], [], Context(None, None, None, None), ReplyInput(""), NO_STATUS)


class Pipeline:
    """Classifies replies and messages by one rulebook. Any number of threads may use it.

    It keeps its last answers, since refusals come in waves.

    compiled: the matcher's patterns as `matcher.dump()` gave them for the same rulebook, which saves a second of start-up.
    databases: its patterns as a check has compiled them.
    return_paths: how the operator's return paths are written and signed.
    own_domains: the operator's domains, in lower case: who we are.
    """

    def __init__(
        self,
        book: Rulebook,
        limits: Limits = DEFAULT_LIMITS,
        compiled: bytes | None = None,
        databases: Sequence[PatternDatabase] = (),
        return_paths: ReturnPaths = NO_RETURN_PATHS,
        own_domains: Sequence[str] = (),
    ) -> None:
        self.book = book
        self.return_paths = return_paths
        self.limits = limits
        self.matcher = Matcher(book, SIGNALS, compiled, databases, MARKS)
        self.decider = Decider(book, self.matcher)
        self.judge = Judge(book, self.decider, self.matcher, own_domains)
        self.providers = index_providers(book)
        self.own_domains = tuple(own_domains)
        self.answers = AnswerCache()
        self._unread, self._unread_delivered = (self.decider.decide_as(one, UNREAD) for one in (UNDETERMINED, DELIVERED))

    def reply(self, given: ReplyInput) -> Classification:
        """The answer for one reply. A text without any code or known phrase gets verdict null, `decided_by: nothing`."""
        key = cache_key(given, self.providers, knows_us=bool(self.own_domains))
        known = self.answers.get(key)
        if known is not None:
            return for_caller(known, given)
        scanned = self.scan_reply(given)
        answer = self.answer_decision(given, NO_STATUS, scanned, self.judge.decide(scanned))
        self.answers.keep(key, answer)
        return answer

    def forget(self) -> None:
        """Drop the kept answers and decisions."""
        self.answers = AnswerCache()
        self.decider.forget()

    def reply_by_tables(self, given: ReplyInput) -> Classification:
        """The answer if there were no rules, tokens apart."""
        scanned = self.scan_reply(given)
        return self.answer_decision(given, NO_STATUS, scanned, self.decider.by_tables(scanned))

    def message(self, given: MessageInput, budget: Budget | None = None) -> Report:
        """The answer for one raw message: every recipient that it reports, or `not-a-report` with none.

        budget: the work that it may cost, by default `limits.max_work`.
        """
        budget = budget or Budget(self.limits.max_work)
        from bounce_verdict.pipeline.read_message import read_message  # noqa: PLC0415  # no reply needs its readers

        read = read_message(given, self.limits, budget, self.return_paths)
        if any(len(status.diagnostic_code or "") > MAX_DIAGNOSTIC for status in read.recipients):
            budget.warn(f"a Diagnostic-Code of more than {MAX_DIAGNOSTIC} characters was cut")
        chosen = not_judged(read)
        if chosen is None:
            statuses = self.judge.doubts.of_notice(read.recipients, read.text)
            judge = partial(self._judge_statuses, given, budget)
            recipients = [judge_recipient(judge, *each) for each in zip(statuses, judge(statuses), strict=True)]
        else:
            recipients = [self._name(chosen, status) for status in read.recipients]
        if read.origin.proof is None and any(answer.suppress == "now" for answer in recipients):
            budget.warn_first(UNPROVEN)
        return Report(
            id=given.id,
            kind=read.kind,
            message=read.message,
            origin=read.origin,
            auto_reply=read.auto_reply,
            recipients=recipients,
            rules_digest=self.book.digest,
            version=__version__,
            warnings=budget.warnings,
        )

    def scan_reply(
        self,
        given: ReplyInput,
        status: RecipientStatus = NO_STATUS,
        provider: str | None = None,
        budget: Budget | None = None,
    ) -> ScannedReply:
        """`given` read and scanned, up to the rules. `provider`, where given, counts as known: it is the first candidate.

        UNREAD where reading takes more than is left of `budget`.
        """
        read = self._parse(given.reply, budget)
        if read is None:
            return UNREAD
        parsed, scan = read
        answered = parsed.reply if status is NO_STATUS else _with_status(parsed.reply, status)
        judged, scans = [answered], [scan]
        for reply in parsed.inner:  # each stands inside the one before
            judged.insert(0, _filled(reply, parsed.reply))
            scans.insert(0, self.matcher.scan(reply.text))
        context = infer_context(parsed, given, scans[0].providers, self.providers)
        if provider is not None:
            known = (provider, *(name for name in context.providers if name != provider))[:MAX_PROVIDERS]
            context = Context(context.command, context.command_from, context.remote_mta, context.recipient, known)
        if context.command != parsed.command or parsed.inner:
            judged = [_answering(context.command, reply) for reply in judged]
        expired = parsed.expired or (status.status is not None and status.status.endswith(EXPIRED))
        return ScannedReply(parsed, judged, scans, context, given, status, expired)

    def _parse(self, reply: str, budget: Budget | None) -> tuple[ParsedReply, Scan] | None:
        """`reply` read, and its words scanned: what matches there says whether parse_reply has to read it too.

        None where that takes more than is left of `budget`.
        """
        plain = read_common_form(reply, self.limits)
        if plain is not None:
            scan = self.matcher.scan(plain.reply.text)
            if (whole := complete(plain, reply, scan.signals)) is not None:
                return whole, scan
        if budget is not None and not budget.spend(CAREFUL_REPLY + CAREFUL * min(len(reply), self.limits.max_reply_text)):
            return None
        parsed = parse_reply(reply, self.limits)
        if plain is None or parsed.reply.text != plain.reply.text:
            scan = self.matcher.scan(parsed.reply.text)
        return parsed, scan

    def _judge_statuses(
        self, message: MessageInput, budget: Budget, statuses: Sequence[RecipientStatus]
    ) -> Sequence[Classification]:
        """The answers for recipients; undetermined once the message has spent its budget.

        Each step for some of them, then the next: what runs again and again stays in the processor's caches. Replies that are alike
        are judged once.
        """
        answers: list[Classification] = []
        judged: dict[Hashable, tuple[ScannedReply, Decision | None]] = {}
        knows_us = bool(message.sender or message.sending_ip or message.sending_host or self.own_domains)
        key_of = partial(status_key, index=self.providers, knows_us=knows_us)
        for start in range(0, len(statuses), _TOGETHER):
            some = [(key_of(status), status) for status in statuses[start : start + _TOGETHER]]
            new = {key: status for key, status in some if key not in judged}
            scanned = [self._scan_status(message, budget, status) for status in new.values()]
            judged.update(zip(new, zip(scanned, self._decide_statuses(scanned, budget), strict=True), strict=True))
            answers += [self._answer_status(status, *judged[key]) for key, status in some]
            if len(judged) > _MAX_ALIKE:
                judged.clear()
        return answers

    def _scan_status(self, message: MessageInput, budget: Budget, status: RecipientStatus) -> ScannedReply:
        """A recipient's reply, read and scanned; UNREAD where the budget is spent."""
        text = status.reply or ""
        if not budget.spend(RECIPIENT + JUDGED * min(len(text), self.limits.max_reply_text)):
            return UNREAD
        known = (None, message.sender, message.sending_ip, message.sending_host)
        given = ReplyInput(text, status.command, status.remote_mta, status.recipient, status.action, *known)
        return self.scan_reply(given, status, budget=budget)

    def _decide_statuses(self, scanned: Sequence[ScannedReply], budget: Budget) -> list[Decision | None]:
        """What is decided for each; None for those that are not read. What that costs shows on the way, and is paid behind each."""
        decisions: list[Decision | None] = []
        is_paid = True
        for one in scanned:
            if one is UNREAD or not is_paid:
                decisions.append(None)
                continue
            decisions.append(self.judge.decide(one))
            for reply, scan in zip(one.texts, one.scans, strict=True):
                one.cost += cost_of_scans(reply.text, scan.stages_scanned - 1)
            is_paid = budget.spend(one.cost)
        return decisions

    def _answer_status(self, status: RecipientStatus, scanned: ScannedReply, decision: Decision | None) -> Classification:
        """The answer for a recipient; None for a decision: nobody judged him."""
        given = ReplyInput("", None, status.remote_mta, status.recipient, status.action)
        if decision is not None:
            return self.answer_decision(given, status, scanned, decision)
        return self.answer_decision(given, status, UNREAD, self._unread_delivered if status.action in SUCCESS else self._unread)

    def _name(self, chosen: Candidate, status: RecipientStatus) -> Classification:
        """The answer for an address that a complaint or an automatic reply is about: there is nothing to judge."""
        given = ReplyInput("", None, status.remote_mta, status.recipient, status.action)
        scanned = self.scan_reply(given, status)
        return self.answer_decision(given, status, scanned, self.decider.decide_as(chosen, scanned))

    def answer_decision(
        self, given: ReplyInput, status: RecipientStatus, scanned: ScannedReply, decision: Decision
    ) -> Classification:
        """The answer that says what was decided, with its evidence."""
        words, line = (
            (None, None) if decision.rule_index < 0 else matched_words(self.book.rules[decision.rule_index], decision, scanned)
        )
        return build_answer(
            given,
            status,
            scanned.parsed,
            scanned.context,
            decision,
            line,
            words,
            self._blocklist(scanned.scans, decision.reason),
            scanned.parsed.forward_path or moved_to(decision, scanned, self.judge.doubts),
            self.book.digest,
        )

    def _blocklist(self, scans: Sequence[Scan], reason: str) -> Blocklist | None:
        """The blocklist that is named; none where it lists nobody, but refuses to answer the receiver."""
        if reason == "blocklist-query-refused":
            return None
        for scan in scans:
            for index in scan.blocklists:
                known = self.book.blocklists[index]
                return Blocklist(known.name, known.zone, known.url)
        return None


def _answering(command: Command | None, reply: Reply) -> Reply:
    """`reply` with the command that is known from around it."""
    if reply.command == command:
        return reply
    return Reply(reply.code, reply.enhanced_status, command, reply.text)


def _filled(inner: Reply, outer: Reply) -> Reply:
    """A quoted reply without codes of its own is judged with those of the reply around it."""
    if inner.code is not None:
        return inner
    return Reply(outer.code, inner.enhanced_status or outer.enhanced_status, None, inner.text)


def _with_status(reply: Reply, status: RecipientStatus) -> Reply:
    """The report's Status stands in for a missing enhanced code, unless the remote server itself spoke and gave none.

    Sendmail 8.17 writes 5.1.1 for every 550 at RCPT that has no enhanced code, whatever its reason. A delay with 4.4.7 has not expired.
    """
    if reply.enhanced_status or not status.status or not status.status_decides:
        return reply
    if (status.said_by == "remote" and reply.code is not None) or (
        status.action == "delayed" and status.status.endswith(EXPIRED)
    ):
        return reply
    return Reply(reply.code, status.status, reply.command, reply.text)
