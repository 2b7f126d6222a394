/**
 * A ticket's way in the browser: the county accepts and assigns it, the town sends it back, the county reassigns, the town signs
 * several at once, handles, finishes and tells; the director follows up; the county archives. Besides: the count of a limit day by
 * day, and the slip.
 *
 * From the environment: what `people.mjs` names, and CONSOLE_TICKETS (numbers, by comma; the first is followed).
 */
import { enter, env, go, locale, play, result, shot, test } from './people.mjs'

const [number] = env('TICKETS').split(',')
Object.assign(result, { days: [], code: '', story: [] })
let county, town, director

const at = (page, path) => go(page, path).then(() => page.reload())
const state = (page, wanted) => page.waitForFunction((text) => document.querySelector('[data-test="state"]')?.textContent === text, wanted)

/** Press a button and fill in what it asks for. */
async function act(page, name, fill = async () => undefined) {
  await test(page, `act-${name}`).click()
  await test(page, 'act-form').waitFor()
  await fill(page)
  await test(page, 'act-send').click()
  await test(page, 'act-form').waitFor({ state: 'detached' })
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

await play({
  'accept and assign': async () => {
    county = await enter('centre')
    await test(county, 'left').first().waitFor()
    await shot(county, 'list')
    await at(county, `/tickets/${number}`)
    await test(county, 'acts').waitFor()
    await shot(county, 'ticket')
    await act(county, 'accept')
    await act(county, 'assign', centre('白沙镇'))
    await state(county, locale === 'en' ? 'Assigned' : '分派')
  },
  'sent back': async () => {
    town = await enter('town')
    await at(town, `/tickets/${number}`)
    await test(town, 'act-object').click()
    await shot(town, 'object')
    await town.keyboard.press('Escape')
    await test(town, 'act-form').waitFor({ state: 'detached' })
    await act(town, 'object', all(radio('reason', 0), text('basis', '不属于本镇辖区')))
  },
  reassigned: async () => {
    await at(county, `/tickets/${number}`)
    await state(county, locale === 'en' ? 'sent back' : '退回异议')
    await act(county, 'reassign', all(centre('白沙镇公共'), text('why', '经核实属白沙镇')))
  },
  'signed at once': async () => {
    await at(town, '/tickets')
    await test(town, 'sign-many').click()
    await shot(town, 'signing')
    await test(town, 'sign-many').click()
    await town.waitForFunction(() => !document.querySelector('input.pick'))
  },
  explained: async () => {
    await at(town, `/tickets/${number}`)
    await test(town, 'explain-HL-HANDLE').click()
    await test(town, 'days').locator('li').first().waitFor()
    result.days = await test(town, 'days').locator('li').allTextContents()
    await shot(town, 'explained')
  },
  handled: async () => {
    await at(town, `/tickets/${number}`)
    await act(town, 'handle')
    await act(town, 'finish', text('result', '双方达成调解协议，已签字。'))
    await act(town, 'tell', radio('way', 0))
  },
  slip: async () => {
    await at(town, `/tickets/${number}/slip`)
    await town.locator('[data-test="slip"] .code b').waitFor()
    result.code = await town.locator('[data-test="slip"] .code b').textContent()
    await shot(town, 'slip')
  },
  'followed up and archived': async () => {
    director = await enter('director')
    await at(director, `/tickets/${number}`)
    await act(director, 'follow_up', all(radio('matter', 0), radio('handler', 1), text('text', '来电人表示满意')))
    await act(director, 'archive')
    await state(director, locale === 'en' ? 'Archived' : '归档')
    result.story = await test(director, 'story').locator('li b').allTextContents()
    await shot(director, 'archived')
  },
})
