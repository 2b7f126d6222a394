/**
 * For scripts of one agent at one desk: the browser, log-in, steps, and at the end one JSON line (exit code 1 when a step does not
 * come within its time).
 *
 * From the environment: CONSOLE_URL, CONSOLE_USER (desk1), CONSOLE_PASSWORD, CONSOLE_WAIT (seconds for a call to ring, or a
 * transfer to end; 90), CONSOLE_SHOT (folder for a picture of each step).
 */
import { open } from '../dev/browser.mjs'

export const env = (name, otherwise) => process.env[`CONSOLE_${name}`] ?? otherwise
export const wait = Number(env('WAIT', '90')) * 1000
const { browser, page, problems } = await open()
export { page }
/** What the script prints; a script adds to it what its test wants to know. */
export const result = { ok: false, step: '', problems }

export const test = (name) => page.locator(`[data-test="${name}"]`)
export const state = (...names) => page.waitForSelector(names.map((name) => `[data-test="controls"][data-state="${name}"]`).join(), { timeout: wait })
export const phase = (name, timeout) => page.waitForSelector(`[data-test="save-mark"][data-phase="${name}"]`, { timeout })

export async function logIn() {
  await page.goto(env('URL', 'http://127.0.0.1:51801'))
  await page.fill('#username', env('USER', 'desk1'))
  await page.fill('#password', env('PASSWORD', 'demo'))
  await page.keyboard.press('Enter')
  await page.waitForSelector('.line.ok', { timeout: 45_000 })
}

export async function ready() {
  if (await test('end-wrap-up').count()) await test('end-wrap-up').click()
  await page.waitForTimeout(500)
  if (await test('ready').count()) await test('ready').click()
  await state('available')
}

/** Type into a list with a filter and take the first that fits. */
export async function choose(name, text) {
  await test(name).locator('input').focus()
  await page.keyboard.type(text, { delay: 15 })
  await page.waitForTimeout(300)
  await page.keyboard.press('Enter')
}

export async function category(code) {
  await page.keyboard.press('Alt+k')
  await page.keyboard.type(code, { delay: 15 })
  await page.waitForTimeout(200)
  await page.keyboard.press('Enter')
}

export async function submit() {
  await page.keyboard.press('Alt+Enter')
  await phase('submitted', 45_000)
  result.submitted = true
}

/** Do the steps (name → function) one after another, close the browser, and say how it went. */
export async function play(steps) {
  let shots = 0
  try {
    for (const [name, act] of Object.entries(steps)) {
      result.step = name
      await act()
      if (env('SHOT')) await page.screenshot({ path: `${env('SHOT')}/${String((shots += 1)).padStart(2, '0')}-${name.replaceAll(' ', '-')}.png` })
    }
    result.ok = true
  } catch (error) {
    result.error = error.message.split('\n')[0]
    result.notices = await page.locator('.el-message').allInnerTexts().catch(() => [])
    if (env('SHOT')) await page.screenshot({ path: `${env('SHOT')}/failed.png` }).catch(() => undefined)
  } finally {
    await browser.close()
  }
  console.log(JSON.stringify(result))
  process.exitCode = result.ok ? 0 : 1
}
