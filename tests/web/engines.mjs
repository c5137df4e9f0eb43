// The other two engines, Gecko and WebKit, as Debian ships them. Like Chromium they are not skipped
// where they are missing: the tests fail.

import { spawn } from "node:child_process";
import { access, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Builder, Capabilities } from "selenium-webdriver";
import firefox from "selenium-webdriver/firefox.js";

const FIREFOX = process.env.FORETUNE_FIREFOX ?? "/usr/bin/firefox-esr";
const GECKODRIVER = process.env.FORETUNE_GECKODRIVER ?? "/usr/bin/geckodriver";
const WEBKIT_DRIVER = process.env.FORETUNE_WEBKIT_DRIVER ?? "/usr/bin/WebKitWebDriver";
const TIMEOUTS = { script: 180_000, pageLoad: 60_000 };

async function mustExist(program, advice) {
  await access(program).catch(() => {
    throw new Error(`${program} is not there. ${advice}`);
  });
}

/** Opens Firefox, cut off from everything but loopback. `close()` it when done. */
export async function openFirefox() {
  await mustExist(FIREFOX, "Install the firefox-esr package.");
  await mustExist(GECKODRIVER, "Run `cargo xtask setup`, which builds it.");
  const options = new firefox.Options().setBinary(FIREFOX).addArguments("-headless");
  // A proxy that nobody serves, for all but this machine.
  options.setPreference("network.proxy.type", 1);
  for (const kind of ["http", "ssl", "socks"]) {
    options.setPreference(`network.proxy.${kind}`, "127.0.0.1");
    options.setPreference(`network.proxy.${kind}_port`, 9);
  }
  options.setPreference("network.proxy.no_proxies_on", "127.0.0.1");
  const driver = await new Builder()
    .forBrowser("firefox")
    .setFirefoxOptions(options)
    .setFirefoxService(new firefox.ServiceBuilder(GECKODRIVER))
    .build();
  await driver.manage().setTimeouts(TIMEOUTS);
  return { driver, close: () => driver.quit() };
}

/** Opens WebKitGTK's MiniBrowser on a display of its own. `close()` it when done. */
export async function openWebKit() {
  await mustExist(WEBKIT_DRIVER, "Install the webkit2gtk-driver package.");
  await mustExist("/usr/bin/xvfb-run", "Install the xvfb package.");
  const port = await freePort();
  const home = await mkdtemp(join(tmpdir(), "foretune-webkit-"));
  const service = spawn("xvfb-run", ["--auto-servernum", WEBKIT_DRIVER, `--port=${port}`], {
    // Of its own group, so that display, driver and browser end together.
    detached: true,
    stdio: "ignore",
    env: { ...process.env, HOME: home, XDG_CACHE_HOME: home, XDG_DATA_HOME: home, GDK_BACKEND: "x11", WEBKIT_DISABLE_COMPOSITING_MODE: "1" },
  });
  const ended = new Promise((resolve) => service.once("exit", resolve));
  const stop = async () => {
    try {
      process.kill(-service.pid, "SIGTERM");
    } catch {
      // It has ended by itself.
    }
    await ended;
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const url = `http://127.0.0.1:${port}`;
    await answering(`${url}/status`);
    const driver = await new Builder()
      .usingServer(url)
      .withCapabilities(new Capabilities({ browserName: "MiniBrowser", "webkitgtk:browserOptions": { args: ["--automation"] } }))
      .build();
    await driver.manage().setTimeouts(TIMEOUTS);
    return {
      driver,
      async close() {
        await driver.quit().catch(() => {});
        await stop();
      },
    };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function answering(url) {
  for (let turn = 0; turn < 300; turn++) {
    if (await fetch(url).then(() => true, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} did not answer within 30 seconds`);
}
