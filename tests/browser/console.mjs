// The console in a real browser, with alarms that the real AWS command line publishes.
//
//   node console.mjs                    runs every check; each has a Dispatch and a browser of its own
//   node console.mjs --screenshot FILE  only takes the picture that README shows

import assert from "node:assert/strict";
import { Window } from "./chromium.mjs";
import { Dispatch } from "./dispatch.mjs";
import { broadcast, high, selfService } from "./messages.mjs";

const TABS_MAX = 150;
const PHONE = { width: 360, height: 740 };

/** Waits until the element shows this text. */
const shows = (locator, text) => locator.filter({ hasText: text }).first().waitFor();
const gone = (locator) => locator.waitFor({ state: "detached" });

/** Opens a person's conversation and presses a button of the question in it. */
async function answer(page, name, action) {
  await page.getByTestId(`conversation-${name}`).click();
  await page.getByTestId(`action-${action}`).click();
  await gone(page.getByTestId(`action-${action}`));
}

const checks = {
  async "a no pages and leaves the issue open"({ dispatch, page }) {
    await dispatch.paste();
    await answer(page, "jane", "no");
    await shows(page.getByTestId("message"), "answered no");
    await shows(page.getByTestId("message"), "was paged");
    assert.equal(await page.getByTestId("action-yes").count(), 0, "the question has no buttons left");
    await shows(page.getByTestId("incident").getByTestId("incident-status"), "triggered");
    const issue = page.getByTestId("issue-1");
    await shows(issue, "answered no");
    await shows(issue, "PagerDuty was paged");
    assert.equal(await issue.getByTestId("issue-state").textContent(), "open");
    assert.equal(await page.getByTestId("incident").count(), 1);
    await shows(page.getByTestId("alarm").getByTestId("alarm-state"), "paged");
  },

  async "a yes closes the issue and pages nobody"({ dispatch, page }) {
    await dispatch.publish(selfService);
    await answer(page, "jane", "yes");
    const issue = page.getByTestId("issue-1");
    await shows(issue.getByTestId("issue-state"), "closed");
    await shows(issue, "answered yes");
    await shows(page.getByTestId("message"), "Good to hear.");
    assert.equal(await page.getByTestId("incident").count(), 0);
  },

  async "a broadcast asks everyone and closes when all said yes"({ dispatch, page }) {
    await dispatch.publish(broadcast);
    const issue = page.getByTestId("issue-1");
    await answer(page, "jane", "yes");
    await shows(issue, "1 of 2 answered");
    assert.equal(await issue.getByTestId("issue-state").textContent(), "open");
    await answer(page, "joe", "yes");
    await shows(issue.getByTestId("issue-state"), "closed");
    await shows(issue, "2 of 2 answered");
  },

  async "a page goes to the service that the message names, and nowhere else"({ dispatch, page }) {
    await dispatch.publish(high);
    const incident = page.getByTestId("incident");
    await shows(incident, "The database is gone");
    await shows(incident, "PDEF456");
    assert.equal(await page.getByTestId("incident").count(), 1);
    assert.equal(await page.getByTestId("message").count(), 0);
    assert.equal(await page.getByTestId("issue-1").count(), 0);
  },

  async "only the person asked may answer"({ dispatch, page }) {
    await dispatch.publish(selfService);
    await page.getByTestId("conversation-jane").click();
    await page.getByTestId("acting-as").selectOption({ label: "@joe" });
    await page.getByTestId("action-yes").click();
    await page.getByTestId("conversation-joe").click();
    await shows(page.getByTestId("message"), "Only jane can answer");
    await page.getByTestId("conversation-jane").click();
    await page.getByTestId("action-yes").waitFor();
    assert.equal(await page.getByTestId("issue-1").getByTestId("issue-state").textContent(), "open");
    assert.equal(await page.getByTestId("incident").count(), 0);
  },

  async "silence is reminded, and at the deadline the page goes out"({ dispatch, page }) {
    await dispatch.publish(selfService);
    const alarm = page.getByTestId("alarm");
    const clock = page.getByTestId("clock");
    await shows(alarm.getByTestId("timer-reminder"), "a reminder to jane");
    await shows(alarm.getByTestId("timer-deadline"), /in 3 h 59 min \d+ s/);
    const before = await clock.textContent();
    await page.getByTestId("jump-hour").click();
    await shows(alarm.getByTestId("timer-deadline"), /in 2 h 59 min/);
    assert.notEqual(await clock.textContent(), before);
    await page.getByTestId("jump-next").click();
    await gone(alarm.getByTestId("timer-reminder"));
    await shows(alarm, "jane reminded");
    assert.equal(await page.getByTestId("incident").count(), 0);
    await page.getByTestId("jump-next").click();
    await shows(page.getByTestId("incident").getByTestId("incident-status"), "triggered");
    await gone(alarm.getByTestId("timers"));
    await shows(alarm.getByTestId("alarm-state"), "paged");
  },

  async "the keyboard is enough"({ page }) {
    const { keyboard } = page;
    await tabTo(page, "publish-toggle");
    await keyboard.press("Enter");
    await tabTo(page, "editor");
    await keyboard.press("ControlOrMeta+a");
    await keyboard.insertText(JSON.stringify(selfService));
    await keyboard.press("Control+Enter");
    await shows(page.getByTestId("published"), "Published");
    await page.getByTestId("action-yes").waitFor();
    await tabTo(page, "conversation-jane");
    await keyboard.press("Enter");
    await tabTo(page, "action-yes");
    await keyboard.press("Enter");
    await shows(page.getByTestId("issue-1").getByTestId("issue-state"), "closed");
  },

  async "a message that is not JSON is kept, and says so"({ page }) {
    await page.getByTestId("publish-toggle").click();
    await page.getByTestId("editor").fill("the disk is full");
    await page.getByTestId("publish").click();
    await shows(page.getByTestId("issue-1"), "the disk is full");
  },

  async "a lost connection is told"({ dispatch, page, complaints }) {
    assert.equal(await dispatch.stop(), 0, "Ctrl-C is a good end");
    await shows(page.getByTestId("connection"), "reconnecting");
    complaints.length = 0; // the browser names every try that failed
  },
};

