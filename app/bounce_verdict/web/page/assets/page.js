// The page's own script. An answer is the service's own markup, as a browser without scripts gets it; nothing else becomes any.
import { $, ask, onKey } from "./ask.js";
import { showCodes } from "./codes.js";
import { showBench } from "./bench.js";

document.documentElement.classList.add("js");
const MAX_FORM = 1048576;
const EXAMPLES = [
  "550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown in virtual mailbox table",
  `From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
To: bounces+42-ana=example.org@news.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

This is the mail system at host mx.example.net.

<ana@example.org>: host mx.example.org[192.0.2.25] said: 452 4.2.2 The email
    account that you tried to reach is over quota (in reply to RCPT TO command)

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; ana@example.org
Action: failed
Status: 4.2.2
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 452 4.2.2 The email account that you tried to reach is
    over quota

--b
Content-Type: text/rfc822-headers

From: News <news@news.example>
To: ana@example.org
Message-ID: <42.november@news.example>

--b--
`,
  `[{"event": "bounce", "type": "blocked", "email": "ana@example.org", "status": "5.7.1",
  "reason": "550 5.7.1 Service unavailable, client host blocked using zen.spamhaus.org",
  "timestamp": 1795255095, "sg_event_id": "Ym91bmNl", "sg_message_id": "42.november"}]`,
  "Nov 21 10:58:15 mx postfix/smtp[7]: 4X1AB2: to=<ana@example.org>, relay=mx.example.org[192.0.2.25]:25, delay=3.1, dsn=4.2.0, status=deferred (host mx.example.org[192.0.2.25] said: 450 4.2.0 <ana@example.org>: Recipient address rejected: Greylisted, try again later (in reply to RCPT TO command))",
];
let dropped = null;

function show() {
  const said = $("result").querySelectorAll(".lead, .card:nth-child(-n+5) :is(.recipient, .headline, .to-do h4 + p)");
  $("status").textContent = [...said].map((e) => e.textContent.trim().replace(/[^.]$/, "$&.")).join(" ");
  showMark();
  $("result-title").focus({ preventScroll: true });
  $("result-title").scrollIntoView({ block: "start" });
}

// Scrolls the box alone, so that what decided can be seen where it stands.
function showMark() {
  const box = $("pieces");
  const found = $("mark-1") ?? box.querySelector("mark");
  if (found) box.scrollTop += found.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 3;
}

function complain(text) {
  $("problem").textContent = text;
  $("problem").hidden = !text;
}

async function read() {
  complain("");
  const form = new FormData($("form"));
  const file = dropped ?? $("file").files[0];
  if (file && file.size > MAX_FORM) return complain("The file is larger than 1 MB, the most that this page takes. POST /v1/classify/message takes up to 10 MB.");
  form.delete("file");
  if (file) form.set("file", file, "pasted");
  const page = await ask("./", { method: "POST", headers: { accept: "text/html" }, body: form, again: read });
  if (!page) return undefined;
  if (page.problem) {
    $("result").hidden = true;
    return complain(page.problem);
  }
  complain(page.getElementById("problem").textContent);
  $("result").replaceWith(page.getElementById("result"));
  if (!$("result").hidden) show();
  return undefined;
}

function choose(file) {
  dropped = file;
  $("text").value = "";
  $("said-file").textContent = file ? `${file.name}, ${file.size.toLocaleString("en")} bytes` : "";
}

$("form").addEventListener("submit", (event) => { event.preventDefault(); read(); });
$("text").addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); read(); } });
$("text").addEventListener("input", () => { dropped = null; $("file").value = ""; $("said-file").textContent = ""; });
$("text").addEventListener("paste", () => setTimeout(() => { if ($("text").value.trim()) read(); }));
$("file").addEventListener("change", () => { choose($("file").files[0] ?? null); if ($("file").files[0]) read(); });
addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("dropping"); });
for (const name of ["dragleave", "drop"]) addEventListener(name, () => document.body.classList.remove("dropping"));
addEventListener("drop", (event) => {
  event.preventDefault();
  const file = event.dataTransfer.files[0];
  const text = event.dataTransfer.getData("text/plain");
  location.hash = "#read";
  if (file) { $("file").value = ""; choose(file); read(); } else if (text) { choose(null); $("text").value = text; read(); }
});
for (const button of document.querySelectorAll("[data-example]")) {
  button.addEventListener("click", () => {
    $("form").reset();
    choose(null);
    $("text").value = EXAMPLES[button.dataset.example];
    read();
  });
}
addEventListener("click", ({ target }) => {
  if (target.matches("[data-copy]")) copy(target, target.previousElementSibling.textContent);
  if (target.matches("[data-link]")) copy(target, location.origin + location.pathname + target.dataset.link);
});

async function copy(button, text) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select it and copy";
  }
  setTimeout(() => { button.textContent = label; }, 1500);
}
onKey();

// ---- Views. A permalink names a code, a reason or a rule, and nothing else.
function route() {
  const [name, ...rest] = location.hash.slice(1).split("/");
  const view = name === "bench" ? "bench" : ["codes", "code", "status", "reason", "rule"].includes(name) ? "codes" : "read";
  for (const one of ["read", "codes", "bench"]) $(`view-${one}`).hidden = one !== view;
  for (const a of document.querySelectorAll("nav a")) {
    if (a.getAttribute("href") === `#${view}`) a.setAttribute("aria-current", "page");
    else a.removeAttribute("aria-current");
  }
  if (view === "codes") showCodes(name, rest.map(decodeURIComponent));
  if (view === "bench") showBench();
  if (/^(mark|evidence)-/.test(name)) $(name)?.focus();
}
addEventListener("hashchange", route);
route();
