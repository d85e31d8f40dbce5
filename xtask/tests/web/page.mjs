// The page in Chromium: node page.mjs PLAYWRIGHT URL FOLDER GUARDED TOKEN: the page at URL, and at GUARDED, which asks for the token. Says on stdout what is to be done outside, and what it found wrong.
import { createRequire } from "node:module";

const [playwright, url, folder, guarded, token] = process.argv.slice(2);
const { chromium } = createRequire(`${playwright}/`)("playwright-core");
const PATIENCE = 60000; // ms: a condition is waited for, however slow the machine
const wrong = [];
const check = (holds, what) => { if (!holds) wrong.push(what); };

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"], timeout: PATIENCE });
/** A page whose every error and every question to somebody else is wrong. */
async function open(url) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "light", ignoreHTTPSErrors: true });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on("pageerror", (error) => wrong.push(`script: ${error.message}`));
  page.on("console", (message) => { if (message.type() === "error" && !/40[0-9]|ERR_/.test(message.text())) wrong.push(`console: ${message.text()}`); });
  page.on("request", (request) => check(request.url().startsWith(url), `asks ${request.url()}`));
  page.on("dialog", (dialog) => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  return page;
}
let page = await open(url);
const shot = (name) => page.screenshot({ path: `${folder}/${name}.png` });
const texts = (selector) => page.locator(selector).allTextContents();

try {
  await page.goto(url);
  await page.waitForSelector("#problems tbody tr");
  await page.waitForSelector("#stream tbody tr");
  await page.waitForSelector("#state.live");
  const causes = await texts("#problems tbody td:first-child");
  check(causes.length > 0 && causes.every((cause) => /^[a-z-]+$/.test(cause)), `causes ${causes}`);
  check((await page.locator("#problems svg rect").count()) > 0, "no trend");
  await shot("groups");

  // What the wire says is text: the name of a hello is markup, and stays what it is.
  const names = await texts("#stream tbody td:nth-child(4)");
  check(names.some((name) => name.includes("<img")), `no hostile name in ${names}`);
  check((await page.locator("img, script:not([src])").count()) === 0, "the wire made markup");

  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#detail h3");
  const row = page.locator("#stream tbody tr", { hasText: "<img" }).first();
  await row.click();
  await page.waitForSelector("#ladder");
  const drawn = await page.locator("#ladder").getAttribute("aria-label");
  check(/SYN at/.test(drawn) && /ClientHello/.test(drawn), `ladder ${drawn}`);
  check((await texts("#detail li")).length > 0, "no evidence");
  const legs = await texts("#ladder .leg");
  check(legs.join() === "eth0,pod0", `uprights ${legs}`);
  check((await page.locator("#ladder .rail").count()) === 4, "no upright for each end and each interface");
  await shot("ladder");
  await page.emulateMedia({ colorScheme: "dark" });
  await shot("dark");

  await page.keyboard.press("c");
  await page.waitForSelector("#page h3");
  check((await page.locator("#page pre").count()) > 0, "no drawing in the cause page");
  await shot("cause");
  await page.keyboard.press("Escape");
  check(await page.locator("#detail").isHidden(), "Escape leaves the detail open");

  await page.keyboard.press("?");
  check((await texts("dialog[open] dt")).length >= 8, "no keys");
  await page.keyboard.press("Escape");

  await page.keyboard.press("/");
  await page.keyboard.type("cause=nonsense");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#wrong:not([hidden])");
  check((await texts("#wrong"))[0].includes("nonsense"), "a wrong filter is not said");
  await page.locator("#words").fill("all outcome=established");
  await page.locator("#words").press("Enter");
  await page.waitForSelector("#stream tbody td.good");
  check((await page.locator("#stream tbody td.bad").count()) === 0, "the filter does not filter");

  // A reset that the node made in the client's name never passed the card: its arrow begins between that and the pod's interface.
  await page.locator("#words").fill("cause=reset-in-transit");
  await page.locator("#words").press("Enter");
  await page.locator("#stream tbody tr", { hasText: "reset-in-transit" }).first().click();
  await page.waitForSelector("#ladder .arrow.bad", { state: "attached" });
  const [rails, arrow] = await page.evaluate(() => [
    [...document.querySelectorAll("#ladder .rail")].map((rail) => Number(rail.getAttribute("x1"))),
    Number(document.querySelector("#ladder .arrow.bad").getAttribute("x1"))]);
  check(rails[1] < arrow && arrow < rails[2], `the reset begins at ${arrow}, between ${rails}`);
  await shot("legs");
  await page.setViewportSize({ width: 2200, height: 1000 });
  await shot("wide");

  await page.setViewportSize({ width: 400, height: 800 });
  check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "wider than a phone");
  await shot("narrow");
  await page.setViewportSize({ width: 1280, height: 800 });

  const unguarded = page;
  page = await open(guarded);
  await page.goto(guarded);
  await page.waitForSelector("#ask[open]");
  check((await texts("#problems tbody tr")).length === 0, "the page shows what it was not allowed to ask");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.waitForSelector("#ask[open]");
  await page.locator("#token").fill("certainly-not-the-token");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#token-wrong:not([hidden])");
  await shot("token");
  check(await page.locator("#token-wrong").isVisible(), "that the token is wrong is not said");
  await page.locator("#token").fill(token);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#state.live");
  await page.waitForSelector("#problems tbody tr");
  await page.waitForSelector("#stream tbody tr");
  check(await page.locator("#ask").isHidden(), "the token is asked for again");
  check(!(await page.content()).includes(token), "the token is in the page");
  await page.close();
  page = unguarded;

  console.log("end the agent");
  await page.waitForSelector("#state.lost");
  await shot("lost");
} catch (error) {
  wrong.push(error.message);
  await shot("wrong");
}
await browser.close();
for (const one of wrong) console.log(`wrong: ${one}`);
console.log(`${wrong.length} wrong`);
