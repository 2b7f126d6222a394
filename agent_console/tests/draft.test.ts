import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import type { Fields, FormState } from '@/api/types'
import { Draft, RETRY_AFTER, SAVE_AFTER, type DraftState } from '@/features/desk/draft'
import { complete, missing } from '@/features/desk/fields'
import { merge } from '@/features/desk/merge'

/** A server that keeps one form by version, as the real one does. */
class Server {
  form: FormState = { version: 1, fields: complete(null), submitted_at: null, saved_at: null }
  saves = 0
  failing: ApiError | null = null
  gate: Promise<void> | null = null

  api = {
    load: async (): Promise<FormState> => structuredClone(this.form),
    save: async (version: number, fields: Fields): Promise<FormState> => {
      await this.gate
      if (this.failing) throw this.failing
      if (version !== this.form.version) throw new ApiError('form.version', '', '', 409)
      this.saves += 1
      this.form = { ...this.form, version: version + 1, fields: structuredClone(fields), saved_at: 100 + version }
      return structuredClone(this.form)
    },
    submit: async (version: number, fields: Fields): Promise<FormState> => {
      if (version !== this.form.version) throw new ApiError('form.version', '', '', 409)
      const lacking = missing(fields)
      if (lacking.length) throw new ApiError('form.incomplete', '', '', 422, { fields: lacking })
      this.form = { ...this.form, fields: structuredClone(fields), submitted_at: 200 }
      return structuredClone(this.form)
    },
  }

  other(change: Partial<Fields>): void {
    this.form = { ...this.form, version: this.form.version + 1, fields: { ...this.form.fields, ...change } }
  }
}

async function setUp(): Promise<{ server: Server; draft: Draft; seen: () => DraftState; shown: () => Fields; type: (change: Partial<Fields>) => void }> {
  const server = new Server()
  let state: DraftState | null = null
  let fields = complete(null)
  const draft = new Draft(server.api, {
    show: (next) => (fields = next),
    state: (next) => (state = next),
  })
  await draft.open()
  return {
    server,
    draft,
    seen: () => state!,
    shown: () => fields,
    type: (change) => {
      fields = { ...fields, ...change }
      draft.edited(fields)
    },
  }
}

describe('draft', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('saves once after a pause in typing, within a second', async () => {
    const { server, type, seen } = await setUp()
    type({ facts: '拖' })
    await vi.advanceTimersByTimeAsync(500)
    type({ facts: '拖欠' })
    await vi.advanceTimersByTimeAsync(500)
    expect([server.saves, seen().phase]).toEqual([0, 'dirty'])
    await vi.advanceTimersByTimeAsync(SAVE_AFTER)
    expect(server.form.fields.facts).toBe('拖欠')
    expect([server.saves, seen().phase, seen().savedAt, SAVE_AFTER <= 1000]).toEqual([1, 'clean', 101, true])
  })

  it('saves again what was typed while a save was under way', async () => {
    const { server, type, seen } = await setUp()
    let open = (): void => {}
    server.gate = new Promise((resolve) => (open = resolve))
    type({ facts: 'a' })
    await vi.advanceTimersByTimeAsync(SAVE_AFTER)
    type({ facts: 'ab' })
    server.gate = null
    open()
    await vi.advanceTimersByTimeAsync(2 * SAVE_AFTER)
    expect([server.form.fields.facts, server.saves, seen().phase]).toEqual(['ab', 2, 'clean'])
  })

  it('merges fields another window saved, without asking', async () => {
    const { server, type, seen, shown } = await setUp()
    server.other({ advice: '他处' })
    type({ facts: '此处' })
    await vi.advanceTimersByTimeAsync(3000)
    expect(server.form.fields).toMatchObject({ facts: '此处', advice: '他处' })
    expect(shown().advice).toBe('他处')
    expect([seen().phase, seen().merged]).toEqual(['clean', 1])
  })

  it('shows a conflict, saves nothing over it, and goes on when decided', async () => {
    const { server, draft, type, seen, shown } = await setUp()
    server.other({ facts: '他处' })
    type({ facts: '此处' })
    await vi.advanceTimersByTimeAsync(3000)
    expect(seen().phase).toBe('conflict')
    expect(seen().conflicts).toEqual([{ field: 'facts', mine: '此处', theirs: '他处' }])
    expect(server.form.fields.facts).toBe('他处')
    expect(await draft.submit()).toBe(false)
    draft.resolve('facts', 'mine')
    await vi.advanceTimersByTimeAsync(0)
    expect([server.form.fields.facts, shown().facts, seen().phase]).toEqual(['此处', '此处', 'clean'])
  })

  it('keeps trying while the server is away, and never drops what was typed', async () => {
    const { server, type, seen } = await setUp()
    server.failing = ApiError.unreachable()
    type({ facts: 'x' })
    await vi.advanceTimersByTimeAsync(SAVE_AFTER + 2 * RETRY_AFTER)
    expect(seen().phase).toBe('failed')
    server.failing = null
    await vi.advanceTimersByTimeAsync(RETRY_AFTER)
    expect([seen().phase, server.form.fields.facts]).toEqual(['clean', 'x'])
  })

  it('does not hammer the server with a value it refuses', async () => {
    const { server, type, seen } = await setUp()
    server.failing = new ApiError('form.invalid', '', '', 422)
    type({ id_number: '1' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(seen().phase).toBe('failed')
    server.failing = null
    type({ id_number: '12' })
    await vi.advanceTimersByTimeAsync(SAVE_AFTER)
    expect(seen().phase).toBe('clean')
  })

  it('submits what stands on the screen, and says what is missing', async () => {
    const { server, draft, type, seen } = await setUp()
    type({ facts: 'f', disposition: 'D01' })
    expect(await draft.submit()).toBe(false)
    expect(seen().error?.details.fields).toEqual(['caller_name', 'matter_region', 'category', 'service_type'])
    type({ identity_refused: true, matter_region: '330500', category: '0201', service_type: 'S01' })
    expect(await draft.submit()).toBe(true)
    expect([seen().phase, server.form.submitted_at]).toEqual(['submitted', 200])
    type({ facts: 'later' })
    await vi.advanceTimersByTimeAsync(5000)
    expect(server.form.fields.facts).toBe('f')
  })
})

describe('required fields', () => {
  it('asks little of a caller who broke off', () => {
    expect(missing({ ...complete(null), disposition: 'D12', category: '1402' })).toEqual([])
    expect(missing({ ...complete(null), disposition: 'D01', category: '1402' })).toContain('facts')
    expect(missing({ ...complete(null), identity_refused: true })).not.toContain('caller_name')
  })
})

describe('merge', () => {
  it('compares lists without order', () => {
    const base = complete({ risk_flags: ['R01', 'R02'] })
    const mine = complete({ risk_flags: ['R02', 'R01'] })
    const theirs = complete({ risk_flags: ['R03'] })
    expect(merge(base, mine, theirs)).toMatchObject({ conflicts: [], taken: ['risk_flags'] })
  })
})
