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

test('a tick at "Not measured" that was not meant takes no value away', async () => {
  const phone = await home('tick@example.org', ['Solo Heather']);
  await phone.press(phone.w.report);
  await phone.page.fill('#temperature', '38.6');
  await phone.page.check('#temperature_not_measured');
  assert.equal(await phone.value('temperature'), '');
  await phone.page.uncheck('#temperature_not_measured');
  assert.equal(await phone.value('temperature'), '38.6');
  // What is typed while it is ticked stands, and takes the tick away.
  await phone.page.check('#temperature_not_measured');
  await phone.page.fill('#temperature', '37.1');
  assert.equal(await phone.page.isChecked('#temperature_not_measured'), false);
  assert.equal(await phone.value('temperature'), '37.1');
  await phone.context.close();
});

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

const signedOut = async (phone) => {
  const cookies = await phone.context.cookies();
  await phone.context.clearCookies();
  await phone.context.addCookies(cookies.filter(({ name }) => !name.includes('my-hersys')));
};

const signsIn = async (phone, email, password = PASSWORD) => {
  await phone.fill({ email, password });
  await phone.press(phone.w.signIn);
};

test('a report waits for a new password, and for its own account', async () => {
  const phones = [];
  for (const script of [true, false]) {
    const email = `forgot-${script}@example.org`;
    const phone = await home(email, ['Ida Moor'], script);
    await phone.open('/reports/new');
    await phone.feel({ spo2: '85', note: 'Lips are blue' });
    await signedOut(phone);
    await phone.press(phone.w.confirm);
    phones.push([phone, email]);
  }
  // The address was written to less than a minute ago: wait as a person would.
  await new Promise((resolve) => setTimeout(resolve, 61_000));
  let password = PASSWORD;
  for (const [phone, email] of phones) {
    // The household's other account: nothing is shown of it, and nothing is lost.
    await signsIn(phone, phones.find(([, other]) => other !== email)[1], password);
    await phone.sees('Another account is signed in');
    await phone.seesNot('Lips are blue');
    const dangers = async () => {
      const first = await phone.page.locator('main > *:not(p)').first().innerText();
      assert.ok(first.includes(phone.w.call119), first);
    };
    await dangers();
    await phone.press(phone.w.forgotten);
    await dangers();
    await phone.page.locator('button[name=switch_language]').click();
    await phone.page.waitForLoadState();
    await phone.sees('入力した報告は残っています');
    await phone.look();
    await phone.page.locator('button[name=switch_language]').click();
    await phone.page.waitForLoadState();
    const code = await phone.address(email);
    await dangers();
    await phone.enter('12');
    await phone.sees('The report that you typed is kept');
    await phone.enter(code);
    await dangers();
    password = 'shigure-Kaze-93';
    await phone.fill({ password });
    await phone.press(phone.w.savePassword);
    await phone.sees('is not sent yet');
    await dangers();
    assert.equal(await phone.value('note'), 'Lips are blue');
    assert.equal(await phone.value('spo2'), '85');
    await phone.page.setViewportSize({ width: 1280, height: 800 });
    await phone.look();
    await phone.press(phone.w.confirm);
    await phone.page.waitForURL(/\/reports\/[0-9a-f-]+\/[0-9a-f-]+/);
    await phone.sees('85 %');
    await phone.context.close();
  }
});

