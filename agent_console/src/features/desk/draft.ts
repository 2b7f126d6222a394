/**
 * Keeps one call's form on the server: saves after each pause in typing, merges what another window saved, and never
 * loses what stands on the screen. Nothing of it is kept in the browser: a form is personal data.
 */
import { ApiError } from '@/api/errors'
import type { Fields, FormState } from '@/api/types'
import { complete, equalAll } from './fields'
import { merge, type Conflict } from './merge'

export const SAVE_AFTER = 800
export const RETRY_AFTER = 3_000

export type DraftPhase = 'loading' | 'clean' | 'dirty' | 'saving' | 'failed' | 'conflict' | 'submitting' | 'submitted' | 'unavailable'

export interface DraftState {
  readonly phase: DraftPhase
  readonly version: number
  /** When the server last had everything, Unix seconds; null before. */
  readonly savedAt: number | null
  readonly submittedAt: number | null
  readonly conflicts: readonly Conflict[]
  /** How many fields were taken over from another window in the last merge. */
  readonly merged: number
  readonly error: ApiError | null
}

export interface DraftApi {
  load(): Promise<FormState>
  save(version: number, fields: Fields): Promise<FormState>
  submit(version: number, fields: Fields): Promise<FormState>
}

export interface DraftScreen {
  /** Show these fields (after loading or a merge). */
  show(fields: Fields): void
  state(state: DraftState): void
}

const START: DraftState = {
  phase: 'loading', version: 0, savedAt: null, submittedAt: null, conflicts: [], merged: 0, error: null,
}

export class Draft {
  private state: DraftState = START
  private base: Fields = complete(null)
  private current: Fields = complete(null)
  private timer: ReturnType<typeof setTimeout> | null = null
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
      this.base = complete(form.fields)
      this.current = complete(form.fields)
      this.screen.show(complete(form.fields))
      this.set({
        phase: form.submitted_at ? 'submitted' : 'clean',
        version: form.version,
        savedAt: form.saved_at ?? null,
        submittedAt: form.submitted_at ?? null,
      })
    } catch (error) {
      this.set({ phase: 'unavailable', error: ApiError.from(error) })
    }
  }

  /** The screen changed. */
  edited(fields: Fields): void {
    if (['loading', 'unavailable', 'submitted'].includes(this.state.phase)) return
    this.current = complete(fields)
    if (equalAll(this.current, this.base)) {
      if (this.state.phase === 'dirty') this.set({ phase: 'clean' })
      return
    }
    if (this.state.phase !== 'conflict' && !this.busy) this.set({ phase: 'dirty', merged: 0 })
    this.later(SAVE_AFTER)
  }

  /** Save now what is not saved yet; resolves when the server has answered. */
  async flush(): Promise<void> {
    this.cancel()
    if (this.busy) await this.busy
    if (!this.unsaved || this.state.phase === 'conflict') return
    this.busy = this.save()
    try {
      await this.busy
    } finally {
      this.busy = null
    }
    if (this.state.phase === 'saving') this.set({ phase: this.unsaved ? 'dirty' : 'clean' })
    if (this.unsaved && this.state.phase === 'dirty') this.later(SAVE_AFTER)
  }

  /** Hand the form in. False when it did not go through; `state.error` then says why. */
  async submit(): Promise<boolean> {
    await this.flush()
    if (this.unsaved || ['conflict', 'failed', 'submitted'].includes(this.state.phase)) return this.state.phase === 'submitted'
    this.set({ phase: 'submitting', error: null })
    try {
      const form = await this.api.submit(this.state.version, this.current)
      this.base = this.current
      this.set({
        phase: 'submitted',
        version: form?.version ?? this.state.version,
        submittedAt: form?.submitted_at ?? Date.now() / 1000,
      })
      return true
    } catch (error) {
      const problem = ApiError.from(error)
      if (problem.code === 'form.version') await this.reconcile()
      else if (problem.code === 'form.submitted') await this.open()
      else this.set({ phase: 'clean', error: problem })
      return this.state.phase === 'submitted'
    }
  }

  /** Decide a conflict: keep what stands here, or take the other window's. The last one decided saves. */
  resolve(field: Conflict['field'], choice: 'mine' | 'theirs'): void {
    const conflict = this.state.conflicts.find((one) => one.field === field)
    if (!conflict) return
    if (choice === 'theirs') {
      this.current = { ...this.current, [field]: conflict.theirs }
      this.screen.show(complete(this.current))
    }
    const conflicts = this.state.conflicts.filter((one) => one.field !== field)
    this.set({ conflicts, phase: conflicts.length ? 'conflict' : 'dirty' })
    if (!conflicts.length) void this.flush()
  }

  close(): void {
    this.closed = true
    this.cancel()
  }

  get unsaved(): boolean {
    return !equalAll(this.current, this.base)
  }

  private async save(): Promise<void> {
    const sent = complete(this.current)
    this.set({ phase: 'saving' })
    try {
      const form = await this.api.save(this.state.version, sent)
      this.base = sent
      this.set({ version: form.version, savedAt: form.saved_at ?? Date.now() / 1000, error: null })
    } catch (error) {
      const problem = ApiError.from(error)
      if (problem.code === 'form.version') {
        await this.reconcile()
      } else if (problem.code === 'form.submitted') {
        await this.open()
      } else {
        this.set({ phase: 'failed', error: problem })
        // A wrong value stays wrong until it is edited; an absent server comes back.
        if (problem.status === 0 || problem.status >= 500 || problem.status === 429) this.later(RETRY_AFTER)
      }
    }
  }

  private async reconcile(): Promise<void> {
    try {
      const form = await this.api.load()
      if (form.submitted_at) {
        await this.open()
        return
      }
      const theirs = complete(form.fields)
      const { fields, conflicts, taken } = merge(this.base, this.current, theirs)
      this.base = theirs
      this.current = fields
      this.screen.show(complete(fields))
      this.set({ version: form.version, conflicts, merged: taken.length, phase: conflicts.length ? 'conflict' : 'dirty', error: null })
      if (!conflicts.length && this.unsaved) this.later(0)
      else if (!conflicts.length) this.set({ phase: 'clean' })
    } catch (error) {
      this.set({ phase: 'failed', error: ApiError.from(error) })
      this.later(RETRY_AFTER)
    }
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
