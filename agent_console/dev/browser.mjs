/** Chromium for pictures and the browser test. `CHROMIUM` names another binary. */
import { chromium } from 'playwright-core'

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required']

export async function open({ width = 1440, height = 900, locale = 'zh-CN' } = {}) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS })
  const context = await browser.newContext({ viewport: { width, height }, locale })
  const page = await context.newPage()
  const problems = []
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.text().startsWith('[Vue warn]')) problems.push(`console: ${message.text()} ${message.location().url ?? ''}`.trim())
  })
  return { browser, context, page, problems }
}
