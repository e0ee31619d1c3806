// The users' guide, section by section, as people walk it: in English and Japanese, with scripts and without.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { PASSWORD, Town, ago, words, withinOneDay } from './harness.mjs';

let town;
let number = 0;
before(async () => { town = await Town.start(); });
after(async () => { await town.end(); });

const ways = [
  { language: 'en', script: true }, { language: 'ja', script: true },
  { language: 'en', script: false }, { language: 'ja', script: false },
];

const story = (name, tell) => {
  for (const way of ways) {
    test(`${name} (${way.language}, ${way.script ? 'with' : 'without'} scripts)`, async () => {
      number += 1;
      const phone = await town.phone(way);
      try {
        await tell(phone, `p${number}@example.org`);
      } finally {
        await phone.context.close();
      }
    });
  }
};

// A person whom the center knows; everybody has another phone number.
let people = 0;
const person = (more = {}) => {
  people += 1;
  const phone = `0901234${String(1000 + people)}`;
  const row = { kanji: '山田 花子', kana: 'ヤマダ ハナコ', latin: 'Yamada Hanako', born: '1988-05-04', entered: '', passport: '', diagnosed: ago(3), ...more };
  const id = town.case(`${row.kanji},${row.kana},${row.latin},${row.born},${phone},ja,${row.diagnosed},${ago(5)},${row.entered},${row.passport},`);
  return { id, phone, name: row.kanji || row.latin, born: row.born.split('-') };
};

const shown = (phone, name = '山田 花子', latin = 'Yamada Hanako') => (phone.language === 'ja' ? name : latin);

story('New registration: from the code on the brochure to the home page', async (phone, email) => {
  const hanako = person();
  await phone.open(`/?id=${hanako.id}`);
  await phone.press(phone.w.signUp);
  await phone.press(phone.w.sendCode);
  await phone.sees(phone.w.problem);
  const code = await phone.address(email);
  await phone.open('/');
  await phone.press(phone.w.signUp);
  assert.ok(phone.page.url().endsWith('/sign-up/code'), 'coming back goes on where it was left');
  await phone.enter(code === '000000' ? '111111' : '000000');
  await phone.sees(phone.w.problem);
  await phone.enter(code.replace(/\d/g, (d) => '０１２３４５６７８９'[d]));
  for (const weak of ['abc', 'Password1!', email]) {
    await phone.fill({ password: weak });
    await phone.press(phone.w.savePassword);
    await phone.sees(phone.w.problem);
  }
  await phone.fill({ password: PASSWORD });
  await phone.press(phone.w.savePassword);
  assert.equal(await phone.value('hersys_id'), hanako.id, 'the ID is filled in');
  await phone.press(phone.w.confirm);
  await phone.sees(phone.w.problem);
  await phone.attributes({ ...hanako, name: 'やまだ　はなこ', born: ['昭和63', '５', '4'], phone: hanako.phone.replace(/(...)(....)/, '$1-$2-') });
  await phone.sees(hanako.id);
  await phone.page.locator('dd.change a').first().click();
  await phone.page.waitForLoadState();
  assert.equal(await phone.value('birth_year'), '昭和63', 'nothing typed is lost');
  await phone.press(phone.w.confirm);
  await phone.press(phone.w.saveAttributes);
  await phone.sees(shown(phone));
  await phone.sees(phone.w.report);
});

story('Attributes that differ are refused with one message, and nothing typed is lost', async (phone, email) => {
  const hanako = person();
  await phone.account(email);
  const said = [];
  for (const wrong of [{ name: '山田 花江' }, { born: ['1988', '5', '5'] }, { phone: '09099998888' }, { id: '1000001' }]) {
    const typed = { ...hanako, ...wrong };
    await phone.register(typed);
    await phone.sees(phone.w.refused);
    await phone.sees('Minato Public Health Center');
    said.push(await phone.page.locator('main').innerText());
    await phone.open('/attributes');
    assert.equal(await phone.value('name'), typed.name);
    assert.equal(await phone.value('phone'), typed.phone);
  }
  assert.equal(new Set(said).size, 1, 'one message for all');
  await phone.register(hanako);
  await phone.sees(shown(phone));
});

