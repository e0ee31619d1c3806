// Pages that bring themselves up to date, for whoever listens to them, reads them with a magnifier, or uses them with the keys.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Town, ago } from './harness.mjs';

let town;
before(async () => { town = await Town.start(); });
after(async () => { await town.end(); });

let next = 0;
async function athome(name, latin) {
  next += 1;
  const phone = `0904777${1000 + next}`;
  const id = town.case(`${name},,${latin},1988-05-04,${phone},en,${ago(2)},${ago(3)},,,`);
  const one = await town.phone();
  await one.account(`listen${next}@example.org`);
  await one.register({ id, name: latin, born: ['1988', '5', '4'], phone });
  return one;
}

async function report(phone, values) {
  await phone.open('/');
  await phone.press(phone.w.report);
  await phone.feel(values);
  await phone.press(phone.w.confirm);
}

const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.className || document.activeElement.tagName);
const lineOf = (page, name) => page.locator('#worklist tbody tr', { hasText: name }).locator('th a');

test('who listens is told that an alert has become an emergency, and what did not change stays where it is', async () => {
  const one = await athome('急 一', 'Kyu Ichi');
  for (let i = 0; i < 3; i += 1) town.case(`静 ${i},,Shizuka ${i},1980-01-0${i + 1},0904778100${i},en,${ago(2)},${ago(3)},,,`);
  await report(one, { spo2: '93' });
  const prefecture = town.command(['place', 'list']).split('\n').find((line) => line.includes('prefecture'));
  const officer = await town.staff('officer@prefecture.example', { role: 'prefecture_officer', clinic: prefecture.replace('(prefecture)', '').trim() });
  const nurse = await town.staff('listens-with-a-long-name@center.example', { width: 650 });
  const { page } = nurse;
  await nurse.open(`${town.console}/?list=all`);
  const card = page.locator('article.alert', { hasText: 'Kyu Ichi' });
  await card.waitFor();
  assert.ok(!await card.evaluate((part) => part.matches('.emergency')));
  const heading = page.locator('#alerts-title');
  const said = page.locator('#said');
  const waiting = await heading.getAttribute('data-waiting');
  await lineOf(page, 'Shizuka 1').focus();
  await page.evaluate(() => {
    window.kept = [...document.querySelectorAll('#worklist h2, #worklist tr, #worklist article, #worklist a, #worklist input')];
    document.querySelector('#worklist .scroll').scrollLeft = 60;
    const number = [...document.querySelectorAll('#worklist tbody tr')].find((line) => line.textContent.includes('Shizuka 1')).querySelector('.phone');
    const range = document.createRange();
    range.selectNodeContents(number);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  });
  const how = () => page.evaluate(() => ({
    gone: window.kept.filter((part) => !part.isConnected).map((part) => part.outerHTML),
    moved: document.querySelector('#worklist .scroll').scrollLeft,
    marked: getSelection().toString(),
    focused: document.activeElement.id,
  }));
  const before_ = await how();
  assert.ok(before_.moved > 0, 'the table is wider than its frame');
  assert.equal(before_.marked, '09047781001');
  assert.equal(await said.textContent(), '');
  await report(one, { signs: ['sign_lips'] });
  await page.locator('article.alert.emergency', { hasText: 'Kyu Ichi' }).waitFor({ timeout: 3_000 });
  assert.equal(await heading.getAttribute('data-waiting'), `${Number(waiting)} (one of them is an emergency)`, 'no more of them than before');
  assert.equal(await said.textContent(), await heading.textContent());
  assert.deepEqual(await how(), before_);
  // Nothing happened: nothing is said, and nothing is replaced.
  await page.evaluate(() => { document.getElementById('said').textContent = ''; });
  const asked = page.waitForResponse((answer) => answer.request().headers()['x-live'] === '1');
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await (await asked).finished();
  await page.waitForTimeout(200);
  assert.equal(await said.textContent(), '');
  assert.deepEqual(await how(), before_);

  // The prefecture, too, is told when one more waits at a center.
  await officer.open(`${town.console}/`);
  assert.equal(await officer.page.locator('#said').textContent(), '');
  const link = officer.page.locator('#centers tbody th a').first();
  await link.focus();
  await link.evaluate((part) => { window.kept = part; });
  const two = await athome('急 二', 'Kyu Ni');
  await report(two, { signs: ['sign_lips'] });
  await officer.page.locator('#said', { hasText: `Alerts: ${Number(waiting) + 1} waiting, 0 taken` }).waitFor({ state: 'attached', timeout: 3_000 });
  assert.ok(await officer.page.evaluate(() => window.kept.isConnected && document.activeElement === window.kept));
  await officer.look();
  for (const x of [one, two, officer, nurse]) await x.context.close();
});

