/**
 * Transfers from the agent's side, in a real browser: consult an expert first, go to and fro, all three, without the expert;
 * then a three-way call with another hotline, which the agent leaves, and the form that says it settled nothing.
 * From the environment: what `seat.mjs` names; CONSOLE_REGION, CONSOLE_SERVICE (what is typed into the fields).
 */
import { category, choose, env, logIn, page, play, ready, result, state, submit, test, wait } from './seat.mjs'

Object.assign(result, { outcomes: [], submitted: false })
const hears = (words) => page.waitForSelector(`[data-test="who-hears"][aria-label*="${words}"]`, { timeout: wait })
const over = () => page.waitForSelector('[data-test="transfer"]:not([data-state="trying"])', { timeout: wait })

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

await play({
  'log in': logIn,
  ready,
  'a caller': async () => {
    await test('call-me').click()
    await test('offer').first().waitFor({ timeout: wait })
    await page.keyboard.press('F2')
    await state('on_call')
    await category('tqld')
    await test('kind-attended').click()
  },
  'consult first': consult,
  'to the caller': async () => {
    await page.keyboard.press('Alt+s')
    await hears('来电人与我互通')
  },
  'all three': async () => {
    await page.keyboard.press('Alt+m')
    await page.waitForSelector('[data-test="order-drop"]', { timeout: wait })
  },
  'without the expert': async () => {
    await page.keyboard.press('Alt+b')
    await over()
    result.outcomes.push(await test('transfer').getAttribute('data-state'))
  },
  'other hotlines': async () => {
    await test('whom-hotline').click()
    await test('hotline').first().waitFor({ timeout: 10_000 })
  },
  'three way with a hotline': async () => {
    await test('kind-three_way').click()
    await test('hotline').filter({ hasText: '12345' }).click()
    await page.waitForSelector('[data-test="order-drop"]', { timeout: wait })
  },
  leave: async () => {
    await page.keyboard.press('Alt+e')
    await state('wrap_up')
    await over()
    result.outcomes.push(await test('transfer').getAttribute('data-state'))
  },
  submit: async () => {
    await test('caller_name').fill('王建国')
    await choose('matter_region', env('REGION', 'bsz'))
    await choose('service_type', env('SERVICE', 'S02'))
    await test('facts').fill('要求调查，对方热线未受理。')
    await choose('disposition', 'D06')
    await choose('handover-result', '未受理')
    await submit()
  },
})
