/**
 * One call from the agent's side, in a real browser: log in, ready, accept, fill the form by keyboard, transfer, see the
 * outcome of each expert tried, submit.
 *
 * From the environment: what `seat.mjs` names; CONSOLE_CALL_ME=0 when a caller comes from elsewhere; CONSOLE_REGION,
 * CONSOLE_CATEGORY, CONSOLE_SERVICE, CONSOLE_DISPOSITION (what is typed into the fields).
 */
import { category, choose, env, logIn, page, phase, play, ready, result, state, submit, test, wait } from './seat.mjs'

Object.assign(result, { tries: [], transfer: '', submitted: false })
const saved = () => phase('clean', 10_000)

await play({
  'log in': logIn,
  ready,
  offer: async () => {
    if (env('CALL_ME', '1') !== '0') await test('call-me').click()
    await test('offer').first().waitFor({ timeout: wait })
  },
  accept: async () => {
    await page.keyboard.press('F2')
    await state('on_call')
  },
  'fill the form': async () => {
    await test('caller_name').fill('王建国')
    await category(env('CATEGORY', 'tqld'))
    await choose('matter_region', env('REGION', 'bsz'))
    await choose('service_type', env('SERVICE', 'S02'))
    await test('facts').fill('拖欠三个月工资，有考勤记录和转账记录。')
    await test('request').fill('要求支付工资。')
    await saved()
    // Unpaid wages: the law wants legal aid spoken of.
    await test('legal-aid').waitFor({ timeout: 10_000 })
    await test('aid-told').check()
    await saved()
  },
  'hold and resume': async () => {
    await page.keyboard.press('Alt+h')
    await page.waitForSelector('.controls.held', { timeout: 10_000 })
    await page.keyboard.press('Alt+h')
    await page.waitForSelector('.controls:not(.held)', { timeout: 10_000 })
  },
  transfer: async () => {
    await page.keyboard.press('Alt+t')
    await page.waitForSelector('[data-test="try"]', { timeout: 45_000 })
    await page.waitForSelector('[data-test="transfer"]:not([data-state="trying"])', { timeout: wait })
    result.transfer = await test('transfer').getAttribute('data-state')
    result.tries = await test('try').evaluateAll((found) => found.map((one) => one.dataset.state))
  },
  'wrap-up': async () => {
    // Nobody took over: the caller is back with the agent, who ends the call.
    if (result.transfer !== 'connected') await page.keyboard.press('Alt+q')
    await state('wrap_up')
  },
  submit: async () => {
    await choose('disposition', env('DISPOSITION', 'D04'))
    await saved()
    await submit()
  },
  'free again': async () => {
    if (await test('end-wrap-up').count()) await test('end-wrap-up').click()
    await state('available')
  },
})
