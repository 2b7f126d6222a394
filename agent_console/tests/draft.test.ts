import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import type { Edits, FormRules, FormState } from '@/api/forms'
import type { Fields } from '@/api/types'
import { Draft, PAUSE, RETRY_AFTER, WITHIN, type DraftState } from '@/features/desk/draft'
import { FIELDS, asked, complete, equal, handedIn, missing, type Field } from '@/features/desk/fields'

const RULES: FormRules = {
  required: ['disposition', 'category', 'matter_region', 'service_type', 'facts', 'caller_name'],
  short: ['disposition', 'category'],
  short_dispositions: ['D09', 'D11', 'D12'],
  more: { D01: ['advice'], D08: ['not_accepted', 'advice'] },
  private: { id_number: ['D05'], address: ['D04', 'D05'] },
  limits: {},
  materials: [],
}

/** A server that keeps one form with a version a field, as the real one does; it trims texts. */
class Server {
  form: FormState = { version: 1, fields: complete(null), versions: {}, submitted_at: null, saved_at: null }
  saves = 0
  asked = 0
  failing: ApiError | null = null
  refusing: Record<string, string> = {}
  gate: Promise<void> | null = null

  write(field: Field, value: unknown): void {
    const fields = { ...this.form.fields, [field]: typeof value === 'string' ? value.trim() : value }
    this.form = { ...this.form, fields, versions: { ...this.form.versions, [field]: (this.form.versions?.[field] ?? 0) + 1 } }
  }

  api = {
    load: async (): Promise<FormState> => structuredClone(this.form),
    edit: async (edits: Edits): Promise<FormState> => {
      await this.gate
      this.asked += 1
      if (this.failing) throw this.failing
      const conflicts: NonNullable<FormState['conflicts']> = {}
      const refused: Record<string, string> = {}
      for (const [name, edit] of Object.entries(edits)) {
        const field = name as Field
        const stored = complete(this.form.fields)[field]
        const version = this.form.versions?.[field] ?? 0
        if (this.refusing[field]) refused[field] = this.refusing[field]
        else if (equal(edit.value as Fields[Field], stored)) continue
        else if (edit.base !== version) conflicts[field] = { value: stored, version, by_name: '李娜', at: 50 }
        else this.write(field, edit.value)
      }
      this.saves += 1
      this.form = { ...this.form, version: this.form.version + 1, saved_at: 100 + this.saves }
      return structuredClone({ ...this.form, conflicts, refused })
    },
    submit: async (version: number, fields: Fields): Promise<FormState> => {
      if (version !== this.form.version) throw new ApiError('form.version', '', '', 409)
      const lacking = missing(fields, RULES)
      if (lacking.length) throw new ApiError('form.incomplete', '', '', 422, { fields: lacking })
      this.form = { ...this.form, fields: structuredClone(fields), submitted_at: 200 }
      return structuredClone(this.form)
    },
  }

  other(change: Partial<Fields>): void {
    for (const [field, value] of Object.entries(change)) this.write(field as Field, value)
    this.form = { ...this.form, version: this.form.version + 1 }
  }
}

async function console_(server = new Server()) {
  let state: DraftState | null = null
  let fields = complete(null)
  const draft = new Draft(server.api, {
    show: (next) => (fields = { ...fields, ...next }),
    state: (next) => (state = next),
  })
  await draft.open()
  return {
    server,
    draft,
    seen: () => state!,
    shown: () => fields,
    type: (change: Partial<Fields>) => {
      fields = { ...fields, ...change }
      draft.edited(fields)
    },
  }
}

