/** What the HTTP API gives (docs/protocol.md, "HTTP"). Fields a server may leave out are optional. */
import type { Call, Expert, Id } from '@/feed/types'

export interface Me {
  id: Id
  username: string
  name: string
  role: string
  agent_id?: Id | null
  extension?: string | null
  language?: string | null
  /** The demo city: the "call me now" button shows. */
  demo?: boolean
}

/** One entry of a code list. */
export interface Coded {
  code: string
  zh: string
  en: string
  parent?: string | null
  skill?: string | null
  /** A category's risk flag worth asking about. */
  raises?: string
}

export interface Catalogue {
  categories: Coded[]
  service_types: Coded[]
  caller_groups: Coded[]
  dispositions: Coded[]
  risk_flags: Coded[]
  regions: Coded[]
  languages: Coded[]
  pause_reasons: Coded[]
  rating_keys: Coded[]
  skills: Coded[]
}

export interface Fields {
  caller_name: string
  identity_refused: boolean
  caller_number: string
  matter_region: string
  category: string
  service_type: string
  caller_groups: string[]
  risk_flags: string[]
  opposing_party: string
  facts: string
  request: string
  advice: string
  disposition: string
  next_step: string
  id_number: string
  address: string
}

export interface FormState {
  version: number
  fields: Partial<Fields>
  submitted_at?: number | null
  saved_at?: number | null
}

export interface Page<T> {
  items: T[]
  /** Cursor of the next page, to be given as `before`; null at the end. */
  next?: string | number | null
}

export interface CallRow {
  call_id: string
  state?: string
  arrived_at: number
  answered_at?: number | null
  agent_connected_at?: number | null
  ended_at?: number | null
  caller_masked: string
  region_hint?: string | null
  queue?: string | null
  phase?: string | null
  cause?: string | null
  ended_by?: string | null
  agent_id?: Id | null
  agent_name?: string | null
  expert_id?: Id | null
  expert_name?: string | null
  rating?: number | null
  rating_outcome?: string | null
  wait_seconds?: number | null
  talk_seconds?: number | null
  category?: string | null
  disposition?: string | null
  outcome?: string | null
  ticket_number?: string | null
  form_incomplete?: boolean
}

export interface TimelineFact {
  name: string
  at: number
  source?: string
  data?: Record<string, unknown>
}

export interface TalkRow {
  talk_id: string
  person_kind: 'agent' | 'expert'
  person_id: Id
  person_name?: string | null
  started_at: number
  ended_at?: number | null
  ended_by?: string | null
}

export interface TryRow {
  try_id: string
  transfer_id?: string
  expert_id: Id
  expert_name?: string | null
  outcome?: string | null
  dialled_at?: number | null
  at?: number | null
  seconds?: number | null
  sip_code?: number | null
}

export interface RecordingRow {
  recording_id: string
  talk_id?: string
  person_kind?: string
  person_id?: Id
  person_name?: string | null
  started_at: number
  seconds?: number | null
  state: string
  reason?: string | null
}

export interface RatingRow {
  score: number
  person_kind?: string
  person_id?: Id
  person_name?: string | null
  method?: string
  at?: number
}

export interface CallDetail extends CallRow {
  timeline: TimelineFact[]
  talks: TalkRow[]
  tries: TryRow[]
  rating_row?: RatingRow | null
  recordings: RecordingRow[]
  ticket?: TicketRow | null
  history?: CallRow[]
}

export interface TicketRow {
  number: string
  call_id: string
  state: string
  centre_name?: string | null
  region_code?: string | null
  service_type?: string | null
  category?: string | null
  disposition?: string | null
  priority?: number | null
  caller_number_masked?: string | null
  caller_name?: string | null
  agent_name?: string | null
  form_incomplete?: boolean
  created_at: number
  updated_at?: number | null
}

export interface TicketEvent {
  at: number
  actor?: string | null
  name: string
  data?: Record<string, unknown>
}

export interface TicketDetail extends TicketRow {
  summary?: string | null
  request?: string | null
  caller_groups?: string[]
  risk_flags?: string[]
  id_number?: string | null
  has_address?: boolean
  has_opposing_party?: boolean
  dispatch_reason?: string | null
  events?: TicketEvent[]
}

export interface TaskRow {
  id: string
  call_id: string
  caller_masked: string
  reason: string
  state: string
  calls?: number
  tries?: number
  created_at: number
  due_at: number
  closed_at?: number | null
  result?: string | null
}

export type ExpertRow = Expert
export type LiveCall = Call
