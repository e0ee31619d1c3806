// A session ends, locks or changes hands while somebody types: the words stay, also on the way to an identity provider.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Town, ago } from './harness.mjs';

let town;
let provider;

const b64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

// An identity provider that lets in whom it is told to, or is cancelled at.
class Provider {
  static async start() {
    const one = new Provider();
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    one.says = { email: '', cancels: false, minutesAgo: 0 };
    one.server = http.createServer((request, response) => {
      const url = new URL(request.url, one.issuer);
      const json = (value) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(value));
      };
      if (url.pathname === '/.well-known/openid-configuration') {
        json({
          issuer: one.issuer, authorization_endpoint: `${one.issuer}/authorize`, token_endpoint: `${one.issuer}/token`,
          jwks_uri: `${one.issuer}/jwks`, response_types_supported: ['code'], subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['EdDSA'],
        });
      } else if (url.pathname === '/jwks') {
        json({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'key', use: 'sig', alg: 'EdDSA' }] });
      } else if (url.pathname === '/authorize') {
        one.nonce = url.searchParams.get('nonce');
        const back = new URL(url.searchParams.get('redirect_uri'));
        back.searchParams.set('state', url.searchParams.get('state'));
        if (one.says.cancels) back.searchParams.set('error', 'access_denied');
        else back.searchParams.set('code', 'code');
        response.writeHead(302, { location: back.href });
        response.end();
      } else {
        const now = Math.floor(Date.now() / 1000);
        const claims = {
          iss: one.issuer, aud: 'console', sub: one.says.email, iat: now, exp: now + 300, nonce: one.nonce,
          email: one.says.email, email_verified: true, amr: ['mfa'], auth_time: now - (one.says.minutesAgo ?? 0) * 60,
        };
        const text = `${b64({ alg: 'EdDSA', kid: 'key' })}.${b64(claims)}`;
        json({ access_token: 'a', token_type: 'bearer', id_token: `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}` });
      }
    });
    await new Promise((resolve) => one.server.listen(0, '127.0.0.1', resolve));
    one.issuer = `http://127.0.0.1:${one.server.address().port}`;
    return one;
  }
}

before(async () => {
  provider = await Provider.start();
  town = await Town.start();
  const file = path.join(town.folder, 'provider.toml');
  fs.writeFileSync(file, `issuer = "${provider.issuer}"\nclient_id = "console"\nclient_secret = "s"\nname = "Prefecture"\nsecond_factor = "provider"\n`);
  town.env.HERSYS_SINGLE_SIGN_ON = file;
  await town.restart();
});
after(async () => {
  await town.end();
  provider.server.close();
});

const atNote = async (nurse) => {
  const id = town.case(`"見本 花","ミホン ハナ","Mihon Hana",1990-01-02,0901234${3000 + Math.floor(Math.random() * 999)},ja,${ago(1)},${ago(2)},,,`);
  await nurse.open(`${town.console}/cases`);
  await nurse.page.fill('#search', id);
  await nurse.page.locator('main form[role=search] button').click();
  await nurse.page.locator('main a[href^="/cases/0"]').first().click();
  await nurse.page.waitForLoadState();
  const form = nurse.page.locator('form[action$="/contacts"]');
  await nurse.page.evaluate(() => document.querySelector('form[action$="/contacts"]').closest('details')?.setAttribute('open', ''));
  return form;
};
const write = async (form, text) => {
  await form.locator('select[name=outcome]').selectOption('note');
  await form.locator('textarea').fill(text);
};
const save = async (nurse, form) => {
  await form.locator('button').last().click();
  await nurse.page.waitForLoadState();
  await nurse.look();
};

test('what was typed after a sign-out in another tab is sent after the password and the code', async () => {
  const nurse = await town.staff('tabs@center.example');
  const form = await atNote(nurse);
  const at = nurse.page.url();
  await write(form, 'SpO2 85 by phone');
  const tab = await nurse.context.newPage();
  await tab.goto(town.console);
  await tab.getByRole('button', { name: 'Sign out' }).click();
  await tab.waitForLoadState();
  await tab.close();
  await save(nurse, form);
  await nurse.sees('nothing was saved yet. What you typed is kept');
  await nurse.seesNot('SpO2 85');
  await nurse.page.fill('#email', 'tabs@center.example');
  await nurse.page.fill('#password', 'kogarashi7!Aki');
  await nurse.press(/^Sign in$/);
  await nurse.sees('What you typed is kept: enter the code');
  // The other language at the code, too.
  await nurse.page.getByRole('button', { name: '日本語' }).click();
  await nurse.page.waitForLoadState();
  await nurse.sees('コードを入力すると送信できます');
  await nurse.page.getByRole('button', { name: 'English' }).click();
  await nurse.page.waitForLoadState();
  await nurse.page.fill('#code', town.factors.get('tabs@center.example').pop());
  await nurse.press('Confirm');
  await nurse.sees('Nothing was saved yet');
  await nurse.press('Send it now');
  assert.ok(nurse.page.url().startsWith(at.split('?')[0]), nurse.page.url());
  await nurse.sees('SpO2 85 by phone');
  await nurse.context.close();
});

test('what was typed waits while somebody is at the identity provider', async () => {
  const nurse = await town.staff('sso@center.example');
  provider.says = { email: 'sso@center.example', cancels: true };
  const form = await atNote(nurse);
  await write(form, 'She coughs at night');
  await nurse.context.clearCookies();
  await save(nurse, form);
  await nurse.sees('What you typed is kept');
  await nurse.press('Sign in with Prefecture');
  await nurse.sees('Signing in was cancelled on the other side');
  await nurse.sees('What you typed is kept');
  // Still signed in there since yesterday, whoever sits here now: nobody is let in, and the words wait on.
  Object.assign(provider.says, { cancels: false, minutesAgo: 24 * 60 });
  await nurse.press('Sign in with Prefecture');
  await nurse.sees('has not asked again who you are');
  await nurse.sees('What you typed is kept');
  provider.says.minutesAgo = 0;
  await nurse.press('Sign in with Prefecture');
  await nurse.sees('Nothing was saved yet');
  await nurse.press('Send it now');
  await nurse.sees('She coughs at night');
  await nurse.context.close();
});

test('typed words are not left for the other language without a question', async () => {
  const nurse = await town.staff('asks@center.example');
  assert.equal(nurse.asked, 0, 'nothing is asked where the codes were kept');
  const form = await atNote(nurse);
  await nurse.page.getByRole('link', { name: '日本語' }).click();
  await nurse.page.waitForLoadState();
  assert.equal(nurse.asked, 0);
  await nurse.page.getByRole('link', { name: 'English' }).click();
  await nurse.page.waitForLoadState();
  await nurse.page.evaluate(() => document.querySelector('form[action$="/contacts"]').closest('details')?.setAttribute('open', ''));
  await write(form, 'half a sentence');
  nurse.leaves = false;
  await nurse.page.getByRole('link', { name: '日本語' }).click({ noWaitAfter: true });
  await nurse.page.waitForTimeout(500);
  assert.equal(nurse.asked, 1);
  await nurse.sees('Write down a call');
  assert.equal(await form.locator('textarea').inputValue(), 'half a sentence');
  await save(nurse, form);
  assert.equal(nurse.asked, 1, 'sending asks nothing');
  await nurse.sees('half a sentence');
  await nurse.context.close();
});
