// "Try it" on the page of the API: the request as the form gives it, and the answer as text.
document.documentElement.classList.add("js");

async function send(form) {
  const { verb, path } = form.dataset;
  const query = new URLSearchParams();
  const headers = {};
  let target = path;
  for (const field of form.querySelectorAll("[data-in]")) {
    if (field.dataset.in === "path") target = target.replace(`{${field.name}}`, encodeURIComponent(field.value));
    else if (field.value && field.dataset.in === "query") query.set(field.name, field.value);
    else if (field.value) headers[field.name] = field.value;
  }
  const body = form.querySelector("textarea");
  if (body) headers["content-type"] = body.dataset.media;
  const key = document.getElementById("key").value.trim();
  if (key) headers.authorization = `Bearer ${key}`;
  const options = { method: verb, headers, ...(body ? { body: body.value } : {}) };
  try {
    const response = await fetch(`.${target}${query.size ? `?${query}` : ""}`, options);
    const text = await response.text();
    return `${response.status} ${response.statusText}\n\n${pretty(text)}`;
  } catch {
    return "The service cannot be reached, or the request could not be made.";
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text.slice(0, 100000);
  }
}

for (const form of document.querySelectorAll("form.try")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = form.querySelector("pre");
    answer.textContent = "…";
    answer.hidden = false;
    answer.textContent = await send(form);
  });
}
document.getElementById("key-form").addEventListener("submit", (event) => event.preventDefault());
