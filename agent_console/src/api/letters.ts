/** Letters (text messages and mails) and notices: what the API gives and takes (docs/protocol.md). */
import { query, request } from './client'
import type { Page } from './types'

export type LetterState = 'waiting' | 'sending' | 'sent' | 'unsure' | 'failed' | 'cancelled'
export const LETTER_STATES: readonly LetterState[] = ['waiting', 'sending', 'sent', 'unsure', 'failed', 'cancelled']

export interface LetterRow {
  id: string
  number: string | null
  kind: string
  channel: 'sms' | 'mail'
  to_masked: string
  state: LetterState
  tries: number
  code: string
  staff: boolean
  by: string
  created_at: number
  not_before: number
  finished_at: number | null
  settled_by: string
}

export interface LetterPage extends Page<LetterRow> {
  counts: Partial<Record<LetterState, number>>
}

export interface TicketLetters {
  items: LetterRow[]
  kinds: string[]
  channels: ('sms' | 'mail')[]
  mobile: boolean
  may_send: boolean
  allowed_at: number | null
}

export interface Draft {
  kind: string
  subject: string
  body: string
  /** Of the caller; English ones are written to in English. */
  language: string
}

export interface NoticeRow {
  id: number
  number: string | null
  kind: string
  level: string
  data: Record<string, unknown>
  at: number
  read_at: number | null
}

export interface Notices {
  items: NoticeRow[]
  unread: number
  next: number | null
}

export interface Contact {
  channel: '' | 'sms' | 'mail'
  address_masked: string
}

const of = (number: string, rest = ''): string => `/api/tickets/${encodeURIComponent(number)}/letters${rest}`

export const lettersApi = {
  list: (filter: { state?: string; limit?: number; before?: string | number | null }) => request<LetterPage>('GET', `/api/letters${query({ ...filter })}`),
  retry: (id: string) => request('POST', `/api/letters/${id}/retry`),
  settle: (id: string, arrived: boolean) => request('POST', `/api/letters/${id}/settle`, { arrived }),
  ofTicket: (number: string) => request<TicketLetters>('GET', of(number)),
  draft: (number: string, kind: string) => request<Draft>('GET', of(number, `/draft${query({ kind })}`)),
  send: (number: string, kind: string, channel: string, to: string) => request<LetterRow>('POST', of(number), { kind, channel, to }),
  retryOf: (number: string, id: string) => request<LetterRow>('POST', of(number, `/${id}/retry`)),
  settleOf: (number: string, id: string, arrived: boolean) => request<LetterRow>('POST', of(number, `/${id}/settle`), { arrived }),
}

export const noticesApi = {
  list: (limit: number, before = 0) => request<Notices>('GET', `/api/notices${query({ limit, before })}`),
  read: (ids: number[]) => request<{ unread: number }>('POST', '/api/notices/read', { ids }),
  readTo: (last: number) => request<{ unread: number }>('POST', '/api/notices/read', { up_to: last }),
  contact: () => request<Contact>('GET', '/api/me/contact'),
  setContact: (channel: Contact['channel'], address: string) => request<Contact>('PUT', '/api/me/contact', { channel, address }),
}
