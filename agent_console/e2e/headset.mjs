/**
 * A page with a headset, driven by a test step by step (stdin.mjs). The microphone is a file (HEADSET_WAV), played over and over.
 *
 * From the environment: CONSOLE_URL, CONSOLE_USER, CONSOLE_PASSWORD, CHROMIUM, HEADSET_WAV, CONSOLE_SHOT (folder for pictures).
 */
import { chromium } from 'playwright-core'
import { serve } from './stdin.mjs'

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  // No autoplay policy here: that a page with an open microphone may sound is part of what is tested.
  '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--allow-loopback-in-peer-connection',
  ...(process.env.HEADSET_WAV ? [`--use-file-for-fake-audio-capture=${process.env.HEADSET_WAV}`] : []),
]
const url = process.env.CONSOLE_URL
/** A loaded machine is slow; nothing here is a measurement. */
const PATIENCE = 60_000
let browser, context, page
const problems = []
const test = (name) => page.locator(`[data-test="${name}"]`)

async function launch() {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS })
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' })
  // The tone of a test is what a noise suppressor takes for noise.
  await context.addInitScript(() => localStorage.setItem('hotline.headset', JSON.stringify({ clean: false })))
  page = await context.newPage()
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`))
}

/** Packets both ways since the call began, and how loud what comes in is. */
const counted = () =>
  page.evaluate(async () => {
    const store = document.querySelector('#app').__vue_app__.config.globalProperties.$pinia._s.get('headset')
    if (!store.talk) return null
    const found = { sent: 0, received: 0, energy: 0, state: store.talk.connection.connectionState, at: Date.now() / 1000 }
    for (const row of (await store.talk.connection.getStats()).values()) {
      if (row.type === 'outbound-rtp') found.sent = row.packetsSent
      if (row.type === 'inbound-rtp') Object.assign(found, { received: row.packetsReceived, energy: row.totalAudioEnergy })
    }
    return found
  })

const steps = {
  async login(user = process.env.CONSOLE_USER, password = process.env.CONSOLE_PASSWORD) {
    if (!browser) await launch()
    await page.goto(url)
    await page.fill('#username', user)
    await page.fill('#password', password)
    await page.keyboard.press('Enter')
    await page.waitForSelector('.line.ok', { timeout: PATIENCE })
  },
  /** Choose the headset by hand, in its panel. */
  async choose() {
    await test('headset').click()
    await test('device-headset').click()
    await page.waitForSelector('[data-test="headset"][data-line="ready"]', { timeout: PATIENCE })
  },
  async line(state) {
    await page.waitForSelector(`[data-test="headset"][data-line="${state}"]`, { timeout: PATIENCE })
  },
  async selfTest() {
    await test('test-start').click()
    await test('finding').waitFor({ timeout: 120_000 })
    return test('finding').getAttribute('data-finding')
  },
  async closePanel() {
    await page.keyboard.press('Escape')
    await test('headset-panel').waitFor({ state: 'hidden', timeout: PATIENCE })
  },
  async ready() {
    if (await test('end-wrap-up').count()) await test('end-wrap-up').click()
    await page.waitForTimeout(300)
    if (await test('ready').count()) await test('ready').click()
    await page.waitForSelector('[data-test="controls"][data-state="available"]', { timeout: PATIENCE })
  },
  async accept() {
    await test('offer').first().waitFor({ timeout: PATIENCE })
    await page.keyboard.press('F2')
    await page.waitForSelector('[data-test="controls"][data-state="on_call"]', { timeout: PATIENCE })
  },
  async talking() {
    await page.waitForSelector('[data-test="headset"][data-talking="true"]', { timeout: PATIENCE })
  },
  async state(...names) {
    await page.waitForSelector(names.map((name) => `[data-test="controls"][data-state="${name}"]`).join(), { timeout: PATIENCE })
  },
  counted,
  async press(key) {
    await page.keyboard.press(key)
    return Date.now() / 1000
  },
  async reload() {
    const at = Date.now() / 1000
    await page.reload()
    return at
  },
  /** The tab dies as in a crash: no good-bye, nothing runs any more. */
  async crash() {
    const at = Date.now() / 1000
    await page.goto('chrome://crash').catch(() => undefined)
    await page.close().catch(() => undefined)
    return at
  },
  async comeBack() {
    page = await context.newPage()
    page.on('pageerror', (error) => problems.push(`page error: ${error.message}`))
    await page.goto(url)
    await page.waitForSelector('.line.ok', { timeout: PATIENCE })
  },
  async hangUp() {
    await page.keyboard.press('Alt+q')
    await page.waitForSelector('[data-test="controls"][data-state="wrap_up"]', { timeout: PATIENCE })
  },
  /** A self-test without waiting for its words: packets both ways after so many milliseconds. */
  async echo(ms) {
    await page.evaluate(() => document.querySelector('#app').__vue_app__.config.globalProperties.$pinia._s.get('headset').startEcho())
    await page.waitForFunction(() => document.querySelector('#app').__vue_app__.config.globalProperties.$pinia._s.get('headset').talk, undefined, { timeout: PATIENCE })
    await page.waitForTimeout(ms)
    const found = await counted()
    await page.evaluate(() => document.querySelector('#app').__vue_app__.config.globalProperties.$pinia._s.get('headset').dropEcho())
    return found
  },
  async quit() {
    await browser?.close()
    browser = undefined
  },
  /** Bytes of script as they come over the wire, and as gzip would make them, that the page has loaded so far. */
  async scripts() {
    const names = await page.evaluate(() => performance.getEntriesByType('resource').filter((one) => one.name.endsWith('.js')).map((one) => one.name))
    const { gzipSync } = await import('node:zlib')
    let bytes = 0
    for (const name of names) bytes += gzipSync(Buffer.from(await (await page.request.get(name)).body())).length
    return { names: names.map((name) => name.split('/').pop()), bytes }
  },
  async shot(name) {
    if (process.env.CONSOLE_SHOT) await page.screenshot({ path: `${process.env.CONSOLE_SHOT}/${name}.png` })
  },
  problems: () => problems,
}

await serve(steps, async () => {
  if (process.env.CONSOLE_SHOT) await page?.screenshot({ path: `${process.env.CONSOLE_SHOT}/failed.png` }).catch(() => undefined)
  return JSON.stringify((await page?.locator('.el-message, .note').allInnerTexts().catch(() => [])) ?? [])
})
await browser?.close()
