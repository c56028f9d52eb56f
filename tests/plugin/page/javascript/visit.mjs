// Opens a page in Chromium and prints as JSON what was found: node visit.mjs BROWSER PROFILE ADDRESS VISIT
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import puppeteer from "puppeteer-core";

const [executablePath, userDataDir, address, visit] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf-8");

const opened = async (browser, { fragment = "", width = 1280, scheme = "light", script = true } = {}) => {
  const page = await browser.newPage();
  const seen = { page, requests: [], problems: [] };
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("console", (message) => seen.problems.push(message.text()));
  page.on("pageerror", (error) => seen.problems.push(String(error)));
  page.on("dialog", async (dialog) => { seen.problems.push(`dialog: ${dialog.message()}`); await dialog.dismiss(); });
  await page.setViewport({ width, height: 800 });
  await page.setJavaScriptEnabled(script);
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(`${address}${fragment}`, { waitUntil: "networkidle0" });
  return seen;
};

const shownLines = (page) =>
  page.$$eval("#lines > li", (lines) => lines.filter((line) => line.checkVisibility()).map((line) => line.innerText));

const visits = {
  // What axe finds, how wide the page is, and what was requested, at each width and in each color scheme.
  async audit(browser) {
    const found = [];
    for (const width of [1280, 360]) {
      for (const scheme of ["light", "dark"]) {
        const { page, requests, problems } = await opened(browser, { width, scheme });
        await page.$$eval("details", (parts) => parts.forEach((part) => { part.open = true; }));
        // By the debugger, which no policy of the page concerns.
        await page.evaluate(axe);
        const { violations } = await page.evaluate("axe.run({ resultTypes: ['violations'] })");
        found.push({
          width, scheme, requests, problems,
          violations: violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => html) })),
          scrollWidth: await page.evaluate(() => document.documentElement.scrollWidth),
          background: await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
        });
      }
    }
    return found;
  },

  // The lines that are shown after each step, and the address.
  async filter(browser) {
    const { page, problems } = await opened(browser);
    const steps = {};
    const note = async (name) => {
      steps[name] = { lines: await shownLines(page), hash: await page.evaluate(() => location.hash) };
    };
    await note("at first");
    await page.click("input[value=filtered]");
    await note("filtered");
    await page.type("#search", "statements 404");
    await note("searched");
    await page.reload();
    await note("reloaded");
    await page.click('a[href="#show-silent"]');
    await note("silent");
    await page.goBack();
    await note("back");
    const { page: other, problems: more } = await opened(browser, { fragment: "#operations&show=%E0&find=%E0%A4%A" });
    steps.damaged = { lines: await shownLines(other), hash: "" };
    const chip = await other.$eval("#lines .chip.kept", (link) => link.getAttribute("href"));
    await other.click("#lines .chip.kept");
    steps.example = await other.$eval(chip, (body) => ({ isOpen: body.closest("details").open, text: body.innerText }));
    return { steps, problems: [...problems, ...more] };
  },

  // The lines that are shown of jobs, by each filter and search.
  async jobs(browser) {
    const found = {};
    for (const settings of ["show=silent", "show=reported", "show=other", "find=job%20failed", "find=send_receipt"]) {
      const { page, problems } = await opened(browser, { fragment: `#operations&${settings}` });
      found[settings] = (await shownLines(page)).map((line) => line.replace(/\s+/g, " "));
      if (problems.length) throw new Error(problems.join());
    }
    return found;
  },

  // The page with the keyboard alone: what has the focus, key by key, and whether that is seen.
  async keyboard(browser) {
    const { page } = await opened(browser);
    const stops = [];
    for (let count = 0; count < 30; count += 1) {
      await page.keyboard.press("Tab");
      stops.push(await page.evaluate(() => {
        const { outlineStyle } = getComputedStyle(document.activeElement);
        return { text: document.activeElement.innerText || document.activeElement.id, outline: outlineStyle };
      }));
    }
    return stops;
  },

  // Everything that can be read without JavaScript, with and without the parts that are folded.
  async plain(browser) {
    const { page, requests } = await opened(browser, { script: false });
    const snapshot = await page.accessibility.snapshot({ interestingOnly: false });
    const texts = [];
    const collect = (node) => { texts.push(node.name); (node.children || []).forEach(collect); };
    collect(snapshot);
    return { requests, texts, lines: await shownLines(page), tools: await page.$eval("#tools", (tools) => tools.checkVisibility()) };
  },

  // What stands in print, in which nothing is folded.
  async print(browser) {
    const { page } = await opened(browser, { script: false });
    await page.emulateMediaType("print");
    return page.$$eval("details > :not(summary)", (parts) => parts.map((part) => part.getBoundingClientRect().height));
  },

  // What came of a page that tries to break out.
  async hostile(browser) {
    const { page, requests, problems } = await opened(browser);
    await page.$$eval("details", (parts) => parts.forEach((part) => { part.open = true; }));
    return {
      requests, problems,
      scripts: await page.$$eval("script", (scripts) => scripts.length),
      elements: await page.$$eval("img, iframe, object, embed, link[href^=http], style", (found) => found.length),
      handlers: await page.$$eval("*", (all) => all.filter((each) => [...each.attributes].some(({ name }) => name.startsWith("on"))).length),
      links: await page.$$eval("a", (links) => links.map((link) => link.getAttribute("href"))),
      touched: await page.evaluate(() => typeof window.touched !== "undefined"),
      text: await page.evaluate(() => document.body.innerText),
    };
  },
};

const browser = await puppeteer.launch({
  executablePath, userDataDir, headless: true, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
try {
  process.stdout.write(JSON.stringify(await visits[visit](browser)));
} finally {
  await browser.close();
}
