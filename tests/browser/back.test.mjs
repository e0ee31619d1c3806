// The browser's way back and its reload give a page after every answer, with what was typed, and send nothing twice.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PASSWORD, Town, ago } from './harness.mjs';

let town;
before(async () => { town = await Town.start(); });
after(async () => { await town.end(); });

let people = 0;
const known = (latin, entered = '') => {
  people += 1;
  const phone = `0901234${String(7000 + people)}`;
  const id = town.case(`"","","${latin}",2001-02-03,${phone},en,${ago(3)},${ago(5)},${entered},,`);
  return { id, phone, name: latin, born: ['2001', '2', '3'] };
};

const goesBack = async (phone) => {
  const answer = await phone.page.goBack();
  await phone.page.waitForLoadState();
  assert.ok(answer === null || answer.status() === 200, `${phone.page.url()} gives ${answer?.status()}`);
};

for (const script of [true, false]) {
  const how = script ? 'with scripts' : 'without scripts';

  test(`back and reload while signing up (${how})`, async () => {
    const email = `back-${script}@example.org`;
    const phone = await town.phone({ script });
    await phone.open('/sign-up');
    // Browsers stop most addresses that cannot be; the server says what is wrong with this one.
    await phone.page.fill('#email', 'back.@example.org');
    await phone.press(phone.w.sendCode);
    await phone.sees(phone.w.problem);
    assert.equal(await phone.value('email'), 'back.@example.org');
    await phone.page.reload();
    await phone.sees(phone.w.problem);
    const code = await phone.address(email);
    await phone.enter(code === '000000' ? '111111' : '000000');
    await phone.sees('not right');
    await phone.page.reload();
    await phone.sees('not right');
    await phone.press(phone.w.again);
    assert.equal(new URL(phone.page.url()).pathname, '/sign-up/code');
    await phone.page.getByRole('button', { name: '日本語' }).click();
    await phone.sees('確認コードの入力');
    await phone.page.getByRole('button', { name: 'English' }).click();
    await phone.enter(code);
    await phone.fill({ password: 'short' });
    await phone.press(phone.w.savePassword);
    await phone.sees(phone.w.problem);
    assert.ok(!phone.page.url().includes('short'));
    await phone.fill({ password: PASSWORD });
    await phone.press(phone.w.savePassword);
    // Back from the attributes: the password is saved, so it goes on where one is.
    await goesBack(phone);
    assert.equal(new URL(phone.page.url()).pathname, '/attributes');
    const person = known(`Back ${how}`);
    await phone.attributes({ ...person, phone: '12' });
    await phone.sees(phone.w.problem);
    await phone.attributes(person);
    await goesBack(phone);
    assert.equal(await phone.value('name'), person.name);
    await phone.page.goForward();
    await phone.press(phone.w.saveAttributes);
    await phone.sees(person.name);
    await goesBack(phone);
    // Who is registered stands in no form to be sent again.
    await phone.open('/attributes?new=1');
    assert.equal(await phone.value('name'), '');
    await phone.open('/');
    await phone.sees(person.name);
    await phone.context.close();
  });

  test(`back from the receipt of a report that was asked back (${how})`, async () => {
    const person = known(`Receipt ${how}`, ago(10));
    const phone = await town.phone({ script });
    await phone.account(`receipt-${script}@example.org`);
    await phone.register(person);
    await phone.press(phone.w.report);
    await phone.feel({ temperature: '365', note: 'Slept well' });
    await phone.press(phone.w.confirm);
    await phone.sees('Did you mean 36.5?');
    const address = phone.page.url();
    for (const typed of ['365', 'Slept', '36.5']) assert.ok(!address.includes(typed), address);
    await phone.page.reload();
    await phone.sees('Did you mean 36.5?');
    assert.equal(await phone.value('note'), 'Slept well');
    await phone.page.fill('#temperature', '36.5');
    await phone.press(phone.w.confirm);
    await phone.page.waitForURL(/\/reports\/[0-9a-f-]+\/[0-9a-f-]+/);
    await goesBack(phone);
    await phone.sees('Did you mean 36.5?');
    assert.equal(await phone.value('note'), 'Slept well');
    // Pressed again there: it is the same report.
    await phone.page.fill('#temperature', '36.5');
    await phone.press(phone.w.confirm);
    await phone.page.waitForURL(/\/reports\/[0-9a-f-]+\/[0-9a-f-]+/);
    await phone.open('/history');
    assert.equal(await phone.reports(), 1);
    await phone.open('/');
    await phone.press(phone.w.passport);
    await phone.fill({ passport_number: 'AB#1' });
    await phone.press(phone.w.savePassport);
    await phone.sees(phone.w.problem);
    await phone.page.reload();
    assert.equal(await phone.value('passport_number'), 'AB#1');
    await phone.fill({ passport_number: 'AB1234567' });
    await phone.press(phone.w.savePassport);
    // What was wrong before is not said any more: the number stands.
    await goesBack(phone);
    await phone.sees('the passport number is registered');
    await phone.seesNot(phone.w.problem);
    await phone.open('/');
    assert.equal(await phone.page.getByText(phone.w.passport).count(), 0);

    // The page is nobody else's: neither of another browser, nor of whoever signs in here next.
    const other = await town.phone({ script });
    await other.account(`receipt-other-${script}@example.org`);
    await other.page.goto(address);
    await other.seesNot('Slept well');
    assert.ok(!(await other.page.content()).includes('Slept well'));
    await other.context.close();
    await phone.open('/account');
    await phone.press(phone.w.signOut);
    await phone.page.goto(address);
    assert.equal(new URL(phone.page.url()).pathname, '/sign-in');
    await phone.fill({ email: `receipt-other-${script}@example.org`, password: PASSWORD });
    await phone.press(phone.w.signIn);
    await phone.page.goto(address);
    assert.ok(!(await phone.page.content()).includes('Slept well'));
    await phone.context.close();
  });
}

