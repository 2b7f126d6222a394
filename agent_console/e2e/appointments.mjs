/**
 * Appointments in the browser: the head of the county adds slots for a town; the town books one from the ticket's page, the head
 * finds it in the book, the town cancels it ahead, the office finds the caller's letter. And the administrator notes the telephone
 * of a clerk without a computer, which comes back masked. axe looks at each page and dialog.
 *
 * From the environment: what `people.mjs` names, and CONSOLE_TICKET (number, the town's).
 */
import { choose, enter, env, go, line, look, play, result, test } from './people.mjs'

const number = env('TICKET')
Object.assign(result, { plans: 0, added: '', coming: '', booked: '', past: '', letter: '', clerk: '', again: '' })
let head, town, admin

await play({
  'slots added': async () => {
    head = await enter('director')
    await go(head, '/plans', 'plan')
    result.plans = await test(head, 'plan').count()
    await test(head, 'add-plan').click()
    await test(head, 'plan-form').waitFor()
    await choose(head, 'plan-centre', '白沙镇公共')
    await test(head, 'plan-form').locator('.el-checkbox', { hasText: '视频' }).click()
    await choose(head, 'plan-to', '10:30')
    await test(head, 'plan-slot').locator('input').fill('45')
    await head.keyboard.press('Tab')
    await look(head, 'plan-form')
    await test(head, 'save-plan').click()
    await test(head, 'plan-form').waitFor({ state: 'hidden' })
    const added = test(head, 'plan').filter({ hasText: '白沙镇公共' })
    await added.waitFor()
    result.added = await line(added)
  },
  'booked from the ticket': async () => {
    town = await enter('town')
    await go(town, `/tickets/${number}`, 'appointments')
    await test(town, 'book-video').click()
    await test(town, 'slots').locator('select').selectOption({ index: 3 })
    await test(town, 'slots').locator('input[type="radio"]').first().check()
    await look(town, 'appointment-slots')
    await test(town, 'confirm').click()
    await test(town, 'coming').waitFor()
    result.coming = await line(test(town, 'coming'))
    await go(head, '/tickets')
    await go(head, '/plans', 'booked')
    result.booked = await line(test(head, 'booked').filter({ hasText: number }))
    await look(head, 'plans')
  },
  'cancelled ahead': async () => {
    await test(town, 'cancel').press('Enter')
    await town.keyboard.type('停电检修') // the field has the focus
    await look(town, 'appointment-cancel', 'dark')
    await town.keyboard.press('Enter')
    await test(town, 'appointments-past').waitFor()
    result.past = await line(test(town, 'appointments-past').locator('li').first())
  },
  'the letter': async () => {
    admin = await enter('admin')
    await go(admin, '/letters', 'letter')
    const sent = admin.locator('.el-table__row').filter({ hasText: number }).filter({ hasText: '已发出' })
    for (let n = 0; n < 60 && !(await sent.count()); n += 1) {
      await admin.waitForTimeout(250)
      await admin.reload()
      await test(admin, 'letter').first().waitFor()
    }
    result.letter = await line(sent.first())
  },
  'a clerk without a computer': async () => {
    await go(admin, '/admin/centres', 'centre')
    await admin.getByPlaceholder(/./).first().fill('沙湾村')
    const row = test(admin, 'centre').filter({ hasText: '沙湾村公共' })
    await row.getByRole('button', { name: /修改/ }).click()
    await test(admin, 'centre-form').waitFor()
    await test(admin, 'by-phone').click()
    await test(admin, 'clerk-phone').press('Enter')
    await test(admin, 'clerk-form').waitFor()
    await test(admin, 'clerk-number').fill('13700000201')
    await test(admin, 'clerk-staff-number').fill('6201')
    await test(admin, 'clerk-pin').fill('270914')
    await look(admin, 'clerk-form')
    await test(admin, 'clerk-save').click()
    await test(admin, 'clerk-form').waitFor({ state: 'hidden' })
    result.clerk = await line(test(admin, 'clerk-as'))
    await look(admin, 'clerk-noted', 'dark')
    await test(admin, 'save-centre').click()
    await test(admin, 'centre-form').waitFor({ state: 'hidden' })
    await row.getByRole('button', { name: /修改/ }).click()
    await test(admin, 'clerk-as').waitFor()
    result.again = await line(test(admin, 'clerk-as'))
    if ((await admin.content()).includes('13700000201')) result.problems.push("the clerk's number is on the page")
  },
})
