/**
 * Keeps one call's form on the server, field by field: saves while one types, takes over what others write in other fields,
 * asks a person where two wrote in the same one, and never loses what stands on the screen. Typing waits for nothing here.
 * Nothing of it is kept in the browser: a form is personal data.
 */
import { ApiError } from '@/api/errors'
import type { Edits, FormState, Hints } from '@/api/forms'
import type { Fields } from '@/api/types'
import { FIELDS, complete, copy, equal, type Field } from './fields'

/** A pause in typing after which is saved, milliseconds. */
export const PAUSE = 300
/** Whoever never pauses is saved after this all the same: with the way to the server it stays under a second. */
export const WITHIN = 700
export const RETRY_AFTER = 3_000

export type DraftPhase = 'loading' | 'clean' | 'dirty' | 'saving' | 'failed' | 'conflict' | 'submitting' | 'submitted' | 'unavailable'

export interface Conflict {
  field: Field
  mine: Fields[Field]
  theirs: Fields[Field]
  by: string
  at: number
}

export interface DraftState {
  readonly phase: DraftPhase
  readonly version: number
  /** When the server last had everything, Unix seconds; null before. */
  readonly savedAt: number | null
  readonly submittedAt: number | null
  readonly conflicts: readonly Conflict[]
  /** Fields that were just taken over from somebody else. */
  readonly taken: readonly Field[]
  /** Fields whose value the server cannot keep, and why. */
  readonly refused: Readonly<Record<string, string>>
  readonly hints: Hints | null
  readonly error: ApiError | null
}

export interface DraftApi {
  load(): Promise<FormState>
  edit(edits: Edits): Promise<FormState>
  submit(version: number, fields: Fields): Promise<FormState>
}

export interface DraftScreen {
  /** Show these values in these fields; all others stay as they are on the screen. */
  show(fields: Partial<Fields>): void
  state(state: DraftState): void
}

export const START: DraftState = {
  phase: 'loading', version: 0, savedAt: null, submittedAt: null, conflicts: [], taken: [], refused: {}, hints: null, error: null,
}

type Values = Record<Field, Fields[Field]>

/** No answer, or one that a later try will better. */
function comesBack(problem: ApiError | null): boolean {
  return problem !== null && (problem.status === 0 || problem.status >= 500 || problem.status === 429)
}

export class Draft {
  private state: DraftState = START
  /** What the server has, as far as it has been taken in here. */
  private base = complete(null) as unknown as Values
  private current = complete(null) as unknown as Values
  /** The version of each field that `base` is. */
  private versions: Partial<Record<Field, number>> = {}
  /** The value the server refused, so that it is not sent again until it is edited. */
  private refusedValue: Partial<Record<Field, Fields[Field]>> = {}
  private timer: ReturnType<typeof setTimeout> | null = null
  private dirtySince = 0
  private busy: Promise<void> | null = null
  private closed = false

  constructor(
    private readonly api: DraftApi,
    private readonly screen: DraftScreen,
  ) {}

  /** Load what the server has. May be called again after `unavailable`. */
  async open(): Promise<void> {
    this.set({ ...START })
    try {
      const form = await this.api.load()
      if (this.closed) return
      this.reset(form)
    } catch (error) {
      this.set({ phase: 'unavailable', error: ApiError.from(error) })
    }
  }

  /** The screen changed. */
  edited(fields: Fields): void {
    if (['loading', 'unavailable', 'submitted'].includes(this.state.phase)) return
    this.current = complete(fields) as unknown as Values
    if (!this.sendable.length) {
      if (this.state.phase === 'dirty') this.settle()
      return
    }
    if (this.waiting) return // the server is away: it is tried again by the clock, not by every letter
    if (!this.dirtySince) this.dirtySince = Date.now()
    if (!this.busy && this.state.phase !== 'failed') this.set({ phase: this.state.conflicts.length ? 'conflict' : 'dirty', taken: [] })
    this.later(Math.max(0, Math.min(PAUSE, this.dirtySince + WITHIN - Date.now())))
  }