for (const script of [true, false]) {
  const how = script ? 'with scripts' : 'without scripts';

  test(`a danger stays said in the other language and for the other member (${how})`, async () => {
    const phone = await home(`stays-${script}@example.org`, ['Ida Heath', 'Eli Heath'], script);
    await phone.open('/reports/new');
    await phone.page.selectOption('#member', { label: 'Ida Heath' });
    if (!script) await phone.press(phone.w.choose);
    await phone.page.waitForSelector('#report');
    await phone.feel({ temperature: '36,,5', spo2: '85' });
    if (!script) await phone.page.check('#spo2_not_measured');
    await phone.press(phone.w.confirm);
    await phone.page.waitForSelector('.danger');
    await phone.page.locator('button[name=switch_language]').click();
    await phone.page.waitForSelector('.danger:has-text("すぐに119番")');
    await phone.page.waitForSelector('.problems');
    await phone.look();
    await phone.page.locator('button[name=switch_language]').click();
    await phone.page.waitForSelector('.danger:has-text("Call 119 now")');
    await phone.page.selectOption('#member', { label: 'Eli Heath' });
    if (!script) await phone.press(phone.w.choose);
    await phone.page.waitForSelector('h1:has-text("Eli Heath")');
    await phone.sees('They were typed for Ida Heath; the page is for Eli Heath now');
    await phone.sees('Call 119 now');
    await phone.look();
    await phone.page.setViewportSize({ width: 1280, height: 800 });
    await phone.look();
    await phone.context.close();
  });

  test(`a report that comes when the session has ended is kept, and danger is said at once (${how})`, async () => {
    const email = `ended-${script}@example.org`;
    const phone = await home(email, ['Ida Reed', 'Eli Reed'], script);
    await phone.open('/reports/new');
    await phone.page.selectOption('#member', { label: 'Eli Reed' });
    if (!script) await phone.press(phone.w.choose);
    await phone.page.waitForSelector('#report');
    await phone.feel({ temperature: '38.9', spo2: '88', note: 'Lips are blue' });
    await signedOut(phone);
    await phone.press(phone.w.confirm);
    const first = await phone.page.locator('main > *:not(p)').first().innerText();
    assert.ok(first.includes(phone.w.call119), first);
    await phone.sees('nothing was sent yet');
    await phone.seesNot('Lips are blue');
    await phone.page.locator('button[name=switch_language]').click();
    await phone.page.waitForLoadState();
    await phone.look();
    await phone.sees('まだ送信されていません');
    await phone.page.locator('button[name=switch_language]').click();
    await phone.page.waitForLoadState();
    await signsIn(phone, email, 'not-the-Password-1');
    await phone.sees('nothing was sent yet');
    await signsIn(phone, email);
    await phone.sees('is not sent yet');
    assert.ok((await phone.page.locator('h1').innerText()).includes('Eli Reed'));
    assert.equal(await phone.value('note'), 'Lips are blue');
    assert.equal(await phone.value('spo2'), '88');
    await phone.press(phone.w.confirm);
    await phone.page.waitForURL(/\/reports\/[0-9a-f-]+\/[0-9a-f-]+/);
    await phone.sees('88 %');
    // Hours later a calm report: the home page says of which report the danger is.
    await phone.open('/');
    await phone.sees('This is about the report of');
    await phone.context.close();
  });

  test(`a report is not lost when somebody else signs in in the same browser meanwhile (${how})`, async () => {
    const [email, other] = [`tab-${script}@example.org`, `other-${script}@example.org`];
    await (await home(other, ['Una Vale'], script)).context.close();
    const phone = await home(email, ['Ida Vale'], script);
    await phone.open('/reports/new');
    await phone.feel({ temperature: '38.9', spo2: '88', note: 'Lips are blue' });
    const typed = phone.page;
    phone.page = await phone.context.newPage();
    await phone.open('/account');
    await phone.press(phone.w.signOut);
    await phone.open('/sign-in');
    await signsIn(phone, other);
    phone.page = typed;
    await phone.press(phone.w.confirm);
    const first = await phone.page.locator('main > *:not(p)').first().innerText();
    assert.ok(first.includes(phone.w.call119), first);
    await phone.sees('Another account is signed in');
    await phone.seesNot('Lips are blue');
    await signsIn(phone, email);
    await phone.sees('is not sent yet');
    assert.ok((await phone.page.locator('h1').innerText()).includes('Ida Vale'));
    assert.equal(await phone.value('note'), 'Lips are blue');
    await phone.press(phone.w.confirm);
    await phone.page.waitForURL(/\/reports\/[0-9a-f-]+\/[0-9a-f-]+/);
    await phone.sees('88 %');
    await phone.context.close();
  });

  test(`other forms wait, too, and passwords do not (${how})`, async () => {
    const email = `forms-${script}@example.org`;
    const phone = await home(email, ['Ida Moss'], script);
    await phone.open('/attributes?new=1');
    await phone.fill({ name: 'Eli Moss', birth_year: '2001' });
    await signedOut(phone);
    await phone.press(phone.w.confirm);
    await phone.sees('nothing was sent yet');
    await signsIn(phone, email);
    await phone.press('Send it now');
    assert.equal(await phone.value('name'), 'Eli Moss');
    await phone.open('/account/password');
    await phone.page.fill('#current', PASSWORD);
    await phone.page.fill('#password', 'another-Word-7');
    await signedOut(phone);
    await phone.press(phone.w.savePassword);
    await phone.sees('nothing was saved');
    assert.ok(!(await phone.page.content()).includes('another-Word-7'));
    await phone.context.close();
  });
}

