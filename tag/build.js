// Build the tag: `npm run build` writes the committed file, `node build.js FILE` another one.
import { build } from "esbuild";

await build({
  entryPoints: [new URL("src/main.js", import.meta.url).pathname],
  outfile: process.argv[2] || new URL("../src/footfall/tag/footfall.js", import.meta.url).pathname,
  bundle: true,
  format: "iife",
  target: "es2017",
  minify: true,
  mangleProps: /^(event|slot|made|settled|flying|failures|handed|buttons)$/,
  banner: { js: "/* Footfall, Apache-2.0 */" },
  logOverride: { "commonjs-variable-in-esm": "silent" },
});
