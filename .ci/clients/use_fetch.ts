// What a program does with the client that openapi-generator builds (typescript-fetch). Usage: use_fetch.ts URL MESSAGE-FILE; it fails where that does.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { argv } from "node:process";
import { BatchAnswerFromJSON, ClassifyApi, Command, Configuration, ProblemFromJSON, Reason, ReportKind, ResponseError, Verdict } from "./built/fetch/index.js";

const api = new ClassifyApi(new Configuration({ basePath: argv[2] ?? "" }));

const answer = await api.classifyReply({ replyRequest: { reply: "550 5.1.1 user unknown", command: "RCPT" } });
assert.equal(answer.verdict, Verdict.Permanent);
assert.equal(answer.reason, Reason.MailboxUnknown);
assert.equal(answer.reply?.command, Command.Rcpt);

const message = new Blob([await readFile(argv[3] ?? "")]);
const report = await api.classifyMessage({ body: message, xEnvelopeTo: "bounces@example.com" });
assert.equal(report.kind, ReportKind.Bounce);
assert.equal(report.recipients[0]?.verdict, Verdict.Permanent);

const refusal: unknown = await api.classifyReply({ replyRequest: { reply: "550 no", command: "shutdown" } }).catch((error: unknown) => error);
assert.ok(refusal instanceof ResponseError);
const problem = ProblemFromJSON(await refusal.response.json());
assert.equal(problem.type, "urn:bounce-verdict:problem:invalid-input");
assert.equal(problem.errors[0]?.field, "command");

const { raw } = await api.classifyBatchRaw({ batchItem: [{ reply: "452 4.2.2 mailbox full" }, { reply: "550 no", command: "shutdown" }] });
const lines = (await raw.text()).trimEnd().split("\n").map((line) => BatchAnswerFromJSON(JSON.parse(line)));
assert.deepEqual(lines.map((line) => (line.type === "classification" ? line.result.verdict : line.type)), [Verdict.Storage, "problem"]);
console.log("openapi-generator typescript-fetch: reply, message, problem and batch");