for (const script of [true, false]) {
  const how = script ? 'with scripts' : 'without scripts';

  test(`a text that is too long is given back, or stands on the page before (${how})`, async () => {
    const phone = await town.phone({ script });
    await phone.account(`long-${script}@example.org`);
    await phone.register(known(`Long ${how}`));
    const writes = async (length) => {
      await phone.open('/');
      await phone.press(phone.w.report);
      await phone.feel({ temperature: '36.4' });
      // As a browser does that knows no longest length.
      await phone.page.locator('#note').evaluate((note, most) => {
        note.removeAttribute('maxlength');
        note.value = 'あ'.repeat(most);
      }, length);
      await phone.press(phone.w.confirm);
    };
    // Nine bytes a letter, as browsers send them: beyond what a stranger may send.
    await writes(20_000);
    await phone.sees('and 2000 fit');
    assert.equal((await phone.value('note')).length, 20_000);
    assert.equal(await phone.value('temperature'), '36.4');
    await writes(60_000);
    await phone.sees('What you typed is still on the page before');
    await phone.sees('入力した内容は前の画面に残っています');
    await goesBack(phone);
    assert.equal((await phone.value('note')).length, 60_000);
    assert.equal(await phone.value('temperature'), '36.4');
    await phone.fill({ note: 'Shorter' });
    await phone.press(phone.w.confirm);
    await phone.page.waitForURL(/\/reports\/[0-9a-f-]+\/[0-9a-f-]+/);
    await phone.sees('Shorter');
    await phone.context.close();
  });

  test(`what one account has typed is neither shown to nor taken for another (${how})`, async () => {
    const phone = await town.phone({ script });
    const [ida, eli] = [`ida-${script}@example.org`, `eli-${script}@example.org`];
    for (const email of [eli, ida]) {
      await phone.account(email);
      await phone.register(known(`Hazel ${email.split('@')[0]}`));
      if (email === eli) {
        await phone.open('/account');
        await phone.press(phone.w.signOut);
      }
    }
    const signsIn = async (email) => {
      await phone.fill({ email, password: PASSWORD });
      await phone.press(phone.w.signIn);
    };
    // Ida's form, in another tab; the session ends meanwhile, and Eli signs in.
    await phone.open('/attributes?new=1');
    await phone.fill({ name: 'Hidden Hazel' });
    const stale = await phone.context.newPage();
    await stale.goto(`${town.portal}/attributes?new=1`);
    await stale.fill('#name', 'Stale Hazel');
    const cookies = await phone.context.cookies();
    await phone.context.clearCookies();
    await phone.context.addCookies(cookies.filter(({ name }) => !name.includes('my-hersys')));
    await phone.press(phone.w.confirm);
    await phone.sees('nothing was sent yet');
    await signsIn(eli);
    assert.ok(!(await phone.page.content()).includes('Hidden Hazel'));
    // It is said that nothing was sent, and the form waits on for whose it is.
    await phone.sees('so nothing was sent');
    await phone.open('/');
    await phone.sees(`Hazel eli-${script}`);
    // And a tab that was left open is not taken for Eli's.
    await stale.locator('main button').first().click();
    await stale.waitForLoadState();
    assert.ok(!(await stale.content()).includes('Stale Hazel'));
    await phone.open('/attributes?new=1');
    assert.equal(await phone.value('name'), '');
    await phone.context.close();
  });
}

for (const script of [true, false]) {
  const how = script ? 'with scripts' : 'without scripts';

  test(`a report that is sent again from the page before is the same report (${how})`, async () => {
    const phone = await town.phone({ script });
    await phone.account(`same-${script}@example.org`);
    await phone.register(known(`Same ${how}`));
    await phone.press(phone.w.report);
    await phone.feel({ temperature: '36.6' });
    await phone.press(phone.w.confirm);
    const receipt = phone.page.url();
    await goesBack(phone);
    // The browser has kept what was typed.
    assert.equal(await phone.value('temperature'), '36.6');
    await phone.press(phone.w.confirm);
    assert.equal(phone.page.url(), receipt);
    // Other answers are another report, when the person says so.
    await goesBack(phone);
    await phone.page.fill('#temperature', '37.9');
    await phone.press(phone.w.confirm);
    await phone.sees('You already sent a report from this page');
    await phone.press(phone.w.confirm);
    await phone.page.waitForURL(/\/reports\/[0-9a-f-]+\/[0-9a-f-]+/);
    await phone.open('/history');
    assert.equal(await phone.reports(), 2);
    await phone.context.close();
  });
}
