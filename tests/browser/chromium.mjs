// Debian's Chromium, headless, with a profile that nobody used before and no way beyond this machine.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const BINARY = "/usr/bin/chromium";
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];
const WAIT_MS = 20_000;

/** A window with one page, which keeps what the page complains of and whom it asks. */
export class Window {
  complaints = [];
  #context;
  #profile;

  constructor(context, profile) {
    this.#context = context;
    this.#profile = profile;
    this.page = context.pages()[0];
    this.page.setDefaultTimeout(WAIT_MS);
    this.page.on("pageerror", (error) => this.complaints.push(`error: ${error.message}`));
    this.page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.complaints.push(message.text());
    });
    this.page.on("request", (request) => {
      const here = new URL(this.page.url()).origin;
      const { protocol, origin } = new URL(request.url());
      const first = request.isNavigationRequest();
      if (protocol !== "data:" && origin !== here && !first) this.complaints.push(`asked ${request.url()}`);
    });
  }

  /** Opens a window. `look` may say `viewport` and `colorScheme`. */
  static async open(look = {}) {
    const profile = await mkdtemp(join(tmpdir(), "dispatch-chromium-"));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: BINARY,
      headless: true,
      args: ARGUMENTS,
      viewport: { width: 1400, height: 900 },
      ...look,
    });
    return new Window(context, profile);
  }

  async close() {
    await this.#context.close();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
