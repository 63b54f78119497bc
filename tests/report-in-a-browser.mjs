// Reads reports as people do: in a browser, on a telephone and on a wide screen, in the light and in the dark.
//
//   npm install --prefix /tmp/browser playwright-core axe-core
//   NODE_PATH=/tmp/browser/node_modules node tests/report-in-a-browser.mjs report.html… [--shots FOLDER]
//
// Needs Chromium (CHROMIUM, or /usr/bin/chromium). Fails where axe-core finds anything, where a page scrolls sideways, loads
// or complains of something, or where the slider and the button do not turn the time.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';

const require = createRequire(import.meta.url);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core'), 'utf8');

const words = process.argv.slice(2);
const at = words.indexOf('--shots');
const shots = at < 0 ? null : words.splice(at, 2)[1];
const faults = [];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
for (const file of words) {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [360, 800, 1400]) {
      const name = `${basename(dirname(resolve(file)))}, ${colorScheme}, ${width} px`;
      const expect = (holds, what) => holds || faults.push(`${name}: ${what}`);
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
      const page = await context.newPage();
      page.on('console', (message) => expect(message.type() !== 'error', message.text()));
      page.on('pageerror', (error) => expect(false, error.message));
      page.on('request', (request) => expect(/^(file|data):/.test(request.url()), `asks for ${request.url()}`));
      await page.goto(`file://${resolve(file)}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide <= 0, `scrolls sideways by ${wide} px`);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      violations.forEach((found) => expect(false, `${found.id}: ${found.nodes.map((node) => node.html.slice(0, 120))}`));
      for (const film of await page.$$('figure.film')) {
        const [slider, button] = [await film.$('input'), await film.$('button')];
        const seen = () => film.evaluate((figure) => [
          figure.querySelector('.time').textContent,
          ...Array.from(figure.querySelectorAll('.scene'), (s) => (getComputedStyle(s).display === 'none' ? '' : s.dataset.time)).filter(Boolean),
        ]);
        const [last, ...scenes] = await seen();
        expect(scenes.length > 0 && scenes.every((time) => time === last), `${scenes} is seen at ${last}`);
        await slider.focus();
        await page.keyboard.press('ArrowLeft');
        const before = await seen();
        expect(before[0] !== last && before.every((time) => time === before[0]), `a key turns ${last} to ${before}`);
        await button.focus();
        await page.keyboard.press('Space');
        await page.waitForFunction(([figure, time]) => figure.querySelector('.time').textContent === time, [film, last]);
      }
      if (shots) await page.screenshot({ path: `${shots}/${name.replace(/, /g, '-').replace(' px', '')}.png`, fullPage: true });
      await context.close();
    }
  }
}
await browser.close();
faults.forEach((fault) => console.error(fault));
console.log(`${words.length} reports, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
