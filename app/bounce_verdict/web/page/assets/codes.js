// The reference: a grid of reply codes by command, the page of one code, reason or rule, and a search over all of them.
import { $, make, ask, badge } from "./ask.js";
import { tryRule } from "./bench.js";

const VERDICTS = [["permanent", "the address is dead"], ["policy", "the sender is refused"], ["storage", "no room"], ["retry", "later"], [null, "nothing failed, or nothing tells"]];
let tables = null;
let cells = new Map();
let shown = "";

const at = (command) => command ?? "any";
const codeLink = (code, command) => `#code/${code}/${command ?? ""}`;

async function load() {
  if (tables) return true;
  const [codes, enhanced, reasons, rules] = await Promise.all(["reply-codes", "enhanced-status-codes", "reasons", "rules"].map((name) => ask(`v1/${name}`, { again: () => {} })));
  const failed = [codes, enhanced, reasons, rules].find((one) => !one || one.problem);
  if (failed !== undefined) {
    if (failed) $("found-status").textContent = failed.problem;
    return false;
  }
  tables = { codes: codes.reply_codes, enhanced: enhanced.enhanced_status_codes, reasons: reasons.reasons, rules: rules.rules };
  tables.index = index();
  draw();
  return true;
}

// ---- The grid: one Tab stop, arrows move from code to code (WAI-ARIA's grid pattern).
function draw() {
  const order = [null, ...[...$("command").options].map((option) => option.value).filter(Boolean)];
  const commands = order.filter((command) => tables.codes.some((line) => line.command === command));
  const codes = [...new Set(tables.codes.map((line) => line.code))];
  const found = new Map(tables.codes.map((line) => [`${line.code}/${at(line.command)}`, line]));
  const head = make("tr", {}, make("th", { scope: "col" }, make("span", {}, "code")), ...commands.map((command) => make("th", { scope: "col" }, make("span", {}, at(command)))));
  const rows = codes.map((code, y) => make("tr", {}, make("th", { scope: "row" }, code), ...commands.map((command, x) => {
    const line = found.get(`${code}/${at(command)}`);
    if (!line) return make("td");
    const label = `${code} at ${command ?? "any command"}: ${line.verdict ?? "no verdict"}, ${line.meaning}`;
    const button = make("button", { type: "button", className: "cell", tabIndex: -1, ariaLabel: label, title: label });
    button.dataset.verdict = line.verdict ?? "none";
    button.addEventListener("click", () => { location.hash = codeLink(code, command); });
    cells.set(`${x}/${y}`, button);
    Object.assign(button, { x, y, key: `${code}/${at(command)}` });
    return make("td", {}, button);
  })));
  $("grid").replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
  [...cells.values()][0].tabIndex = 0;
  $("legend").replaceChildren(...VERDICTS.map(([verdict, words]) => make("li", {}, badge(verdict), ` ${words}`)));
  $("grid").addEventListener("keydown", (event) => {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (!dx && !dy) return;
    event.preventDefault();
    let { x, y } = event.target;
    do { x += dx; y += dy; } while (x >= 0 && y >= 0 && x < commands.length && y < codes.length && !cells.has(`${x}/${y}`));
    focusCell(cells.get(`${x}/${y}`));
  });
}

function focusCell(cell) {
  if (!cell) return;
  for (const one of cells.values()) one.tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus();
}

// ---- The page of one thing.
const line = (label, ...content) => make("div", {}, make("dt", {}, label), make("dd", {}, ...content));
const chips = (links) => make("p", { className: "chips" }, ...links.map(([text, href]) => make("a", { href }, text)));

