/**
 * A ticket's way in the browser: the county accepts and assigns it, the town sends it back, the county reassigns, the town signs
 * several at once, handles, finishes and tells; the director follows up; the county archives. Besides: the count of a limit day by
 * day, and the slip. Prints one JSON line; exit code 1 when a step does not come within its time.
 *
 * From the environment: CONSOLE_URL, CONSOLE_PASSWORD, CONSOLE_TICKETS (numbers, by comma; the first is followed),
 * CONSOLE_WAIT (seconds; 40), CONSOLE_SHOT (folder for pictures), CONSOLE_LOCALE.
 */
import { open } from '../dev/browser.mjs'

const env = (name, otherwise) => process.env[`CONSOLE_${name}`] ?? otherwise
const url = env('URL', 'http://127.0.0.1:51801')
const wait = Number(env('WAIT', '40')) * 1000
const locale = env('LOCALE', 'zh-CN')
const [number] = env('TICKETS', '').split(',')
const people = {}
const result = { ok: false, step: '', days: [], code: '', story: [], problems: [] }

let shots = 0
async function shot(who, name) {
  if (!env('SHOT')) return
  await people[who].page.waitForTimeout(500)
  await people[who].page.screenshot({ path: `${env('SHOT')}/${String((shots += 1)).padStart(2, '0')}-${name}-${who}.png`, fullPage: true })
}

async function enter(who) {
  people[who] = await open({ width: 1366, height: 900, locale })
  const { page } = people[who]
  page.setDefaultTimeout(wait)
  await page.addInitScript((wanted) => localStorage.setItem('hotline.locale', wanted), locale)
  await page.goto(`${url}/#/`)
  await page.fill('#username', who)
  await page.fill('#password', env('PASSWORD', 'demo'))
  await page.keyboard.press('Enter')
  await page.waitForURL(/#\/tickets/) // a centre's people have tickets, and nothing of the desk
}

const at = (who, path) => people[who].page.goto(`${url}/#${path}`).then(() => people[who].page.reload())
const state = (who, wanted) => people[who].page.waitForFunction((text) => document.querySelector('[data-test="state"]')?.textContent === text, wanted)

/** Press a button and fill in what it asks for. */
async function act(who, name, fill = async () => undefined) {
  const { page } = people[who]
  await page.locator(`[data-test="act-${name}"]`).click()
  await page.locator('[data-test="act-form"]').waitFor()
  await fill(page)
  await page.locator('[data-test="act-send"]').click()
  await page.locator('[data-test="act-form"]').waitFor({ state: 'detached' })
}
const text = (name, words) => (page) => page.locator(`[data-test="need-${name}"] textarea`).fill(words)
const radio = (name, n) => (page) => page.locator(`[data-test="need-${name}"] .el-radio`).nth(n).click()
const centre = (words) => async (page) => {
  await page.locator('[data-test="need-centre_id"] .el-select').click()
  await page.locator('.el-select-dropdown__item', { hasText: words }).last().click()
}
const all = (...fills) => async (page) => {
  for (const fill of fills) await fill(page)
}

async function step(name, run) {
  result.step = name
  await run()
}

try {
  await step('accept and assign', async () => {
    await enter('centre')
    await people.centre.page.locator('[data-test="left"]').first().waitFor()
    await shot('centre', 'list')
    await at('centre', `/tickets/${number}`)
    await people.centre.page.locator('[data-test="acts"]').waitFor()
    await shot('centre', 'ticket')
    await act('centre', 'accept')
    await act('centre', 'assign', centre('白沙镇'))
    await state('centre', locale === 'en' ? 'Assigned' : '分派')
  })
  await step('sent back', async () => {
    await enter('town')
    await at('town', `/tickets/${number}`)
    await people.town.page.locator('[data-test="act-object"]').click()
    await shot('town', 'object')
    await people.town.page.keyboard.press('Escape')
    await people.town.page.locator('[data-test="act-form"]').waitFor({ state: 'detached' })
    await act('town', 'object', all(radio('reason', 0), text('basis', '不属于本镇辖区')))
  })
  await step('reassigned', async () => {
    await at('centre', `/tickets/${number}`)
    await state('centre', locale === 'en' ? 'sent back' : '退回异议')
    await act('centre', 'reassign', all(centre('白沙镇公共'), text('why', '经核实属白沙镇')))
  })
  await step('signed at once', async () => {
    await at('town', '/tickets')
    const many = people.town.page.locator('[data-test="sign-many"]')
    await many.click()
    await shot('town', 'signing')
    await many.click()
    await people.town.page.waitForFunction(() => !document.querySelector('input.pick'))
  })
  await step('explained', async () => {
    await at('town', `/tickets/${number}`)
    await people.town.page.locator('[data-test="explain-HL-HANDLE"]').click()
    await people.town.page.locator('[data-test="days"] li').first().waitFor()
    result.days = await people.town.page.locator('[data-test="days"] li').allTextContents()
    await shot('town', 'explained')
  })
  await step('handled', async () => {
    await at('town', `/tickets/${number}`)
    await act('town', 'handle')
    await act('town', 'finish', text('result', '双方达成调解协议，已签字。'))
    await act('town', 'tell', radio('way', 0))
  })
  await step('slip', async () => {
    await at('town', `/tickets/${number}/slip`)
    await people.town.page.locator('[data-test="slip"] .code b').waitFor()
    result.code = await people.town.page.locator('[data-test="slip"] .code b').textContent()
    await shot('town', 'slip')
  })
  await step('followed up and archived', async () => {
    await enter('director')
    await at('director', `/tickets/${number}`)
    await act('director', 'follow_up', all(radio('matter', 0), radio('handler', 1), text('text', '来电人表示满意')))
    await act('director', 'archive')
    await state('director', locale === 'en' ? 'Archived' : '归档')
    result.story = await people.director.page.locator('[data-test="story"] li b').allTextContents()
    await shot('director', 'archived')
  })
  result.ok = true
} catch (error) {
  result.error = error.message.split('\n')[0]
  for (const who of Object.keys(people)) await shot(who, 'failed').catch(() => undefined)
} finally {
  for (const { browser, problems } of Object.values(people)) {
    result.problems.push(...problems)
    await browser.close()
  }
}
console.log(JSON.stringify(result))
process.exitCode = result.ok ? 0 : 1
