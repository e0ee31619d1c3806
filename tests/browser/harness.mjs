// A running hersys, a real mail server, a real browser at a phone's size.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { simpleParser } from 'mailparser';
import { chromium } from 'playwright-core';
import { SMTPServer } from 'smtp-server';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const binary = path.join(root, 'target/debug/hersys');
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const shots = path.join(root, 'tests/browser/screenshots');
export const PASSWORD = 'kogarashi7!Aki';

// Two ports that nobody listens on. Both are held until both are known: a system may give the same one twice in a row.
const freePorts = async () => {
  const held = [net.createServer(), net.createServer()];
  for (const server of held) await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const ports = held.map((server) => server.address().port);
  for (const server of held) await new Promise((resolve) => server.close(resolve));
  return ports;
};

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The words on the buttons. The English ones are the users' guide's.
export const words = {
  en: {
    signUp: 'Sign up', sendCode: 'Send verification code', verify: 'Verify code', savePassword: 'Save password',
    confirm: 'Confirm', saveAttributes: 'Save attributes', report: 'Enter a status report', history: 'Confirm history',
    passport: 'Enter your passport number', savePassport: 'Save passport number', family: 'Add a family member',
    signIn: 'Sign in', signOut: 'Sign out', everywhere: 'Sign out everywhere', choose: 'Choose', wrong: 'Mark as wrong',
    again: 'Send the code again', next: 'Continue', forgotten: 'Forgotten your password?', change: 'Change',
    confirmCode: 'Confirm', codesKept: 'I have kept them', take: 'Take', finish: 'Done: end the alert',
    problem: 'There is a problem', refused: 'You could not be registered', call119: 'Call 119',
  },
  ja: {
    signUp: '新規登録', sendCode: '確認コードを送信', verify: 'コードを確認', savePassword: 'パスワードを保存',
    confirm: '確認', saveAttributes: '登録情報を保存', report: '健康状態を報告する', history: '履歴を確認',
    passport: 'パスポート番号を入力', savePassport: 'パスポート番号を保存', family: '家族を追加',
    signIn: 'ログイン', signOut: 'ログアウト', everywhere: 'すべての端末でログアウト', choose: '選ぶ', wrong: '間違いを知らせる',
    again: 'コードをもう一度送信', next: '次へ', forgotten: 'パスワードをお忘れの方', change: '変更',
    confirmCode: '確認', codesKept: '保管しました', take: '対応する', finish: '対応済みにする',
    problem: '問題があります', refused: '登録できませんでした', call119: '119番に電話する',
  },
};