/** Checks of how the page looks, filled with everything it can show. */
const looks = {
  "a phone needs no sideways scrolling": {
    look: { viewport: PHONE },
    async check(page) {
      const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(content <= window, `${content} px of content in ${window} px`);
    },
  },

  "light is light": {
    look: { colorScheme: "light" },
    check: async (page) => assert.ok((await brightness(page)) > 200),
  },

  "dark is dark": {
    look: { colorScheme: "dark" },
    check: async (page) => assert.ok((await brightness(page)) < 60),
  },
};

/** How bright the page's ground is, 0 to 255. */
function brightness(page) {
  return page.evaluate(() => {
    const ground = [document.body, document.documentElement].map((node) => getComputedStyle(node).backgroundColor);
    const painted = ground.find((colour) => colour !== "rgba(0, 0, 0, 0)");
    const canvas = document.createElement("canvas").getContext("2d");
    canvas.fillStyle = painted;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
    return (red + green + blue) / 3;
  });
}

/** Presses Tab until the element has the focus, as somebody without a mouse does. */
async function tabTo(page, testId) {
  for (let presses = 0; presses < TABS_MAX; presses += 1) {
    const focused = await page.evaluate(() => document.activeElement?.dataset.testid);
    if (focused === testId) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`${testId} cannot be reached with ${TABS_MAX} presses of Tab`);
}

/** A page with a question, an answered alarm and a page on it. */
async function fill(dispatch, page) {
  await dispatch.publish(high);
  await dispatch.publish(broadcast);
  await answer(page, "joe", "no");
  await shows(page.getByTestId("incident"), "joe");
  await dispatch.paste();
  await page.getByTestId("issue-2").waitFor();
  await page.getByTestId("conversation-jane").click();
  await page.getByTestId("action-no").nth(1).waitFor();
}

/** Runs `use` with a Dispatch and a window of its own, and ends both whatever happens. */
async function apart(look, use) {
  const dispatch = await Dispatch.start();
  try {
    const window = await Window.open(look);
    try {
      await window.page.goto(dispatch.page);
      await shows(window.page.getByTestId("connection"), "live");
      await use({ dispatch, page: window.page, complaints: window.complaints });
      assert.deepEqual(window.complaints, [], "the page complains of nothing");
    } finally {
      await window.close();
    }
  } finally {
    await dispatch.stop();
  }
}

async function runAll() {
  const all = Object.entries(checks).map(([name, use]) => ({ name, look: {}, use }));
  for (const [name, { look, check }] of Object.entries(looks)) {
    const use = async ({ dispatch, page }) => {
      await fill(dispatch, page);
      await check(page);
    };
    all.push({ name, look, use });
  }
  let failed = 0;
  for (const { name, look, use } of all) {
    try {
      await apart(look, use);
      console.log(`ok     ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED ${name}\n${error.stack}`);
    }
  }
  console.log(`${all.length - failed} passed, ${failed} failed`);
  return failed === 0;
}

async function takePicture(file) {
  await apart({ colorScheme: "light" }, async ({ dispatch, page }) => {
    await fill(dispatch, page);
    await page.evaluate(() => document.activeElement?.blur());
    await page.screenshot({ path: file, animations: "disabled" });
  });
}

const [flag, file] = process.argv.slice(2);
if (flag === "--screenshot" && file) await takePicture(file);
else process.exitCode = (await runAll()) ? 0 : 1;