test('a button whose answer never comes wakes again', async () => {
  const phone = await home('hangs@example.org', ['Hanging Reed']);
  await phone.press(phone.w.report);
  await phone.feel({ temperature: '36.4' });
  // Nothing comes of the first press, as when the browser's X ends a load that hangs.
  await phone.page.evaluate(() => {
    window.presses = 0;
    document.addEventListener('submit', (event) => {
      if (event.defaultPrevented) return;
      window.presses += 1;
      if (window.presses === 1) event.preventDefault();
    });
  });
  const confirm = phone.page.locator('main').getByRole('button', { name: phone.w.confirm, exact: true });
  await confirm.click();
  await confirm.click({ force: true });
  assert.equal(await phone.page.evaluate(() => window.presses), 1, 'a second press at once sends nothing');
  assert.equal(await confirm.getAttribute('aria-disabled'), 'true');
  await phone.page.waitForTimeout(4_500);
  assert.equal(await confirm.getAttribute('aria-disabled'), null);
  await confirm.click();
  await phone.page.waitForURL(/\/reports\/[0-9a-f-]+\/[0-9a-f-]+/);
  await phone.open('/history');
  assert.equal(await phone.reports(), 1);
  await phone.context.close();
});

test('without a connection nothing that was typed is lost, and it is said that nothing was sent', async () => {
  const phone = await home('tunnel@example.org', ['Tunnel Reed']);
  const confirm = phone.page.locator('main').getByRole('button', { name: phone.w.confirm, exact: true });
  const sign = phone.page.locator('[data-offline]');
  await phone.press(phone.w.report);
  await phone.feel({ temperature: '38.4', note: 'In the train' });
  assert.equal(await sign.isVisible(), false);
  const address = phone.page.url();
  await phone.context.setOffline(true);
  await confirm.click();
  await sign.waitFor();
  await phone.sees('nothing was sent');
  assert.equal(phone.page.url(), address);
  assert.equal(await phone.value('note'), 'In the train');
  // It comes back, and so does the button.
  await phone.context.setOffline(false);
  await sign.waitFor({ state: 'hidden' });
  // A browser that takes itself to be away is not believed where the server answers.
  await phone.page.evaluate(() => Object.defineProperty(navigator, 'onLine', { get: () => false }));
  await confirm.click();
  await phone.page.waitForURL(/\/reports\/[0-9a-f-]+\/[0-9a-f-]+/);
  await phone.sees('38.4 °C');
  await phone.open('/history');
  assert.equal(await phone.reports(), 1);
  // Nor does the other language empty the details of another member.
  await phone.open('/attributes?new=1');
  await phone.fill({ name: 'Eli Reed' });
  await phone.context.setOffline(true);
  await phone.page.getByRole('button', { name: '日本語' }).click();
  await sign.waitFor();
  assert.equal(await phone.value('name'), 'Eli Reed');
  await phone.context.setOffline(false);
  await phone.context.close();
});

