/**
 * Every page of the console on a running hotline: axe (WCAG 2.2 AA) by day, by night and in large type, nothing that runs over
 * the edge from right to left, no error in the browser's console; and, with SHOTS=<folder>, a picture of each.
 *
 *   CONSOLE_URL=http://127.0.0.1:8348 CONSOLE_PASSWORD=… node e2e/pages.mjs
 */
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { open } from '../dev/browser.mjs'

const env = (name, other = '') => process.env[name] ?? other
const BASE = env('CONSOLE_URL', 'http://127.0.0.1:51801')
const PASSWORD = env('CONSOLE_PASSWORD')
const SHOTS = env('SHOTS')
const ONLY = env('ONLY')
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
/** What the theme, and what the size of type, can spoil; everything else is looked at once. */
const BY_THEME = ['color-contrast']
const BY_TYPE = ['target-size']
const LIMIT = 20_000
const SHOT_SIZE = { width: 1200, height: 650 }

const result = { ok: false, pages: {}, violations: [], overflow: [], problems: [] }
const { browser, context, page, problems } = await open(SHOT_SIZE)
page.setDefaultTimeout(LIMIT)
if (SHOTS) await mkdir(SHOTS, { recursive: true })

const test = (name) => page.locator(`[data-test="${name}"]`)
const look = (theme, type, dir = 'ltr') =>
  page.evaluate(([theme, type, dir]) => Object.assign(document.documentElement, { dir }) && Object.assign(document.documentElement.dataset, { theme, type }), [theme, type, dir])

/** What axe finds, one line a rule and place. */
async function axe(name, mode, rules) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE)
  const found = await page.evaluate(async ([tags, rules]) => {
    const options = rules.length ? { runOnly: { type: 'rule', values: rules } } : { runOnly: { type: 'tag', values: tags }, rules: { 'target-size': { enabled: true } } }
    const { violations } = await window.axe.run(document, options)
    return violations.flatMap((one) => one.nodes.slice(0, 4).map((node) => `${one.id} ${node.target.join(' ')}: ${node.any?.[0]?.message ?? one.help}`))
  }, [TAGS, rules])
  result.violations.push(...found.map((line) => `${name} (${mode}): ${line}`))
}

/** What sticks out at either side of the page, or is cut off without a scroll bar. */
async function overflow(name, mode) {
  const found = await page.evaluate(() => {
    const out = []
    const wide = document.documentElement.clientWidth
    for (const box of [document.documentElement, ...document.querySelectorAll('main')]) {
      if (box.scrollWidth > box.clientWidth + 1) out.push(`${box.tagName.toLowerCase()} is ${box.scrollWidth} wide in ${box.clientWidth}`)
    }
    for (const one of document.querySelectorAll('header, nav, main h1, main .sheet, main button, footer')) {
      const { left, right, width } = one.getBoundingClientRect()
      let scrolled = false
      for (let up = one.parentElement; up; up = up.parentElement) scrolled ||= /auto|scroll|hidden/.test(getComputedStyle(up).overflowX) && up.tagName !== 'MAIN'
      if (width && !scrolled && (left < -1 || right > wide + 1)) out.push(`${one.tagName.toLowerCase()}.${one.className} from ${Math.round(left)} to ${Math.round(right)} of ${wide}`)
    }
    return out.slice(0, 4)
  })
  result.overflow.push(...found.map((line) => `${name} (${mode}): ${line}`))
}

/** Colours have got to where they are going. */
const painted = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30)))))

async function settle() {
  await page.waitForFunction(() => !document.querySelector('.el-loading-mask:not([style*="none"])'))
  await page.evaluate(() => document.fonts.ready)
  await page.waitForTimeout(150)
}

async function shot(name) {
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}.png`, animations: 'disabled' })
}

/** Everything that is looked for on one page as it stands. `fixed`: its colours are its own. */
async function still() {
  // a colour on its way would be measured as it is just then
  await page.evaluate(() => {
    if (document.adoptedStyleSheets.length) return
    const sheet = new CSSStyleSheet()
    sheet.replaceSync('*, *::before, *::after { transition: none !important; animation: none !important; }')
    document.adoptedStyleSheets = [sheet]
  })
}

async function examine(name, { fixed = false, shots = ['light'] } = {}) {
  if (ONLY && !name.includes(ONLY)) return
  await still()
  await settle()
  const began = Date.now()
  const modes = fixed ? [['dark', 'usual', []]] : [['light', 'usual', []], ['dark', 'usual', BY_THEME], ['light', 'large', BY_TYPE]]
  for (const [theme, type, rules] of modes) {
    await look(theme, type)
    await painted()
    await axe(name, `${theme} ${type}`, rules)
    await overflow(name, `${theme} ${type}`)
    if (fixed || shots.includes(theme === 'dark' ? 'dark' : type === 'large' ? 'large' : 'light')) await shot(fixed || (theme === 'light' && type === 'usual') ? name : `${name}-${theme === 'dark' ? 'dark' : 'large'}`)
  }
  if (!fixed) await look('light', 'usual', 'rtl')
  else await look('dark', 'usual', 'rtl')
  await overflow(name, 'right to left')
  await look(fixed ? 'dark' : 'light', 'usual')
  result.pages[name] = Date.now() - began
}

async function logIn(username) {
  await context.clearCookies()
  await page.goto('about:blank')
  await page.goto(`${BASE}/#/login`)
  await page.fill('#username', username)
  await page.fill('#password', PASSWORD)
  await page.keyboard.press('Enter')
  await test('who').waitFor()
  // Who has nothing of the desk has no line to it.
  if (username !== 'stats') await page.waitForSelector('.line.ok')
}
const go = async (hash, wait) => {
  await page.goto(`${BASE}/#${hash}`)
  await page.locator(wait).first().waitFor()
}

