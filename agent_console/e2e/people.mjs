/**
 * For scripts in which several people work, each in a browser of their own: log-in, steps, axe, pictures, and at the end one JSON
 * line (exit code 1 when a step does not come within its time).
 *
 * From the environment: CONSOLE_URL, CONSOLE_PASSWORD, CONSOLE_WAIT (seconds; 40), CONSOLE_SHOT (folder for pictures),
 * CONSOLE_LOCALE, CONSOLE_WIDTH.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { open } from '../dev/browser.mjs'

export const env = (name, otherwise = '') => process.env[`CONSOLE_${name}`] ?? otherwise
export const url = env('URL', 'http://127.0.0.1:51801')
export const locale = env('LOCALE', 'zh-CN')
/** What the script prints; a script adds to it what its test wants to know. */
export const result = { ok: false, step: '', violations: [], problems: [] }

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const people = {}
let shots = 0

/** Log in, in a browser of their own; where a test says so, of another language than the console's. */
export async function enter(who, { browserLocale = locale } = {}) {
  const width = Number(env('WIDTH', '1366'))
  people[who] = await open({ width, height: width > 1600 ? 1080 : 900, locale: browserLocale })
  const { page } = people[who]
  page.setDefaultTimeout(Number(env('WAIT', '40')) * 1000)
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await page.addInitScript((wanted) => localStorage.setItem('hotline.locale', wanted), locale)
  await page.goto(`${url}/#/`)
  await page.fill('#username', who)
  await page.fill('#password', env('PASSWORD', 'demo'))
  await page.keyboard.press('Enter')
  await test(page, 'who').waitFor()
  await page.waitForURL((at) => !at.hash.startsWith('#/login'))
  return page
}

export const test = (page, name) => page.locator(`[data-test="${name}"]`)
export const line = async (locator) => (await locator.innerText()).replace(/\s+/g, ' ').trim()

export async function go(page, path, wait) {
  await page.goto(`${url}/#${path}`)
  if (wait) await test(page, wait).first().waitFor()
}

/** Choose in one of the console's lists. */
export async function choose(page, name, words) {
  await test(page, name).click()
  await page.locator('.el-select-dropdown__item:visible', { hasText: words }).last().click()
}

export async function shot(page, name) {
  if (!env('SHOT')) return
  await page.waitForTimeout(400)
  await page.screenshot({ path: `${env('SHOT')}/${String((shots += 1)).padStart(2, '0')}-${name}.png`, fullPage: true, animations: 'disabled' })
}

/** axe looks at the page as it stands, and a picture is taken. */
export async function look(page, name, theme = 'light') {
  await page.evaluate((wanted) => Object.assign(document.documentElement.dataset, { theme: wanted }), theme)
  // a colour on its way would be measured as it is just then
  await page.evaluate(() => {
    if (document.adoptedStyleSheets.length) return
    const sheet = new CSSStyleSheet()
    sheet.replaceSync('*, *::before, *::after { transition: none !important; animation: none !important; }')
    document.adoptedStyleSheets = [sheet]
  })
  await page.waitForTimeout(300)
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE)
  const found = await page.evaluate(async (values) => {
    const { violations } = await window.axe.run(document, { runOnly: { type: 'tag', values }, rules: { 'target-size': { enabled: true } } })
    return violations.flatMap((one) => one.nodes.slice(0, 4).map((node) => `${one.id} ${node.target.join(' ')}: ${node.any?.[0]?.message ?? one.help}`))
  }, TAGS)
  result.violations.push(...found.map((text) => `${name} (${theme}): ${text}`))
  await shot(page, `${name}${theme === 'light' ? '' : `-${theme}`}`)
}

/** Do the steps (name → function) one after another, close every browser, and say how it went. `expected`: of a complaint of the
 *  browser, whether it belongs to the scene. */
export async function play(steps, expected = () => false) {
  try {
    for (const [name, run] of Object.entries(steps)) {
      result.step = name
      await run()
    }
    result.ok = true
  } catch (error) {
    result.error = error.message.split('\n').slice(0, 3).join(' ')
    for (const [who, { page }] of Object.entries(people)) await shot(page, `failed-${who}`).catch(() => undefined)
  } finally {
    for (const { browser, problems } of Object.values(people)) {
      result.problems.push(...problems.filter((text) => !expected(text)))
      await browser.close()
    }
  }
  console.log(JSON.stringify(result))
  process.exitCode = result.ok ? 0 : 1
}
