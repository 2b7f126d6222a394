/**
 * A call handled without the mouse, with a supervisor on the same form: accept, category by pinyin, a date that runs out, legal
 * aid, a page reload, a cut line with words typed meanwhile, the conflict that comes of it, hold, hang up, submit, end of
 * wrap-up. Prints one JSON line; exit code 1 when a step does not come within its time.
 *
 * From the environment: CONSOLE_URL, CONSOLE_PASSWORD (of desk1 and supervisor; their phones answer by themselves),
 * CONSOLE_WAIT (seconds; 90), CONSOLE_SHOT (folder for pictures).
 */
import { gzipSync } from 'node:zlib'
import { open } from '../dev/browser.mjs'

const env = (name, otherwise) => process.env[`CONSOLE_${name}`] ?? otherwise
const url = env('URL', 'http://127.0.0.1:51801')
const wait = Number(env('WAIT', '90')) * 1000
const MOST_TABS = 150
const result = { ok: false, step: '', scriptKb: 0, people: '', limit: '', conflict: {}, away: '', facts: '', clicks: 0, saveMs: [], problems: [] }
const desk = await open()
const boss = await open({ width: 1280, height: 800 })
const { page } = desk
const at = (name, on = page) => on.locator(`[data-test="${name}"]`)
const state = (name) => page.waitForSelector(`[data-test="controls"][data-state="${name}"]`, { timeout: wait })
const mark = (phase, on = page) => on.waitForSelector(`[data-test="save-mark"][data-phase="${phase}"]`, { timeout: 20_000 })
const keys = async (...all) => {
  for (const key of all) await page.keyboard.press(key)
}
const type = (text) => page.keyboard.type(text, { delay: 8 })

let shots = 0
async function step(name, act, on = page) {
  result.step = name
  await act()
  if (!env('SHOT')) return
  await on.waitForTimeout(500)
  await on.screenshot({ path: `${env('SHOT')}/${String((shots += 1)).padStart(2, '0')}-${name.replaceAll(' ', '-')}.png` })
}

/** Press Tab until the focus is in what is named. */
async function tabTo(name, key = 'Tab') {
  for (let n = 0; n < MOST_TABS; n += 1) {
    if (await page.evaluate((wanted) => Boolean(document.activeElement?.closest(`[data-test="${wanted}"]`)), name)) return
    await page.keyboard.press(key)
  }
  throw new Error(`the keyboard does not reach ${name}`)
}

async function choose(text) {
  await type(text)
  await page.waitForTimeout(300)
  await keys('Enter')
}

// The line can be cut: nothing of the feed or of HTTP comes through.
let cut = false
await page.routeWebSocket(/\/api\/feed/, (socket) => {
  const server = socket.connectToServer()
  socket.onMessage((message) => cut || server.send(message))
  server.onMessage((message) => cut || socket.send(message))
})
await page.route('**/api/**', (route) => (cut ? route.abort() : route.continue()))
// What the first load costs, as a server that compresses would send it.
let counting = true
page.on('response', async (response) => {
  if (!counting || !response.url().endsWith('.js')) return
  const body = await response.body().catch(() => null)
  if (body) result.scriptKb += gzipSync(body).length / 1000
})
page.on('requestfinished', async (request) => {
  if (request.method() === 'PATCH') result.saveMs.push(Math.round(request.timing().responseEnd))
})
await page.addInitScript(() => {
  window.clicks = 0
  // A click that a key made has no coordinates of a pointer.
  window.addEventListener('pointerdown', () => (window.clicks += 1), true)
})
const clicks = async () => (result.clicks += await page.evaluate(() => window.clicks))

const day = new Date(Date.now() + 3 * 86_400_000)
day.setFullYear(day.getFullYear() - 1)
const iso = `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`

