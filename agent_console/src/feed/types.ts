/** What the feed carries (docs/protocol.md, "Board and feed"). Times are Unix seconds. */

export type Id = string | number

export type AgentState = 'offline' | 'available' | 'reserved' | 'ringing' | 'on_call' | 'wrap_up' | 'paused'

export interface Agent {
  id: Id
  name: string
  extension?: string | null
  state: AgentState
  reason?: string | null
  since: number
  requested?: { state: AgentState; reason?: string | null } | AgentState | null
  wrap_up_until?: number | null
  wrap_up_extended?: boolean
  call_id?: string | null
  offer_ids?: string[]
  missed?: number
  /** The call whose line this person is on. */
  listening?: string | null
  skills?: string[]
}

export interface TransferTry {
  try_id: string
  expert_id: Id
  expert_name?: string
  /** dialling, ringing, answered (hears the brief), then one of the try outcomes. */
  state: string
  at: number
}

export interface Transfer {
  transfer_id: string
  state: 'trying' | 'connected' | 'returned' | 'cancelled' | 'conferred' | 'queued'
  kind?: string
  target?: 'expert' | 'agent' | 'queue' | 'hotline'
  target_id?: string
  /** Of the colleague or hotline wished for. */
  name?: string
  stage?: 'seeking' | 'consult' | 'aside' | 'three'
  third?: { kind: string; id: Id; name: string; state: string } | null
  /** What became of a colleague or hotline who did not come. */
  result?: string
  tries: TransferTry[]
  /** Experts passed over before any offer. */
  skipped?: { expert_id: Id; reason: string }[]
  /** False: past clients could not be looked up. */
  conflicts_known?: boolean
}

/** Warnings given to an abusive caller; times from when the next one, and the end of the call, are allowed. */
export interface Abuse {
  warnings: number
  next_at: number | null
  hang_up_at: number | null
}

export interface Call {
  call_id: string
  phase: string
  caller_masked: string
  region_hint?: string | null
  arrived_at: number
  queued_at?: number | null
  answered_at?: number | null
  queue?: string | null
  priority?: number | string | null
  position?: number | null
  agent_id?: Id | null
  /** Since when the agent's headset is lost; the house dials it again. */
  agent_lost_at?: number | null
  expert_id?: Id | null
  hold?: boolean
  party_id?: Id | null
  /** Seconds of music after which the agent was last reminded; 0: not yet. */
  waits_reminded?: number
  /** Minutes of talk after which a reminder came. */
  talk_reminded?: number
  recording?: boolean
  recording_alarm?: string | null
  monitor?: Monitor | null
  help?: { help_id: string; agent_id: Id; since: number } | null
  /** The emergency that keeps this call. */
  pinned?: string | null
  transfer?: Transfer | null
  abuse?: Abuse | null
  rating?: number | { score?: number | null } | null
  direction?: 'inbound' | 'outbound'
  task?: WhyCall | null
}

/** Why we call, of a call that we make. */
export interface WhyCall {
  task_id: string
  kind: 'call_back' | 'follow_up' | 'rating'
  reason: string
  calls: number
  tries: number
  of_call: string
}

/** Dialling out: whether it is allowed, and how much there is. */
export interface Outbound {
  on: boolean
  by: string
  last_hour: number
  per_hour: number
  due: number
}

export interface Monitor {
  monitor_id: string
  agent_id: Id
  mode: 'listen' | 'whisper' | 'barge'
  state: 'dialling' | 'on'
  told: boolean
  since: number
}

export interface Emergency {
  id: string
  call_id: string
  state: string
  source: string
  flags: string[]
  audience: 'supervisors' | 'everyone'
  helpers: string[]
  caller_masked: string
  region_hint: string
  raised_by: string
  raised_by_name: string
  raised_by_agent: string
  raised_at: number
  alerted_at: number | null
  acknowledged_by_name: string
  acknowledged_at: number | null
  dispatched_to: string[]
  line_lost_at: number | null
  callback_id: string
  repeat_seconds: number
}

/** The figures of the day; every call is in exactly one class, `difference` says when they do not add up. */
export interface Figures {
  at: number
  offered: number
  answered: number
  abandoned: number
  in_progress: number
  difference: number
  differs: { database: number; board: number } | null
  within: number
  short: number
  rated: number
  wait_mean: number | null
  wait_max: number | null
  rates: Record<string, number | null>
  grades: Record<string, string>
  targets: Record<string, number>
}

export interface Offer {
  offer_id: string
  call_id: string
  agent_ids: Id[]
  made_at: number
  expires_at: number
  caller_masked: string
  region_hint?: string | null
  queue?: string | null
  queued_at?: number | null
  /** A colleague asks me to join a transfer. */
  transfer?: { kind: string; agent_id: Id; agent_name: string } | null
  /** `call`: somebody is on the line. Otherwise we are to call them. */
  kind?: 'call' | 'call_back' | 'follow_up'
  task?: WhyCall | null
}

export interface Queue {
  name: string
  waiting: number
  oldest_queued_at?: number | null
}

export interface Expert {
  id: Id
  name: string
  kind?: string | null
  skills?: string[]
  state: 'available' | 'reserved' | 'on_call' | 'off_duty'
  since?: number
  region?: string | null
}

export type Entity = object

export type ServerMessage =
  | { type: 'snapshot'; seq: number; now: number; state: Record<string, Entity> }
  | { type: 'change'; seq: number; now: number; set?: Record<string, Entity>; del?: string[] }
  | { type: 'pong'; now?: number }
  /** The server itself does not see the board at the moment; a snapshot follows when it does. */
  | { type: 'degraded'; now?: number }
  /** There is a new notice for this person. */
  | { type: 'notices'; now?: number }
  | { type: 'bye'; code: string }

/** Who has a form open now, and its last save. */
export interface SharedForm {
  call_id: string
  version: number
  saved_by?: string
  saved_by_name?: string
  saved_at?: number
  saved_fields?: string[]
  submitted?: boolean
  people: { user_id: string; agent_id: string; name: string; role: string; field: string; since: number }[]
}

export type ClientMessage = { type: 'ping' } | { type: 'refetch' } | { type: 'form'; call_id: string; field?: string }