  /** Save now what is not saved yet; resolves when the server has answered. */
  async flush(): Promise<void> {
    this.cancel()
    while (this.busy) await this.busy
    if (!this.sendable.length || ['loading', 'unavailable', 'submitted', 'submitting'].includes(this.state.phase)) return
    await this.run(this.save())
  }

  /** Somebody else saved: fetch and take in. Does nothing for a version that is known. */
  async refresh(version: number): Promise<void> {
    while (this.busy) await this.busy
    if (version <= this.state.version || this.closed || ['loading', 'unavailable', 'submitting', 'submitted'].includes(this.state.phase)) return
    await this.run(this.fetch())
  }

  /** Hand the form in. False when it did not go through; `state.error` then says why. */
  async submit(prepare: (fields: Fields) => Fields = (fields) => fields): Promise<boolean> {
    await this.flush()
    if (this.unsaved || ['conflict', 'failed', 'submitted'].includes(this.state.phase)) return this.state.phase === 'submitted'
    this.set({ phase: 'submitting', error: null })
    try {
      const form = await this.api.submit(this.state.version, prepare(this.fields))
      this.reset({ ...form, submitted_at: form.submitted_at ?? Date.now() / 1000 })
      return true
    } catch (error) {
      const problem = ApiError.from(error)
      this.set({ phase: 'clean', error: problem })
      if (problem.code === 'form.version') await this.run(this.fetch())
      else if (problem.code === 'form.submitted') await this.open()
      return (this.state.phase as DraftPhase) === 'submitted'
    }
  }

  /** Decide a conflict: keep what stands here, take what the other wrote, or keep both (texts). */
  resolve(field: Field, choice: 'mine' | 'theirs' | 'both'): void {
    const conflict = this.state.conflicts.find((one) => one.field === field)
    if (!conflict) return
    if (choice !== 'mine') {
      const value = choice === 'theirs' ? conflict.theirs : `${conflict.theirs as string}\n${this.current[field] as string}`
      this.current[field] = copy(value)
      this.screen.show({ [field]: copy(value) })
    }
    const conflicts = this.state.conflicts.filter((one) => one.field !== field)
    this.set({ conflicts, phase: conflicts.length ? 'conflict' : 'dirty' })
    if (this.sendable.length) void this.flush()
    else this.settle()
  }

  close(): void {
    this.closed = true
    this.cancel()
  }

  /** Whether something on the screen is not with the server. */
  get unsaved(): boolean {
    return this.dirty.length > 0
  }

  /** The server did not answer, and is asked again soon. */
  private get waiting(): boolean {
    return this.state.phase === 'failed' && this.timer !== null && comesBack(this.state.error)
  }

  private get fields(): Fields {
    return complete(this.current as unknown as Fields)
  }

  private get dirty(): Field[] {
    return FIELDS.filter((field) => !equal(this.current[field], this.base[field]))
  }

  /** What is to be sent: neither waiting for a decision, nor refused as it stands. */
  private get sendable(): Field[] {
    const waiting = new Set(this.state.conflicts.map((one) => one.field))
    return this.dirty.filter((field) => !waiting.has(field) && !(field in this.refusedValue && equal(this.current[field], this.refusedValue[field]!)))
  }

  private async run(work: Promise<void>): Promise<void> {
    this.busy = work
    try {
      await work
    } finally {
      this.busy = null
    }
    if (this.state.phase === 'saving') this.settle()
    if (this.sendable.length && this.state.phase !== 'failed' && !this.closed) this.later(PAUSE)
  }

  private async save(): Promise<void> {
    const fields = this.sendable
    const sent = Object.fromEntries(fields.map((field) => [field, copy(this.current[field])])) as Partial<Values>
    const edits = Object.fromEntries(fields.map((field) => [field, { base: this.versions[field] ?? 0, value: sent[field] }])) as Edits
    this.dirtySince = 0
    this.set({ phase: 'saving' })
    try {
      const form = await this.api.edit(edits)
      this.take(form, sent)
      this.set({ savedAt: form.saved_at ?? Date.now() / 1000, error: null })
    } catch (error) {
      await this.failed(ApiError.from(error))
    }
  }

