/** Tickets: lists, one with its story, acts on it (docs/api.md). */
import { query, request } from './client'
import type { Page, RecordingRow, TicketRow } from './types'

export type Level = '' | 'yellow' | 'orange' | 'red'

export interface WorkRow extends TicketRow {
  version: number
  level: Level
  clock: string
  provisional: boolean
  supervised: boolean
  extension_asked: number
  objections: number
  repeats: number
  centre_id?: string | null
  /** A hand-over is offered, and stands until then. */
  offered_until?: number | null
}

export interface Need {
  name: string
  kind: 'text' | 'code' | 'centre' | 'codes' | 'texts' | 'ticket' | 'amount' | 'time' | 'score' | 'answers' | 'accused' | 'person'
  codes: string
  limit: number
  optional: boolean
}

export interface Act {
  name: string
  to: string
  needs: Need[]
}

export interface StoryEvent {
  seq: number
  at: number
  actor: string
  actor_name: string | null
  name: string
  from_state: string
  to_state: string
  why: string
  data: Record<string, unknown>
}

export interface Clock {
  id: number
  rule: string
  amount: number
  unit: string
  extra: number
  started_at: number
  due_at: number | null
  provisional: boolean
  state: 'running' | 'paused' | 'stopped' | 'beaten'
  level: Level
  late: boolean
  legal: boolean
  source: string
  extendable: number
}

export interface StoryCall {
  call_id: string
  arrived_at: number
  direction: string
  agent_name: string | null
  talk_seconds: number
  rating: number | null
  ticket_number: string | null
  recordings: RecordingRow[]
}

export interface Ticket extends WorkRow {
  /** Of the caller, as far as it is known. */
  language: string
  dispatch_reason: string
  caller_groups: string[]
  risk_flags: string[]
  summary: string
  request: string
  result: string
  route: string
  materials: string[]
  code: string
  final: boolean
  merged_into: string
  repeat_of: string
  handler_name: string | null
  keeper_name: string | null
  handover: { by_name: string | null; to_person: string | null; to_centre: string | null; until: number | null; mine: boolean } | null
  /** To be read out to the caller who calls again with nothing new. */
  progress: { number: string; zh: string; en: string }
  caller_name: string
  id_number: string
  has_address: boolean
  has_opposing_party: boolean
  events: StoryEvent[]
  clocks: Clock[]
  acts: Act[]
  objections_made: { at: number; centre_name: string | null; reason: string; basis: string; decided_at: number | null }[]
  supervisions: { at: number; way: string; why: string; result: string; ended_at: number | null }[]
  warnings: { at: number; rule: string; level: Level; to_whom: string }[]
  shares: { centre_id: string; centre_name: string | null; at: number; why: string }[]
  calls: StoryCall[]
  /** In the answer to an act: it is not mine to see any more. */
  gone?: boolean
  secret: string
  may_grant: boolean
  may_reveal: boolean
  complaint: { kind: string; accused_name: string; stage: string; outcome: string; decided_at: number | null } | null
  grants: { account_id: string; name: string | null; by_name: string | null; at: number; why: string }[]
  safety: Safety | null
  avoidances: { name: string | null; side: string; why: string; at: number; granted: boolean | null; decided_name: string | null; decided_why: string }[]
  tasks: { id: number; kind: string; state: string; created_at: number; tries: number; score: number; cause: string; fix: string; done_at: number | null; done_name: string | null }[]
}

export interface Safety {
  contact_masked: string
  ways: string[]
  windows: string[]
  has_note: boolean
  at: number
}

export interface Deadline {
  rule: string
  state: string
  source: string
  due_at: number | null
  provisional: boolean
  days: { date: string; why: string; kind: string; number: number; name: string; provisional: boolean }[]
  zh: string[]
  en: string[]
}

export interface Word {
  code: string
  zh: string
  en: string
  services: string[]
}

export interface Centre {
  id: string
  name: string
  level: string
  parent_id: string | null
  active: boolean
}

export interface CallerData {
  caller_name: string
  caller_number: string
  address: string
  id_number: string
  opposing_party: string
  safe_contact: string
  safe_note: string
}

/** Somebody a ticket may be handed to. */
export interface Recipient {
  id: string
  name: string
  role: string
  centre_name: string | null
  director: boolean
}

export interface TicketFilter {
  order?: 'newest' | 'deadline'
  state?: string
  level?: string
  q?: string
  limit?: number
  before?: string | number | null
  /** Only what is offered to me, or to my centre. */
  offered?: 'true' | ''
}

const one = (number: string, rest = ''): string => `/api/tickets/${encodeURIComponent(number)}${rest}`

/** A name for a request: sent again after a lost answer it is done once. */
export const requestKey = (): string => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`

export const ticketsApi = {
  list: (filter: TicketFilter) => request<Page<WorkRow>>('GET', `/api/tickets${query({ ...filter })}`),
  one: (number: string) => request<Ticket>('GET', one(number)),
  act: (number: string, act: string, version: number, given: Record<string, unknown>, key: string) =>
    request<Ticket>('POST', one(number, '/acts'), { act, version, given }, { 'Idempotency-Key': key }),
  sign: (items: { number: string; version: number }[], key: string) =>
    request<{ items: { number: string; code: string; zh: string; en: string }[] }>('POST', '/api/tickets/sign', { items }, { 'Idempotency-Key': key }),
  deadlines: async (number: string) => (await request<{ items: Deadline[] }>('GET', one(number, '/deadlines'))).items,
  recipients: async (number: string, q: string) => (await request<Page<Recipient>>('GET', one(number, `/recipients${query({ q })}`))).items,
  reveal: (number: string, purpose: string) => request<CallerData>('POST', one(number, '/reveal'), { purpose }),
  codes: () => request<Record<string, Word[]>>('GET', '/api/ticket-codes'),
  centres: async () => (await request<Page<Centre>>('GET', '/api/centres')).items,
}
