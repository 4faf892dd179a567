// The rule bench: a candidate rule checked by the service, with its own examples and any replies, before anyone saves it.
import { $, make, ask, badge } from "./ask.js";

const PATH = "rules/local/candidate.toml";
const START = `[[rule]]
id = "local.mailbox-asleep"
match = 'mailbox is asleep'
verdict = "retry"
reason = "service-unavailable"
reference = "https://postmaster.example.org/replies"
hits = ["550 5.2.1 The mailbox is asleep until spring"]
misses = ["550 5.1.1 There is no such mailbox"]
`;
const FINDINGS = { error: "Error", warning: "Warning", note: "Note" };
let timer = 0;
let busy = false;
let again = false;
let checked = "";

// The strings and tables of `hits = […]` and `misses = […]`, as TOML writes them; the service reads the file itself.
function examples(toml) {
  const found = [];
  for (const start of toml.matchAll(/^\s*(hits|misses)\s*=\s*\[/gm)) {
    const token = /\s+|,|#[^\n]*|'''([\s\S]*?)'''|"""([\s\S]*?)"""|'([^'\n]*)'|"((?:[^"\\\n]|\\.)*)"|\{([^{}]*)\}/y;
    token.lastIndex = start.index + start[0].length;
    for (let one = token.exec(toml); one; one = token.exec(toml)) {
      const text = one[1] ?? one[2] ?? one[3] ?? (one[4] === undefined ? undefined : unescape(one[4]));
      if (text !== undefined) found.push({ kind: start[1], reply: { reply: text } });
      if (one[5] !== undefined) {
        const fields = [...one[5].matchAll(/(reply|command|remote_mta|recipient)\s*=\s*(?:'([^']*)'|"((?:[^"\\]|\\.)*)")/g)];
        const reply = Object.fromEntries(fields.map(([, name, plain, quoted]) => [name, plain ?? unescape(quoted)]));
        if (reply.reply) found.push({ kind: start[1], reply });
      }
    }
  }
  return found;
}

function unescape(text) {
  try { return JSON.parse(`"${text}"`); } catch { return text; }
}

async function check() {
  clearTimeout(timer);
  const file = $("rule").value;
  const given = $("replies").value.split("\n").map((one) => one.trim()).filter(Boolean).map((reply) => ({ kind: "reply", reply: { reply } }));
  const tried = [...examples(file), ...given].slice(0, 100);
  const asked = JSON.stringify({ file, path: PATH, replies: tried.map((one) => one.reply) });
  if (busy) { again = true; return; }
  if (asked === checked) return;
  busy = true;
  $("bench-status").textContent = "Checking …";
  const answer = await ask("v1/rules/check", { method: "POST", headers: { "content-type": "application/json" }, body: asked, again: check });
  busy = false;
  if (answer && !answer.problem) {
    checked = asked;
    $("bench-status").textContent = "Checked. Nothing was saved.";
    show(answer, tried);
  } else if (answer) {
    $("bench-status").textContent = answer.status === 404
      ? "This service does not offer the check here; ask it on its own machine, or use bounces rules check." : answer.problem;
    if (answer.status === 503) timer = setTimeout(check, 5000); // one check at a time
  }
  if (again) { again = false; check(); }
}

function show({ findings, replies }, tried) {
  const errors = findings.filter((one) => one.level === "error").length;
  const sum = errors ? [] : [make("li", { className: "good" }, "No error: the rule wins its hits and leaves its misses alone. It may be saved.")];
  $("findings").replaceChildren(...sum, ...findings.map(({ line, level, message }) => {
    const to = make("button", { type: "button", className: "quiet" }, line ? `line ${line}` : "the file");
    to.addEventListener("click", () => select(line));
    return make("li", { className: level }, make("strong", {}, `${FINDINGS[level]} `), to, ` ${message}`);
  }));
  $("judged").tBodies[0].replaceChildren(...replies.map(({ before, after }, n) => {
    const { kind, reply } = tried[n];
    const mine = after?.rule?.source.startsWith(`${PATH}:`);
    const won = mine ? "won by your rule" : after ? `left to ${after.rule?.id ?? after.decided_by}` : "the rules cannot be loaded";
    const wrong = after && ((kind === "hits" && !mine) || (kind === "misses" && mine));
    const label = { hits: "hit", misses: "miss", reply: "reply" }[kind];
    return make("tr", {}, make("td", {}, reply.reply, make("small", {}, label)), make("td", {}, badge(before.verdict), make("small", {}, before.rule?.id ?? before.decided_by)),
      make("td", {}, after ? badge(after.verdict) : "–", make("small", {}, wrong ? `✗ ${won}` : mine || kind !== "hits" ? `✓ ${won}` : won)));
  }));
}

function select(line) {
  const lines = $("rule").value.split("\n");
  const start = lines.slice(0, Math.max(line - 1, 0)).join("\n").length + (line > 1 ? 1 : 0);
  $("rule").focus();
  $("rule").setSelectionRange(start, start + (lines[line - 1] ?? "").length);
}

const quoted = (text) => JSON.stringify(text);

export function tryRule(rule) {
  const when = Object.entries(rule.when).filter(([, list]) => list.length).map(([name, list]) => `${name} = [${list.map((one) => /^\d+$/.test(one) ? one : quoted(one)).join(", ")}]`).join(", ");
  const example = (one) => `{ ${Object.entries(one).filter(([, text]) => text).map(([name, text]) => `${name} = ${quoted(text)}`).join(", ")} }`;
  $("rule").value = [
    "[[rule]]", `id = "local.${rule.id.split(".").pop()}"`, `overrides = ${quoted(rule.id)}`, `because = "say why"`, ...(when ? [`when = { ${when} }`] : []),
    ...(rule.match ? [rule.match.includes("'") ? `match = ${quoted(rule.match)}` : `match = '${rule.match}'`] : []), `verdict = ${quoted(rule.verdict)}`, `reason = ${quoted(rule.reason)}`,
    `reference = ${quoted(rule.reference)}`, `hits = [\n  ${rule.hits.map(example).join(",\n  ")},\n]`, `misses = [\n  ${rule.misses.map(example).join(",\n  ")},\n]`, "",
  ].join("\n");
  later();
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(check, 900);
}
$("bench").addEventListener("submit", (event) => { event.preventDefault(); checked = ""; check(); });
for (const id of ["rule", "replies"]) $(id).addEventListener("input", later);

export function showBench() {
  if (!$("rule").value) {
    $("rule").value = START;
    $("replies").value = "550 5.2.1 mailbox is asleep\n550 5.1.1 user unknown";
  }
  check();
}
