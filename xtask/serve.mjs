// A static server for the assembled page, without dependencies: `cargo xtask serve` runs it as a
// program, the browser tests import it for its request log. It listens on loopback only.
//
//   node xtask/serve.mjs DIRECTORY [PORT]      PORT 0 or none: any free one; prints the URL

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";

// Browsers compile wasm while it streams in only when it is typed application/wasm, and run a
// module script only when it is typed as JavaScript.
export const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".mp3": "audio/mpeg",
  ".ogg": "audio/ogg",
  ".onnx": "application/octet-stream",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".wav": "audio/wav",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/**
 * Serves `directory`. `onRequest({method, path, status})` is called once for every answer;
 * `headers` go with all of them. `intercept(path, request, response)` may answer by itself, as a bad
 * network would, and then gives true.
 * @returns {Promise<{url: string, port: number, close: () => Promise<void>}>}
 */
export async function startServer({
  directory,
  port = 0,
  headers = {},
  onRequest = () => {},
  intercept = () => false,
}) {
  const root = resolve(directory);
  const server = createServer(async (request, response) => {
    const path = pathOf(request.url);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (intercept(path, request, response)) return onRequest({ method: request.method, path, status: null });
    const status = await answer(root, path, request, response).catch((error) => {
      console.error(error);
      return plain(response, 500, "The server failed; its terminal says why.");
    });
    onRequest({ method: request.method, path, status });
  });
  await new Promise((listening, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", listening);
  });
  const bound = server.address().port;
  return {
    url: `http://127.0.0.1:${bound}/`,
    port: bound,
    close: () =>
      new Promise((closed) => {
        server.close(closed);
        server.closeAllConnections();
      }),
  };
}

/** The decoded path of a request target, or null for one that is malformed. */
function pathOf(target) {
  try {
    return decodeURIComponent(new URL(target, "http://loopback").pathname);
  } catch {
    return null;
  }
}

async function answer(root, path, request, response) {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return plain(response, 405, "Only GET and HEAD are answered.");
  }
  if (path === null || path.includes("\0")) return plain(response, 400, "Malformed address.");
  const file = await existingFile(root, path);
  if (file === null) return plain(response, 404, "There is no such file.");

  const headers = {
    "Content-Type": TYPES[extname(file.name).toLowerCase()] ?? "application/octet-stream",
    // A rebuilt page must show at once.
    "Cache-Control": "no-cache",
    ETag: file.tag,
    "Accept-Ranges": "bytes",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
  };
  if (request.headers["if-none-match"] === file.tag) {
    response.writeHead(304, headers).end();
    return 304;
  }
  const range = rangeOf(request.headers.range, file.size);
  if (range === "unsatisfiable") {
    response.writeHead(416, { "Content-Range": `bytes */${file.size}` }).end();
    return 416;
  }
  const { first, last } = range ?? { first: 0, last: file.size - 1 };
  headers["Content-Length"] = last - first + 1;
  if (range) headers["Content-Range"] = `bytes ${first}-${last}/${file.size}`;
  const status = range ? 206 : 200;
  response.writeHead(status, headers);
  if (request.method === "HEAD" || file.size === 0) {
    response.end();
    return status;
  }
  createReadStream(file.name, { start: first, end: last })
    .on("error", () => response.destroy())
    .pipe(response);
  return status;
}

/** The file that `path` names inside `root`, a folder standing for its index.html. */
async function existingFile(root, path) {
  let name = join(root, path);
  if (name !== root && !name.startsWith(root + sep)) return null;
  try {
    let found = await stat(name);
    if (found.isDirectory()) {
      name = join(name, "index.html");
      found = await stat(name);
    }
    if (!found.isFile()) return null;
    return { name, size: found.size, tag: `"${found.size}-${found.mtimeMs}"` };
  } catch {
    return null;
  }
}

/** One byte range, which seeking in audio asks for; several at once are answered in full. */
function rangeOf(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return null;
  const [first, last] =
    match[1] === ""
      ? [Math.max(0, size - Number(match[2])), size - 1]
      : [Number(match[1]), match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1)];
  return first > last || first >= size ? "unsatisfiable" : { first, last };
}

function plain(response, status, text) {
  if (!response.headersSent) {
    response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" });
  }
  response.end(`${text}\n`);
  return status;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [directory, port = "0"] = process.argv.slice(2);
  if (!directory || !/^\d+$/.test(port)) {
    console.error("usage: node xtask/serve.mjs DIRECTORY [PORT]");
    process.exit(2);
  }
  try {
    const { url } = await startServer({ directory, port: Number(port) });
    console.log(url);
  } catch (error) {
    console.error(
      error.code === "EADDRINUSE" ? `Port ${port} is in use; name another.` : String(error),
    );
    process.exit(1);
  }
}
