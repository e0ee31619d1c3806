// The report is the one that the person means: the right number, for the right member, in the language that was chosen.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PASSWORD, Town, ago } from './harness.mjs';

let town;
before(async () => { town = await Town.start(); });
after(async () => { await town.end(); });

let people = 0;
const known = (latin) => {
  people += 1;
  const phone = `0901234${String(5000 + people)}`;
  const id = town.case(`"","","${latin}",2001-02-03,${phone},en,${ago(3)},${ago(5)},,,`);
  return { id, phone, name: latin, born: ['2001', '2', '3'] };
};

// Somebody who is signed in, with members of these names.
const home = async (email, names, script = true) => {
  const phone = await town.phone({ script });
  await phone.account(email);
  for (const [at, name] of names.entries()) {
    if (at > 0) await phone.open('/attributes?new=1');
    await phone.register(known(name));
  }
  return phone;
};

for (const script of [true, false]) {
  const how = script ? 'with scripts' : 'without scripts';

  test(`Enter sends the form, and never takes what was suggested for another number (${how})`, async () => {
    const phone = await home(`enter-${script}@example.org`, ['Solo Fern'], script);
    await phone.press(phone.w.report);
    await phone.feel({ temperature: '385' });
    await phone.page.press('#temperature', 'Enter');
    await phone.page.waitForSelector('#temperature-problem');
    await phone.look();
    await phone.sees('Did you mean 38.5?');
    assert.equal(await phone.page.getAttribute('html', 'lang'), 'en', 'the language stays');

    // The suggestion, pressed over another number: which one is meant is asked.
    await phone.page.fill('#temperature', '36.9');
    await phone.page.locator('button[name=take_temperature]').click();
    await phone.page.waitForLoadState();
    await phone.look();
    await phone.sees('Another number stands here now');
    assert.equal(await phone.value('temperature'), '36.9');

    await phone.page.fill('#temperature', '369');
    await phone.press(phone.w.confirm);
    await phone.page.fill('#temperature', '36.8');
    await phone.page.press('#temperature', 'Enter');
    await phone.page.waitForURL(/\/reports\/[0-9a-f-]+\/[0-9a-f-]+/);
    await phone.sees('36.8 °C');
    await phone.context.close();
  });

  test(`the list and the heading never name two people (${how})`, async () => {
    const phone = await home(`twins-${script}@example.org`, ['Ida Fern', 'Eli Fern'], script);
    await phone.open('/reports/new');
    await phone.page.selectOption('#member', { label: 'Ida Fern' });
    if (!script) await phone.press(phone.w.choose);
    await phone.page.waitForSelector('#report');
    await phone.feel({ temperature: '39.4', note: 'Slept badly' });
    await phone.page.selectOption('#member', { label: 'Eli Fern' });
    if (!script) {
      // Sent without having pressed "Choose": whom it is for is asked, and nothing is stored.
      await phone.press(phone.w.confirm);
      await phone.sees('The list now says Eli Fern, but the page was for Ida Fern');
    }
    await phone.page.waitForSelector('h1:has-text("Eli Fern")');
    await phone.look();
    assert.equal(await phone.value('temperature'), '39.4');
    assert.equal(await phone.value('note'), 'Slept badly');
    assert.equal(await phone.page.locator('#member option:checked').innerText(), 'Eli Fern');
    // Changed back, with the button that is there without scripts.
    await phone.page.selectOption('#member', { label: 'Ida Fern' });
    if (!script) await phone.press(phone.w.choose);
    await phone.page.waitForSelector('h1:has-text("Ida Fern")');
    await phone.page.selectOption('#member', { label: 'Eli Fern' });
    if (!script) await phone.press(phone.w.choose);
    await phone.page.waitForSelector('h1:has-text("Eli Fern")');
    await phone.press(phone.w.confirm);
    await phone.page.waitForURL(/\/reports\/[0-9a-f-]+\/[0-9a-f-]+/);
    await phone.sees('Eli Fern');
    await phone.seesNot('Ida Fern');
    await phone.open('/history');
    const [reports, none] = [await phone.reports(), await phone.page.locator('#member option:checked').innerText()];
    assert.equal(none, 'Ida Fern');
    assert.equal(reports, 0, 'nothing was stored for the other one');
    await phone.context.close();
  });
}
