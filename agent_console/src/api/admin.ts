/** What the bureau's administrator sets (docs/api.md). */
import { query, request, upload } from './client'
import type { HotlineRow, Page } from './types'

export interface Seat {
  id: string
  extension: string
  skills: string[]
  levels: Record<string, number>
  languages: string[]
  region_code: string
  registered: boolean | null
  staff_number: string
  phone_masked: string
}

export interface PersonRow {
  id: string
  username: string
  name: string
  role: string
  language: string
  active: boolean
  locked_until: number | null
  must_change: boolean
  sessions: number
  last_seen_at: number | null
  seat: Seat | null
}

export interface PersonWish {
  username?: string
  name: string
  role: string
  language: string
  seat: Pick<Seat, 'extension' | 'skills' | 'levels' | 'languages' | 'region_code'> | null
}

/** Shown this once. */
export interface Given {
  person: PersonRow
  password: string
  phone_password: string
}

export interface Finding {
  line: number
  node: string
  code: string
  zh: string
  en: string
}

export interface FlowRow {
  name: string
  title_zh: string
  title_en: string
  audience: string
  languages: string[]
  version: string
  own: boolean
  shipped_version: string | null
  versions: number
  published_at: number | null
  published_by: string
  lines: string[]
  taken: boolean
}

export interface FlowVersion {
  version: string
  shipped: boolean
  in_force: boolean
  note: string
  added_by: string
  added_at: number | null
}

export interface FlowDetail extends FlowRow {
  items: FlowVersion[]
  publications: { version: string; reason: string; by: string; at: number }[]
}

export interface Checked {
  version: string | null
  problems: Finding[]
  scenarios: Finding[]
  drawing: string | null
}

export interface Voice {
  language: string
  text: string
  seconds: number
  own: boolean
  by: string
  at: number | null
  speech_db: number | null
  peak_db: number | null
  source: string
}

export interface PromptRow {
  id: string
  flows: string[]
  voices: Voice[]
}

export interface Uploaded {
  seconds: number
  speech_db: number
  peak_db: number
  gain_db: number
  source: string
}

export type Hours = [number, number][]

export interface SpecialDay {
  date: string
  hours: Hours
  reason: string
}

export interface CalendarRow {
  id: string
  name: string
  tier: string
  weekly: Hours[]
  holidays: string
  holiday_hours: Hours
  region_code: string
  special: SpecialDay[]
  now: { state: string; until: number | null; provisional: boolean; zh: string; en: string }
}

export interface LineRow {
  number: string
  name: string
  calendar_id: string
  flow: string
  language: string
  queue: string
  region_code: string
  position: number
  now: { state: string; provisional: boolean; zh: string; en: string }
}

export type LineWish = Omit<LineRow, 'number' | 'now'>

export interface YearDay {
  first: string
  last: string
  kind: string
  name: string
  region: string
}

export interface Years {
  items: { year: number; imported: boolean; off: number; work: number; days: YearDay[] }[]
  missing: number | null
  provisional_from: number
}

export interface YearReport {
  years: number[]
  rows: YearDay[]
  bad: { line: number; code: string; value: string; zh: string; en: string }[]
  committed: boolean
}

/** A line of the list of other hotlines, with what only its keeper sees. */
export interface OtherHotline extends HotlineRow {
  position: number
  active: boolean
}

export interface Firm {
  id: string
  name: string
  kind: string
  licence: string
  region_code: string
  note: string
  active: boolean
  experts: number
}

export interface Trunks {
  file: string
  edge: boolean
  listening: string
  items: { name: string; state: string; calls: number; max_calls: number; settings: { key: string; value: string; default: boolean }[] }[]
  refused: { code: string; count: number }[]
  registered: number
}

export interface Change {
  seq: number
  at: number
  by: string
  action: string
  object: string
  data: Record<string, unknown> & { before?: Record<string, unknown>; after?: Record<string, unknown> }
}

