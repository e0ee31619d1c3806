// The certificate of isolation: from the home page to the employer who checks it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Town, ago } from './harness.mjs';

let town;
before(async () => { town = await Town.start(); });
after(async () => { await town.end(); });

const said = {
  en: {
    title: 'Certificate of isolation', issue: 'Issue the certificate', open: 'Not decided yet', pdf: 'Download the PDF',
    check: 'Check', genuine: 'This certificate is genuine', none: 'There is no certificate with this code and this birthdate',
    another: 'Check another one', name: 'Yamada Hanako',
  },
  ja: {
    title: '療養証明書', issue: '証明書を発行する', open: '未定', pdf: 'PDFをダウンロード',
    check: '確認する', genuine: 'この証明書は真正なものです', none: 'この確認コードと生年月日の証明書はありません',
    another: '別の証明書を確認', name: '山田 花子',
  },
};

const born = (one, [year, month, day]) => one.fill({ birth_year: year, birth_month: month, birth_day: day });

let number = 0;
for (const language of ['en', 'ja']) {
  for (const script of [true, false]) {
    test(`a certificate is got, shown and checked (${language}, ${script ? 'with' : 'without'} scripts)`, async () => {
      number += 1;
      const words = said[language];
      const telephone = `0907654${1000 + number}`;
      const id = town.case(`山田 花子,ヤマダ ハナコ,Yamada Hanako,1988-05-04,${telephone},ja,${ago(3)},${ago(5)},,,`);
      const one = await town.phone({ language, script });
      await one.account(`certificate${number}@example.org`);
      await one.register({ id, phone: telephone, name: '山田 花子', born: ['1988', '5', '4'] });
      await one.open('/');
      await one.press(words.title);
      await one.sees(words.open);
      await one.sees(words.name);
      await one.press(words.issue);
      await one.sees(`…${id.slice(-4)}`);
      const code = (await one.page.locator('.proof strong').innerText()).trim();
      assert.match(code, /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
      const pdf = await one.page.locator('a[href$="/paper.pdf"]').getAttribute('href');
      const file = await one.context.request.get(town.portal + pdf);
      assert.equal(file.headers()['content-type'], 'application/pdf');
      assert.equal(file.headers()['cache-control'], 'no-store');
      // Once more it is the same one.
      await one.open('/');
      await one.press(words.title);
      assert.equal((await one.page.locator('.proof strong').innerText()).trim(), code);

      const employer = await town.phone({ language, script });
      await employer.open(`/certificate/check#${code.replaceAll('-', '')}`);
      if (script) {
        assert.equal(await employer.value('code'), code, 'the code of the QR code is filled in');
        assert.equal(new URL(employer.page.url()).hash, '', 'and is gone from the address');
      } else {
        await employer.fill({ code });
      }
      await born(employer, ['1988', '5', '5']);
      await employer.press(words.check);
      await employer.sees(words.none);
      await born(employer, ['1988', '5', '4']);
      await employer.press(words.check);
      await employer.sees(words.genuine);
      await employer.seesNot(words.name);
      await employer.press(words.another);
      assert.equal(await employer.value('code'), '');
      for (const x of [one, employer]) await x.context.close();
    });
  }
}