describe('draft', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('saves after a short pause, only the field that changed', async () => {
    const { server, type, seen } = await console_()
    const edit = vi.spyOn(server.api, 'edit')
    type({ facts: '拖' })
    await vi.advanceTimersByTimeAsync(PAUSE - 50)
    type({ facts: '拖欠' })
    await vi.advanceTimersByTimeAsync(PAUSE - 50)
    expect([server.saves, seen().phase]).toEqual([0, 'dirty'])
    await vi.advanceTimersByTimeAsync(100)
    expect(server.form.fields.facts).toBe('拖欠')
    expect([server.saves, seen().phase, seen().savedAt]).toEqual([1, 'clean', 101])
    expect(edit.mock.calls[0]).toEqual([{ facts: { base: 0, value: '拖欠' } }])
  })

  it('saves within a second while one types without a pause', async () => {
    const { server, type } = await console_()
    let text = ''
    for (let n = 0; n < 20; n += 1) {
      text += '字'
      type({ facts: text })
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(server.saves).toBeGreaterThanOrEqual(2)
    expect(WITHIN).toBeLessThan(1000)
  })

  it('saves again what was typed while a save was under way', async () => {
    const { server, type, seen } = await console_()
    let open = (): void => {}
    server.gate = new Promise((resolve) => (open = resolve))
    type({ facts: 'a' })
    await vi.advanceTimersByTimeAsync(WITHIN)
    type({ facts: 'ab' })
    server.gate = null
    open()
    await vi.advanceTimersByTimeAsync(2 * WITHIN)
    expect([server.form.fields.facts, server.saves, seen().phase]).toEqual(['ab', 2, 'clean'])
  })

  it('leaves the trailing space one is typing behind, and does not save for ever because the server trims', async () => {
    const { server, type, shown, seen } = await console_()
    type({ facts: 'on the ' })
    await vi.advanceTimersByTimeAsync(10_000)
    expect([shown().facts, server.form.fields.facts, server.saves, seen().phase]).toEqual(['on the ', 'on the', 1, 'clean'])
  })

  it('takes over fields that others wrote, and marks them', async () => {
    const { server, draft, type, seen, shown } = await console_()
    server.other({ advice: '他处' })
    type({ facts: '此处' })
    await vi.advanceTimersByTimeAsync(3000)
    expect(server.form.fields).toMatchObject({ facts: '此处', advice: '他处' })
    expect(shown().advice).toBe('他处')
    expect([seen().phase, seen().taken]).toEqual(['clean', ['advice']])
    server.other({ request: '要求' })
    await draft.refresh(server.form.version)
    expect([shown().request, seen().taken]).toEqual(['要求', ['request']])
  })

  it('shows a conflict with both values, overwrites nothing, saves the rest, and goes on when decided', async () => {
    const { server, draft, type, seen, shown } = await console_()
    server.other({ facts: '他处' })
    type({ facts: '此处', advice: '别的照存' })
    await vi.advanceTimersByTimeAsync(3000)
    expect(seen().phase).toBe('conflict')
    expect(seen().conflicts).toEqual([{ field: 'facts', mine: '此处', theirs: '他处', by: '李娜', at: 50 }])
    expect(server.form.fields).toMatchObject({ facts: '他处', advice: '别的照存' })
    type({ request: '也照存' })
    await vi.advanceTimersByTimeAsync(3000)
    expect([server.form.fields.request, server.form.fields.facts, seen().phase]).toEqual(['也照存', '他处', 'conflict'])
    expect(await draft.submit()).toBe(false)
    draft.resolve('facts', 'mine')
    await vi.advanceTimersByTimeAsync(0)
    expect([server.form.fields.facts, shown().facts, seen().phase]).toEqual(['此处', '此处', 'clean'])
  })

  it('keeps both texts when asked to, or takes the other one', async () => {
    for (const [choice, result] of [['both', '他处\n此处'], ['theirs', '他处']] as const) {
      const { server, draft, type, shown, seen } = await console_()
      server.other({ facts: '他处' })
      type({ facts: '此处' })
      await vi.advanceTimersByTimeAsync(3000)
      draft.resolve('facts', choice)
      await vi.advanceTimersByTimeAsync(3000)
      expect([server.form.fields.facts, shown().facts, seen().phase]).toEqual([result, result, 'clean'])
    }
  })

  it('notices by a refresh that somebody writes what one is just typing', async () => {
    const { server, draft, type, seen } = await console_()
    server.failing = ApiError.unreachable()
    type({ facts: '此处' })
    await vi.advanceTimersByTimeAsync(WITHIN)
    server.other({ facts: '他处' })
    await draft.refresh(server.form.version)
    expect([seen().phase, seen().conflicts[0]?.theirs]).toEqual(['conflict', '他处'])
  })

  it('never lets two consoles lose a word, whatever they type', async () => {
    const server = new Server()
    const [a, b] = [await console_(server), await console_(server)]
    const words: string[] = []
    let seed = 7
    const dice = (n: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % n
    for (let n = 0; n < 60; n += 1) {
      const who = dice(2) ? a : b
      const field = (['facts', 'request', 'advice'] as const)[dice(3)]!
      const word = `w${n}.`
      words.push(word)
      who.type({ [field]: `${who.shown()[field]} ${word}` })
      await vi.advanceTimersByTimeAsync(dice(900))
      for (const one of [a, b]) {
        if (dice(3) === 0) await one.draft.refresh(server.form.version)
        for (const it of [...one.seen().conflicts]) one.draft.resolve(it.field, 'both')
      }
    }
    for (let round = 0; round < 6; round += 1) {
      for (const one of [a, b]) {
        await vi.advanceTimersByTimeAsync(2000)
        await one.draft.refresh(server.form.version)
        for (const it of [...one.seen().conflicts]) one.draft.resolve(it.field, 'both')
      }
    }
    await vi.advanceTimersByTimeAsync(5000)
    const all = ['facts', 'request', 'advice'].map((field) => server.form.fields[field as Field]).join(' ')
    expect(words.filter((word) => !all.includes(word))).toEqual([])
  })

  it('keeps trying while the server is away, at its own pace, and never drops what was typed', async () => {
    const { server, type, seen } = await console_()
    server.failing = ApiError.unreachable()
    type({ facts: 'x' })
    await vi.advanceTimersByTimeAsync(WITHIN + 2 * RETRY_AFTER)
    expect(seen().phase).toBe('failed')
    const before = server.asked
    for (let n = 0; n < 30; n += 1) {
      type({ facts: 'x'.repeat(n) })
      await vi.advanceTimersByTimeAsync(50)
    }
    expect(server.asked - before).toBeLessThanOrEqual(1)
    server.failing = null
    await vi.advanceTimersByTimeAsync(RETRY_AFTER)
    expect([seen().phase, server.form.fields.facts]).toEqual(['clean', 'x'.repeat(29)])
  })

  it('does not hammer the server with a value it refuses, and saves the rest', async () => {
    const { server, type, seen } = await console_()
    server.refusing = { caller_number: 'format' }
    type({ caller_number: 'x', facts: '照存' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect([seen().phase, seen().refused, server.saves, server.form.fields.facts]).toEqual(['failed', { caller_number: 'format' }, 1, '照存'])
    server.refusing = {}
    type({ caller_number: '138' })
    await vi.advanceTimersByTimeAsync(WITHIN)
    expect([seen().phase, seen().refused]).toEqual(['clean', {}])
  })

  it('submits what stands on the screen, and says what is missing', async () => {
    const { server, draft, type, seen } = await console_()
    type({ facts: 'f', disposition: 'D01' })
    expect(await draft.submit()).toBe(false)
    expect(seen().error?.details.fields).toEqual(['category', 'matter_region', 'service_type', 'caller_name', 'advice'])
    type({ identity_refused: true, matter_region: '330500', category: '0201', service_type: 'S01', advice: 'a' })
    expect(await draft.submit()).toBe(true)
    expect([seen().phase, server.form.submitted_at]).toEqual(['submitted', 200])
    type({ facts: 'later' })
    await vi.advanceTimersByTimeAsync(5000)
    expect(server.form.fields.facts).toBe('f')
  })

  it('does not submit over what somebody has just written, but shows it', async () => {
    const { server, draft, type, shown } = await console_()
    type({ facts: 'f', disposition: 'D12', category: '1402' })
    await vi.advanceTimersByTimeAsync(WITHIN)
    server.other({ advice: '他处' })
    expect(await draft.submit()).toBe(false)
    expect(shown().advice).toBe('他处')
    expect(await draft.submit()).toBe(true)
  })
})

describe('what the form wants', () => {
  const form = (change: Partial<Fields>): Fields => ({ ...complete(null), ...change })

  it('depends on the disposition', () => {
    expect(missing(form({ disposition: 'D12', category: '1402' }), RULES, true)).toEqual([])
    expect(missing(form({ disposition: 'D01', category: '1402' }), RULES)).toEqual(expect.arrayContaining(['facts', 'advice']))
    expect(missing(form({ disposition: 'D08' }), RULES)).toContain('not_accepted')
    expect(missing(form({ identity_refused: true }), RULES)).not.toContain('caller_name')
  })

  it('is an answer about legal aid, and a notice that was given, where they are due', () => {
    expect(missing(form({ disposition: 'D02' }), RULES, true)).toContain('legal_aid')
    expect(missing(form({ missing_materials: ['M1'] }), RULES)).toContain('notice_given')
    expect(missing(form({ missing_materials: ['M1'], notice_given: ['read'], legal_aid: 'told' }), RULES, true)).not.toEqual(expect.arrayContaining(['legal_aid', 'notice_given']))
  })

  it('asks for ID and address only when a service is applied for, and hands in nothing else', () => {
    expect(asked('id_number', form({ disposition: 'D01' }), RULES)).toBe(false)
    expect(asked('id_number', form({ applies: true }), RULES)).toBe(true)
    expect(asked('address', form({ disposition: 'D04' }), RULES)).toBe(true)
    expect(asked('facts', form({}), RULES)).toBe(true)
    expect(handedIn(form({ disposition: 'D01', id_number: '1', address: 'x', facts: 'f' }), RULES)).toMatchObject({ id_number: '', address: '', facts: 'f' })
  })

  it('knows every field once', () => {
    expect(new Set(FIELDS).size).toBe(FIELDS.length)
    expect(equal([{ event: 'knew', date: '' }], [])).toBe(true)
    expect(equal(['R02', 'R01'], ['R01', 'R02'])).toBe(true)
    expect(equal('a\r\nb ', 'a\nb')).toBe(true)
  })
})