const id = encodeURIComponent
const items = async <T>(path: string): Promise<T[]> => (await request<Page<T>>('GET', path)).items
const person = (one: string, rest = ''): string => `/api/people/${id(one)}${rest}`
const flow = (name: string, rest = ''): string => `/api/flows/${id(name)}${rest}`
const prompt = (language: string, name: string, rest = ''): string => `/api/prompts/${id(language)}/${id(name)}${rest}`

export const adminApi = {
  people: () => items<PersonRow>('/api/people'),
  addPerson: (wish: PersonWish) => request<Given>('POST', '/api/people', wish),
  changePerson: (one: string, wish: PersonWish) => request<Given>('PUT', person(one), wish),
  setActive: (one: string, on: boolean) => request<PersonRow>('POST', person(one, on ? '/enable' : '/disable')),
  resetPassword: (one: string) => request<Given>('POST', person(one, '/password')),
  resetPhone: (one: string) => request<Given>('POST', person(one, '/phone-password')),
  logOut: (one: string) => request<unknown>('POST', person(one, '/log-out')),

  flows: () => items<FlowRow>('/api/flows'),
  flow: (name: string) => request<FlowDetail>('GET', flow(name)),
  flowText: (name: string, version: string) => request<{ text: string }>('GET', flow(name, `/versions/${version}`)),
  checkFlow: (name: string, text: string) => request<Checked>('POST', '/api/flows/check', { name, text }),
  addVersion: (name: string, text: string, note: string) => request<FlowVersion>('POST', flow(name, '/versions'), { text, note }),
  publish: (name: string, version: string, reason: string) => request<unknown>('POST', flow(name, '/publish'), { version, reason }),
  drawingUrl: (name: string, version: string) => flow(name, `/versions/${version}/drawing`),

  prompts: () => items<PromptRow>('/api/prompts'),
  promptUrl: (language: string, name: string, shipped = false) => prompt(language, name, `/audio${shipped ? '?shipped=true' : ''}`),
  uploadPrompt: (language: string, name: string, file: File) => upload<Uploaded>(prompt(language, name), file),
  revertPrompt: (language: string, name: string) => request<unknown>('DELETE', prompt(language, name)),

  calendars: async () => (await request<{ items: CalendarRow[] }>('GET', '/api/calendars')).items,
  putCalendar: (one: string, wish: Partial<CalendarRow>) => request<unknown>('PUT', `/api/calendars/${id(one)}`, wish),
  putDay: (one: string, day: string, hours: Hours, reason: string) =>
    request<unknown>('PUT', `/api/calendars/${id(one)}/days/${day}`, { hours, reason }),
  dropDay: (one: string, day: string) => request<unknown>('DELETE', `/api/calendars/${id(one)}/days/${day}`),
  years: () => request<Years>('GET', '/api/years'),
  uploadYear: (file: File, commit: boolean) => upload<YearReport>(`/api/years${query({ commit: String(commit) })}`, file),
  lines: async () => (await request<{ items: LineRow[] }>('GET', '/api/lines')).items,
  putLine: (number: string, wish: LineWish) => request<unknown>('PUT', `/api/lines/${id(number)}`, wish),
  dropLine: (number: string) => request<unknown>('DELETE', `/api/lines/${id(number)}`),

  hotlines: () => items<OtherHotline>('/api/external-hotlines?everything=true'),
  addHotline: (wish: Omit<OtherHotline, 'id'>) => request<OtherHotline>('POST', '/api/external-hotlines', wish),
  changeHotline: (one: string, wish: Omit<OtherHotline, 'id'>) => request<OtherHotline>('PUT', `/api/external-hotlines/${id(one)}`, wish),

  firms: () => items<Firm>('/api/firms'),
  putFirm: (one: string | null, wish: Omit<Firm, 'id' | 'experts'>) =>
    one ? request<Firm>('PUT', `/api/firms/${id(one)}`, wish) : request<Firm>('POST', '/api/firms', wish),

  trunks: () => request<Trunks>('GET', '/api/trunks'),
  changes: (of: string, before: string | number | null = null) => request<Page<Change>>('GET', `/api/changes${query({ of, before })}`),
}
