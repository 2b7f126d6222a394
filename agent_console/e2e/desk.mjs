/**
 * One call from the agent's side, in a real browser: log in, ready, accept, fill the form by keyboard, transfer, see the
 * outcome of each expert tried, submit. Prints one JSON line; exit code 1 when a step does not come within its time.
 *
 * From the environment: CONSOLE_URL, CONSOLE_USER, CONSOLE_PASSWORD; CONSOLE_CALL_ME=0 when a caller comes from elsewhere;
 * CONSOLE_REGION, CONSOLE_CATEGORY, CONSOLE_SERVICE, CONSOLE_DISPOSITION (what is typed into the fields);
 * CONSOLE_WAIT (seconds for a call to ring, or a transfer to end; 90); CONSOLE_SHOT (folder for a picture of each step).
 */
import { open } from '../dev/browser.mjs'

const env = (name, otherwise) => process.env[`CONSOLE_${name}`] ?? otherwise
const url = env('URL', 'http://127.0.0.1:51801')
const wait = Number(env('WAIT', '90')) * 1000
const { browser, page, problems } = await open()
const test = (name) => page.locator(`[data-test="${name}"]`)
const state = (...names) => page.waitForSelector(names.map((name) => `[data-test="controls"][data-state="${name}"]`).join(), { timeout: wait })
const saved = () => page.waitForSelector('[data-test="save-mark"][data-phase="clean"]', { timeout: 10_000 })
const result = { ok: false, step: '', tries: [], transfer: '', submitted: false, problems }

let shots = 0
async function step(name, act) {
  result.step = name
  await act()
  if (env('SHOT')) await page.screenshot({ path: `${env('SHOT')}/${String((shots += 1)).padStart(2, '0')}-${name.replaceAll(' ', '-')}.png` })
}

/** Type into a list with a filter and take the first that fits. */
async function choose(name, text) {
  await test(name).locator('input').focus()
  await page.keyboard.type(text, { delay: 15 })
  await page.waitForTimeout(300)
  await page.keyboard.press('Enter')
}

try {
  await step('log in', async () => {
    await page.goto(url)
    await page.fill('#username', env('USER', 'desk1'))
    await page.fill('#password', env('PASSWORD', 'demo'))
    await page.keyboard.press('Enter')
    await page.waitForSelector('.line.ok', { timeout: 45_000 })
  })
  await step('ready', async () => {
    if (await test('end-wrap-up').count()) await test('end-wrap-up').click()
    await page.waitForTimeout(500)
    if (await test('ready').count()) await test('ready').click()
    await state('available')
  })
  await step('offer', async () => {
    if (env('CALL_ME', '1') !== '0') await test('call-me').click()
    await test('offer').first().waitFor({ timeout: wait })
  })
  await step('accept', async () => {
    await page.keyboard.press('F2')
    await state('on_call')
  })
  await step('fill the form', async () => {
    await test('caller_name').fill('王建国')
    await page.keyboard.press('Alt+k')
    await page.keyboard.type(env('CATEGORY', 'tqld'), { delay: 15 })
    await page.waitForTimeout(200)
    await page.keyboard.press('Enter')
    await choose('matter_region', env('REGION', 'bsz'))
    await choose('service_type', env('SERVICE', 'S02'))
    await test('facts').fill('拖欠三个月工资，有考勤记录和转账记录。')
    await test('request').fill('要求支付工资。')
    await saved()
    // Unpaid wages: the law wants legal aid spoken of.
    await test('legal-aid').waitFor({ timeout: 10_000 })
    await test('aid-told').check()
    await saved()
  })
  await step('hold and resume', async () => {
    await page.keyboard.press('Alt+h')
    await page.waitForSelector('.controls.held', { timeout: 10_000 })
    await page.keyboard.press('Alt+h')
    await page.waitForSelector('.controls:not(.held)', { timeout: 10_000 })
  })
  await step('transfer', async () => {
    await page.keyboard.press('Alt+t')
    await page.waitForSelector('[data-test="try"]', { timeout: 45_000 })
    await page.waitForSelector('[data-test="transfer"]:not([data-state="trying"])', { timeout: wait })
    result.transfer = await test('transfer').getAttribute('data-state')
    result.tries = await test('try').evaluateAll((found) => found.map((one) => one.dataset.state))
  })
  await step('wrap-up', async () => {
    // Nobody took over: the caller is back with the agent, who ends the call.
    if (result.transfer !== 'connected') await page.keyboard.press('Alt+q')
    await state('wrap_up')
  })
  await step('submit', async () => {
    await choose('disposition', env('DISPOSITION', 'D04'))
    await saved()
    await page.keyboard.press('Alt+Enter')
    await page.waitForSelector('[data-test="save-mark"][data-phase="submitted"]', { timeout: 45_000 })
    result.submitted = true
  })
  await step('free again', async () => {
    if (await test('end-wrap-up').count()) await test('end-wrap-up').click()
    await state('available')
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
