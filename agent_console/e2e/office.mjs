/**
 * The office's pages in a real browser: the pool of experts, the roster with the hour nobody covers, and a spreadsheet that is
 * refused with a report before it is imported. Prints one JSON line; exit code 1 when a step does not come within its time.
 *
 * From the environment: CONSOLE_URL, CONSOLE_USER, CONSOLE_PASSWORD (an administrator); CONSOLE_SHOT (folder for pictures).
 */
import { open } from '../dev/browser.mjs'

const env = (name, otherwise) => process.env[`CONSOLE_${name}`] ?? otherwise
const { browser, page, problems } = await open()
const test = (name) => page.locator(`[data-test="${name}"]`)
const result = { ok: false, step: '', rows: 0, gaps: 0, problems: [], browser: problems }
page.setDefaultTimeout(45_000)

let shots = 0
async function step(name, act) {
  result.step = name
  await act()
  if (!env('SHOT')) return
  await page.waitForTimeout(400)
  await page.screenshot({ path: `${env('SHOT')}/${String((shots += 1)).padStart(2, '0')}-${name.replaceAll(' ', '-')}.png` })
}
const sheet = (lines) => ({ name: '专家.csv', mimeType: 'text/csv', buffer: Buffer.from('\ufeff' + lines.join('\r\n')) })
const HEADING = '姓名,类别,机构,执业证号,业务组,电话1'
const GOOD = '秦律师,律师,新城律师事务所,N100,婚姻家庭,13911110001'

try {
  await step('log in', async () => {
    await page.goto(env('URL', 'http://127.0.0.1:8348'))
    await page.fill('#username', env('USER', 'admin'))
    await page.fill('#password', env('PASSWORD', ''))
    await page.keyboard.press('Enter')
    await test('who').waitFor()
    await page.waitForURL((at) => !at.hash.startsWith('#/login')) // going on closes a menu
    await test('nav-experts').click()
    await page.getByRole('link', { name: '专家库' }).click()
    await test('open-expert').first().waitFor()
  })
  await step('pool', async () => {
    result.rows = await test('open-expert').count()
  })
  await step('one expert', async () => {
    await test('open-expert').first().focus()
    await page.keyboard.press('Enter')
    await test('party').fill('青溪县永安建筑有限公司')
    await page.keyboard.press('Enter')
    await page.locator('.el-message--success').first().waitFor()
    await page.locator('.el-drawer .item', { hasText: '青' }).first().waitFor()
  })
  await step('reveal', async () => {
    await test('reveal-expert').click()
    await page.getByText('核对号码').click()
    await test('purpose-ok').click()
    await page.locator('.number', { hasText: /1390001\d{4}/ }).waitFor()
    await page.keyboard.press('Escape')
  })
  await step('new expert', async () => {
    await page.keyboard.press('Escape')
    await page.locator('.el-drawer:visible').waitFor({ state: 'hidden' })
    await test('add-expert').click()
    await test('expert-name').locator('input').or(page.locator('input[data-test="expert-name"]')).first().fill('新律师')
    await page.locator('.el-dialog .el-form-item', { hasText: '业务组' }).locator('.el-select').click()
    await page.locator('.el-select-dropdown__item:visible', { hasText: '婚姻家庭' }).click()
    await page.keyboard.press('Escape')
    await page.locator('[data-test="phone-1"] input, input[data-test="phone-1"]').first().fill('13911112222')
  })
  await step('saved', async () => {
    await test('expert-save').click()
    await page.locator('[data-test="open-expert"]', { hasText: '新律师' }).waitFor()
  })
  await step('import refused', async () => {
    await test('to-import').click()
    await test('sheet-file').setInputFiles(sheet([HEADING, GOOD, '乙律师,厨师,,N101,火星法,12', '丙律师,律师,,,综合,']))
    await test('problem').first().waitFor()
    result.problems = await test('problem').allInnerTexts()
    if (await test('commit').count()) throw new Error('a sheet with errors can be imported')
  })
  await step('import looked at', async () => {
    await test('sheet-file').setInputFiles(sheet([HEADING, GOOD]))
    await test('commit').waitFor()
  })
  await step('imported', async () => {
    await test('commit').click()
    await page.locator('[data-test="report"][data-committed="true"]').waitFor()
  })
  await step('roster', async () => {
    await test('nav-experts').click()
    await page.getByRole('link', { name: '排班', exact: true }).click()
    await test('roster').waitFor()
    result.gaps = await page.locator('[data-test="gap"]:not([data-gap="0"])').count()
    if (!result.gaps) {
      await page.getByRole('button', { name: '下一周' }).click()
      await page.locator('[data-test="gap"]:not([data-gap="0"])').first().waitFor()
      result.gaps = await page.locator('[data-test="gap"]:not([data-gap="0"])').count()
    }
  })
  await step('one day', async () => {
    await test('cell').first().focus()
    await page.keyboard.press('Enter')
    await test('roster-save').waitFor()
  })
  await step('request approved', async () => {
    await page.keyboard.press('Escape')
    await test('approve').first().click()
    await page.locator('[data-test="request"][data-state="in_force"]').first().waitFor()
  })
  result.ok = true
} catch (error) {
  result.error = error.message.split('\n')[0]
  if (env('SHOT')) await page.screenshot({ path: `${env('SHOT')}/failed.png` }).catch(() => undefined)
} finally {
  await browser.close()
}
console.log(JSON.stringify(result))
process.exitCode = result.ok ? 0 : 1
