// A real browser, driven by WebDriver. There is none to fall back on: without one the tests fail.

import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Builder, By, logging } from "selenium-webdriver";
import chrome from "selenium-webdriver/chrome.js";

export const CHROMIUM = process.env.FORETUNE_CHROMIUM ?? "/usr/bin/chromium";
const CHROMEDRIVER = process.env.FORETUNE_CHROMEDRIVER ?? "/usr/bin/chromedriver";

/**
 * Opens Chromium, cut off from everything but loopback. `close()` it when done.
 * @param {{args?: string[], preferences?: object, keepProfile?: boolean}} [options] `preferences` are its
 *   user's; `keepProfile`: what it wrote is for the caller to look at, and to remove
 */
export async function openBrowser({ args = [], preferences = {}, keepProfile = false } = {}) {
  for (const program of [CHROMIUM, CHROMEDRIVER]) {
    await access(program).catch(() => {
      throw new Error(`${program} is not there. Install the chromium and chromium-driver packages.`);
    });
  }
  const profile = await mkdtemp(join(tmpdir(), "foretune-chromium-"));
  const options = new chrome.Options();
  options.setBinaryPath(CHROMIUM);
  options.addArguments(
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    `--user-data-dir=${profile}`,
    "--window-size=1440,1000",
    ...args,
  );
  options.setUserPreferences(preferences);
  const logged = new logging.Preferences();
  logged.setLevel(logging.Type.BROWSER, logging.Level.ALL);
  options.setLoggingPrefs(logged);
  const driver = await new Builder()
    .forBrowser("chrome")
    .setChromeOptions(options)
    .setChromeService(new chrome.ServiceBuilder(CHROMEDRIVER))
    .build();
  await driver.manage().setTimeouts({ script: 180_000, pageLoad: 60_000 });
  return {
    driver,
    profile,
    async close() {
      await driver.quit();
      if (!keepProfile) await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** What the browser's console has had to complain of since this was last asked. */
export async function consoleErrors(driver) {
  const entries = await driver.manage().logs().get(logging.Type.BROWSER);
  return entries
    .filter(({ level }) => level.value >= logging.Level.WARNING.value)
    .map(({ message }) => message);
}

/**
 * Runs the body of an async function in the page, with `Foretune`, four seconds of samples and
 * `codeOf`, which gives "answered" or the code that a promise is rejected with.
 */
export function inPage(driver, body) {
  return driver.executeAsyncScript(`
    const done = arguments[arguments.length - 1];
    (async () => {
      const { Foretune, ForetuneError } = await import("./foretune.js");
      const song = { channels: [new Float32Array(44100 * 4)], sampleRate: 44100 };
      const codeOf = (promise) => promise.then(() => "answered", (error) =>
        error instanceof ForetuneError ? error.code : "not a ForetuneError: " + error);
      ${body}
    })().then(done, (error) => done("threw " + error));`);
}

/** The page's element, as a person and a script would use it. */
export class PredictorPage {
  constructor(driver, url) {
    this.driver = driver;
    this.url = url;
  }

  async open() {
    await this.driver.get(this.url);
  }

  /** Waits until the models are there and a worker is ready. */
  async prepared() {
    await this.until("the models are loaded", 120_000, () =>
      this.#inPage("return !!element.shadowRoot?.querySelector('.readiness.prepared')"),
    );
  }

  /** Waits until the page would open without a network: what it fetches for that comes after all else. */
  async keptOffline() {
    await this.until("the service worker has the page", 60_000, () =>
      this.driver.executeScript("return navigator.serviceWorker.controller?.state === 'activated'"),
    );
  }

  async chooseFile(path) {
    const element = await this.driver.findElement(By.css("foretune-predictor"));
    const root = await element.getShadowRoot();
    const input = await root.findElement(By.css("input[type=file]"));
    await input.sendKeys(path);
  }

  /** Hands a file to the page and waits for its answer: `{phase, result, error}`. */
  async answerTo(path, timeout_ms = 180_000) {
    await this.#inPage("element.reset()");
    await this.chooseFile(path);
    return this.answered(timeout_ms);
  }

  async answered(timeout_ms = 180_000) {
    await this.until("the song is answered", timeout_ms, async () =>
      ["ready", "error"].includes(await this.phase()),
    );
    // What follows the forecast is added after it.
    await this.until("all of the answer is shown", 60_000, () =>
      this.#inPage(`
        const result = element.shadowRoot.querySelector(".result");
        return !result || result.querySelector(".spotify-note") !== null;`),
    );
    return this.#inPage(`
      const { phase, result, error } = element;
      const { spectrogram, ...rest } = result ?? {};
      return {
        phase,
        result: result && { ...rest, spectrogram: { ...spectrogram, data: spectrogram.data.length } },
        error: error && { code: error.code, message: error.message },
      };`);
  }

  phase() {
    return this.#inPage("return element.phase");
  }

  /** The visible text of what `selector` finds inside the element. */
  text(selector) {
    return this.#inPage(
      "return [...element.shadowRoot.querySelectorAll(arguments[0])].map((found) => found.innerText)",
      selector,
    );
  }

  click(selector) {
    return this.#inPage("element.shadowRoot.querySelector(arguments[0]).click()", selector);
  }

  /** Clicks as a person does, which some things ask for, such as playing sound. */
  async press(selector) {
    const element = await this.driver.findElement(By.css("foretune-predictor"));
    const root = await element.getShadowRoot();
    const target = await root.findElement(By.css(selector));
    await this.driver.executeScript("arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })", target);
    await target.click();
  }

  run(script, ...args) {
    return this.#inPage(script, ...args);
  }

  #inPage(script, ...args) {
    return this.driver.executeScript(
      `const element = document.querySelector("foretune-predictor"); ${script}`,
      ...args,
    );
  }

  /** Waits until `holds()`, or fails with what was waited for. */
  async until(what, timeout_ms, holds) {
    const end = Date.now() + timeout_ms;
    while (!(await holds())) {
      if (Date.now() > end) throw new Error(`timed out after ${timeout_ms} ms waiting until ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
