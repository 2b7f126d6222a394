/**
 * Steps on request: each line on standard input is `["step", …arguments]`, each line on standard output `{"ok": true, "value": …}` or
 * `{"ok": false, "error": "…"}`. `failed(error)` says what to add to an error.
 */
import { createInterface } from 'node:readline'

export async function serve(steps, failed = async () => '') {
  for await (const line of createInterface({ input: process.stdin })) {
    const [step, ...given] = JSON.parse(line)
    let answer
    try {
      answer = { ok: true, value: (await steps[step](...given)) ?? null }
    } catch (error) {
      answer = { ok: false, error: `${step}: ${error.message.split('\n')[0]} ${await failed(error)}` }
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`)
  }
}