export class Town {
  static async start() {
    const town = new Town();
    town.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hersys-'));
    town.mails = [];
    town.log = '';
    town.typed = new Set();
    const smtpPort = await town.mailServer(0);
    const [portal, console_] = await freePorts();
    town.portal = `http://127.0.0.1:${portal}`;
    town.console = `http://127.0.0.1:${console_}`;
    town.env = {
      PATH: process.env.PATH, HERSYS_DATA_DIR: path.join(town.folder, 'data'), HERSYS_LOG: 'info,app=trace,web=trace,storage=trace,hersys=trace',
      HERSYS_PORTAL_LISTEN: `127.0.0.1:${portal}`, HERSYS_CONSOLE_LISTEN: `127.0.0.1:${console_}`,
      HERSYS_SMTP_URL: `smtp://127.0.0.1:${smtpPort}`, HERSYS_CENTER_NAME: 'Minato Public Health Center',
    };
    if (process.env.HERSYS_BROWSER_ON_POSTGRES && process.env.HERSYS_TEST_POSTGRES_URL) {
      const name = `browser_${Date.now()}_${process.pid}`;
      const made = spawnSync('psql', [process.env.HERSYS_TEST_POSTGRES_URL, '-qc', `CREATE DATABASE ${name}`]);
      assert.equal(made.status, 0, String(made.stderr));
      town.env.HERSYS_DATABASE_URL = process.env.HERSYS_TEST_POSTGRES_URL.replace(/\/[^/]*$/, `/${name}`);
      town.env.HERSYS_MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
    }
    await town.up();
    fs.writeFileSync(path.join(town.folder, 'password'), `${PASSWORD}\n`);
    town.command(['staff', 'add', '--email', 'nurse@center.example', '--name', 'Nurse', '--password-file', path.join(town.folder, 'password')]);
    town.browser = await chromium.launch({
      executablePath: process.env.HERSYS_TEST_CHROMIUM || '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync'],
    });
    return town;
  }

  // A mail server, at a port where there was one or at any.
  async mailServer(at) {
    const { mails } = this;
    this.smtp = new SMTPServer({
      authOptional: true, disabledCommands: ['STARTTLS'],
      onData(stream, session, done) {
        simpleParser(stream).then((mail) => {
          mails.push({ to: session.envelope.rcptTo[0].address, subject: mail.subject, text: mail.text });
          done();
        }, done);
      },
    });
    return new Promise((resolve) => this.smtp.listen(at, '127.0.0.1', function listening() { resolve(this.address().port); }));
  }

  async up() {
    this.process = spawn(binary, ['serve'], { env: this.env, cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on('data', (part) => { this.log += part; });
    }
    for (let i = 0; i < 100; i += 1) {
      try {
        if ((await fetch(`${this.portal}/readyz`)).ok) return;
      } catch { /* not yet */ }
      await sleep(100);
    }
    throw new Error('hersys did not start');
  }

  // The power goes, and comes back.
  async restart() {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGKILL');
    await ended;
    await this.up();
  }

  async end() {
    await this.browser?.close();
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGTERM');
    await ended;
    await new Promise((resolve) => this.smtp.close(resolve));
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  command(args, input) {
    const done = spawnSync(binary, args, { env: this.env, cwd: this.folder, input, encoding: 'utf8' });
    assert.equal(done.status, 0, done.stderr);
    return done.stdout;
  }

  // Registers a case; tells its ID.
  case(row) {
    const header = 'name,name_kana,name_latin,birthdate,phone,language,diagnosed_on,onset_on,entered_japan_on,passport_number,hersys_id';
    fs.writeFileSync(path.join(this.folder, 'cases.csv'), `${header}\n${row}\n`);
    // The tests' people share names and birthdates; each is meant.
    return this.command(['import', '--center', 'Minato Public Health Center', '--meant', 'all', 'cases.csv']).trim().split('\n').at(-1).split(',').at(-1).replaceAll('"', '').trim();
  }

  // The newest code that was mailed to an address after `after` mails.
  async code(address, after = 0, patience = 10_000) {
    for (let i = 0; i < patience / 100; i += 1) {
      const mine = this.mails.filter((mail) => mail.to === address);
      if (mine.length > after) {
        const line = mine.at(-1).text.split('\n').find((text) => /^\d{6}$/.test(text.trim()));
        assert.ok(mine.at(-1).subject.includes(line), 'the code is in the subject');
        return line;
      }
      await sleep(100);
    }
    throw new Error('no mail arrived');
  }

  // Somebody of the staff at a console, signed in with both factors. The first time, the second one is set up.
  async staff(email, { language = 'en', width = 1280, role = 'nurse', place, clinic } = {}) {
    this.factors ??= new Map();
    if (!this.factors.has(email)) {
      const file = path.join(this.folder, 'password');
      const where = clinic ? ['--place', clinic] : ['--center', place ?? 'Minato Public Health Center'];
      this.command(['staff', 'add', '--email', email, '--name', email.split('@')[0], '--role', role, ...where, '--password-file', file]);
    }
    const context = await this.browser.newContext({ viewport: { width, height: 800 }, locale: language });
    const one = new Phone(this, context, await context.newPage(), language, true);
    await one.open(`${this.console}/sign-in`);
    await one.page.fill('#email', email);
    await one.page.fill('#password', PASSWORD);
    await one.press(new RegExp(`^${one.w.signIn}$`)); // not the identity provider's
    if (this.factors.has(email)) {
      await one.page.fill('#code', this.factors.get(email).pop());
      await one.press(one.w.confirmCode);
    } else {
      await one.page.fill('#code', appShows((await one.page.locator('.secret').innerText()).trim()));
      await one.press(one.w.confirmCode);
      this.factors.set(email, await one.page.locator('.codes code').allInnerTexts());
      await one.press(one.w.codesKept);
    }
    return one;
  }

  async phone({ language = 'en', script = true } = {}) {
    const context = await this.browser.newContext({
      viewport: { width: 360, height: 740 }, locale: language, javaScriptEnabled: script, hasTouch: true,
    });
    return new Phone(this, context, await context.newPage(), language, script);
  }
}

// What an authenticator app shows for a secret: RFC 6238.
export function appShows(secret, at = Date.now()) {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigInt64BE(BigInt(Math.floor(at / 30_000)));
  const digest = createHmac('sha1', key).update(step).digest();
  const from = digest[19] & 15;
  return String((digest.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

let count = 0;

export class Phone {
  constructor(town, context, page, language, script) {
    Object.assign(this, { town, context, page, language, script, w: words[language] });
    page.setDefaultTimeout(10_000);
    // Whether typed words may be left: yes, where a test does not say otherwise.
    this.leaves = true;
    this.asked = 0;
    page.on('dialog', (dialog) => {
      this.asked += 1;
      return this.leaves ? dialog.accept() : dialog.dismiss();
    });
    page.on('pageerror', (error) => { throw error; });
  }

  async open(address) {
    await this.page.goto(address.startsWith('http') ? address : this.town.portal + address);
    await this.look();
  }

  // A picture of the page, and what axe finds on it.
  async look() {
    fs.mkdirSync(shots, { recursive: true });
    count += 1;
    const name = new URL(this.page.url()).pathname.replaceAll(/[0-9a-f-]{36}/g, 'x').replaceAll('/', '_') || '_';
    await this.page.screenshot({
      path: path.join(shots, `${String(count).padStart(4, '0')}-${this.language}${this.script ? '' : '-noscript'}${name}.png`), fullPage: true,
    });
    if (!this.script) {
      const dead = await this.page.locator('button[type=button]:visible').count();
      assert.equal(dead, 0, `${this.page.url()} shows a button that does nothing without scripts`);
      return;
    }
    // In a world of its own, so that the page's strict policy stays in force.
    const session = await this.context.newCDPSession(this.page);
    const { frameTree } = await session.send('Page.getFrameTree');
    const { executionContextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id });
    const run = `${axe}; axe.run({ runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa'], rules: { 'landmark-unique': { enabled: true } } }).then((r) => JSON.stringify(r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html).join(' | '))))`;
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', { expression: run, contextId: executionContextId, awaitPromise: true });
    assert.ok(!exceptionDetails, JSON.stringify(exceptionDetails));
    assert.deepEqual(JSON.parse(result.value), [], `axe on ${this.page.url()}`);
    const wide = await session.send('Runtime.evaluate', { expression: 'document.documentElement.scrollWidth', contextId: executionContextId });
    assert.ok(wide.result.value <= this.page.viewportSize().width, `${this.page.url()} is ${wide.result.value} wide`);
    await session.detach();
  }

  // Without a look at the page that comes.
  async click(name) {
    // A button may say for whom it is in words that only a screen reader reads.
    const wished = typeof name === 'string' ? new RegExp(`^${name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}( |$)`) : name;
    const button = this.page.locator('main').getByRole('button', { name: wished });
    const link = this.page.locator('main').getByRole('link', { name: wished });
    await button.or(link).first().click();
  }

  async press(name) {
    await this.click(name);
    await this.page.waitForLoadState();
    await this.look();
  }

  async fill(values) {
    for (const [id, value] of Object.entries(values)) {
      if (value.length > 5) this.town.typed.add(value);
      await this.page.fill(`#${id}`, value);
    }
  }

  async sees(text) {
    const body = (await this.page.locator('body').innerText()).replaceAll(/\s+/g, ' ');
    assert.ok(body.includes(text), `"${text}" is not in: ${body}`);
  }

  async seesNot(text) {
    const body = await this.page.locator('body').innerText();
    assert.ok(!body.includes(text), `"${text}" is in: ${body}`);
  }

  async value(id) {
    return this.page.inputValue(`#${id}`);
  }

  async address(email) {
    await this.fill({ email });
    const before = this.town.mails.filter((mail) => mail.to === email).length;
    await this.press(this.w.sendCode);
    return this.town.code(email, before);
  }

  async enter(code) {
    await this.fill({ code });
    await this.press(this.w.verify);
  }

  async account(email) {
    await this.open('/sign-up');
    await this.enter(await this.address(email));
    await this.fill({ password: PASSWORD });
    await this.press(this.w.savePassword);
  }

  async attributes(person) {
    const [year, month, day] = person.born;
    await this.fill({ name: person.name, birth_year: year, birth_month: month, birth_day: day, phone: person.phone, hersys_id: person.id });
    await this.press(this.w.confirm);
  }

  async register(person) {
    await this.attributes(person);
    await this.press(this.w.saveAttributes);
  }

  async feel(values = {}) {
    for (const [id, value] of [['temperature', values.temperature ?? '36.5'], ['spo2', values.spo2 ?? '98']]) {
      if (value === null) await this.page.check(`#${id}_not_measured`);
      else await this.page.fill(`#${id}`, value);
    }
    const yes = values.yes ?? [];
    const unknown = values.unknown ?? [];
    for (const q of ['complexion', 'cough', 'breathlessness', 'malaise', 'vomiting', 'diarrhoea', 'consciousness', 'eating', 'urine']) {
      const word = yes.includes(q) ? 'yes' : unknown.includes(q) ? 'dont_know' : 'no';
      await this.page.check(`input[name=q_${q}][value=${word}]`);
    }
    // "None of these", or the signs that were named.
    for (const sign of values.signs ?? ['no_sign']) await this.page.check(`input[name=q_${sign}]`);
    if (values.note) await this.page.fill('#note', values.note);
  }

  async reports() {
    return this.page.locator('article.report').count();
  }
}

// A day in Japan, some days before now.
export const ago = (days) => new Date(Date.now() + 9 * 3600e3 - days * 86400e3).toISOString().slice(0, 10);

// Lets midnight in Japan pass where it is near: whoever looks after it at what was set up before looks on another day.
export async function withinOneDay() {
  const left = 86400e3 - ((Date.now() + 9 * 3600e3) % 86400e3);
  if (left < 120e3) await sleep(left + 1_000);
}
