// What people type who are no testers: in other scripts, with other habits, by mistake; and what the machine does meanwhile.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PASSWORD, Town, ago } from './harness.mjs';

let town;
before(async () => { town = await Town.start(); });
after(async () => { await town.end(); });

let people = 0;
const known = (row) => {
  people += 1;
  const phone = row.phone ?? `0901234${String(2000 + people)}`;
  const id = town.case(`"${row.kanji ?? ''}","${row.kana ?? ''}","${row.latin ?? ''}",${row.born},${phone},${row.language ?? 'ja'},${ago(3)},${ago(5)},,,`);
  return { id, phone, born: row.born.split('-') };
};

const signedUp = async (email, language = 'en') => {
  const phone = await town.phone({ language });
  await phone.account(email);
  return phone;
};

// Each line: what the center registered, and what its owner types.
const typists = [
  ['half-width kana, an era, +81 with (0)', { kanji: '山田 花子', kana: 'ヤマダ ハナコ', born: '1988-05-04', phone: '09012340001' },
    { name: 'ﾔﾏﾀﾞ ﾊﾅｺ', born: ['昭和６３', '０５', '４'], phone: '+81 (0)90-1234-0001' }],
  ['a child of this era, the number of a landline', { kanji: '鈴木 蓮', kana: 'スズキ レン', born: '2019-06-01', phone: '0335011511' },
    { name: 'すずき れん', born: ['令和元年', '6月', '1日'], phone: '０３（３５０１）１５１１' }],
  ['born under Meiji', { kanji: '田中 かね', kana: 'タナカ カネ', born: '1912-01-02', phone: '09012340003' },
    { name: '田中カネ', born: ['M45', '1', '2'], phone: '090 1234 0003' }],
  ['a Vietnamese name without its accents', { latin: 'Nguyễn Thị Ánh Đào', born: '1995-12-31', phone: '09012340004', language: 'vi' },
    { name: 'NGUYEN THI ANH DAO', born: ['1995', '12', '31'], phone: '090-1234-0004' }],
  ['a Thai name', { kanji: 'สมชาย ใจดี', born: '1990-01-02', phone: '09012340005', language: 'th' },
    { name: 'สมชาย  ใจดี', born: ['๑๙๙๐', '๑', '๒'], phone: '๐๙๐๑๒๓๔๐๐๐๕' }],
  ['an Arabic name with points, Arabic digits', { kanji: 'محمد علي', born: '1985-07-08', phone: '09012340006', language: 'en' },
    { name: 'محمّد عليّ', born: ['١٩٨٥', '٧', '٨'], phone: '٠٩٠١٢٣٤٠٠٠٦' }],
  ['a Nepali name and digits', { kanji: 'राम श्रेष्ठ', born: '1992-03-04', phone: '09012340007', language: 'ne' },
    { name: 'राम श्रेष्ठ', born: ['१९९२', '३', '४'], phone: '०९०-१२३४-०००७' }],
  ['an apostrophe from a phone, a hyphen', { latin: "Mary-Jane O'Brien", born: '1970-10-10', phone: '+14155552671', language: 'en' },
    { name: 'O’BRIEN MARY JANE', born: ['1970', '10', '10'], phone: '+1 (415) 555-2671' }],
  ['one word for a name', { latin: 'Sukarno', born: '1999-09-09', phone: '09012340009', language: 'id' },
    { name: 'sukarno', born: ['1999', '09', '09'], phone: '０９０－１２３４－０００９' }],
  ['a very long name', { latin: `Maria ${'de la Concepcion '.repeat(10)}Garcia`, born: '1966-06-06', phone: '09012340010', language: 'es' },
    { name: `GARCÍA MARÍA ${'DE LA CONCEPCIÓN '.repeat(10)}`.trim(), born: ['S41', '6', '6'], phone: '0081 90 1234 0010' }],
  ['a maiden name in brackets', { kanji: '山田 (旧姓 佐藤) 花子', born: '1977-07-07', phone: '09012340011' },
    { name: '山田花子', born: ['昭和52年', '7', '7'], phone: '+819012340011' }],
  ['a date pasted into the year, simplified characters', { kanji: '張 偉', born: '1990-04-01', phone: '09012340012' },
    { name: '张伟', born: ['1990/4/1', '', ''], phone: '09012340012' }],
  ['an era in Latin letters, a long vowel', { kana: 'オオノ チヅル', born: '1980-05-01', phone: '09012340013' },
    { name: 'オーノ チズル', born: ['Showa 55', 'May', '1st'], phone: '09012340013' }],
];

