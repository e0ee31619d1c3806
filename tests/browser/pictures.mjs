// The pictures of README: what a sample family and a sample nurse see. `scripts/pictures` runs it.
import path from 'node:path';
import { chromium } from 'playwright-core';

const [portal, console_, folder] = process.argv.slice(2);
const PASSWORD = 'Tulip-Meadow-42';
const browser = await chromium.launch({
  executablePath: process.env.HERSYS_TEST_CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});

/** A page of a size, in English. */
async function open(width, height) {
  const context = await browser.newContext({ viewport: { width, height }, locale: 'en-GB' });
  const page = await context.newPage();
  return {
    page,
    /** `from`: what stands at the top of the picture; else the page begins there. */
    async take(name, tall = height, from = null) {
      await page.setViewportSize({ width, height: tall });
      await page.evaluate(() => document.activeElement?.blur());
      if (from) await page.locator(from).first().evaluate((part) => part.scrollIntoView());
      await page.screenshot({ path: path.join(folder, `${name}.png`) });
    },
    async signIn(at, email) {
      await page.goto(`${at}/sign-in`);
      await page.fill('[name=email]', email);
      await page.fill('[name=password]', PASSWORD);
      await page.click('main button:has-text("Sign in")');
    },
  };
}

const visitor = await open(360, 740);
await visitor.page.goto(`${portal}/sign-up`);
await visitor.take('sign-up');

const family = await open(360, 740);
await family.signIn(portal, 'family@sample.example');
await family.page.click('a:has-text("Confirm history")');
await family.page.locator('h1').evaluate((heading) => heading.scrollIntoView());
await family.take('history');
await family.page.goto(portal);
await family.page.click('text=Enter a status report');
await family.page.selectOption('main select', { index: 1 });
await family.page.click('button:has-text("Choose")');
await family.page.waitForSelector('[name=temperature]');
await family.page.locator('h1').evaluate((heading) => heading.scrollIntoView());
await family.take('report');
await family.page.fill('[name=temperature]', '38.4');
await family.page.fill('[name=spo2]', '91');
for (const name of await family.page.locator('input[type=radio][value=no]').evaluateAll((all) => all.map((one) => one.name))) {
  await family.page.check(`input[name="${name}"][value=no]`);
}
for (const none of await family.page.locator('input[type=checkbox][value=none]').all()) await none.check();
await family.page.click('main button:has-text("Confirm")');
await family.page.waitForURL(/reports\/.+/);
await family.take('danger');

const nurse = await open(1280, 860);
await nurse.signIn(console_, 'nurse@sample.example');
await nurse.page.waitForSelector('h1');
await nurse.take('worklist');
const person = await nurse.page.locator('main a[href^="/cases/"]').first().getAttribute('href');
await nurse.page.goto(`${console_}${person.split('#')[0]}`);
await nurse.page.waitForSelector('svg:visible');
await nurse.take('person', 1480);
await nurse.page.goto(`${console_}/figures`);
await nurse.page.waitForSelector('svg:visible');
await nurse.take('figures', 1000, '.columns');

await browser.close();
