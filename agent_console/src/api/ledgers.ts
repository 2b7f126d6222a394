/** Ledgers, what people write into them, and exports (docs/api.md). */
import { query, request } from './client'
import type { Page } from './types'

export type Cell = string | number | null

export interface Column {
  key: string
  zh: string
  en: string
  kind: 'text' | 'time' | 'date' | 'number' | 'seconds' | 'hours' | 'code' | 'ticket_code' | 'state' | 'flag'
  codes: string
  personal: boolean
  links: string
}

export interface Ledger {
  name: string
  zh: string
  en: string
  columns: Column[]
  filters: string[]
  typed: boolean
  clear: boolean
}

export interface LedgerLine {
  id: string
  cells: Record<string, Cell>
}

export type Lines = Page<LedgerLine> & { totals: Record<string, number> }

export interface Span {
  first: string
  last: string
}

export interface VisitWish {
  centre_id: string
  at: number | null
  visitor: string
  phone: string
  people: number
  service_type: string
  category: string
  matter: string
  outcome: string
  ticket_number: string
}

export interface EntryWish {
  adviser_id: string
  date: string
  kind: string
  from_minute: number
  to_minute: number
  topic: string
  people: number
}

export interface AdviserWish {
  centre_id: string
  name: string
  firm: string
  expert_id: string
  since: string
  until: string
}

export interface AdviserRow extends AdviserWish {
  id: string
  village: string
  hours: number
  missing_hours: number
  owes_month: boolean
  lectures: number
  missing_lectures: number
  owes_quarter: boolean
  behind_month: boolean
  behind_quarter: boolean
}

export interface Advisers {
  items: AdviserRow[]
  owed_hours: number
  owed_lectures: number
}

export interface ExportRow {
  id: string
  ledger: string
  format: 'xlsx' | 'csv'
  filters: Record<string, string>
  purpose: string
  clear: boolean
  state: 'queued' | 'running' | 'done' | 'failed' | 'expired'
  rows_done: number
  rows_total: number
  bytes: number
  error: string
  created_at: number
  finished_at: number | null
  expires_at: number | null
}

const once = (key: string): Record<string, string> => ({ 'Idempotency-Key': key })

export const ledgersApi = {
  all: () => request<Ledger[]>('GET', '/api/ledgers'),
  lines: (name: string, span: Span, filters: Record<string, string>, limit: number, before: string | number | null) =>
    request<Lines>('GET', `/api/ledgers/${name}${query({ ...span, ...filters, limit, before })}`),
  visit: (wish: VisitWish, key: string) => request<{ id: string }>('POST', '/api/visits', wish, once(key)),
  voidVisit: (id: string, reason: string) => request<unknown>('POST', `/api/visits/${id}/void`, { reason }),
  entry: (wish: EntryWish, key: string) => request<{ id: string }>('POST', '/api/adviser-log', wish, once(key)),
  voidEntry: (id: string, reason: string) => request<unknown>('POST', `/api/adviser-log/${id}/void`, { reason }),
  advisers: (month: string) => request<Advisers>('GET', `/api/advisers${query({ month })}`),
  putAdviser: (id: string | null, wish: AdviserWish) => request<{ id: string }>(id ? 'PUT' : 'POST', id ? `/api/advisers/${id}` : '/api/advisers', wish),
  ask: (wish: { ledger: string; format: string; first: string; last: string; filters: Record<string, string>; purpose: string; clear: boolean }) => request<ExportRow>('POST', '/api/exports', wish),
  exports: async () => (await request<Page<ExportRow>>('GET', '/api/exports')).items,
  file: (id: string): string => `/api/exports/${id}/file`,
}
