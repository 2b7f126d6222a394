/**
 * Transfers from the agent's side, in a real browser: consult an expert first, go to and fro, all three, without the expert;
 * then a three-way call with another hotline, which the agent leaves, and the form that says it settled nothing.
 * Environment as in desk.mjs. Prints one JSON line; exit code 1 when a step does not come within its time.
 */
import { open } from '../dev/browser.mjs'

const env = (name, otherwise) => process.env[`CONSOLE_${name}`] ?? otherwise
const wait = Number(env('WAIT', '90')) * 1000
const { browser, page, problems } = await open()
const test = (name) => page.locator(`[data-test="${name}"]`)
const state = (...names) => page.waitForSelector(names.map((name) => `[data-test="controls"][data-state="${name}"]`).join(), { timeout: wait })
const hears = (words) => page.waitForSelector(`[data-test="who-hears"][aria-label*="${words}"]`, { timeout: wait })
const over = () => page.waitForSelector('[data-test="transfer"]:not([data-state="trying"])', { timeout: wait })
const result = { ok: false, step: '', outcomes: [], submitted: false, problems }

let shots = 0
async function step(name, act) {
  result.step = name
  await act()
  if (env('SHOT')) await page.screenshot({ path: `${env('SHOT')}/${String((shots += 1)).padStart(2, '0')}-${name.replaceAll(' ', '-')}.png` })
}

async function choose(name, text) {
  await test(name).locator('input').focus()
  await page.keyboard.type(text, { delay: 15 })
  await page.waitForTimeout(300)
  await page.keyboard.press('Enter')
}

/** Ask for an expert until one presses 1: the demo's lawyers also refuse, or let it ring. */
async function consult() {
  for (let tries = 0; tries < 6; tries += 1) {
    await page.keyboard.press('Alt+t')
    await page.waitForSelector('[data-test="transfer"][data-state="trying"]', { timeout: 45_000 })
    await Promise.race([hears('我与').catch(() => {}), over().catch(() => {})])
    if (await page.locator('[data-test="who-hears"][aria-label*="我与"]').count()) return
    await page.waitForTimeout(500)
  }
  throw new Error('no expert ever accepted')
}

try {
  await step('log in', async () => {
    await page.goto(env('URL', ''))
    await page.fill('#username', env('USER', 'desk1'))
    await page.fill('#password', env('PASSWORD', 'demo'))
    await page.keyboard.press('Enter')
    await page.waitForSelector('.line.ok', { timeout: 45_000 })
    if (await test('ready').count()) await test('ready').click()
    await state('available')
  })
  await step('a caller', async () => {
    await test('call-me').click()
    await test('offer').first().waitFor({ timeout: wait })
    await page.keyboard.press('F2')
    await state('on_call')
    await page.keyboard.press('Alt+k')
    await page.keyboard.type('tqld', { delay: 15 })
    await page.waitForTimeout(200)
    await page.keyboard.press('Enter')
    await test('kind-attended').click()
  })
  await step('consult first', consult)
  await step('to the caller', async () => {
    await page.keyboard.press('Alt+s')
    await hears('来电人与我互通')
  })
  await step('all three', async () => {
    await page.keyboard.press('Alt+m')
    await page.waitForSelector('[data-test="order-drop"]', { timeout: wait })
  })
  await step('without the expert', async () => {
    await page.keyboard.press('Alt+b')
    await over()
    result.outcomes.push(await test('transfer').getAttribute('data-state'))
  })
  await step('other hotlines', async () => {
    await test('whom-hotline').click()
    await test('hotline').first().waitFor({ timeout: 10_000 })
  })
  await step('three way with a hotline', async () => {
    await test('kind-three_way').click()
    await test('hotline').filter({ hasText: '12345' }).click()
    await page.waitForSelector('[data-test="order-drop"]', { timeout: wait })
  })
  await step('leave', async () => {
    await page.keyboard.press('Alt+e')
    await state('wrap_up')
    await over()
    result.outcomes.push(await test('transfer').getAttribute('data-state'))
  })
  await step('submit', async () => {
    await test('caller_name').fill('王建国')
    await choose('matter_region', env('REGION', 'bsz'))
    await choose('service_type', env('SERVICE', 'S02'))
    await test('facts').fill('要求调查，对方热线未受理。')
    await choose('disposition', 'D06')
    await choose('handover-result', '未受理')
    await page.keyboard.press('Alt+Enter')
    await page.waitForSelector('[data-test="save-mark"][data-phase="submitted"]', { timeout: 45_000 })
    result.submitted = true
  })
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