story('A family shares an address: by the button, and again by the front door', async (phone, email) => {
  const [hanako, taro, jiro] = [person(), person({ kanji: '山田 太郎', kana: 'ヤマダ タロウ', latin: 'Yamada Taro' }), person({ kanji: '山田 次郎', kana: 'ヤマダ ジロウ', latin: 'Yamada Jiro' })];
  await phone.account(email);
  await phone.register(hanako);
  await phone.press(phone.w.family);
  await phone.register(taro);
  const other = await town.phone({ language: phone.language, script: phone.script });
  await other.open('/sign-up');
  // Another code to the same address is sent after a minute at the earliest; the first mails went to this one.
  await other.fill({ email });
  await other.press(other.w.sendCode);
  const waits = (await other.page.locator('.problems').count()) > 0;
  await other.context.close();
  if (waits) {
    await phone.press(phone.w.family);
    await phone.register(jiro);
  }
  await phone.press(phone.w.report);
  const options = await phone.page.locator('#member option').allInnerTexts();
  for (const name of [shown(phone), shown(phone, '山田 太郎', 'Yamada Taro')]) assert.ok(options.includes(name), options.join());
  await phone.page.selectOption('#member', { label: shown(phone, '山田 太郎', 'Yamada Taro') });
  if (!phone.script) await phone.press(phone.w.choose);
  await phone.page.waitForSelector('#temperature');
  assert.ok((await phone.page.locator('h1').innerText()).includes(shown(phone, '山田 太郎', 'Yamada Taro')));
  await phone.feel();
  await phone.press(phone.w.confirm);
  assert.ok((await phone.page.locator('h1').innerText()).includes(shown(phone, '山田 太郎', 'Yamada Taro')), 'the receipt names the person');
});

story('A status report: asked back, not measured, danger, one report however often it is sent', async (phone, email) => {
  await phone.account(email);
  await phone.register(person());
  await phone.press(phone.w.report);
  await phone.feel({ temperature: '365', spo2: null, unknown: ['malaise'], note: '少し咳が出ます' });
  await phone.press(phone.w.confirm);
  await phone.sees('36.5');
  assert.equal(await phone.value('note'), '少し咳が出ます');
  await phone.page.locator('button[name=take_temperature]').click();
  await phone.page.waitForURL(/\/reports\/[0-9a-f-]+\/[0-9a-f-]+/);
  await phone.look();
  await phone.sees('36.5 °C');
  const receipt = phone.page.url();
  // One form, sent ten times at once: one report.
  await phone.open('/reports/new');
  await phone.feel({ temperature: '37.0' });
  const key = await phone.page.inputValue('input[name=key]');
  const action = await phone.page.locator('#report').getAttribute('action');
  assert.ok(key && action);
  const form = {
    key, temperature: '37.0', spo2: '97',
    ...Object.fromEntries(['complexion', 'cough', 'breathlessness', 'malaise', 'vomiting', 'diarrhoea', 'consciousness', 'eating', 'urine'].map((q) => [`q_${q}`, 'no'])),
    q_no_sign: 'yes',
  };
  const cookie = (await phone.context.cookies()).map((c) => `${c.name}=${c.value}`).join('; ');
  const send = (more) => fetch(town.portal + action, {
    method: 'POST', redirect: 'manual', headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ ...form, ...more }),
  });
  const answers = await Promise.all(Array.from({ length: 10 }, () => send({})));
  assert.deepEqual(new Set(answers.map((a) => a.status)), new Set([303]));
  assert.equal(new Set(answers.map((a) => a.headers.get('location'))).size, 1);
  const other = await send({ temperature: '38.0' });
  const asked = await fetch(new URL(other.headers.get('location'), town.portal), { headers: { cookie } });
  assert.ok((await asked.text()).includes('38.0'), 'other answers under the same key are shown again, not dropped');
  await phone.open('/history');
  assert.equal(await phone.reports(), 2);
  // Danger comes before anything else: while something is still missing, and again on the receipt.
  await phone.open('/reports/new');
  await phone.fill({ spo2: '88' });
  await phone.press(phone.w.confirm);
  const atOnce = await phone.page.locator('main > *:not(p)').first().innerText();
  assert.ok(atOnce.includes(phone.w.call119), atOnce);
  await phone.sees(phone.w.problem);
  await phone.feel({ spo2: '88', yes: ['breathlessness'] });
  await phone.press(phone.w.confirm);
  const first = await phone.page.locator('main > *:not(p)').first().innerText();
  assert.ok(first.includes(phone.w.call119), first);
  await phone.sees('Minato Public Health Center');
  assert.notEqual(phone.page.url(), receipt);
  // A sign that is ticked is an emergency by itself; none of them must be said.
  await phone.open('/reports/new');
  await phone.feel({ signs: [] });
  await phone.press(phone.w.confirm);
  await phone.sees(phone.w.problem);
  await phone.page.check('input[name=q_sign_wheeze]');
  await phone.press(phone.w.confirm);
  const sign = await phone.page.locator('main > *:not(p)').first().innerText();
  assert.ok(sign.includes(phone.w.call119), sign);
});

