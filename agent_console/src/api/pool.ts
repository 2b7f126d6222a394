/** The pool of experts, rosters and spreadsheets: what the API gives and takes (docs/api.md). */
import { query, request, upload } from './client'
import type { Page } from './types'

export interface AnswerRate {
  answered: number
  tried: number
  hour_answered: number
  hour_tried: number
  share: number
  refusals: Record<string, number>
}

export interface Card {
  id: string
  colour: 'yellow' | 'red'
  reason: string
  given_at: number
  objection: string
  objection_at: number | null
  lifted_at: number | null
  lift_reason: string
}

export interface PoolRow {
  id: string
  name: string
  kind: string
  firm: string
  licence: string
  skills: string[]
  languages: string[]
  regions: string[]
  phones: string[]
  hours_from: number
  hours_to: number
  max_per_day: number
  stars: number
  suspended: boolean
  suspended_to: number | null
  suspended_reason: string
  presence: string
  bar: string
  cards: Card[]
  rate: AnswerRate
}

export type ExpertWish = Pick<
  PoolRow, 'name' | 'kind' | 'firm' | 'licence' | 'skills' | 'languages' | 'regions' | 'phones' | 'hours_from' | 'hours_to' | 'max_per_day' | 'stars'
>

export interface Interest {
  id: string
  kind: string
  party_masked: string
  note: string
  source: string
  declared_at: number
  revoked_at: number | null
}

export interface Span {
  start: number
  end: number
}

export interface Shift {
  id: number
  weekday: number | null
  date: string | null
  from_minute: number
  to_minute: number
}

export interface RosterRow {
  id: string
  name: string
  kind: string
  firm: string
  skills: string[]
  bar: string
  days: Span[][]
  shifts: Shift[]
}

export interface RosterWeek {
  first: string
  cover_from: number
  cover_to: number
  working: boolean[]
  provisional: boolean
  experts: RosterRow[]
  gaps: Span[][]
}

export interface RosterWish {
  kind: string
  expert_id: string
  date: string
  from_minute: number
  to_minute: number
  other_id: string | null
  other_date: string
  other_from: number
  other_to: number
  reason: string
}

export interface RosterRequest extends RosterWish {
  id: string
  expert_name: string | null
  other_name: string | null
  late: boolean
  provisional: boolean
  state: string
  created_at: number
  decision: string
}

export interface Problem {
  row: number
  column: string
  column_zh: string
  column_en: string
  code: string
  zh: string
  en: string
  do_zh: string
  do_en: string
}

export interface Report {
  kind: string
  rows: number
  good: number
  added: number
  changed: number
  same: number
  committed: boolean
  problems: Problem[]
  more_problems: number
}

export type SheetKind = 'experts' | 'roster'

const one = (id: string, rest = ''): string => `/api/pool/${encodeURIComponent(id)}${rest}`

export const poolApi = {
  list: async () => (await request<Page<PoolRow>>('GET', '/api/pool')).items,
  add: (wish: ExpertWish) => request<PoolRow>('POST', '/api/pool', wish),
  change: (id: string, wish: ExpertWish) => request<PoolRow>('PUT', one(id), wish),
  remove: (id: string) => request<unknown>('POST', one(id, '/remove')),
  suspend: (id: string, wish: { suspended: boolean; until?: number | null; reason?: string }) =>
    request<PoolRow>('POST', one(id, '/suspension'), wish),
  reveal: (id: string, purpose: string) => request<{ numbers: string[] }>('POST', one(id, '/reveal'), { purpose }),
  card: (id: string, colour: string, reason: string) => request<Card>('POST', one(id, '/cards'), { colour, reason }),
  objection: (id: string, card: string, text: string) => request<Card>('POST', one(id, `/cards/${card}/objection`), { text }),
  lift: (id: string, card: string, text: string) => request<Card>('POST', one(id, `/cards/${card}/lift`), { text }),
  interests: async (id: string) => (await request<Page<Interest>>('GET', one(id, '/interests'))).items,
  declare: (id: string, kind: string, party: string, note: string) => request<Interest>('POST', one(id, '/interests'), { kind, party, note }),
  revoke: (id: string, interest: string) => request<unknown>('POST', one(id, `/interests/${interest}/revoke`)),
  firms: async () => (await request<Page<{ id: string; name: string }>>('GET', '/api/firms')).items,

  week: (from: string) => request<RosterWeek>('GET', `/api/roster${query({ from })}`),
  weekly: (id: string, shifts: Pick<Shift, 'weekday' | 'from_minute' | 'to_minute'>[]) =>
    request<unknown>('PUT', `/api/roster/experts/${encodeURIComponent(id)}/weekly`, { shifts }),
  addShift: (id: string, date: string, from_minute: number, to_minute: number) =>
    request<Shift>('POST', `/api/roster/experts/${encodeURIComponent(id)}/shifts`, { date, from_minute, to_minute }),
  removeShift: (id: number) => request<unknown>('POST', `/api/roster/shifts/${id}/remove`),
  requests: async () => (await request<Page<RosterRequest>>('GET', '/api/roster/requests')).items,
  ask: (wish: RosterWish) => request<RosterRequest>('POST', '/api/roster/requests', wish),
  answer: (id: string, what: string, note = '') =>
    request<RosterRequest>('POST', `/api/roster/requests/${encodeURIComponent(id)}/${what}`, { note }),

  sheetUrl: (kind: SheetKind, what: '' | '/template', format: string) => `/api/sheets/${kind}${what}${query({ format })}`,
  sheet: (kind: SheetKind, file: File, commit: boolean) => upload<Report>(`/api/sheets/${kind}${query({ commit: String(commit) })}`, file),
}
