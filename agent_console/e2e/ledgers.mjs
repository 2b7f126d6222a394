/**
 * What centres keep and hand on, in the browser: the town offers a ticket and the head of the county takes it over; the town writes
 * a visit down and exports the ledger; the picture of what is sent back is walked by keyboard. axe looks at each page.
 *
 * From the environment: what `people.mjs` names, and CONSOLE_TICKET (number, the town's).
 */
import { choose, enter, env, go, look, play, result, test } from './people.mjs'

Object.assign(result, { pair: [], visit: '', file: '' })
let town, head

async function send(page) {
  await test(page, 'act-send').click()
  await test(page, 'act-form').waitFor({ state: 'detached' })
}

await play({
  offer: async () => {
    town = await enter('town')
    await go(town, `/tickets/${env('TICKET')}`, 'progress')
    await town.locator('[data-test="acts"] .el-dropdown button').click()
    await town.locator('.el-dropdown-menu__item', { hasText: '移交' }).first().click()
    await test(town, 'act-form').waitFor()
    await town.locator('[data-test="need-person_id"] .el-select').click()
    await town.locator('.el-select-dropdown__item', { hasText: '江北区中心主任' }).click()
    await town.locator('[data-test="need-why"] textarea').fill('需要县区统一协调')
    await send(town)
    await test(town, 'handover').waitFor()
    await look(town, 'handover')
  },
  accept: async () => {
    head = await enter('director')
    await test(head, 'offered').click()
    // Only what is offered stands there now: a row that is being replaced takes no click.
    await head.waitForFunction(() => document.querySelectorAll('.el-table__row').length === 1)
    await head.locator('.el-table__row', { hasText: env('TICKET') }).first().click()
    await test(head, 'handover').waitFor()
    await look(head, 'handover-mine')
    await test(head, 'act-accept_handover').click()
    await test(head, 'act-form').waitFor()
    await send(head)
    await head.waitForFunction(() => document.querySelector('[data-test="keeper"]')?.textContent === '江北区中心主任')
  },
  visit: async () => {
    await go(town, '/ledgers', 'totals')
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
  },
  export: async () => {
    await test(town, 'export').click()
    await test(town, 'export-purpose').fill('季度考核报送')
    await look(town, 'export')
    await test(town, 'export-send').click()
    await test(town, 'export-done').first().waitFor()
    await look(town, 'exports')
    const [file] = await Promise.all([town.waitForEvent('download'), test(town, 'download').first().click()])
    result.file = file.suggestedFilename()
  },
  picture: async () => {
    await go(head, '/bounces', 'bounce-matrix')
    await head.locator('[data-test="bounce-matrix"] button').last().focus()
    await head.keyboard.press('Enter')
    result.pair = await test(head, 'bounce-pair').locator('h2, b').allTextContents()
    await look(head, 'bounces')
  },
  advisers: async () => {
    await go(head, '/ledgers', 'totals')
    await choose(head, 'ledger', '村居法律顾问日志')
    await test(head, 'advisers').locator('li').first().waitFor()
    await look(head, 'advisers')
  },
})