story('History: newest first, a chart, a report marked as wrong', async (phone, email) => {
  await phone.account(email);
  await phone.register(person());
  for (const temperature of ['38.2', '37.6', '36.9']) {
    await phone.open('/reports/new');
    await phone.feel({ temperature });
    await phone.press(phone.w.confirm);
  }
  await phone.press(phone.w.history);
  assert.equal(await phone.page.locator('figure.chart svg[role=img]').count(), 2);
  const rows = await phone.page.locator('tbody tr').allInnerTexts();
  assert.ok(rows[0].includes('36.9') && rows[2].includes('38.2'), rows.join());
  await phone.page.locator('article.report a').last().click();
  await phone.page.waitForLoadState();
  await phone.press(phone.w.wrong);
  await phone.sees(phone.w.problem);
  await phone.fill({ why: '弟の体温でした' });
  await phone.press(phone.w.wrong);
  await phone.sees('弟の体温でした');
});

story('The passport number: on the 28th day, once, then the center', async (phone, email) => {
  await withinOneDay();
  const asked = person({ kanji: '', kana: '', latin: 'Ana Traveller', diagnosed: ago(1), entered: ago(29) });
  await phone.account(email);
  await phone.register(asked);
  await phone.press(phone.w.passport);
  await phone.fill({ passport_number: '!!' });
  await phone.press(phone.w.savePassport);
  await phone.sees(phone.w.problem);
  await phone.fill({ passport_number: 'ｔｋ-123 4567' });
  await phone.press(phone.w.savePassport);
  await phone.open('/');
  await phone.seesNot(phone.w.passport);
  // A member of the family has a first log-in of its own; after it, the page says to contact the center.
  const late = person({ kanji: '', kana: '', latin: 'Ben Traveller', diagnosed: ago(1), entered: ago(20) });
  await phone.press(phone.w.family);
  await phone.register(late);
  await phone.sees(phone.w.passport);
  await phone.open('/account');
  await phone.press(phone.w.signOut);
  await phone.open('/sign-in');
  await phone.fill({ email, password: PASSWORD });
  await phone.press(phone.w.signIn);
  await phone.seesNot(phone.w.passport);
  await phone.sees('Minato Public Health Center');
  const day29 = person({ kanji: '', kana: '', latin: 'Cleo Traveller', diagnosed: ago(1), entered: ago(30) });
  await phone.press(phone.w.family);
  await phone.register(day29);
  await phone.seesNot(phone.w.passport);
});

story('Signing in and out, a forgotten password, everywhere', async (phone, email) => {
  await phone.account(email);
  await phone.register(person());
  const second = await town.phone({ language: phone.language, script: phone.script });
  await second.open('/sign-in');
  await second.fill({ email, password: 'not-the-password-1A' });
  await second.press(second.w.signIn);
  await second.sees(second.w.problem);
  assert.equal(await second.value('email'), email);
  await second.fill({ password: PASSWORD });
  await second.press(second.w.signIn);
  await second.sees(second.w.report);
  await phone.open('/account');
  await phone.press(phone.w.everywhere);
  await second.open('/history');
  assert.equal(new URL(second.page.url()).pathname, '/sign-in', 'the other phone is signed out, too');
  await second.context.close();
});