for (const [what, registered, typed] of typists) {
  test(`understood: ${what}`, async () => {
    const row = known(registered);
    people += 1;
    const phone = await signedUp(`typist${people}@example.org`);
    const id = `${row.id.slice(0, 3)} ${row.id.slice(3)}`.replace(/\d/g, (d) => '０１２３４５６７８９'[d]);
    const [year, month, day] = typed.born;
    await phone.page.fill('#name', typed.name);
    await phone.page.fill('#birth_year', year);
    await phone.page.fill('#birth_month', month);
    await phone.page.fill('#birth_day', day);
    await phone.page.fill('#phone', typed.phone);
    await phone.page.fill('#hersys_id', id);
    await phone.press(phone.w.confirm);
    assert.ok(phone.page.url().endsWith('/attributes/check'), await phone.page.locator('main').innerText());
    await phone.press(phone.w.saveAttributes);
    await phone.sees(phone.w.report);
    await phone.context.close();
  });
}

test('a code pasted with what stood around it', async () => {
  const phone = await town.phone();
  await phone.open('/sign-up');
  const code = await phone.address('pasted@example.org');
  await phone.enter(` ${code.slice(0, 3)} ${code.slice(3)}\u3000`);
  await phone.sees('Set a password');
  await phone.context.close();
});

for (const language of ['en', 'ja']) {
  test(`a password on one's own name: another one is asked for, and nothing typed is lost (${language})`, async () => {
    const row = known({ kanji: '山田 花子', latin: 'Yamada Hanako', born: '1988-05-04' });
    const email = `ownname-${language}@example.org`;
    const phone = await town.phone({ language });
    await phone.open('/sign-up');
    await phone.enter(await phone.address(email));
    await phone.page.fill('#password', 'Yamada-Tulip-7');
    await phone.press(phone.w.savePassword);
    await phone.attributes({ ...row, name: 'Yamada Hanako' });
    assert.ok(phone.page.url().includes('/account/password'), phone.page.url());
    await phone.sees(phone.w.problem);
    await town.restart();
    await phone.page.fill('#current', 'Yamada-Tulip-7');
    await phone.page.fill('#password', 'Hanako-Tulip-7');
    await phone.press(phone.w.savePassword);
    await phone.sees(phone.w.problem);
    await phone.page.fill('#current', 'Yamada-Tulip-7');
    await phone.page.fill('#password', PASSWORD);
    await phone.press(phone.w.savePassword);
    assert.ok(phone.page.url().endsWith('/attributes/check'), phone.page.url());
    await phone.sees(row.id);
    await phone.press(phone.w.saveAttributes);
    await phone.sees(phone.w.report);
    await phone.context.close();
  });

  test(`a half per cent is asked back, and the first measurement is drawn (${language})`, async () => {
    const row = known({ kanji: '山田 花子', latin: 'Yamada Hanako', born: '1988-05-04' });
    const phone = await signedUp(`half-${language}@example.org`, language);
    await phone.register({ ...row, name: '山田花子' });
    await phone.press(phone.w.report);
    await phone.feel({ spo2: '93.5' });
    await phone.press(phone.w.confirm);
    const first = await phone.page.locator('main > *:not(p)').first().innerText();
    assert.ok(first.includes(phone.w.call119), 'the danger is told while it is asked back');
    await phone.sees('93.5');
    await phone.page.locator('button[name=take_spo2]').click();
    await phone.page.waitForURL(/\/reports\/[0-9a-f-]+\/[0-9a-f-]+/);
    await phone.sees('93 %');
    await phone.open('/history');
    assert.equal(await phone.page.locator('figure.chart svg circle').count(), 2);
    assert.deepEqual(await phone.page.locator('figure.chart svg text.value').allTextContents(), ['36.5 °C', '93 %']);
    await phone.context.close();
  });

  test(`a link with another ID changes nothing that was typed, and can be taken (${language})`, async () => {
    const [mine, other] = [known({ kanji: '山田 花子', born: '1988-05-04' }), known({ kanji: '山田 太郎', born: '1988-05-04' })];
    const phone = await signedUp(`link-${language}@example.org`, language);
    await phone.attributes({ ...mine, name: '山田花江' });
    await phone.open(`/?id=${other.id}`);
    assert.equal(await phone.value('hersys_id'), mine.id);
    assert.equal(await phone.value('name'), '山田花江');
    await phone.sees(other.id);
    await phone.page.locator('.notice a').click();
    await phone.page.waitForLoadState();
    await phone.look();
    assert.equal(await phone.value('hersys_id'), other.id);
    assert.equal(await phone.value('name'), '山田花江');
    await phone.open('/attributes');
    assert.equal(await phone.value('hersys_id'), mine.id, 'nothing was kept before it was sent');
    await phone.context.close();
  });
}