for (const [language, report, left] of [['en', 'Enter a status report', 'Reported today'], ['ja', '健康状態を報告する', '今日は報告済みです']]) {
  test(`a parent goes from child to child, and the three answers stand on one line of a phone (${language})`, async () => {
    const phone = await town.phone({ language });
    await phone.account(`children-${language}@example.org`);
    const children = [known('Ida Birch'), known('Eli Birch'), known('Una Birch')];
    for (const [at, child] of children.entries()) {
      if (at > 0) await phone.open('/attributes?new=1');
      await phone.register(child);
    }
    await phone.open('/');
    const links = phone.page.locator('.members a', { hasText: report });
    for (const child of children) {
      const card = phone.page.locator('.members li', { hasText: child.name });
      await card.locator('a', { hasText: report }).click();
      await phone.page.waitForSelector('#temperature');
      assert.ok((await phone.page.locator('h1').innerText()).includes(child.name));
      const inLine = () => phone.page.locator('.choices').evaluateAll((all) => all.every((one) => (
        new Set([...one.children].map((choice) => choice.getBoundingClientRect().top)).size === 1)));
      assert.ok(await inLine(), 'as it comes');
      await phone.feel({ unknown: ['complexion', 'cough', 'malaise'] });
      assert.ok(await inLine(), 'chosen');
      await phone.press(phone.w.confirm);
      assert.ok((await phone.page.locator('h1').innerText()).includes(child.name));
      await phone.open('/');
      await phone.look();
      assert.equal(await card.locator('a', { hasText: report }).count(), 0);
      assert.ok((await card.innerText()).includes(left));
    }
    assert.equal(await links.count(), 0);
    await phone.context.close();
  });
}

test('two of one name are told apart wherever one of them is chosen', async () => {
  const phone = await town.phone();
  await phone.account('namesakes@example.org');
  const [elder, younger] = [known('Rowan Ash'), known('Rowan Ash')];
  await phone.register(elder);
  await phone.open('/attributes?new=1');
  await phone.register(younger);
  for (const address of ['/history', '/reports/new']) {
    await phone.open(address);
    const listed = await phone.page.locator('#member option').allInnerTexts();
    for (const { id } of [elder, younger]) assert.ok(listed.includes(`Rowan Ash (${id})`), listed.join());
  }
  await phone.page.selectOption('#member', { label: `Rowan Ash (${younger.id})` });
  await phone.page.waitForSelector('#temperature');
  assert.ok((await phone.page.locator('h1').innerText()).includes(younger.id));
  await phone.context.close();
});

test('a half-filled form is not emptied by a reload without a question', async () => {
  const phone = await home('reloads@example.org', ['Reloading Reed']);
  await phone.press(phone.w.report);
  assert.equal(await phone.page.evaluate(() => getComputedStyle(document.documentElement).overscrollBehaviorY), 'contain');
  await phone.page.locator('#note').pressSequentially('Slept badly');
  phone.leaves = false;
  const address = phone.page.url();
  await phone.page.evaluate(() => { setTimeout(() => location.reload(), 10); });
  await phone.page.waitForTimeout(500);
  assert.equal(phone.asked, 1);
  assert.equal(phone.page.url(), address);
  assert.equal(await phone.value('note'), 'Slept badly');
  // A call for help asks nothing, nor does the other language, nor sending.
  await phone.page.evaluate(() => {
    const call = document.querySelector('a[href="tel:119"]');
    call.addEventListener('click', (event) => event.preventDefault());
    call.click();
  });
  await phone.page.getByRole('button', { name: '日本語' }).click();
  await phone.page.waitForLoadState();
  assert.equal(await phone.value('note'), 'Slept badly');
  await phone.page.getByRole('button', { name: 'English' }).click();
  await phone.page.waitForLoadState();
  await phone.feel({ note: 'Slept badly' });
  await phone.press(phone.w.confirm);
  assert.equal(phone.asked, 1);
  await phone.sees('Slept badly');
  await phone.open('/attributes?new=1');
  await phone.page.locator('#name').pressSequentially('Some');
  await phone.page.evaluate(() => { setTimeout(() => location.reload(), 10); });
  await phone.page.waitForTimeout(500);
  assert.equal(phone.asked, 2);
  assert.equal(await phone.value('name'), 'Some');
  await phone.context.close();
});
