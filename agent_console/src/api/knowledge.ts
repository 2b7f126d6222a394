/** The catalogue at hand (docs/api.md, `/api/knowledge`), and recordings drawn and shared. */
import { query, request, upload } from './client'
import type { Report } from './pool'
import type { Page, RecordingRow } from './types'

export type Kind = 'institution' | 'hotline' | 'guide' | 'law' | 'script'
export const KINDS: readonly Kind[] = ['institution', 'hotline', 'guide', 'law', 'script']

/** Parts by kind, in the order of the form. The long ones are written in several lines. */
export const PARTS: Readonly<Record<Kind, readonly string[]>> = {
  institution: ['type', 'phones', 'address', 'hours', 'services'],
  hotline: ['phones', 'hours', 'services'],
  guide: ['conditions', 'materials', 'steps', 'where', 'duration', 'fee', 'basis', 'phones'],
  law: ['law', 'article', 'text'],
  script: ['when', 'text'],
}
export const NEEDED: ReadonlySet<string> = new Set(['institution.type', 'hotline.phones', 'law.law', 'law.text', 'script.text'])
export const LONG: ReadonlySet<string> = new Set(['services', 'conditions', 'materials', 'steps', 'where', 'text'])
export const TYPES: readonly string[] = [
  'legal_service', 'legal_aid', 'law_firm', 'notary', 'appraisal', 'mediation', 'labour_arbitration', 'arbitration', 'court',
  'procuratorate', 'police', 'justice_bureau', 'government', 'help',
]

export interface EntryWish {
  kind: Kind
  title: string
  keywords: string[]
  region: string
  fields: Record<string, string>
  valid_from: string
  valid_to: string
  source: string
  version: number
}

export interface Entry extends EntryWish {
  id: number
  region_name: string
  phones: { number: string; hotline_id: string | null }[]
  standing: 'in_force' | 'not_yet' | 'outdated'
  read_out: string
  active: boolean
  updated_at: number
}

export interface Version extends EntryWish {
  at: number
  by_name: string
  by: string
  action: string
}

export interface Wish {
  q?: string
  kind?: string
  type?: string
  region?: string
  limit?: number
  before?: string | number | null
}

const one = (id: number, rest = ''): string => `/api/knowledge/${id}${rest}`

export const knowledgeApi = {
  search: (wish: Wish) => request<Page<Entry>>('GET', `/api/knowledge${query({ ...wish })}`),
  add: (wish: EntryWish) => request<Entry>('POST', '/api/knowledge', wish),
  change: (id: number, wish: EntryWish) => request<Entry>('PUT', one(id), wish),
  remove: (id: number) => request<unknown>('POST', one(id, '/remove')),
  versions: async (id: number) => (await request<Page<Version>>('GET', one(id, '/versions'))).items,
  restore: (id: number, restore: number, version: number) => request<Entry>('POST', one(id, '/restore'), { restore, version }),
  sheetUrl: (what: '' | '/template', format: string) => `/api/knowledge-sheet${what}${query({ format })}`,
  sheet: (file: File, commit: boolean) => upload<Report>(`/api/knowledge-sheet${query({ commit: String(commit) })}`, file),
}

export interface Chapter {
  kind: string
  at: number
  until: number | null
  recording_id: string | null
  offset: number
  person_name: string | null
  detail: string
}

export interface Wave {
  recording_id: string
  seconds: number
  caller: number[]
  peer: number[]
  chapters: Chapter[]
}

export interface Share {
  id: string
  recording_id: string
  by_name: string
  to_name: string
  purpose: string
  offset_seconds: number
  created_at: number
  expires_at: number
  revoked_at: number | null
  opened: number
  stands: boolean
}

const recording = (id: string, rest: string): string => `/api/recordings/${encodeURIComponent(id)}${rest}`

export const hearingApi = {
  wave: (id: string, share = '') => request<Wave>('GET', recording(id, `/waveform${query({ share })}`)),
  audioUrl: (id: string, purpose: string, share = '') => recording(id, `/audio${query({ purpose, share })}`),
  people: async () => (await request<Page<{ id: string; name: string; role: string }>>('GET', '/api/shares/people')).items,
  shares: async (id: string) => (await request<Page<Share>>('GET', `/api/shares${query({ recording_id: id })}`)).items,
  share: (wish: { recording_id: string; to_user: string; purpose: string; hours: number; offset_seconds: number }) =>
    request<Share>('POST', '/api/shares', wish),
  open: (id: string) => request<{ share: Share; recording: RecordingRow }>('POST', `/api/shares/${encodeURIComponent(id)}/open`),
  revoke: (id: string) => request<unknown>('POST', `/api/shares/${encodeURIComponent(id)}/revoke`),
}
