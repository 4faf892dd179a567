// What all parts of the page share: elements by id, elements made of text, and requests with the key, which lives in this module alone.
let key = "";
let again = null;

export const $ = (id) => document.getElementById(id);

export function make(tag, attributes = {}, ...children) {
  const node = Object.assign(document.createElement(tag), attributes);
  node.append(...children.map((child) => child instanceof Node ? child : String(child ?? "")));
  return node;
}

export const badge = (verdict) => {
  const node = make("span", { className: "badge" }, verdict ?? "no verdict");
  node.dataset.verdict = verdict ?? "none";
  return node;
};

// The decoded answer, a page as its document; { problem } in words where there is none; null where a key is asked for first, after
// which `again` is called.
export async function ask(path, { again: repeat, ...options } = {}) {
  const headers = { accept: "application/json", ...options.headers, ...(key ? { authorization: `Bearer ${key}` } : {}) };
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch {
    return { problem: "The service cannot be reached." };
  }
  if (response.status === 401 && repeat) {
    again = repeat;
    $("key-form").hidden = false;
    $("key").focus();
    return key ? { problem: "There is no such key." } : null;
  }
  const isPage = /^text\/html/.test(response.headers.get("content-type"));
  const page = isPage && new DOMParser().parseFromString(await response.text(), "text/html");
  if (page && page.getElementById("result")) return page;
  const answer = isPage ? {} : await response.json().catch(() => ({})); // a page that is not ours is a proxy's
  if (response.ok && !isPage) return answer;
  const fields = (answer.errors ?? []).map((error) => `${error.field} ${error.message}.`).join(" ");
  return { problem: fields || answer.detail || `The service answered ${response.status}.`, status: response.status };
}

export function onKey() {
  $("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    key = $("key").value.trim();
    $("key").value = "";
    $("key-form").hidden = true;
    dispatchEvent(new HashChangeEvent("hashchange"));
    again?.();
  });
}