test('a forgotten password and a changed address, each with a code by mail', async () => {
  const phone = await town.phone();
  const reset = 'reset@example.org';
  const id = person();
  await phone.account(reset);
  await phone.register(id);
  await phone.open('/account/email');
  await phone.fill({ email: 'moved@example.org', password: PASSWORD });
  await phone.press(phone.w.sendCode);
  await phone.enter(await town.code('moved@example.org'));
  await phone.sees('moved@example.org');
  assert.equal(town.mails.filter((mail) => mail.to === reset).length, 2, 'the old address is told');
  await phone.press(phone.w.signOut);
  await phone.open('/sign-in');
  await phone.press(phone.w.forgotten);
  // The address was written to less than a minute ago: wait as a person would.
  await new Promise((resolve) => setTimeout(resolve, 61_000));
  const code = await phone.address('moved@example.org');
  await phone.enter(code);
  await phone.fill({ password: 'shigure-Kaze-93' });
  await phone.press(phone.w.savePassword);
  await phone.sees(phone.w.report);
  await phone.open('/account');
  await phone.press(phone.w.signOut);
  // Again through the front door: a code, then the account's password, then another member.
  await new Promise((resolve) => setTimeout(resolve, 61_000));
  await phone.open('/sign-up');
  await phone.enter(await phone.address('moved@example.org'));
  await phone.fill({ password: 'shigure-Kaze-93' });
  await phone.press(phone.w.next);
  await phone.register(person({ kanji: '山田 三郎', kana: 'ヤマダ サブロウ', latin: 'Yamada Saburo' }));
  await phone.sees('Yamada Saburo');
  await phone.context.close();
});

for (const language of ['en', 'ja']) {
  test(`who has the mailbox alone reads no history; who knows the ID and the birthdate does (${language})`, async () => {
    const phone = await town.phone({ language });
    const email = `mailbox-${language}@example.org`;
    const hanako = person();
    await phone.account(email);
    await phone.register(hanako);
    await phone.open('/reports/new');
    await phone.feel({ note: 'only for the center' });
    await phone.press(phone.w.confirm);
    const strange = await town.phone({ language });
    await strange.open('/password/forgotten');
    await strange.enter(await strange.address(email));
    await strange.fill({ password: 'shigure-Kaze-93' });
    await strange.press(strange.w.savePassword);
    await strange.sees(strange.w.report);
    assert.ok(!(await strange.page.content()).includes(hanako.id), 'the ID would open it');
    await strange.open(`/?id=${hanako.id}`);
    assert.match(new URL(strange.page.url()).pathname, /^\/attributes/, 'nor is it told by asking');
    await strange.open('/history');
    assert.match(new URL(strange.page.url()).pathname, /open$/);
    const open = strange.page.locator('main form button');
    await strange.page.fill('#hersys_id', hanako.id);
    const [year, month, day] = hanako.born;
    for (const [id, value] of [['birth_year', year], ['birth_month', month], ['birth_day', String(Number(day) % 28 + 1)]]) await strange.page.fill(`#${id}`, value);
    await open.click();
    await strange.page.waitForLoadState();
    await strange.sees(strange.w.problem);
    await strange.page.fill('#birth_day', day);
    await open.click();
    await strange.page.waitForURL(/history\?member/);
    await strange.sees('only for the center');
    // The phone of the family itself is known: a new password there closes nothing.
    await phone.open('/');
    await phone.sees(phone.w.signIn);
    for (const x of [phone, strange]) await x.context.close();
  });
}

test('the power goes in the middle of each step: nothing is lost, nothing is doubled', async () => {
  const phone = await town.phone();
  const hanako = person();
  await phone.open(`/sign-up?id=${hanako.id}`);
  const code = await phone.address('power@example.org');
  await town.restart();
  await phone.enter(code);
  await town.restart();
  await phone.fill({ password: PASSWORD });
  await phone.press(phone.w.savePassword);
  await town.restart();
  await phone.attributes(hanako);
  await town.restart();
  await phone.open('/attributes/check');
  await phone.press(phone.w.saveAttributes);
  await town.restart();
  await phone.open('/');
  await phone.press(phone.w.report);
  await town.restart();
  await phone.feel({ note: 'after the power went' });
  await phone.press(phone.w.confirm);
  await town.restart();
  await phone.open('/history');
  assert.equal(await phone.reports(), 1);
  await phone.sees('after the power went');
  assert.equal(town.mails.filter((mail) => mail.to === 'power@example.org').length, 1, 'one mail');
  await phone.context.close();
});

