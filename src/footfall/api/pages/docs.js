// Draws /openapi.json. Text only ever goes in as text, so nothing in it can become markup.

const make = (name, attributes = {}, ...children) => {
  const element = Object.assign(document.createElement(name), attributes);
  element.append(...children);
  return element;
};

// `code` between backticks, a paragraph between empty lines
const prose = (text) =>
  (text ?? "").split(/\n{2,}/).filter(Boolean).map((paragraph) =>
    make("p", {}, ...paragraph.split("`").map((part, i) => (i % 2 ? make("code", {}, part) : part))));

const pretty = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

const resolve = (api, schema) =>
  schema?.$ref ? schema.$ref.slice(2).split("/").reduce((node, key) => node[key], api) : schema;

const kind = (schema = {}) =>
  schema.anyOf?.map(kind).join(" or ") ??
  (schema.$ref ? schema.$ref.split("/").pop() : schema.type === "array" ? `list of ${kind(schema.items)}` : schema.type) ?? "";

const table = (heads, rows) =>
  make("table", {},
    make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell) => make("td", {}, cell))))));

const fields = (schema) =>
  table(["field", "type", "meaning"], Object.entries(schema.properties).map(([name, field]) =>
    [make("code", {}, name), kind(field), field.description ?? ""]));

// What an answer looks like: its own example, or one put together from those of its fields.
const example = (api, given) => {
  const schema = resolve(api, given);
  if (schema?.examples) return schema.examples[0];
  if (schema?.properties) {
    return Object.fromEntries(Object.entries(schema.properties).map(([name, field]) => [name, example(api, field)]));
  }
  return schema?.type === "array" ? [example(api, schema.items)] : null;
};

const answer = (api, status, response) => {
  const [type, content] = Object.entries(response.content ?? {})[0] ?? [];
  const shown = content && (content.example ?? example(api, content.schema));
  return make("details", { open: status === "200" },
    make("summary", {}, make("b", {}, status), ` ${response.description}`, make("small", {}, type ? ` ${type}` : "")),
    ...(shown == null ? [] : [make("pre", { tabIndex: 0 }, pretty(shown))]));
};

const attempt = async (address, out) => {
  out.replaceChildren("…");
  try {
    const response = await fetch(address);
    const text = await response.text();
    const json = (response.headers.get("content-type") ?? "").includes("json");
    out.replaceChildren(
      make("h4", { className: response.ok ? "" : "wrong" }, `${response.status}  ${address}`),
      make("pre", { tabIndex: 0 }, json ? pretty(JSON.parse(text)) : text));
  } catch (error) {
    out.replaceChildren(make("p", { className: "wrong" }, `No answer from ${address}: ${error.message}`));
  }
};

const trial = (path, parameters) => {
  const out = make("div");
  out.setAttribute("aria-live", "polite");
  const inputs = parameters.map((parameter) =>
    make("input", { name: parameter.name, required: true, value: Math.floor(Date.now() / 1000) - 86400, autocomplete: "off" }));
  const form = make("form", {},
    ...inputs.map((input) => make("label", {}, `${input.name} `, input)), make("button", {}, "Try it"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const address = inputs.reduce((whole, input) => whole.replace(`{${input.name}}`, encodeURIComponent(input.value)), path);
    attempt(address, out);
  });
  return [form, out];
};

const operation = (api, path, details) => {
  const parameters = details.parameters ?? [];
  return make("section", { id: details.operationId },
    make("h3", {}, details.summary),
    make("p", { className: "address" }, make("code", {}, make("b", {}, "GET"), path)),
    ...prose(details.description),
    ...(parameters.length
      ? [table(["parameter", "type", "meaning"], parameters.map((parameter) =>
          [make("code", {}, parameter.name), kind(parameter.schema), parameter.description ?? ""]))]
      : []),
    ...trial(path, parameters),
    ...Object.entries(details.responses).map(([status, response]) => answer(api, status, response)));
};

const draw = (api) => {
  const operations = Object.entries(api.paths).map(([path, methods]) => [path, methods.get]);
  const groups = api.tags.flatMap((tag) => [
    make("h2", {}, tag.name),
    ...prose(tag.description),
    ...operations.filter(([, details]) => details.tags.includes(tag.name)).map(([path, details]) => operation(api, path, details)),
  ]);
  const schemas = Object.entries(api.components.schemas).map(([name, schema]) =>
    make("section", { id: name }, make("h3", {}, name), ...prose(schema.description), fields(schema)));
  return [make("p", {}, `Version ${api.info.version}`), ...prose(api.info.description), ...groups,
    make("h2", {}, "Parts of answers"), ...schemas];
};

const page = document.getElementById("page");
try {
  const response = await fetch("/openapi.json");
  if (!response.ok) throw new Error(`status ${response.status}`);
  page.replaceChildren(...draw(await response.json()));
} catch (error) {
  page.replaceChildren(make("p", { className: "wrong" }, `/openapi.json cannot be shown: ${error.message}`));
}