test('what comes between a page and its stream stands there with the stream', async () => {
  const one = await athome('間 一', 'Ma Ichi');
  const nurse = await town.staff('slow-line@center.example');
  const { page } = nurse;
  let arrives;
  const line = new Promise((resolve) => { arrives = resolve; });
  await page.route('**/worklist/events*', async (route) => {
    await line;
    await route.continue();
  });
  await nurse.open(`${town.console}/`);
  await report(one, { signs: ['sign_lips'] });
  const card = page.locator('article.alert', { hasText: 'Ma Ichi' });
  await page.waitForTimeout(1_000);
  assert.equal(await card.count(), 0, 'nobody has told the page');
  arrives();
  await card.waitFor({ timeout: 5_000 });
  for (const x of [one, nurse]) await x.context.close();
});

test('when the line that one stands on leaves the list, one goes on at the line beside it', async () => {
  for (let i = 0; i < 4; i += 1) town.case(`隣 ${i},,Tonari ${i},1981-02-0${i + 1},0904779100${i},en,${ago(2)},${ago(3)},,,`);
  const [nurse, colleague] = [await town.staff('keys@center.example'), await town.staff('ends@center.example')];
  const { page } = nurse;
  await nurse.open(`${town.console}/?list=no-account`);
  const names = await page.locator('#worklist tbody th a').evaluateAll((all) => all.map((one) => one.id));
  const at = await lineOf(page, 'Tonari 1').evaluate((one) => {
    one.focus();
    one.scrollIntoView({ block: 'center' });
    return one.id;
  });
  const beside = names[names.indexOf(at) + 1];
  const ticked = page.getByRole('checkbox', { name: 'Choose Tonari 3' });
  await ticked.evaluate((box) => box.click());
  const dies = async (name) => {
    const address = await lineOf(page, name).getAttribute('href');
    await colleague.open(`${town.console}${address}`);
    const form = colleague.page.locator('form[action$="/monitoring"]');
    await form.locator('select').first().selectOption('died');
    await form.locator('[name=reason]').fill('Told by the family');
    await form.locator('button').first().click();
    await lineOf(page, name).waitFor({ state: 'detached', timeout: 5_000 });
  };
  const top = await page.locator(`#${beside}`).evaluate((one) => one.getBoundingClientRect().top);
  await dies('Tonari 1');
  assert.equal(await focused(page), beside);
  const now = await page.locator(`#${beside}`).evaluate((one) => one.getBoundingClientRect().top);
  assert.ok(now >= 0 && now <= top + 1, `what is read stays in sight: ${top}, then ${now}`);
  assert.ok(await ticked.isChecked());
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'phone', 'the number of the same line');
  // From the last line one comes to the one before, and not to a telephone number.
  const last = page.locator('#worklist tbody th a').last();
  await last.focus();
  await dies((await last.innerText()).trim());
  assert.equal(await focused(page), names.filter((one) => one !== at)[names.length - 3]);
  for (const x of [nurse, colleague]) await x.context.close();
});

test('a rule that comes back with mistakes begins with them', async () => {
  const admin = await town.staff('rules@center.example', { role: 'administrator' });
  const { page } = admin;
  for (const rule of ['isolation', 'course']) {
    await admin.open(`${town.console}/rules/${rule}`);
    await page.locator('main form input[inputmode=numeric]').first().fill('zzz');
    await page.locator('main form input[inputmode=numeric]').first().press('Enter');
    await page.locator('.problems').waitFor();
    await page.waitForLoadState();
    assert.equal(await focused(page), 'problems', rule);
    assert.ok(await page.locator('.problems').evaluate((part) => part.getBoundingClientRect().top >= 0 && part.getBoundingClientRect().top < innerHeight));
    await admin.look();
  }
  await admin.context.close();
});
