// An administrator changes what a report asks, on a phone; people read the new words from the day on that was set.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Phone, Town, ago, withinOneDay } from './harness.mjs';

let town;
before(async () => { town = await Town.start(); });
after(async () => { await town.end(); });

const OLD = '咳や鼻水が出ますか？';
const field = (page, name) => page.locator(`[id="${name}"]`);
const question = (page, name) => page.locator('details.asked', { has: field(page, `${name}.place`) });

async function athome(number, name) {
  const phone = `0904444${1000 + number}`;
  const id = town.case(`${name},,Kaze ${number},1988-05-04,${phone},ja,${ago(2)},${ago(3)},,,`);
  const one = await town.phone({ language: 'ja' });
  await one.account(`words${number}@example.org`);
  await one.register({ id, name, born: ['1988', '5', '4'], phone });
  return one;
}

async function looksAt(admin, { words, day, why }) {
  await admin.open(`${town.console}/rules/questionnaire`);
  const { page } = admin;
  const its = question(page, 'questions.1');
  assert.equal(await its.getAttribute('open'), null);
  await its.locator('summary').click();
  await field(page, 'questions.1.text.ja').fill(words);
  await page.fill('#valid_from', day);
  await page.fill('#why', why);
  await admin.look();
  await admin.press('変更内容を確認');
  await admin.sees(words);
  await admin.sees(OLD);
}

test('the wording of a question changes on a day that was set', async () => {
  await withinOneDay();
  const one = await athome(1, '風 一');
  const asked = async () => {
    await one.open('/');
    await one.press(one.w.report);
    return one.page.locator('main').innerText();
  };
  const admin = await town.staff('words@center.example', { language: 'ja', width: 360, role: 'administrator' });
  await looksAt(admin, { words: '咳はひどいですか？', day: ago(-1), why: '明日からの見直し' });
  await admin.press('この規則を設定');
  await admin.sees('規則を設定しました。');
  await admin.sees('明日からの見直し');
  await admin.sees('適用予定');
  const before_ = await asked();
  assert.ok(before_.includes(OLD) && !before_.includes('咳はひどいですか？'));
  await looksAt(admin, { words: '咳が出ますか？', day: ago(0), why: '今日からの見直し' });
  // The words of the question stay open beside the preview, as they were typed.
  assert.equal(await question(admin.page, 'questions.1').getAttribute('open'), '');
  assert.equal(await field(admin.page, 'questions.1.text.ja').inputValue(), '咳が出ますか？');
  await admin.press('この規則を設定');
  await admin.sees('今日からの見直し');
  const after_ = await asked();
  assert.ok(after_.includes('咳が出ますか？') && !after_.includes(OLD));
  for (const x of [one, admin]) await x.context.close();
});

test('a slip is told beside its question, also without scripts, and what is wrong with a file in Japanese', async () => {
  const admin = await town.staff('slips@center.example', { language: 'ja', width: 360, role: 'administrator' });
  const context = await town.browser.newContext({
    storageState: await admin.context.storageState(), javaScriptEnabled: false, viewport: { width: 360, height: 740 }, locale: 'ja',
  });
  const plain = new Phone(town, context, await context.newPage(), 'ja', false);
  for (const x of [admin, plain]) {
    const { page } = x;
    await x.open(`${town.console}/rules/questionnaire`);
    await question(page, 'questions.3').locator('summary').click();
    await field(page, 'questions.3.short.en').fill('');
    await page.locator('.asked-new summary').click();
    await field(page, 'new.text.ja').fill('首が硬い');
    await page.fill('#why', '見直し');
    await x.press('変更内容を確認');
    await x.sees('文言を入力してください');
    await x.sees('「はい」の判定を選択してください');
    assert.equal(await field(page, 'new.text.ja').inputValue(), '首が硬い');
    assert.equal(await page.locator('details.asked[open]').count(), 2);
    const link = page.locator('.problems a').first();
    await link.click();
    assert.ok(await field(page, 'questions.3.short.en').isVisible());
  }
  await admin.open(`${town.console}/rules/questionnaire?as=file`);
  const text = await admin.value('text');
  await admin.page.fill('#text', text.replace('id = "cough"', 'id = "malaise"'));
  await admin.page.fill('#valid_from', ago(-2));
  await admin.page.fill('#why', '見直し');
  await admin.press('変更内容を確認');
  await admin.sees('行目の');
  await admin.sees('id「malaise」の質問が2つあります');
  assert.ok((await admin.value('text')).includes('id = "malaise"'));
  await admin.open(`${town.console}/rules/notification`);
  await question(admin.page, 'item.severity').locator('summary').click();
  await admin.look();
  for (const x of [admin, plain]) await x.context.close();
});
