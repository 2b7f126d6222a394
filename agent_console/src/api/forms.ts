/** The triage form, what it says back, and what is known of the caller: what the API gives and takes (docs/protocol.md). */
import { query, request } from './client'
import type { CallRow, Fields, TicketRow } from './types'

export interface Words {
  zh: string
  en: string
}

/** A date that was typed, by one limit of the law. */
export interface LimitRow extends Words {
  code: string
  event: string
  date: string
  last_day: string
  /** Days to the last day; negative when it is over. */
  left: number
  state: 'past' | 'urgent' | 'near' | 'open'
  provisional: boolean
  source: string
}

export interface Hints {
  legal_aid: (Words & { code: string; source: string })[]
  limits: LimitRow[]
  flags: { flag: string; why: string; word: string }[]
  wording: (Words & { code: string; kind: 'say' | 'avoid' })[]
  notice: Words
  priority: number
}

/** An edit that was not taken: somebody else wrote the field meanwhile. */
export interface ServerConflict {
  value: unknown
  version: number
  by_name: string
  at: number
}

export interface FormState {
  version: number
  fields: Partial<Fields>
  /** Of each field ever written. */
  versions?: Record<string, number>
  hints?: Hints | null
  conflicts?: Record<string, ServerConflict>
  /** Edits that a field cannot hold: field → reason. */
  refused?: Record<string, string>
  submitted_at?: number | null
  saved_at?: number | null
}

export type Edits = Partial<Record<keyof Fields, { base: number; value: unknown }>>

export interface Material extends Words {
  service: string
  code: string
  source: string
}

export interface FormRules {
  required: string[]
  short: string[]
  short_dispositions: string[]
  more: Record<string, string[]>
  private: Record<string, string[]>
  limits: Record<string, number>
  materials: Material[]
}

export interface CallerHistory {
  known: boolean
  open_tickets: TicketRow[]
  calls: CallRow[]
  total: number
  recent: number
  days: number
  repeat: boolean
  more: boolean
  /** How each open ticket stands, to be read out when there is nothing new. */
  progress: { number: string; same: boolean; zh: string; en: string }[]
  same_matter: { calls: string[]; tickets: string[] }
}

const of = (id: string, rest: string): string => `/api/calls/${encodeURIComponent(id)}${rest}`

export const formApi = {
  rules: () => request<FormRules>('GET', '/api/catalogue/form-rules'),
  load: (id: string) => request<FormState>('GET', of(id, '/form')),
  edit: (id: string, edits: Edits) => request<FormState>('PATCH', of(id, '/form'), { edits }),
  submit: (id: string, version: number, fields: Fields) => request<FormState>('POST', of(id, '/form/submit'), { version, fields }),
  caller: (id: string, category: string, everything: boolean) =>
    request<CallerHistory>('GET', of(id, `/caller${query({ category, everything: everything ? 'true' : '' })}`)),
}