test('the center registers a case, prints its brochure, and reads a report', async () => {
  const nurse = await town.staff('ward@center.example', { width: 360 });
  await nurse.open(`${town.console}/cases/new`);
  const fill = (name, value) => nurse.page.locator(`[name="${name}"]`).fill(value);
  await fill('name', '佐藤 一郎');
  await fill('birthdate', 'S30.4.1');
  await fill('phone', '０９０-８８８８-７７７７');
  await fill('diagnosed_on', ago(2));
  await nurse.page.locator('main form').getByRole('button').last().click();
  await nurse.page.waitForURL(/\/cases\/[0-9a-f-]{36}/);
  await nurse.look();
  const id = (await nurse.page.locator('.id').innerText()).trim();
  assert.match(id, /^\d{7}$/);
  const cookie = (await nurse.context.cookies()).map((c) => `${c.name}=${c.value}`).join('; ');
  const address = await nurse.page.locator('a[href$="brochure.pdf"]').getAttribute('href');
  // The center has no phone number yet: whoever prints is told before.
  await nurse.page.locator('a[href$="brochure.pdf"]').click();
  await nurse.look();
  await nurse.sees('has no phone number here yet');
  await nurse.page.goBack();
  const pdf = await fetch(`${town.console}${address}?by-hand=1`, { headers: { cookie } });
  assert.equal(pdf.headers.get('content-type'), 'application/pdf');
  assert.equal(Buffer.from(await pdf.arrayBuffer()).subarray(0, 5).toString(), '%PDF-');
  const phone = await town.phone({ language: 'en' });
  await phone.account('ichiro@example.org');
  await phone.register({ id, name: '佐藤一郎', born: ['昭和30', '4', '1'], phone: '+81 90 8888 7777' });
  await phone.press(phone.w.report);
  await phone.feel({ yes: ['breathlessness'] });
  await phone.press(phone.w.confirm);
  await phone.sees('has not read this report yet');
  await nurse.open(`${town.console}/tasks`);
  await nurse.page.reload();
  await nurse.look();
  await nurse.page.goto(nurse.town.console + address.replace('/brochure.pdf', ''));
  await nurse.look();
  await phone.page.reload();
  await phone.sees('Minato Public Health Center read this report at');
  // Nobody else's: another family sees the page for what does not exist.
  const stranger = await town.phone();
  await stranger.account('stranger@example.org');
  const foreign = await stranger.page.goto(phone.page.url());
  assert.equal(foreign.status(), 404);
  for (const one of [nurse, phone, stranger]) await one.context.close();
});

for (const language of ['en', 'ja']) {
  test(`every other page can be used by everybody (${language})`, async () => {
    const phone = await town.phone({ language });
    for (const address of ['/', '/help', '/privacy', '/accessibility', '/sign-in', '/password/forgotten', '/nowhere']) {
      await phone.open(address);
      assert.equal(await phone.page.locator('html').getAttribute('lang'), language);
      assert.equal(await phone.page.locator('h1').count(), 1, address);
    }
    await phone.context.close();
  });
}

test('nothing that anybody typed, and no code, stands in the log', () => {
  assert.ok(town.log.includes('ready'), town.log);
  // Times and ids have digits of their own.
  const log = town.log.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '').replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '');
  const codes = town.mails.flatMap((mail) => mail.text.match(/^\d{6}$/gm) ?? []);
  const secrets = [...town.typed, ...codes, ...town.mails.map((mail) => mail.to), '山田', 'Yamada', '0901234'];
  assert.ok(secrets.length > 50);
  for (const secret of secrets) assert.ok(!log.includes(secret), 'typed text stands in the log');
});

test('pages refuse to be framed, scripted, cached or posted to from elsewhere', async () => {
  const page = await fetch(`${town.portal}/`);
  const policy = page.headers.get('content-security-policy');
  assert.ok(policy.includes("default-src 'none'") && !policy.includes('unsafe'));
  assert.equal(page.headers.get('cache-control'), 'no-store');
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
  const foreign = await fetch(`${town.portal}/sign-in`, {
    method: 'POST', headers: { origin: 'https://elsewhere.example', 'content-type': 'application/x-www-form-urlencoded' }, body: 'email=a@example.org&password=x',
  });
  assert.equal(foreign.status, 403);
  // Where the database is a server, the key is given and not made.
  if (!town.env.HERSYS_MASTER_KEY) {
    assert.equal(fs.statSync(`${town.folder}/data/master.key`).mode & 0o777, 0o600);
  }
  assert.equal(Object.keys(words.en).length, Object.keys(words.ja).length);
});