try {
  await step('log in', async () => {
    await page.goto(url)
    await page.waitForSelector('#username')
    await page.locator('#username').focus()
    await type('desk1')
    await keys('Tab')
    await type(env('PASSWORD', 'demo'))
    await keys('Enter')
    await page.waitForSelector('.line.ok', { timeout: 20_000 })
  })
  await step('ready', async () => {
    await keys('Alt+r')
    await state('available')
    await at('call-me').waitFor({ timeout: 10_000 })
  })
  await step('ringing', async () => {
    await tabTo('call-me')
    await keys('Enter')
    await at('offer').first().waitFor({ timeout: wait })
  })
  await step('accept', async () => {
    await keys('F2')
    await state('on_call')
    await mark('clean')
    await page.waitForTimeout(500)
    counting = false
    result.scriptKb = Math.round(result.scriptKb)
  })
  await step('form', async () => {
    await keys('Alt+k')
    await type('tqld')
    await page.waitForTimeout(200)
    await keys('Enter', 'Alt+f')
    await type('拖欠三个月工资，约二万四千元。')
    await keys('Alt+f')
    await tabTo('caller_name', 'Shift+Tab')
    await type('王建国')
    await tabTo('matter_region')
    await choose('bsz')
    await tabTo('service_type')
    await choose('S01')
    await mark('clean')
  })
  await step('legal aid and a date', async () => {
    await at('legal-aid').waitFor({ timeout: 45_000 })
    await keys('Alt+l', 'Space')
    await keys('Alt+y')
    await page.waitForTimeout(300)
    await choose('知道权利')
    await tabTo('date-day')
    await type(iso.replaceAll('-', '/'))
    await keys('Tab')
    const typed = await at('date-day').inputValue()
    if (typed !== iso) throw new Error(`the date reads ${typed}, not ${iso}`)
    await page.waitForSelector('[data-test="limit"]', { timeout: 45_000 })
    result.limit = await at('limit').first().getAttribute('data-state')
    await at('flag-hint').first().waitFor({ timeout: 45_000 })
    await mark('clean')
  })
  await step('reload', async () => {
    const before = await at('facts').inputValue()
    await clicks()
    await page.reload()
    await page.waitForSelector('.line.ok', { timeout: 30_000 })
    await mark('clean')
    const after = await at('facts').inputValue()
    if (after !== before) throw new Error('the reload lost words')
  })
  await step('two on one form', async () => {
    const form = page.url().replace(/#.*/, '')
    const id = await page.evaluate(() => fetch('/api/calls?state=live&limit=1').then((answer) => answer.json()).then((found) => found.items[0].call_id))
    await boss.page.goto(`${form}#/calls/${id}/form`)
    await boss.page.fill('#username', 'supervisor')
    await boss.page.fill('#password', env('PASSWORD', 'demo'))
    await boss.page.keyboard.press('Enter')
    await mark('clean', boss.page)
    await at('advice', boss.page).click()
    await at('people').waitFor({ timeout: 20_000 })
    await at('advice', boss.page).pressSequentially('可先向劳动监察投诉，也可申请仲裁。')
    await page.waitForFunction(() => document.querySelector('[data-test="advice"]')?.value?.includes('劳动监察') ?? false, null, { timeout: 20_000 })
    result.people = await at('people').innerText()
  })
  await step('cut line', async () => {
    cut = true
    await keys('Alt+f', 'End')
    await type('有工资条。')
    await at('facts', boss.page).click()
    await boss.page.keyboard.press('End')
    await at('facts', boss.page).pressSequentially('（班长补：同厂还有五人。）')
    await mark('clean', boss.page)
    await page.waitForSelector('[data-test="line-banner"]', { timeout: 30_000 })
    if (!(await at('hold').isDisabled())) throw new Error('the call buttons are not grey')
    if (!(await at('facts').inputValue()).includes('有工资条。')) throw new Error('typing waited for the line')
  })
  await step('conflict', async () => {
    cut = false
    await page.waitForSelector('.line.ok', { timeout: 40_000 })
    await at('conflict').waitFor({ timeout: 30_000 })
    result.away = await at('away').innerText().catch(() => '')
    result.conflict = { mine: await at('conflict-mine').innerText(), theirs: await at('conflict-theirs').innerText() }
  })
  await step('decided', async () => {
    await tabTo('keep-both')
    await keys('Enter')
    await mark('clean')
    result.facts = await at('facts').inputValue()
  })
  await step('hold and resume', async () => {
    await keys('Alt+h')
    await page.waitForSelector('.controls.held', { timeout: 45_000 })
    await keys('Alt+h')
    await page.waitForSelector('.controls:not(.held)', { timeout: 45_000 })
  })
  await step('hang up', async () => {
    await keys('Alt+q')
    await state('wrap_up')
  })
  await step('submit', async () => {
    await keys('Alt+d')
    await choose('D01')
    await mark('clean')
    await keys('Alt+Enter')
    await mark('submitted')
  })
  await step('free again', async () => {
    await keys('Alt+w')
    await state('available')
    await clicks()
  })
  result.ok = true
} catch (error) {
  result.error = error.message.split('\n')[0]
  result.notices = await page.locator('.el-message').allInnerTexts().catch(() => [])
  if (env('SHOT')) {
    await page.screenshot({ path: `${env('SHOT')}/failed.png` }).catch(() => undefined)
    await boss.page.screenshot({ path: `${env('SHOT')}/failed-boss.png` }).catch(() => undefined)
  }
} finally {
  // What the cut line makes the browser say is not a problem.
  result.problems = [...desk.problems, ...boss.problems].filter((one) => !/ERR_FAILED|401/.test(one))
  await desk.browser.close()
  await boss.browser.close()
}
console.log(JSON.stringify(result))
process.exitCode = result.ok ? 0 : 1