test('where the center has no phone number, the refusal does not send anybody to a number that is nowhere', async () => {
  const row = known({ kanji: '山田 花子', born: '1988-05-04' });
  const phone = await signedUp('refused@example.org');
  await phone.register({ ...row, name: '山田花江' });
  await phone.sees(phone.w.refused);
  await phone.sees('Its phone number is not entered here yet.');
  await phone.context.close();
});

// No keyboard gives them, and PostgreSQL keeps no NUL.
const CONTROLS = '\u0000\u0001\u001b\u007f\u0085';

const cookies = async (one) => (await one.context.cookies()).map((c) => `${c.name}=${c.value}`).join('; ');

const send = (address, cookie, fields) => fetch(address, {
  method: 'POST', redirect: 'manual', headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(fields),
});

test('control characters in every field of the portal are left out, and nothing breaks', async () => {
  const row = known({ kanji: '山田 花子', born: '1988-05-04' });
  const odd = (text) => `${CONTROLS}${text}${CONTROLS}`;
  const phone = await signedUp('controls@example.org');
  const cookie = await cookies(phone);
  const [birth_year, birth_month, birth_day] = row.born.map(odd);
  const attributes = { name: odd('山田花子'), birth_year, birth_month, birth_day, phone: odd(row.phone), hersys_id: odd(row.id) };
  assert.equal((await send(`${town.portal}/attributes`, cookie, attributes)).headers.get('location'), '/attributes/check');
  await phone.open('/attributes/check');
  await phone.press(phone.w.saveAttributes);
  await phone.sees(phone.w.report);
  await phone.open('/reports/new');
  const key = await phone.page.inputValue('input[name=key]');
  const action = await phone.page.locator('#report').getAttribute('action');
  const asked = ['complexion', 'cough', 'breathlessness', 'malaise', 'vomiting', 'diarrhoea', 'consciousness', 'eating', 'urine'];
  const report = {
    key, temperature: odd('36.5'), spo2: odd('98'), note: odd('a cough\nsince yesterday'),
    ...Object.fromEntries(asked.map((q) => [`q_${q}`, odd('no')])), q_no_sign: odd('yes'), [odd('nothing')]: odd('nothing'),
  };
  const sent = await send(town.portal + action, cookie, report);
  assert.equal(sent.status, 303, await sent.text());
  await phone.open('/history');
  await phone.sees('a cough since yesterday');
  const wrong = await phone.page.locator('article.report a').getAttribute('href');
  const marked = await send(town.portal + wrong, cookie, { why: odd('not mine') });
  assert.equal(marked.status, 303);
  await phone.open('/history');
  await phone.sees('not mine');
  for (const [address, fields] of [
    ['/sign-in', { email: odd('controls@example.org'), password: odd(PASSWORD) }],
    ['/sign-up', { email: odd('controls2@example.org'), id: odd(row.id) }],
    ['/sign-up/code', { code: odd('123456') }],
    ['/password/forgotten', { email: odd('controls3@example.org') }],
    ['/account/email', { email: odd('controls4@example.org'), password: odd(PASSWORD) }],
    ['/account/password', { current: odd(PASSWORD), password: odd('short') }],
    ['/account/reminders', { reminders: odd('on') }],
  ]) {
    const answer = await send(town.portal + address, cookie, fields);
    assert.ok([200, 303].includes(answer.status), `${address}: ${answer.status}`);
  }
  for (const address of ['/?id=%00', '/attributes?id=%001234567', '/history?member=%00', '/reports/new?member=a%00b', '/?lang=%00', '/?done=%00', '/history/%00/%00/wrong']) {
    const answer = await fetch(town.portal + address, { headers: { cookie }, redirect: 'manual' });
    assert.ok(answer.status < 500, `${address}: ${answer.status}`);
  }
  await phone.context.close();
});

