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
  call_id?: string | null
  offer_ids?: string[]
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
  state: 'trying' | 'connected' | 'returned' | 'cancelled'
  tries: TransferTry[]
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
  expert_id?: Id | null
  hold?: boolean
  recording?: boolean
  transfer?: Transfer | null
  rating?: number | { score?: number | null } | null
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
  | { type: 'bye'; code: string }

export type ClientMessage = { type: 'ping' } | { type: 'refetch' }