function source(text) {
  if (/^https:\/\/\S+$/.test(text ?? "")) return make("a", { href: text, rel: "noreferrer" }, text);
  const rfc = /^RFC (\d+)(?: §([\d.]+))?/.exec(text ?? "");
  if (!rfc) return text ?? "none";
  return make("a", { href: `https://www.rfc-editor.org/rfc/rfc${rfc[1]}${rfc[2] ? `#section-${rfc[2]}` : ""}`, rel: "noreferrer" }, text);
}

function codePage(page) {
  const codes = [...new Set(tables.codes.filter((one) => one.command === page.command || !page.command).map((one) => one.code))];
  const place = codes.indexOf(page.code);
  const near = [codes[place - 2], codes[place - 1], codes[place + 1], codes[place + 2]].filter(Boolean);
  return [
    make("h2", {}, `${page.code} ${page.command ? `at ${page.command}` : "at any command"}`), badge(page.verdict),
    make("p", {}, page.meaning ?? "Stands in no table; its first digit decides."),
    make("dl", {}, line("Alone", `reason ${page.reason}, suppress ${page.suppress}`), line(`${String(page.code)[0]}yz`, page.digits.first),
      line(`x${String(page.code)[1]}z`, page.digits.second), line(`xy${String(page.code)[2]}`, page.digits.third),
      line("Source", source(page.reference), page.status && page.status !== "current" ? ` (${page.status})` : "")),
    ...page.notes.map((note) => make("p", { className: "hint" }, note)),
    make("h3", {}, "The same code at other commands"), chips(page.listed.filter((one) => one.command !== page.command).map((one) => [`${one.command}: ${one.verdict ?? "–"}`, codeLink(one.code, one.command)])),
    make("h3", {}, "Codes beside it"), chips(near.map((code) => [code, codeLink(code, page.command)])),
  ];
}

function statusPage(page) {
  const subject = page.code.split(".")[1];
  const near = tables.enhanced.filter((one) => one.code.split(".")[1] === subject && one.code.slice(1) !== page.code.slice(1)).slice(0, 14);
  return [
    make("h2", {}, page.code), make("p", {}, "4.x.x ", badge(page.verdict_4), " 5.x.x ", badge(page.verdict_5)),
    make("p", {}, page.meaning ?? "Not in the registry."),
    make("dl", {}, line("Class", page.class_meaning ?? "4 or 5 by the failure"), line("Subject", page.subject_meaning), line("Decides", page.specific ? "ahead of the reply code" : "nothing by itself"),
      line("Reason", page.reason ?? "none"), line("Beside", page.basic_codes || "no reply code"), line("Source", source(page.reference))),
    make("h3", {}, "The same subject"), chips(near.map((one) => [one.code, `#status/${one.code}`])),
  ];
}

function reasonPage(reason) {
  const rules = tables.rules.filter((rule) => rule.reason === reason.name);
  return [
    make("h2", {}, reason.name), badge(reason.verdict), make("p", {}, reason.explanation),
    make("dl", {}, line("Suppress", reason.suppress), line("About", reason.scope ?? "nothing"), ...(reason.explanation_4yz ? [line("At 4yz", reason.explanation_4yz)] : [])),
    make("h3", {}, `${rules.length} rules`), chips(rules.slice(0, 40).map((rule) => [rule.id, `#rule/${rule.id}`])),
  ];
}

function rulePage(rule) {
  const when = Object.entries(rule.when).filter(([, list]) => list.length).map(([name, list]) => `${name} ${list.join(", ")}`).join("; ");
  const button = make("button", { type: "button", className: "quiet" }, "Try it in the bench");
  button.addEventListener("click", () => { tryRule(rule); location.hash = "#bench"; });
  const examples = (list) => make("ul", {}, ...list.map((one) => make("li", {}, one.reply, one.command ? ` (at ${one.command})` : "")));
  return [
    make("h2", {}, rule.id), badge(rule.verdict), make("p", {}, rule.explanation),
    make("dl", {}, ...(rule.match ? [line("Words", make("code", {}, rule.match))] : []), ...(when ? [line("When", when)] : []),
      line("Reason", make("a", { href: `#reason/${rule.reason}` }, rule.reason)), line("Suppress", rule.suppress), line("File", rule.source), line("Source", source(rule.reference))),
    make("h3", {}, "It wins"), examples(rule.hits), make("h3", {}, "It leaves alone"), examples(rule.misses), button,
  ];
}

async function open(name, [id = "", command = ""]) {
  const key = [name, id, command].join("/");
  if (key === shown) return;
  shown = key;
  const paths = { code: `v1/reply-codes/${encodeURIComponent(id)}${command ? `?command=${encodeURIComponent(command)}` : ""}`, status: `v1/enhanced-status-codes/${encodeURIComponent(id)}`, rule: `v1/rules/${encodeURIComponent(id)}` };
  const page = name === "reason" ? tables.reasons.find((one) => one.name === id) ?? { problem: "There is no such reason." } : await ask(paths[name]);
  const draw = { code: codePage, status: statusPage, reason: reasonPage, rule: rulePage }[name];
  $("detail").replaceChildren(...(page.problem ? [make("p", {}, page.problem)] : draw(page)));
  for (const cell of cells.values()) cell.setAttribute("aria-pressed", String(name === "code" && cell.key === `${id}/${command || "any"}`));
  $("detail").focus({ preventScroll: true });
  if (matchMedia("(max-width:62rem)").matches) $("detail").scrollIntoView({ block: "start" });
}

// ---- The search: every word must stand in the entry; what is named so comes first.
function index() {
  const entries = [
    ...tables.codes.map((one) => [`${one.code} ${one.command ?? ""}`, codeLink(one.code, one.command), one.verdict, one.meaning]),
    ...tables.enhanced.map((one) => [one.code, `#status/${one.code}`, one.verdict_5, one.meaning]),
    ...tables.reasons.map((one) => [one.name, `#reason/${one.name}`, one.verdict, one.explanation]),
    ...tables.rules.map((one) => [one.id, `#rule/${one.id}`, one.verdict, one.explanation, `${one.match ?? ""} ${one.reason}`]),
  ];
  return entries.map(([name, href, verdict, text, more = ""]) => ({ name, href, verdict, text, all: `${name} ${text} ${more}`.toLowerCase() }));
}

function search() {
  const query = $("query").value.trim().toLowerCase();
  const written = query.replace(/^[245](\.\d+\.\d+)$/, "x$1");
  const words = written.split(/\s+/);
  const found = query ? tables.index.filter((one) => words.every((word) => one.all.includes(word))) : [];
  const rank = (one) => (one.name.toLowerCase().startsWith(written) ? 0 : one.all.includes(written) ? 1 : 2);
  found.sort((a, b) => rank(a) - rank(b));
  $("found").replaceChildren(...found.slice(0, 30).map((one) => make("li", {}, make("a", { href: one.href }, make("code", {}, one.name)), badge(one.verdict), make("span", {}, one.text))));
  $("found-status").textContent = !query ? "" : found.length > 30 ? `The first 30 of ${found.length}.` : `${found.length} found.`;
}
$("query").addEventListener("input", async () => { if (await load()) search(); });
$("search").addEventListener("submit", (event) => { event.preventDefault(); document.querySelector("#found a")?.click(); });

export async function showCodes(name, rest) {
  if (await load() && name !== "codes") await open(name, rest);
}