test('control characters in every form of the console break nothing', async () => {
  const row = known({ kanji: '山田 太郎', born: '1988-05-04' });
  const chief = await town.staff('chief@center.example', { role: 'administrator' });
  await chief.open(`${town.console}/cases/new`);
  const cookie = await cookies(chief);
  const odd = (text) => `${CONTROLS}${text}${CONTROLS}`;
  // All forms that stand on pages, each field with what it holds and what nobody types around it.
  const seen = new Set();
  const queue = ['/', '/cases', '/cases/new', '/notifications', '/notifications/new', '/tasks', '/transfers', '/figures', '/center', '/settings', '/rules', '/staff', '/places', '/import', '/audit', '/export'];
  let forms = 0;
  while (queue.length > 0) {
    const address = queue.shift();
    if (seen.has(address) || seen.size > 80) continue;
    seen.add(address);
    const answer = await chief.page.goto(town.console + address).catch(() => null);
    if (!answer || !(answer.headers()['content-type'] ?? '').includes('html')) continue;
    assert.ok(answer.status() < 500, address);
    const found = await chief.page.evaluate(() => ({
      links: [...document.querySelectorAll('main a[href^="/"]')].map((a) => a.getAttribute('href').split('#')[0]),
      forms: [...document.querySelectorAll('main form')].filter((form) => form.enctype !== 'multipart/form-data').map((form) => ({
        action: form.getAttribute('action') || location.pathname + location.search, method: form.method,
        fields: [...form.elements].filter((field) => field.name).map((field) => [field.name, field.type === 'hidden' ? 'hidden' : field.tagName, field.value]),
      })),
    }));
    queue.push(...found.links.filter((link) => !/sign-out|\.pdf|\.csv|\.xlsx|lang=/.test(link)));
    for (const form of found.forms) {
      // Whoever signs out, locks or shuts a colleague out ends the walk.
      if (/sign-out|lock|reset|disable|shut|second-factor|staff\/[0-9a-f]/.test(form.action)) continue;
      forms += 1;
      const fields = form.fields.map(([name, kind, value]) => [name, kind === 'hidden' || kind === 'SELECT' ? value : odd(value || 'x')]);
      const sent = form.method === 'post'
        ? await send(town.console + form.action, cookie, fields)
        : await fetch(`${town.console}${form.action.split('?')[0]}?${new URLSearchParams(fields)}`, { headers: { cookie }, redirect: 'manual' });
      assert.ok(sent.status < 500 && sent.status !== 400, `${form.method} ${form.action}: ${sent.status} with ${form.fields.map(([name]) => name).join()}`);
    }
  }
  assert.ok(forms > 25, `${forms} forms`);
  // And one that is whole: it is kept without them.
  await chief.open(`${town.console}/cases/new`);
  const key = await chief.page.inputValue('input[name=key]');
  const sent = await send(`${town.console}/cases/new`, cookie, {
    key, name: odd('見本 新太'), birthdate: odd('S30.4.1'), phone: odd('090-7777-6666'), language: 'ja', diagnosed_on: odd(ago(2)), onset_on: '', entered_japan_on: '', passport_number: odd('TK1234567'),
  });
  assert.match(sent.headers.get('location') ?? '', /done=registered/, await sent.text());
  await chief.open(town.console + sent.headers.get('location'));
  await chief.sees('見本 新太');
  const search = await send(`${town.console}/search`, cookie, { search: odd(row.id) });
  // What was found has an address of its own, which says nothing of what was typed.
  await chief.open(town.console + search.headers.get('location'));
  await chief.sees('山田 太郎');
  await chief.context.close();
});

test('a mail server that is down delays a code and loses none', async () => {
  const phone = await town.phone();
  const port = town.smtp.server.address().port;
  await new Promise((resolve) => town.smtp.close(resolve));
  await phone.open('/sign-up');
  await phone.page.fill('#email', 'later@example.org');
  await phone.press(phone.w.sendCode);
  await phone.sees('later@example.org');
  await town.restart();
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  assert.equal(town.mails.filter((mail) => mail.to === 'later@example.org').length, 0);
  await town.mailServer(port);
  const code = await town.code('later@example.org', 0, 40_000);
  await phone.enter(code);
  await phone.sees('Set a password');
  assert.equal(town.mails.filter((mail) => mail.to === 'later@example.org').length, 1, 'once');
  await phone.context.close();
});
