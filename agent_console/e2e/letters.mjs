/**
 * Letters and notices in the browser: the centre's clerk finds a warning under the bell, asks for papers, sends the list to the
 * caller, and offers the ticket to an agent, whose bell rings at once; the administrator sees to one that nobody is sure of. axe looks
 * at the open bell, the panel and the page. Prints one JSON line; exit code 1 when a step does not come within its time.
 *
 * From the environment: CONSOLE_URL, CONSOLE_PASSWORD, CONSOLE_TICKET, CONSOLE_WAIT (seconds; 40), CONSOLE_SHOT (folder for pictures).
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { open } from '../dev/browser.mjs'

const env = (name, otherwise) => process.env[`CONSOLE_${name}`] ?? otherwise
const url = env('URL', 'http://127.0.0.1:51801')
const number = env('TICKET', '')
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const result = { ok: false, step: '', unread: 0, notice: '', draft: '', letters: [], rang: 0, offered: '', violations: [], problems: [] }
const browsers = []

async function enter(who) {
  const one = await open({ width: 1366, height: 900, locale: 'zh-CN' })
  browsers.push(one)
  const { page } = one
  page.setDefaultTimeout(Number(env('WAIT', '40')) * 1000)
  await page.addInitScript(() => localStorage.setItem('hotline.locale', 'zh-CN'))
  await page.goto(`${url}/#/`)
  await page.fill('#username', who)
  await page.fill('#password', env('PASSWORD', 'demo'))
  await page.keyboard.press('Enter')
  const test = (name) => page.locator(`[data-test="${name}"]`)
  await test('bell').waitFor()
  await page.waitForURL((at) => !at.hash.startsWith('#/login'))
  const look = async (name, theme = 'light') => {
    await page.evaluate((wanted) => Object.assign(document.documentElement.dataset, { theme: wanted }), theme)
    await page.waitForTimeout(400)
    if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE)
    const found = await page.evaluate(async () => {
      const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
      const { violations } = await window.axe.run(document, { runOnly: { type: 'tag', values: tags }, rules: { 'target-size': { enabled: true } } })
      return violations.flatMap((one) => one.nodes.slice(0, 4).map((node) => `${one.id} ${node.target.join(' ')}: ${node.any?.[0]?.message ?? one.help}`))
    })
    result.violations.push(...found.map((line) => `${name} (${theme}): ${line}`))
    if (env('SHOT')) await page.screenshot({ path: `${env('SHOT')}/${name}-${theme}.png`, animations: 'disabled' })
  }
  return { page, test, look }
}

async function step(name, run) {
  result.step = name
  await run()
}

try {
  let clerk
  await step('the bell', async () => {
    clerk = await enter('centre')
    await clerk.page.waitForURL(/#\/tickets/)
    await clerk.page.waitForFunction(() => Number(document.querySelector('[data-test="bell"]').dataset.unread) > 0)
    result.unread = Number(await clerk.test('bell').getAttribute('data-unread'))
    await clerk.test('bell').press('Enter')
    await clerk.test('notice').first().waitFor()
    result.notice = (await clerk.test('notice').first().innerText()).replace(/\s+/g, ' ')
    await clerk.look('notices')
    await clerk.look('notices', 'dark')
    await clerk.page.keyboard.press('Escape')
    if (!(await clerk.page.evaluate(() => document.activeElement?.dataset.test === 'bell'))) result.problems.push('Escape does not give the focus back to the bell')
    await clerk.test('bell').press('Enter')
    await clerk.test('notice').first().click()
    await clerk.page.waitForURL(new RegExp(`#/tickets/${number}`))
  })
  await step('papers asked for', async () => {
    await clerk.test('act-ask_papers').click()
    await clerk.test('act-form').waitFor()
    await clerk.page.locator('[data-test="need-materials"] .el-checkbox, [data-test="need-materials"] [role="checkbox"]').first().click()
    await clerk.page.locator('[data-test="need-way"] .el-radio').first().click()
    await clerk.test('act-send').click()
    await clerk.test('act-form').waitFor({ state: 'detached' })
  })
  await step('and sent', async () => {
    await clerk.test('letter-new').click()
    await clerk.test('letter-draft').waitFor()
    result.draft = await clerk.test('letter-draft').innerText()
    await clerk.look('ticket-letter')
    await clerk.test('letter-send').click()
    await clerk.page.waitForFunction(() => document.querySelectorAll('[data-test="letters"] [data-test="letter"]').length > 0)
    await clerk.test('letters').scrollIntoViewIfNeeded()
    await clerk.look('ticket-letters', 'dark')
    result.letters = (await clerk.test('letters').locator('[data-test="letter"]').allInnerTexts()).map((text) => text.replace(/\s+/g, ' '))
  })
  await step('the desk hears of it at once', async () => {
    const desk = await enter('desk1')
    await desk.page.waitForTimeout(2000) // the feed is open, whether there is a board behind it or not
    const began = Date.now()
    const status = await clerk.page.evaluate(async (what) => {
      const ticket = await (await fetch(`/api/tickets/${what}`)).json()
      const body = { act: 'offer_handover', version: ticket.version, given: { person_id: 'acc_desk1', why: '来电人只愿与首接坐席联系' } }
      const headers = { 'content-type': 'application/json', 'X-Hotline-Console': '1' }
      return (await fetch(`/api/tickets/${what}/acts`, { method: 'POST', headers, body: JSON.stringify(body) })).status
    }, number)
    if (status !== 200) result.problems.push(`the hand-over was answered with ${status}`)
    await desk.page.waitForFunction(() => Number(document.querySelector('[data-test="bell"]').dataset.unread) > 0)
    result.rang = (Date.now() - began) / 1000
    await desk.test('bell').press('Enter')
    await desk.test('notice').first().waitFor()
    result.offered = (await desk.test('notice').first().innerText()).replace(/\s+/g, ' ')
    await desk.look('desk-notices')
    await desk.test('notice').first().click()
    await desk.page.waitForURL(new RegExp(`#/tickets/${number}`))
  })
  await step('the office', async () => {
    const admin = await enter('admin')
    await admin.page.goto(`${url}/#/letters`)
    await admin.test('letter').first().waitFor()
    await admin.look('letters')
    await admin.test('letter-retry').first().click()
    await admin.page.waitForFunction(() => !document.querySelector('[data-test="letter-retry"]'))
  })
  result.ok = true
} catch (error) {
  result.error = error.message.split('\n')[0]
  if (env('SHOT')) await browsers.at(-1)?.page.screenshot({ path: `${env('SHOT')}/failed.png` }).catch(() => undefined)
} finally {
  for (const one of browsers) {
    // Routing is played here and knows of no desk: it cannot say why no calls come.
    result.problems.push(...one.problems.filter((line) => !line.includes('401') && !line.endsWith('/api/agents/me/why')))
    await one.browser.close()
  }
}
console.log(JSON.stringify(result))
process.exitCode = result.ok ? 0 : 1
