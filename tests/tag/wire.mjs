// Answer questions about the tag's modules, a JSON line each: node wire.mjs FOLDER. [FUNCTION, ARGUMENT] -> RESULT
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const from = (name) => import(pathToFileURL(`${process.argv[2]}/${name}`).href);
const [{ murmur }, { mincode }, { query, posted }] = await Promise.all(
  ["checksum.js", "mincode.js", "wire.js"].map(from),
);
const answers = { murmur, mincode, query, posted };

for await (const line of createInterface({ input: process.stdin })) {
  const [name, argument] = JSON.parse(line);
  console.log(JSON.stringify(answers[name](argument)));
}
