/**
 * Letters and notices in the browser: the centre's clerk finds a warning under the bell, asks for papers, sends the list to the
 * caller, and offers the ticket to an agent, whose bell rings at once; the administrator sees to one that nobody is sure of. axe looks
 * at the open bell, the panel and the page.
 *
 * From the environment: what `people.mjs` names, and CONSOLE_TICKET.
 */
import { enter, env, go, line, look, play, result, test } from './people.mjs'

const number = env('TICKET')
Object.assign(result, { unread: 0, notice: '', draft: '', letters: [], rang: 0, offered: '' })
let clerk

await play({
  'the bell': async () => {
    clerk = await enter('centre')
    await clerk.waitForURL(/#\/tickets/)
    await clerk.waitForFunction(() => Number(document.querySelector('[data-test="bell"]').dataset.unread) > 0)
    result.unread = Number(await test(clerk, 'bell').getAttribute('data-unread'))
    await test(clerk, 'bell').press('Enter')
    await test(clerk, 'notice').first().waitFor()
    result.notice = await line(test(clerk, 'notice').first())
    await look(clerk, 'notices')
    await look(clerk, 'notices', 'dark')
    await clerk.keyboard.press('Escape')
    if (!(await clerk.evaluate(() => document.activeElement?.dataset.test === 'bell'))) result.problems.push('Escape does not give the focus back to the bell')
    await test(clerk, 'bell').press('Enter')
    await test(clerk, 'notice').first().click()
    await clerk.waitForURL(new RegExp(`#/tickets/${number}`))
  },
  'papers asked for': async () => {
    await test(clerk, 'act-ask_papers').click()
    await test(clerk, 'act-form').waitFor()
    await clerk.locator('[data-test="need-materials"] .el-checkbox, [data-test="need-materials"] [role="checkbox"]').first().click()
    await clerk.locator('[data-test="need-way"] .el-radio').first().click()
    const known = clerk.waitForResponse((answer) => answer.url().endsWith(`/${number}/letters`)) // what may be written now
    await test(clerk, 'act-send').click()
    await test(clerk, 'act-form').waitFor({ state: 'detached' })
    await known
  },
  'and sent': async () => {
    await test(clerk, 'letter-new').click()
    await test(clerk, 'letter-draft').waitFor()
    result.draft = await test(clerk, 'letter-draft').innerText()
    await look(clerk, 'ticket-letter')
    await test(clerk, 'letter-send').click()
    await clerk.waitForFunction(() => document.querySelectorAll('[data-test="letters"] [data-test="letter"]').length > 0)
    await test(clerk, 'letters').scrollIntoViewIfNeeded()
    await look(clerk, 'ticket-letters', 'dark')
    result.letters = [await line(test(clerk, 'letters').locator('[data-test="letter"]').first())]
  },
  'the desk hears of it at once': async () => {
    const desk = await enter('desk1')
    await desk.waitForTimeout(2000) // the feed is open, whether there is a board behind it or not
    const began = Date.now()
    const status = await clerk.evaluate(async (what) => {
      const ticket = await (await fetch(`/api/tickets/${what}`)).json()
      const body = { act: 'offer_handover', version: ticket.version, given: { person_id: 'acc_desk1', why: '来电人只愿与首接坐席联系' } }
      const headers = { 'content-type': 'application/json', 'X-Hotline-Console': '1' }
      return (await fetch(`/api/tickets/${what}/acts`, { method: 'POST', headers, body: JSON.stringify(body) })).status
    }, number)
    if (status !== 200) result.problems.push(`the hand-over was answered with ${status}`)
    await desk.waitForFunction(() => Number(document.querySelector('[data-test="bell"]').dataset.unread) > 0)
    result.rang = (Date.now() - began) / 1000
    await test(desk, 'bell').press('Enter')
    await test(desk, 'notice').first().waitFor()
    result.offered = await line(test(desk, 'notice').first())
    await look(desk, 'desk-notices')
    await test(desk, 'notice').first().click()
    await desk.waitForURL(new RegExp(`#/tickets/${number}`))
  },
  'the office': async () => {
    const admin = await enter('admin')
    await go(admin, '/letters', 'letter')
    await look(admin, 'letters')
    await test(admin, 'letter-retry').first().click()
    await admin.waitForFunction(() => !document.querySelector('[data-test="letter-retry"]'))
  },
}, (text) => text.endsWith('/api/agents/me/why')) // routing is played here and knows of no desk: it cannot say why no calls come
