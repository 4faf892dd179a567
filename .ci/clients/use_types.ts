// What a program does with the types of openapi-typescript, by openapi-fetch. Usage: use_types.ts URL MESSAGE-FILE; it fails where that does.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { argv } from "node:process";
import createClient from "openapi-fetch";
import type { components, paths } from "./built/types.js";

type BatchAnswer = components["schemas"]["BatchAnswer"];

const client = createClient<paths>({ baseUrl: argv[2] });

const { data } = await client.POST("/v1/classify/reply", { body: { reply: "550 5.1.1 user unknown", command: "RCPT", id: 7 } });
assert.ok(data && "id" in data); // asked for with detail=short it has no id
const verdict: components["schemas"]["Verdict"] | null = data.verdict;
const reason: components["schemas"]["Reason"] = data.reason;
assert.deepEqual([verdict, reason, data.id], ["permanent", "mailbox-unknown", 7]);

const message = await readFile(argv[3] ?? "", "latin1");
const report = await client.POST("/v1/classify/message", {
  body: message,
  bodySerializer: (text) => text,
  headers: { "Content-Type": "message/rfc822" },
  params: { header: { "X-Envelope-To": "bounces@example.com" } },
});
assert.equal(report.data?.kind, "bounce");
assert.equal(report.data.recipients[0]?.verdict, "permanent");

const { error } = await client.POST("/v1/classify/reply", { body: { reply: "550 no", command: "shutdown" } });
assert.equal(error?.type, "urn:bounce-verdict:problem:invalid-input");
assert.equal(error.errors[0]?.field, "command");

const batch = await client.POST("/v1/classify/batch", {
  body: [{ reply: "452 4.2.2 mailbox full" }, { log: "4XyZ1: removed", format: "postfix" }, { reply: "550 no", command: "shutdown" }],
  parseAs: "text",
});
const told = (batch.data ?? "").trimEnd().split("\n").map((line) => JSON.parse(line) as BatchAnswer).map((line) => {
  switch (line.type) {
    case "classification": return line.result.verdict;
    case "report": return line.result.kind;
    case "events": return line.result.format;
    case "skipped": return line.result.reason;
    case "problem": return line.result.status;
  }
});
assert.deepEqual(told, ["storage", "no-delivery", 422]);
console.log("openapi-typescript: reply, message, problem and batch");
