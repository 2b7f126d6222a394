/**
 * One console through a shift, for a test and for measurements (benchmarks/bench_consoles.py), driven step by step (stdin.mjs): when an
 * offer is to be seen and heard, who gets it, a server that goes away, and what the page holds after so many calls.
 *
 * From the environment: CONSOLE_URL, CONSOLE_USER, CONSOLE_PASSWORD, CHROMIUM.
 */
import { chromium } from 'playwright-core'
import { serve } from './stdin.mjs'

const PATIENCE = 60_000
const url = process.env.CONSOLE_URL
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})
const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' })).newPage()
const problems = []
page.on('pageerror', (error) => problems.push(error.message))
const inspector = await page.context().newCDPSession(page)
await inspector.send('Performance.enable')

/** Notes, for each offer, when its element was painted and when the ringing began, beside the moment it was made (Unix seconds). */
const watch = () => {
  window.seen = []
  window.rung = []
  const feed = document.querySelector('#app').__vue_app__.config.globalProperties.$pinia._s.get('feed')
  const known = new Set()
  new MutationObserver(() => {
    if (!document.querySelector('[data-test="offer"]')) return
    const offer = feed.offers.find((one) => !known.has(one.offer_id))
    if (!offer) return
    known.add(offer.offer_id)
    const arrived = Date.now() / 1000
    requestAnimationFrame(() => window.seen.push({ offer_id: offer.offer_id, made_at: offer.made_at, arrived, painted: Date.now() / 1000 }))
  }).observe(document.body, { childList: true, subtree: true })
  const make = AudioContext.prototype.createOscillator
  AudioContext.prototype.createOscillator = function () {
    window.rung.push(Date.now() / 1000)
    return make.call(this)
  }
}

const steps = {
  async login() {
    await page.goto(url)
    await page.fill('#username', process.env.CONSOLE_USER)
    await page.fill('#password', process.env.CONSOLE_PASSWORD)
    await page.keyboard.press('Enter')
    await page.waitForSelector('.line.ok', { timeout: PATIENCE })
    await page.evaluate(watch)
  },
  async ready() {
    // Only whether: an element that is given out is kept alive.
    await page.waitForFunction(() => document.querySelector('[data-test="ready"],[data-test="end-wrap-up"],[data-test="controls"][data-state="available"]') !== null, undefined, { timeout: PATIENCE })
    if (await page.locator('[data-test="end-wrap-up"]').count()) await page.click('[data-test="end-wrap-up"]')
    else if (await page.locator('[data-test="ready"]').count()) await page.click('[data-test="ready"]')
    await page.waitForSelector('[data-test="controls"][data-state="available"]', { timeout: PATIENCE })
  },
  /** What was seen and heard since the last time. */
  seen: () => page.evaluate(() => ({ seen: window.seen.splice(0), rung: window.rung.splice(0) })),
  async accept() {
    await page.locator('[data-test="offer"]').first().waitFor({ timeout: PATIENCE })
    await page.keyboard.press('F2')
    await page.waitForSelector('[data-test="controls"][data-state="on_call"]', { timeout: PATIENCE })
  },
  async offered() {
    await page.locator('[data-test="offer"]').first().waitFor({ timeout: PATIENCE })
  },
  /** Press a key at a moment (Unix seconds). */
  async pressAt(key, at) {
    await new Promise((done) => setTimeout(done, Math.max(0, at * 1000 - Date.now())))
    await page.keyboard.press(key)
  },
  /** What became of an accepted offer: `on_call`, or `available` again with the words that were shown. */
  async outcome() {
    await page.waitForFunction(() => !document.querySelector('[data-test="offer"]') && document.querySelector('[data-test="controls"]:is([data-state="on_call"],[data-state="available"])') !== null, undefined, { timeout: PATIENCE })
    const told = await page.locator('.el-message, .note').allInnerTexts()
    return { state: await page.locator('[data-test="controls"]').getAttribute('data-state'), told }
  },
  /** The server is gone, and the page says so: its call buttons are grey. */
  async cut() {
    await page.waitForSelector('[data-test="line-banner"]', { timeout: PATIENCE })
    return page.locator('[data-test="hold"]').isDisabled()
  },
  async lineBack() {
    await page.waitForSelector('.line.ok', { timeout: PATIENCE })
    await page.waitForFunction(() => !document.querySelector('[data-test="line-banner"]') && !document.querySelector('[data-test="hold"]')?.disabled, undefined, { timeout: PATIENCE })
  },
  async state(name) {
    await page.waitForSelector(`[data-test="controls"][data-state="${name}"]`, { timeout: PATIENCE })
  },
  /** After a collection: bytes of JavaScript, nodes and listeners. */
  async held() {
    await inspector.send('HeapProfiler.collectGarbage')
    const { usedSize } = await inspector.send('Runtime.getHeapUsage')
    const { metrics } = await inspector.send('Performance.getMetrics')
    const of = (name) => metrics.find((one) => one.name === name)?.value
    return { heap_mb: usedSize / 1e6, nodes: of('Nodes'), listeners: of('JSEventListeners') }
  },
  /** Elements that stand in no document and are kept alive all the same, by their outermost one. */
  async detached() {
    await inspector.send('HeapProfiler.collectGarbage')
    const { result } = await inspector.send('Runtime.evaluate', { expression: 'Element.prototype' })
    const { objects } = await inspector.send('Runtime.queryObjects', { prototypeObjectId: result.objectId })
    const found = await inspector.send('Runtime.callFunctionOn', {
      objectId: objects.objectId,
      returnByValue: true,
      functionDeclaration: `function () {
        const counts = {}
        for (const one of this) {
          // prototypes are among them, which have no parents to ask for
          if (Object.hasOwn(one, 'constructor') || one.isConnected) continue
          let top = one
          while (top.parentNode) top = top.parentNode
          const name = [top.nodeName, top.className, top.getAttribute?.('data-test')].join(' ').slice(0, 80)
          counts[name] = (counts[name] ?? 0) + 1
        }
        return counts
      }`,
    })
    return found.result.value
  },
  problems: () => problems,
}

await serve(steps)
await browser.close()
