// `dispatch local` as a process of its own, and the real AWS command line to publish with.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const BINARY = resolve(import.meta.dirname, "../../target/debug/dispatch");
const START_MS = 20_000;
const STOP_MS = 5_000;
const PUBLISH_MS = 30_000;

const run = promisify(execFile);

/** A running `dispatch local`: where its page is, and the line that it printed for publishing. */
export class Dispatch {
  #process;
  #folder;

  constructor(process, folder, said) {
    this.#process = process;
    this.#folder = folder;
    this.page = said.page;
    this.line = said.line;
  }

  /** Starts it on a free port, in an empty folder and without any setting, and waits until it said both. */
  static async start() {
    const folder = await mkdtemp(join(tmpdir(), "dispatch-"));
    const process_ = spawn(BINARY, ["local", "--port", "0"], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder },
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      return new Dispatch(process_, folder, await heard(process_));
    } catch (error) {
      process_.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Runs the printed line as somebody who pastes it into a shell. Gives the id that SNS answered. */
  async paste() {
    return this.#aws("sh", ["-c", this.line]);
  }

  /** Publishes a message with credentials of no worth, so that the request is signed. */
  async publish(message) {
    const topic = /arn:aws:sns:\S+/.exec(this.line)[0];
    const text = JSON.stringify(message);
    return this.#aws("aws", ["sns", "publish", "--endpoint-url", this.page, "--topic-arn", topic, "--message", text]);
  }

  async #aws(command, args) {
    const env = {
      PATH: process.env.PATH,
      HOME: this.#folder,
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
    };
    const { stdout } = await run(command, args, { env, timeout: PUBLISH_MS });
    return JSON.parse(stdout).MessageId;
  }

  /** Ends it as Ctrl-C does, and says how it ended. */
  async stop() {
    const { exitCode, signalCode } = this.#process;
    if (exitCode === null && signalCode === null) {
      const ended = new Promise((settle) => this.#process.once("exit", settle));
      const impatience = setTimeout(() => this.#process.kill("SIGKILL"), STOP_MS);
      this.#process.kill("SIGINT");
      await ended;
      clearTimeout(impatience);
    }
    await rm(this.#folder, { recursive: true, force: true });
    return this.#process.exitCode;
  }
}

/** Waits for the two lines that a person needs. */
function heard(child) {
  return new Promise((settle, fail) => {
    let text = "";
    const impatience = setTimeout(() => fail(new Error(`dispatch local said only: ${text}`)), START_MS);
    child.once("error", fail);
    child.once("exit", (code) => fail(new Error(`dispatch local ended with ${code} and said: ${text}`)));
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      const page = /http:\/\/127\.0\.0\.1:\d+\//.exec(text)?.[0];
      const line = /^\s*(aws sns publish .*--endpoint-url .*)\n/m.exec(text)?.[1];
      if (!page || !line) return;
      clearTimeout(impatience);
      settle({ page, line });
    });
  });
}
