/**
 * A supervisor, a wall screen and an agent in three browsers: the board, "help me" answered by whispering, danger to life on
 * two consoles, acknowledged, its card, 110 brought in by one key, the report, the record of it. Prints one JSON line; exit
 * code 1 when a step does not come within its time.
 *
 * From the environment: CONSOLE_URL, CONSOLE_PASSWORD (of desk1, supervisor and wall; their phones answer by themselves),
 * CONSOLE_WAIT (seconds; 90), CONSOLE_SHOT (folder for pictures), CONSOLE_LOCALE.
 */
import { open } from '../dev/browser.mjs'

const env = (name, otherwise) => process.env[`CONSOLE_${name}`] ?? otherwise
const url = env('URL', 'http://127.0.0.1:51801')
const wait = Number(env('WAIT', '90')) * 1000
const locale = env('LOCALE', 'zh-CN')
const people = {}
const result = { ok: false, step: '', alerted: {}, words: '', problems: [] }
const of = (who, name) => people[who].page.locator(`[data-test="${name}"]`)
const there = (who, name, state = 'visible') => of(who, name).first().waitFor({ state, timeout: wait })

let shots = 0
async function step(name, act, ...pictures) {
  result.step = name
  await act()
  if (!env('SHOT')) return
  for (const who of pictures) {
    await people[who].page.waitForTimeout(400)
    await people[who].page.screenshot({ path: `${env('SHOT')}/${String((shots += 1)).padStart(2, '0')}-${name.replaceAll(' ', '-')}-${who}.png` })
  }
}

async function enter(who, path, size) {
  people[who] = await open({ ...size, locale })
  const { page } = people[who]
  await page.addInitScript((wanted) => localStorage.setItem('hotline.locale', wanted), locale)
  await page.goto(`${url}/#${path}`)
  await page.fill('#username', who)
  await page.fill('#password', env('PASSWORD', 'demo'))
  await page.keyboard.press('Enter')
  await page.waitForSelector('.line.ok', { timeout: 20_000 })
}

try {
  await step('log in', async () => {
    await enter('supervisor', '/board', { width: 1366, height: 768 })
    await enter('wall', '/board', { width: 1920, height: 1080 })
    await enter('desk1', '/', {})
  })
  await step('board', async () => {
    await there('wall', 'tile-offered')
    await there('wall', 'hour-chart')
  }, 'wall')
  await step('talk', async () => {
    await of('desk1', 'ready').first().click()
    await of('desk1', 'call-me').click()
    await of('desk1', 'offer').first().waitFor({ timeout: wait })
    await people.desk1.page.keyboard.press('F2')
    await people.desk1.page.waitForSelector('[data-test="controls"][data-state="on_call"]', { timeout: wait })
  })
  await step('help me', async () => {
    await of('desk1', 'help-me').click()
    await there('supervisor', 'help-card')
  }, 'supervisor')
  await step('whisper', async () => {
    await of('supervisor', 'help-whisper').click()
    await there('supervisor', 'help-card', 'detached')
    await there('desk1', 'watched')
    await of('supervisor', 'stop-monitor').first().waitFor({ timeout: wait })
  }, 'supervisor', 'desk1', 'wall')
  await step('leave', async () => {
    await of('supervisor', 'stop-monitor').first().click()
    await there('desk1', 'watched', 'detached')
  })
  await step('danger to life', async () => {
    const { page } = people.desk1
    await of('desk1', 'caller_name').fill('李女士')
    await of('desk1', 'facts').fill('称站在楼顶，情绪激动。')
    await page.waitForSelector('[data-test="save-mark"][data-phase="clean"]', { timeout: 10_000 })
    await page.keyboard.press('F9')
    await of('desk1', 'raise-ok').waitFor()
    const started = Date.now()
    await of('desk1', 'raise-ok').click()
    for (const who of ['supervisor', 'wall']) {
      await there(who, 'emergency')
      result.alerted[who] = (Date.now() - started) / 1000
    }
  }, 'supervisor', 'wall', 'desk1')
  await step('card', async () => {
    await of('supervisor', 'acknowledge').click()
    await of('supervisor', 'words').waitFor({ timeout: 10_000 })
    result.words = await of('supervisor', 'words').innerText()
    await people.wall.page.waitForSelector('[data-test="emergency"][data-state="acknowledged"]', { timeout: 10_000 })
  }, 'supervisor')
  await step('bring 110 in', async () => {
    // One key: the agent goes on talking, 110 joins, and the card notes it without anybody writing.
    await there('desk1', 'bring-110')
    await people.desk1.page.keyboard.press('Alt+1')
    await people.wall.page.waitForSelector('[data-test="emergency"][data-state="dispatched"]', { timeout: wait })
    await of('desk1', 'who-hears').first().waitFor({ timeout: wait }).catch(() => undefined)
  }, 'desk1', 'wall')
  await step('without 110', async () => {
    await people.desk1.page.keyboard.press('Alt+b')
    await people.desk1.page.waitForSelector('[data-test="bring-110"]:not([disabled])', { timeout: wait })
  })
  await step('call out', async () => {
    await of('supervisor', 'dispatched').click()
    await people.wall.page.waitForSelector('[data-test="emergency"][data-state="dispatched"]', { timeout: 10_000 })
    await people.supervisor.page.keyboard.press('Escape')
  })
  await step('report', async () => {
    await of('supervisor', 'close-emergency').click()
    await of('supervisor', 'close-dialog').locator('.el-radio').first().click()
    await of('supervisor', 'what').fill('已劝离天台，民警到场。')
    await of('supervisor', 'told').fill('110，值班领导')
    if (env('SHOT')) await people.supervisor.page.screenshot({ path: `${env('SHOT')}/report.png` })
    await of('supervisor', 'close-ok').click()
    for (const who of ['supervisor', 'wall', 'desk1']) await there(who, 'emergency', 'detached')
  })
  await step('records', async () => {
    const { page } = people.supervisor
    await page.goto(`${url}/#/emergencies`)
    await of('supervisor', 'emergency-row').first().click()
    await of('supervisor', 'emergency-drawer').first().waitFor()
    await page.waitForSelector('[data-test="emergency-drawer"] ol li', { timeout: 10_000 })
    result.steps = await page.locator('[data-test="emergency-drawer"] ol li').allInnerTexts()
  }, 'supervisor')
  await step('end', async () => {
    await people.desk1.page.keyboard.press('Alt+q')
    await people.desk1.page.waitForSelector('[data-test="controls"][data-state="wrap_up"]', { timeout: wait })
  }, 'wall')
  result.ok = true
} catch (error) {
  result.error = error.message.split('\n')[0]
  for (const [who, { page }] of Object.entries(people)) {
    result.notices = [...(result.notices ?? []), ...(await page.locator('.el-message').allInnerTexts().catch(() => []))]
    if (env('SHOT')) await page.screenshot({ path: `${env('SHOT')}/failed-${who}.png` }).catch(() => undefined)
  }
} finally {
  for (const { browser, problems } of Object.values(people)) {
    result.problems.push(...problems)
    await browser.close()
  }
}
console.log(JSON.stringify(result))
process.exitCode = result.ok ? 0 : 1
