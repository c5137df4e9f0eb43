// The server that the page and these tests rely on.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { startServer } from "../../xtask/serve.mjs";

const log = [];
let folder, server;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretune-serve-"));
  await mkdir(join(folder, "site"));
  await writeFile(join(folder, "secret.txt"), "not to be served");
  await writeFile(join(folder, "site", "index.html"), "<!doctype html>");
  await writeFile(join(folder, "site", "a.wasm"), "0123456789");
  server = await startServer({ directory: join(folder, "site"), onRequest: (entry) => log.push(entry) });
});

after(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** Without the tidying of addresses that fetch does. */
function get(path, { method = "GET", headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port: server.port, path, method, headers }, (response) => {
      let body = "";
      response.on("data", (chunk) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
    })
      .on("error", reject)
      .end();
  });
}

test("files have their types, and a folder its index", async () => {
  assert.equal((await get("/")).headers["content-type"], "text/html; charset=utf-8");
  const { status, headers, body } = await get("/a.wasm");
  assert.deepEqual([status, headers["content-type"], body], [200, "application/wasm", "0123456789"]);
  assert.equal((await get("/a.wasm", { method: "HEAD" })).body, "");
});

test("nothing outside the folder is served", async () => {
  for (const path of ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/a.wasm/../../secret.txt", "/%00", "/%E0%A4%A"]) {
    const { status, body } = await get(path);
    assert.ok(status === 404 || status === 400, `${path} was answered with ${status}`);
    assert.ok(!body.includes("not to be served"), path);
  }
  assert.equal((await get("/", { method: "POST" })).status, 405);
});

test("an unchanged file is not sent twice, and a changed one is", async () => {
  const { etag } = (await get("/a.wasm")).headers;
  assert.equal((await get("/a.wasm", { headers: { "If-None-Match": etag } })).status, 304);
  await writeFile(join(folder, "site", "a.wasm"), "0123456789a");
  assert.equal((await get("/a.wasm", { headers: { "If-None-Match": etag } })).status, 200);
});

test("ranges are answered, for players that seek", async () => {
  const range = async (value) => {
    const { status, headers, body } = await get("/index.html", { headers: { Range: value } });
    return [status, headers["content-range"], body];
  };
  assert.deepEqual(await range("bytes=2-8"), [206, "bytes 2-8/15", "doctype"]);
  assert.deepEqual(await range("bytes=-5"), [206, "bytes 10-14/15", "html>"]);
  assert.deepEqual(await range("bytes=9-900"), [206, "bytes 9-14/15", " html>"]);
  assert.equal((await range("bytes=20-"))[0], 416);
});

test("every answer is logged", async () => {
  const before = log.length;
  await get("/a.wasm");
  await get("/missing");
  assert.deepEqual(log.slice(before), [
    { method: "GET", path: "/a.wasm", status: 200 },
    { method: "GET", path: "/missing", status: 404 },
  ]);
});
