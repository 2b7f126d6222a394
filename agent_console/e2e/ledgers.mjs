/**
 * What centres keep and hand on, in the browser: the town offers a ticket and the head of the county takes it over; the town writes
 * a visit down and exports the ledger; the picture of what is sent back is walked by keyboard. axe looks at each page.
 * Prints one JSON line; exit code 1 when a step does not come within its time.
 *
 * From the environment: CONSOLE_URL, CONSOLE_PASSWORD, CONSOLE_TICKET (number, the town's), CONSOLE_WAIT (seconds; 40),
 * CONSOLE_SHOT (folder for pictures).
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { open } from '../dev/browser.mjs'

const env = (name, otherwise) => process.env[`CONSOLE_${name}`] ?? otherwise
const url = env('URL', 'http://127.0.0.1:51801')
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const people = {}
const result = { ok: false, step: '', pair: [], violations: [], problems: [], visit: '', file: '' }

async function enter(who) {
  people[who] = await open({ width: 1366, height: 900, locale: 'zh-CN' })
  const { page } = people[who]
  page.setDefaultTimeout(Number(env('WAIT', '40')) * 1000)
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await page.addInitScript(() => localStorage.setItem('hotline.locale', 'zh-CN'))
  await page.goto(`${url}/#/`)
  await page.fill('#username', who)
  await page.fill('#password', env('PASSWORD', 'demo'))
  await page.keyboard.press('Enter')
  await page.waitForURL(/#\/tickets/)
  return page
}

async function look(page, name) {
  await page.waitForTimeout(400)
  await page.evaluate(AXE)
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
  const found = await page.evaluate(async (values) => {
    const { violations } = await window.axe.run(document, { runOnly: { type: 'tag', values } })
    return violations.flatMap((one) => one.nodes.slice(0, 3).map((node) => `${one.id} ${node.target.join(' ')}`))
  }, tags)
  result.violations.push(...found.map((line) => `${name}: ${line}`))
  if (env('SHOT')) await page.screenshot({ path: `${env('SHOT')}/${name}.png`, fullPage: true })
}

const test = (page, name) => page.locator(`[data-test="${name}"]`)
async function send(page) {
  await test(page, 'act-send').click()
  await test(page, 'act-form').waitFor({ state: 'detached' })
}

async function step(name, run) {
  result.step = name
  await run()
}

try {
  const town = await enter('town')
  await step('offer', async () => {
    await town.goto(`${url}/#/tickets/${env('TICKET')}`)
    await test(town, 'progress').waitFor()
    await town.locator('[data-test="acts"] .el-dropdown button').click()
    await town.locator('.el-dropdown-menu__item', { hasText: '移交' }).first().click()
    await test(town, 'act-form').waitFor()
    await town.locator('[data-test="need-person_id"] .el-select').click()
    await town.locator('.el-select-dropdown__item', { hasText: '江北区中心主任' }).click()
    await town.locator('[data-test="need-why"] textarea').fill('需要县区统一协调')
    await send(town)
    await test(town, 'handover').waitFor()
    await look(town, 'handover')
  })
  const head = await enter('director')
  await step('accept', async () => {
    await test(head, 'offered').click()
    await head.locator('.el-table__row').first().click()
    await test(head, 'handover').waitFor()
    await look(head, 'handover-mine')
    await test(head, 'act-accept_handover').click()
    await test(head, 'act-form').waitFor()
    await send(head)
    await head.waitForFunction(() => document.querySelector('[data-test="keeper"]')?.textContent === '江北区中心主任')
  })
  await step('visit', async () => {
    await town.goto(`${url}/#/ledgers`)
    await test(town, 'totals').waitFor()
    await test(town, 'write').click()
    await test(town, 'visit-form').waitFor()
    await town.locator('[data-test="visit-form"] input').nth(0).fill('王小明')
    await town.locator('[data-test="visit-form"] input').nth(1).fill('13812345678')
    await town.locator('[data-test="visit-form"] textarea').fill('=HYPERLINK("x") 咨询宅基地')
    await look(town, 'visit')
    await test(town, 'visit-save').click()
    await town.locator('.el-table__row').first().waitFor()
    result.visit = await town.locator('.el-table__row').first().textContent()
    await look(town, 'ledger')
  })
  await step('export', async () => {
    await test(town, 'export').click()
    await test(town, 'export-purpose').fill('季度考核报送')
    await look(town, 'export')
    await test(town, 'export-send').click()
    await test(town, 'export-done').first().waitFor()
    await look(town, 'exports')
    const [file] = await Promise.all([town.waitForEvent('download'), test(town, 'download').first().click()])
    result.file = file.suggestedFilename()
  })
  await step('picture', async () => {
    await head.goto(`${url}/#/bounces`)
    await test(head, 'bounce-matrix').waitFor()
    await head.locator('[data-test="bounce-matrix"] button').last().focus()
    await head.keyboard.press('Enter')
    result.pair = await test(head, 'bounce-pair').locator('h2, b').allTextContents()
    await look(head, 'bounces')
  })
  await step('advisers', async () => {
    await head.goto(`${url}/#/ledgers`)
    await test(head, 'totals').waitFor()
    await test(head, 'ledger').click()
    await head.locator('.el-select-dropdown__item', { hasText: '村居法律顾问日志' }).click()
    await test(head, 'advisers').locator('li').first().waitFor()
    await look(head, 'advisers')
  })
  result.ok = true
} catch (error) {
  result.error = error.message.split('\n')[0]
  for (const [who, { page }] of Object.entries(people)) if (env('SHOT')) await page.screenshot({ path: `${env('SHOT')}/failed-${who}.png` }).catch(() => undefined)
} finally {
  for (const { browser, problems } of Object.values(people)) {
    result.problems.push(...problems)
    await browser.close()
  }
}
console.log(JSON.stringify(result))
process.exitCode = result.ok ? 0 : 1
