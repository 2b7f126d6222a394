/**
 * The catalogue and a recording in a real browser: found by two characters and by pinyin; listened to with a purpose, moved in by
 * keys and chapters, shared, opened by the colleague, taken back. Prints one JSON line; exit code 1 when a step does not come.
 *
 * From the environment: CONSOLE_URL, CONSOLE_PASSWORD, CONSOLE_CALL (a call with a sealed recording); CONSOLE_SHOT (folder).
 */
import { open } from '../dev/browser.mjs'

const env = (name, otherwise) => process.env[`CONSOLE_${name}`] ?? otherwise
const { browser, page, problems } = await open()
const result = { ok: false, step: '', by_word: [], by_pinyin: [], moved: 0, link: '', problems }
page.setDefaultTimeout(45_000)
const base = env('URL', 'http://127.0.0.1:8348')

let shots = 0
async function step(name, act) {
  result.step = name
  await act()
  if (env('SHOT')) await page.waitForTimeout(300).then(() => page.screenshot({ path: `${env('SHOT')}/${String((shots += 1)).padStart(2, '0')}-${name.replaceAll(' ', '-')}.png` }))
}
async function logIn(on, user) {
  await on.goto(base)
  await on.fill('#username', user)
  await on.fill('#password', env('PASSWORD', ''))
  await on.keyboard.press('Enter')
  await on.locator('header.bar').waitFor()
}
const by = (on, name) => on.locator(`[data-test="${name}"]`)
const titles = () => by(page, 'entry').locator('b').allInnerTexts()
const playedTo = (on) => on.evaluate(() => document.querySelector('audio')?.currentTime ?? 0)
async function until(check, what) {
  for (let n = 0; n < 150; n += 1) {
    if (await check()) return
    await page.waitForTimeout(100)
  }
  throw new Error(`waited in vain: ${what}`)
}
async function listen(on) {
  await by(on, 'listen').first().click()
  await on.locator('.el-radio').first().click()
  await by(on, 'purpose-ok').click()
  await by(on, 'waveform').waitFor()
  await until(async () => (await playedTo(on)) > 0.2, 'sound')
}

try {
  await step('log in', () => logIn(page, 'supervisor'))
  await step('catalogue', async () => {
    await page.goto(`${base}/#/knowledge`)
    await by(page, 'entry').first().waitFor()
  })
  await step('two characters', async () => {
    await page.locator('input[data-test="knowledge-q"], [data-test="knowledge-q"] input').first().fill('仲裁')
    await until(async () => (await titles())[0]?.includes('仲裁'), 'the word')
    result.by_word = (await titles()).slice(0, 5)
  })
  await step('pinyin', async () => {
    await page.locator('input[data-test="knowledge-q"], [data-test="knowledge-q"] input').first().fill('susongshixiao')
    await until(async () => (await titles())[0]?.includes('一百八十八'), 'the article in force first')
    result.by_pinyin = (await titles()).slice(0, 5)
    await page.locator('[data-standing="outdated"]').first().waitFor()
  })
  await step('entry', async () => {
    await by(page, 'entry').first().locator('button').click()
    await by(page, 'knowledge-edit').waitFor()
  })
  await step('dark', async () => {
    await page.evaluate(() => document.documentElement.setAttribute('data-theme', 'dark'))
  })
  await step('call', async () => {
    await page.evaluate(() => document.documentElement.setAttribute('data-theme', 'light'))
    await page.goto(`${base}/#/calls/${env('CALL')}`)
    await by(page, 'listen').first().waitFor()
    if (await by(page, 'audio').count()) throw new Error('sound before a purpose')
  })
  await step('listen', () => listen(page))
  await step('jump and keys', async () => {
    await by(page, 'chapter').and(page.locator('[data-kind="hold"]')).click()
    await until(async () => (await playedTo(page)) >= 3, 'the chapter')
    await by(page, 'waveform').focus()
    await page.keyboard.press(' ')
    await until(() => page.evaluate(() => document.querySelector('audio').paused), 'the pause')
    const before = await playedTo(page)
    await page.keyboard.press('ArrowRight')
    await until(async () => (await playedTo(page)) > before + 4, 'five seconds on')
    result.moved = (await playedTo(page)) - before
    await by(page, 'speed').getByText('1.5×').click()
    await until(() => page.evaluate(() => document.querySelector('audio').playbackRate === 1.5), 'the speed')
    await by(page, 'unrecorded').first().waitFor()
  })
  await step('player dark', async () => {
    await page.evaluate(() => document.documentElement.setAttribute('data-theme', 'dark'))
    await page.keyboard.press('Home')
  })
  await step('share', async () => {
    await page.evaluate(() => document.documentElement.setAttribute('data-theme', 'light'))
    await by(page, 'share').first().click()
    await page.locator('.el-dialog:visible .el-select').first().click()
    await page.locator('.el-select-dropdown__item:visible', { hasText: '王芳' }).or(page.locator('.el-select-dropdown__item:visible').first()).first().click()
    await page.locator('input[data-test="share-why"], [data-test="share-why"] input').first().fill('复核答复')
    await by(page, 'share-ok').click()
    result.link = await by(page, 'share-link').innerText()
    result.to = await page.locator('.el-dialog:visible li').first().innerText()
  })
  await step('english', async () => {
    await page.evaluate(() => localStorage.clear())
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
