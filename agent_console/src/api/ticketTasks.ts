/** The work list: what is owed to callers after the work itself; grants and safe contact of a ticket. */
import { query, request } from './client'
import type { Need } from './tickets'
import type { Page } from './types'

export const OWED_VIEWS = ['due', 'overdue', 'mine', 'later', 'done'] as const
export const OWED_KINDS = ['tell', 'follow_up', 'quality', 'rectify', 'report'] as const
export type OwedView = (typeof OWED_VIEWS)[number]

export interface Owed {
  id: number
  kind: (typeof OWED_KINDS)[number]
  state: 'open' | 'done' | 'unreachable' | 'dropped'
  number: string | null
  call_id: string
  ticket_state: string
  version: number
  due_at: number | null
  next_at: number | null
  tries: number
  tries_most: number
  outcome: string
  claimed_by: string
  claimed_name: string | null
  mine: boolean
  may: boolean
  score: number
  about_name: string | null
  centre_name: string | null
  service_type: string
  category: string
  caller_masked: string
  secret: string
  complaint: string
  done_at: number | null
  done_name: string | null
}

export interface OwedDetail extends Owed {
  needs: Need[]
  questions: { code: string; about: 'matter' | 'handler'; zh: string; en: string }[]
  safe: { contact_masked: string; ways: string[]; windows: string[]; ok: boolean; not_before: number; has_note: boolean } | null
  request: string
  result: string
  handler_name: string | null
  answers: Record<string, string | number>
  text: string
  cause: string
  fix: string
}

export interface OwedCounts {
  open: Record<string, number>
  overdue: Record<string, number>
  mine: number
}

export interface Named {
  ref: string
  id: string
  kind: 'account' | 'expert' | 'centre'
  name: string
  place: string
}

const one = (id: number, rest = ''): string => `/api/ticket-tasks/${id}${rest}`
const ticket = (number: string, rest: string): string => `/api/tickets/${encodeURIComponent(number)}${rest}`
const keyed = (key: string) => ({ 'Idempotency-Key': key })

export const owedApi = {
  list: (filter: { view: string; kind: string; limit: number; before: string | number | null }) => request<Page<Owed>>('GET', `/api/ticket-tasks${query({ ...filter })}`),
  counts: () => request<OwedCounts>('GET', '/api/ticket-tasks/counts'),
  one: (id: number) => request<OwedDetail>('GET', one(id)),
  claim: (id: number) => request<OwedDetail>('POST', one(id, '/claim')),
  release: (id: number) => request<OwedDetail>('DELETE', one(id, '/claim')),
  done: (id: number, version: number, given: Record<string, unknown>, key: string) => request<OwedDetail>('POST', one(id, '/done'), { version, given }, keyed(key)),
  tried: (id: number, outcome: string, key: string) => request<OwedDetail>('POST', one(id, '/tries'), { outcome }, keyed(key)),
  call: (id: number) => request<{ call_id: string }>('POST', one(id, '/call')),
  people: async (q: string, kind = '') => (await request<Page<Named>>('GET', `/api/ticket-people${query({ q, kind })}`)).items,
  grant: (number: string, account_id: string, why: string) => request('POST', ticket(number, '/grants'), { account_id, why }),
  endGrant: (number: string, account_id: string) => request('DELETE', ticket(number, `/grants/${encodeURIComponent(account_id)}`)),
  safety: (number: string, wanted: { contact: string | null; note: string | null; ways: string[]; windows: string[] }) => request('PUT', ticket(number, '/safety'), wanted),
}