try {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await page.goto(BASE)
  await page.waitForSelector('#username')
  await examine('login')
  // what callers see, without a log-in; the answer is made up, so that a ticket with everything is looked at
  await go('/progress', '#number')
  await examine('progress')
  const step = (phase, at) => ({ phase, at })
  const ticket = {
    number: '20261122-0001-38', private: false, phase: 'handling', due_at: Date.now() / 1000 + 500_000, provisional: true, materials: [], centre: '白沙镇公共法律服务工作站',
    centre_phone: '0999-1234805', steps: [step('received', 1795000000), step('accepted', 1795030000), step('assigned', 1795100000), step('handling', 1795200000)],
    appointment: null, kinds: ['call', 'visit'],
  }
  const morning = Math.ceil(Date.now() / 86_400_000) * 86_400 + 3600
  await page.route('**/api/public/progress', (route) => route.fulfill({ json: ticket }))
  await page.route('**/api/public/progress/slots', (route) => route.fulfill({ json: { items: [0, 1, 2, 3].map((n) => ({ plan_id: 'apl_1', starts_at: morning + n * 1800, ends_at: morning + n * 1800 + 1800, left: n + 1 })) } }))
  await page.fill('#number', '20261122000138')
  await page.fill('#code', '404142')
  await page.keyboard.press('Enter')
  await test('progress').waitFor()
  await test('book-visit').click()
  await test('slots').waitFor()
  await examine('progress-found', { shots: ['light', 'dark', 'large'] })
  await page.setViewportSize({ width: 390, height: 780 })
  await examine('progress-phone')
  await page.setViewportSize(SHOT_SIZE)
  await page.unrouteAll()

  // the desk: waiting, ringing, talking, writing up
  await logIn('desk1')
  await page.locator('.shell').waitFor()
  // a run before this one may have left a call, or its writing up
  await page.locator('[data-test="ready"], [data-test="end-wrap-up"], [data-test="controls"]').first().waitFor()
  if (await page.locator('[data-test="controls"][data-state="on_call"]').count()) await page.keyboard.press('Alt+q')
  await page.waitForTimeout(500)
  if (await test('end-wrap-up').count()) await test('end-wrap-up').click()
  await test('ready').or(test('call-me')).first().waitFor()
  if (await test('ready').count()) await test('ready').click()
  await test('call-me').waitFor()
  await examine('desk-ready')
  await test('headset').click()
  await test('headset-panel').waitFor()
  await page.waitForTimeout(300)
  await examine('headset')
  await page.keyboard.press('Escape')
  await test('headset-panel').waitFor({ state: 'hidden' })
  await test('call-me').click()
  await test('offer').waitFor()
  await shot('desk-ringing')
  await page.keyboard.press('F2')
  await page.waitForSelector('[data-test="controls"][data-state="on_call"]')
  await examine('desk-in-call', { shots: ['light', 'dark', 'large'] })
  await test('tab-script').click()
  await page.getByRole('button', { name: 'EN', exact: true }).click()
  await settle()
  await shot('desk-english')
  await page.getByRole('button', { name: '中文', exact: true }).click()
  await page.keyboard.press('?').catch(() => undefined)
  for (const [name, hash, wait] of [['calls', '/calls', '.el-table__row'], ['tickets', '/tickets', '.el-table'], ['tasks', '/tasks', '.el-table'], ['knowledge', '/knowledge', '.page-head']]) {
    await go(hash, wait)
    await examine(name)
  }
  await go('/calls', '.el-table__row')
  await page.locator('.el-table__row').first().click()
  await page.waitForURL(/#\/calls\/call_/)
  await page.locator('main .sheet').nth(2).waitFor()
  await examine('call')
  await go('/password', '#current')
  await examine('password')

  // the supervisor: board, wall, the office's pages
  await logIn('wall')
  await go('/board', '[data-test="board-agent"]')
  await examine('board', { shots: ['light', 'dark'] })
  await page.setViewportSize({ width: 1600, height: 900 })
  await go('/wall', '[data-test="wall-waiting"]')
  await examine('wall', { fixed: true })
  await page.setViewportSize(SHOT_SIZE)
  await go('/emergencies', '.el-table')
  await examine('emergencies')
  await go('/restrictions', '.el-table')
  await examine('restrictions')
  await go('/letters', '.el-table')
  await examine('letters')
  await test('bell').click()
  await test('notices').waitFor()
  await examine('notices')
  await page.keyboard.press('Escape')
  if (!(await page.evaluate(() => document.activeElement?.getAttribute('data-test') === 'bell'))) result.problems.push('Escape does not give the focus back to the bell')

  // what is owed to callers, one of them open, and a confidential ticket
  await go('/owed', '[data-test="owed-open"]')
  await examine('owed')
  await page.locator('.el-table__row', { hasText: '回访' }).first().locator('[data-test="owed-open"]').click()
  await test('owed-done').waitFor()
  await page.waitForTimeout(300)
  await examine('owed-task', { shots: ['light', 'dark'] })
  await page.keyboard.press('Escape')
  await page.locator('.el-table__row', { hasText: '保密' }).first().locator('a').first().click()
  await test('kept').waitFor()
  await examine('ticket-kept')
  await test('safety').click()
  await test('safety-form').waitFor()
  await page.waitForTimeout(300)
  await examine('safety')
  await page.keyboard.press('Escape')

  // the statistician has ledgers, and nothing else
  await logIn('stats')
  await page.waitForURL(/#\/ledgers/)
  await page.locator('.page-head').waitFor()
  await settle()
  await go('/calls', '.page-head')
  await page.waitForURL(/#\/ledgers/)

  // the administrator
  await logIn('admin')
  const admin = [
    ['pool', '/pool', '[data-test="open-expert"]'], ['roster', '/roster', '[data-test="roster"]'], ['import', '/pool/import', 'h1'], ['firms', '/admin/firms', '.el-table__row'],
    ['people', '/admin/people', '.el-table__row'], ['lines', '/admin/lines', '.el-table__row'], ['hours', '/admin/hours', '[data-test="calendar"]'],
    ['hotlines', '/admin/hotlines', '.el-table__row'], ['flows', '/admin/flows', '.el-table__row'], ['flow', '/admin/flows/main', '[data-test="flow-good"]'],
    ['prompts', '/admin/prompts', '[data-test="prompt"]'], ['trunks', '/admin/trunks', '[data-test="trunk"]'], ['changes', '/admin/changes', 'h1'],
  ]
  for (const [name, hash, wait] of admin) {
    await go(hash, wait)
    if (name === 'prompts') await page.locator('.page-head input[maxlength]').fill('感谢')
    await examine(name, name === 'people' ? { shots: ['light', 'dark', 'large'] } : {})
  }
  // the centres: ledgers with their forms, the picture of what is sent back, the tree and the rules
  for (const [name, hash, wait] of [['ledgers', '/ledgers', '[data-test="totals"]'], ['bounces', '/bounces', 'h1'], ['plans', '/plans', '[data-test="add-plan"]'], ['centres', '/admin/centres', '[data-test="centre"]'], ['rules', '/admin/dispatch-rules', '[data-test="proposal"] b']]) {
    await go(hash, wait)
    await examine(name, { shots: ['light', 'dark'] })
  }
  await test('add-rule').click()
  await test('save-rule').waitFor()
  await page.keyboard.press('Escape')

  // dialogs and open menus have their own traps
  await go('/admin/flows/main', '[data-test="flow-good"]')
  await page.getByRole('tab').nth(1).click()
  await page.locator('.picture img').waitFor()
  await examine('flow-picture')
  await go('/admin/people', '.el-table__row')
  await test('edit-desk1').click()
  await test('person-name').waitFor()
  await page.waitForTimeout(300)
  await examine('person')
  await page.keyboard.press('Escape')
  await test('nav-lines').focus()
  await page.keyboard.press('ArrowDown')
  await examine('menu')
  await page.keyboard.press('Escape')
  if (!(await page.evaluate(() => document.activeElement?.getAttribute('data-test') === 'nav-lines'))) result.problems.push('Escape does not give the focus back to the menu button')

  // what was chosen is remembered
  await test('appearance').click()
  await test('theme-dark').click()
  await page.reload()
  await test('who').waitFor()
  if ((await page.evaluate(() => document.documentElement.dataset.theme)) !== 'dark') result.problems.push('the dark theme is forgotten')
  await test('appearance').click()
  await test('theme-auto').click()
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark')
  await page.emulateMedia({ colorScheme: 'light' })
  result.ok = true
} catch (error) {
  result.error = error.message.split('\n')[0]
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/failed.png` }).catch(() => undefined)
} finally {
  // Before log-in the console asks whether an old session holds: that 401 is the only error allowed.
  result.problems.push(...problems.filter((one) => !one.includes('401')))
  await browser.close()
}
console.log(JSON.stringify(result))
process.exitCode = result.ok ? 0 : 1
