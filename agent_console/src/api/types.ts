/** What the HTTP API gives (docs/protocol.md, "HTTP"). Fields a server may leave out are optional. */
import type { Call, Expert, Id } from '@/feed/types'
import type { AnswerRate } from './pool'

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
  /** Logged in with a one-time password. */
  must_change?: boolean
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
  /** Of a key event: the matters it belongs to, prefixes joined by `|`. */
  categories?: string
  /** Of a reason not to accept: the proper way. */
  route_zh?: string
  route_en?: string
}

export interface Catalogue {
  categories: Coded[]
  service_types: Coded[]
  caller_groups: Coded[]
  dispositions: Coded[]
  handover_results: Coded[]
  risk_flags: Coded[]
  regions: Coded[]
  languages: Coded[]
  pause_reasons: Coded[]
  rating_keys: Coded[]
  skills: Coded[]
  sexes: Coded[]
  age_bands: Coded[]
  relations: Coded[]
  stages: Coded[]
  legal_aid_answers: Coded[]
  not_accepted: Coded[]
  notice_ways: Coded[]
  key_events: Coded[]
}

/** The dispatch card, in clear. */
export interface EmergencyCard {
  id: string
  call_id: string
  state: string
  name: string
  number: string
  place: string
  region: string
  matter: string
  groups: string[]
  flags: string[]
  facts: string
  line: string
  dispatched_to: string[]
  scripts: { service: string; text: string }[]
}

/** What happened when; the server measures it by the limits of the law. */
export interface KeyDate {
  event: string
  date: string
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
  handover_result: string
  id_number: string
  address: string
  caller_region: string
  sex: string
  age_band: string
  language: string
  occupation: string
  relation: string
  stage: string
  law_cited: string
  key_dates: KeyDate[]
  legal_aid: string
  not_accepted: string
  applies: boolean
  missing_materials: string[]
  notice_given: string[]
}

export interface Page<T> {
  items: T[]
  /** Cursor of the next page, to be given as `before`; null at the end. */
  next?: string | number | null
}

export interface CallRow {
  direction?: 'inbound' | 'outbound'
  task_id?: string | null
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
  queued_at?: number | null
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
  source?: 'call' | 'message'
  due_at?: number | null
  created_at: number
  updated_at?: number | null
}

/** A called number and how it stands now; `until`: when that changes, null when not within 60 days. */
export interface LineRow {
  number: string
  name: string
  now: { state: 'open' | 'closed' | 'holiday'; until: number | null; next_opening: number | null; provisional: boolean; zh: string; en: string }
}

export interface Lines {
  items: LineRow[]
  mine: string | null
  missing_year: number | null
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

export type TaskView = 'due' | 'mine' | 'later' | 'done'
export type TaskKind = 'call_back' | 'follow_up' | 'rating' | 'village'

/** Somebody to be called. */
export interface TaskRow {
  id: string
  kind: TaskKind
  call_id: string
  caller_masked: string
  region_hint?: string | null
  reason: string
  state: string
  queue?: string | null
  calls: number
  tries: number
  created_at: number
  /** Since when the person has waited: the place in the line. */
  place_at: number
  due_at: number
  deadline_at: number
  closed_at?: number | null
  result?: string | null
  close_reason?: string | null
  agent_name?: string | null
  /** Whether the one who looks may call: the handler's own follow-up may not. */
  mine: boolean
  answers: { matter?: number; handler?: number; text?: string }
}

export const TASK_RESULTS = ['reached', 'no_answer', 'busy', 'refused', 'wrong_number', 'not_wanted'] as const
export type TaskResult = (typeof TASK_RESULTS)[number]

/** The switch over everything dialled out. */
export interface OutboundState {
  on: boolean
  enabled: boolean
  by: string
  at: number | null
  reason: string
  last_hour: number
  per_hour: number
  due: number
}

export type ExpertRow = Expert & { rate?: AnswerRate }
export type LiveCall = Call

/** A line of the list of other hotlines. */
export interface HotlineRow {
  id: string
  number: string
  name_zh: string
  name_en: string
  description_zh: string
  description_en: string
  category: string
  region_code: string
}

/** One sentence that answers "why", in both languages. */
export interface Why {
  zh: string
  en: string
  codes: string[]
}

export interface RestrictionRow {
  id: string
  caller_masked: string
  call_id: string
  state: 'proposed' | 'active' | 'refused' | 'lifted' | 'expired'
  reason: string
  proposed_by: string
  proposed_at: number
  decided_by: string
  decided_at: number | null
  decision: string
  until: number | null
  renewals: number
}
