// One person whom two centers follow: the prefecture sees it, asks both, and reads what they found out.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Town, ago } from './harness.mjs';

let town;
before(async () => { town = await Town.start(); });
after(async () => { await town.end(); });

const NORTH = 'North Health Center';

function north(row) {
  const header = 'name,name_kana,name_latin,birthdate,phone,language,diagnosed_on,onset_on,entered_japan_on,passport_number,hersys_id';
  fs.writeFileSync(path.join(town.folder, 'north.csv'), `${header}\n${row}\n`);
  town.command(['import', '--center', NORTH, '--meant', 'all', 'north.csv']);
}

test('an officer asks two centers whether they follow one person, and reads their answers', async () => {
  town.command(['place', 'add', 'health_center', NORTH]);
  const days = `en,${ago(2)},${ago(3)},,,`;
  town.case(`二重 花子,ニジュウ ハナコ,Niju Hanako,1988-05-04,09047790001,${days}`);
  north(`二重 花子,ニジュウ ハナコ,Niju Hanako,1988-05-04,09047790001,${days}`);
  town.case(`双子 一,フタゴ ハジメ,Futago Hajime,2015-06-06,09047790002,${days}`);
  north(`双子 次,フタゴ ツギ,Futago Tsugi,2015-06-06,09047790002,${days}`);
  const prefecture = town.command(['place', 'list']).split('\n').find((line) => line.includes('prefecture'));
  const clinic = prefecture.replace('(prefecture)', '').trim();
  const officer = await town.staff('officer@prefecture.example', { role: 'prefecture_officer', clinic });
  const { page } = officer;
  await officer.open(`${town.console}/`);
  await page.getByRole('link', { name: 'Registered twice?' }).first().click();
  const twins = page.locator('article', { hasText: 'Futago Hajime' });
  const one = page.locator('article', { hasText: 'Niju Hanako' });
  assert.equal(await page.locator('article').count(), 2);
  assert.match(await twins.innerText(), /The same birthdate and phone number/);
  assert.match(await one.innerText(), /The same birthdate, name and phone number/);
  for (const name of ['Minato Public Health Center', NORTH]) assert.ok((await one.innerText()).includes(name));
  await officer.look();
  await twins.getByRole('button', { name: 'They are two people' }).click();
  await page.getByText('It is noted that they are two people.').waitFor();
  await one.getByRole('button', { name: 'Ask both centers to find out' }).click();
  await page.getByText('Both centers have it among what is to be done.').waitFor();
  assert.equal(await one.getByText('not answered yet').count(), 2);

  // Each center sees its own record, and which center to call.
  const nurse = await town.staff('nurse-who-finds-out@center.example', { width: 360 });
  await nurse.open(`${town.console}/`);
  await nurse.page.getByText(/Perhaps registered at another center, too/).first().waitFor();
  await nurse.open(`${town.console}/tasks`);
  const task = nurse.page.locator('article', { hasText: 'Perhaps registered at another center, too' });
  assert.ok((await task.innerText()).includes(NORTH));
  await nurse.look();
  await task.getByLabel('What was done?').fill('It is her; North hands her over');
  await task.getByRole('button', { name: 'Done' }).click();
  await nurse.page.getByText('It is done.').waitFor();

  const reader = await town.staff('officer-of-evenings@prefecture.example', { role: 'prefecture_officer', clinic, language: 'ja', width: 360 });
  await reader.open(`${town.console}/registered-twice`);
  const asked = reader.page.locator('article', { hasText: '二重 花子' });
  assert.match(await asked.innerText(), /It is her; North hands her over/);
  assert.match(await asked.innerText(), /未回答/);
  await reader.page.getByText('確認済み：別人').click();
  await reader.page.locator('article', { hasText: '双子 一' }).getByRole('button', { name: 'もう一度確認する' }).waitFor();
  await reader.look();
  const fits = await reader.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  assert.ok(fits, 'the page is no wider than a phone');
  await reader.page.locator('article', { hasText: '双子 一' }).getByRole('button', { name: 'もう一度確認する' }).click();
  await reader.page.getByText('もう一度一覧に表示しました。').waitFor();
  await reader.look();
  for (const x of [officer, nurse, reader]) await x.context.close();
});

test('two records of one center are compared on a phone, both at once', async () => {
  const days = `en,${ago(2)},${ago(3)},,,`;
  const ids = [
    town.case(`髙橋 ヴィクトリア,タカハシ ヴィクトリア,Takahashi Victoria-Alexandra,1988-02-03,09047790003,${days}`),
    town.case(`高橋 ビクトリア,,Wolfeschlegelsteinhausen Victoria,1988-02-03,09047790003,${days}`),
  ];
  const nurse = await town.staff('nurse-who-compares@center.example', { width: 360 });
  const { page } = nurse;
  const found = [];
  for (const id of ids) {
    await nurse.open(`${town.console}/cases`);
    await page.fill('#search', id);
    await page.locator('form.search button').click();
    found.push(await page.locator('table.cases a').first().getAttribute('href'));
  }
  await nurse.open(`${town.console}${found[0]}/merge?with=${found[1].split('/').at(-1)}`);
  const seen = await page.evaluate(() => {
    const cells = [...document.querySelectorAll('.compare th, .compare td')];
    const box = document.querySelector('.compare').parentElement;
    return {
      scrolls: box.scrollWidth > box.clientWidth,
      outside: cells.filter((cell) => cell.getBoundingClientRect().right > innerWidth).length,
    };
  });
  assert.deepEqual(seen, { scrolls: false, outside: 0 });
  await nurse.context.close();
});