  private async fetch(): Promise<void> {
    try {
      const form = await this.api.load()
      if (this.closed) return
      if (form.submitted_at) this.reset(form)
      else this.take(form, {})
      if (this.state.phase === 'failed') this.settle()
    } catch (error) {
      await this.failed(ApiError.from(error))
    }
  }

  private async failed(problem: ApiError): Promise<void> {
    if (problem.code === 'form.submitted') {
      await this.open()
      return
    }
    this.set({ phase: 'failed', error: problem })
    // What is not allowed stays so; an absent server comes back.
    if (comesBack(problem)) this.later(RETRY_AFTER)
  }

  /** The whole form as the server has it: what stood here before goes. */
  private reset(form: FormState): void {
    this.base = complete(form.fields) as unknown as Values
    this.current = complete(form.fields) as unknown as Values
    this.versions = { ...form.versions }
    this.refusedValue = {}
    this.screen.show(complete(form.fields))
    this.set({
      ...START,
      phase: form.submitted_at ? 'submitted' : 'clean',
      version: form.version,
      savedAt: form.saved_at ?? null,
      submittedAt: form.submitted_at ?? null,
      hints: form.hints ?? null,
    })
  }

  /** Take in an answer: what was sent is with the server now, what others wrote is shown, what both wrote is a conflict. */
  private take(form: FormState, sent: Partial<Values>): void {
    const server = complete(form.fields) as unknown as Values
    const refused = form.refused ?? {}
    const shown: Partial<Values> = {}
    const taken: Field[] = []
    let conflicts = [...this.state.conflicts]
    for (const field of FIELDS) {
      const version = form.versions?.[field] ?? 0
      if (field in refused) {
        this.refusedValue[field] = sent[field]
        continue
      }
      delete this.refusedValue[field]
      const told = form.conflicts?.[field]
      const mineOnly = !equal(this.current[field], this.base[field])
      if (told || (!(field in sent) && mineOnly && version !== (this.versions[field] ?? 0) && !equal(this.current[field], server[field]))) {
        conflicts = conflicts.filter((one) => one.field !== field)
        conflicts.push({ field, mine: copy(this.current[field]), theirs: copy(server[field]), by: told?.by_name ?? '', at: told?.at ?? form.saved_at ?? 0 })
        this.base[field] = copy(server[field])
      } else if (field in sent) {
        // The server may have tidied it (trimmed, upper case): what stands on the screen stays as it is typed.
        this.base[field] = copy(sent[field]!)
      } else if (!mineOnly) {
        if (!equal(this.current[field], server[field])) {
          shown[field] = copy(server[field])
          this.current[field] = copy(server[field])
          taken.push(field)
        }
        this.base[field] = copy(server[field])
        conflicts = conflicts.filter((one) => one.field !== field)
      } else if (equal(this.current[field], server[field])) {
        this.base[field] = copy(server[field])
      }
      this.versions[field] = version
    }
    if (taken.length) this.screen.show(shown as Partial<Fields>)
    this.set({
      version: form.version,
      conflicts,
      refused,
      hints: form.hints ?? this.state.hints,
      taken: taken.length ? taken : this.state.taken,
      savedAt: form.saved_at ?? this.state.savedAt,
    })
    if (conflicts.length && this.state.phase !== 'saving') this.set({ phase: 'conflict' })
    else if (this.state.phase === 'conflict' && !conflicts.length) this.settle()
  }

  /** Nothing under way: what the mark says now. */
  private settle(): void {
    const phase = this.state.conflicts.length ? 'conflict' : Object.keys(this.refusedValue).length ? 'failed' : this.unsaved ? 'dirty' : 'clean'
    this.set({ phase, ...(phase === 'failed' ? {} : { error: null }) })
  }

  private later(milliseconds: number): void {
    this.cancel()
    if (this.closed) return
    this.timer = setTimeout(() => void this.flush(), milliseconds)
  }

  private cancel(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
  }

  private set(change: Partial<DraftState>): void {
    this.state = { ...this.state, ...change }
    if (!this.closed) this.screen.state(this.state)
  }
}
