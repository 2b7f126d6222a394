/** What of a fact's data is worth a line, in words. Pure. */
import type { TimelineFact } from '@/api/types'
import { ofRecord } from '@/lib/priority'

export interface Words {
  /** The word of a code in a group of the locale. */
  word(group: string, code: string): string
  /** A person's name by id. */
  person(id: string): string
  queue(code: string): string
  rating(score: string): string
  seconds(value: number): string
}

type Part = (data: Record<string, unknown>, words: Words) => string

const text = (value: unknown): string => (value === null || value === undefined ? '' : String(value))

/** By fact: the parts of its line, in order. A fact without a row shows only its name. */
const PARTS: Readonly<Record<string, readonly Part[]>> = {
  call_arrived: [(d) => text(d.caller_masked), (d) => text(d.region_hint)],
  hours_checked: [(d, w) => w.word('line_state', text(d.state))],
  queue_entered: [(d, w) => w.queue(text(d.queue)), (d) => (ofRecord(d.priority) === 'P3' ? '' : ofRecord(d.priority))],
  position_told: [(d) => text(d.position)],
  queue_left: [(d, w) => w.word('queue_left', text(d.reason))],
  agent_dialled: [(d, w) => w.person(text(d.agent_id))],
  agent_ringing: [(d, w) => w.person(text(d.agent_id))],
  agent_connected: [(d, w) => w.person(text(d.agent_id))],
  agent_failed: [(d, w) => w.person(text(d.agent_id)), (d, w) => w.word('try', text(d.dial_status))],
  agent_left: [(d, w) => w.person(text(d.agent_id)), (d, w) => w.word('ended_by', text(d.ended_by))],
  expert_dialled: [(d, w) => w.person(text(d.expert_id))],
  expert_ringing: [(d, w) => w.person(text(d.expert_id))],
  expert_answered: [(d, w) => w.person(text(d.expert_id))],
  expert_tried: [(d, w) => w.person(text(d.expert_id)), (d, w) => w.word('try', text(d.outcome)), (d, w) => w.seconds(Number(d.seconds))],
  expert_connected: [(d, w) => w.person(text(d.expert_id))],
  expert_left: [(d, w) => w.person(text(d.expert_id)), (d, w) => w.word('ended_by', text(d.ended_by))],
  transfer_ended: [(d, w) => w.word('transfer_state', text(d.outcome))],
  recording_ended: [(d, w) => w.seconds(Number(d.seconds))],
  recording_failed: [(d, w) => w.word('recording_reason', text(d.reason))],
  rated: [(d, w) => w.rating(text(d.score)), (d, w) => w.person(text(d.person_id))],
  rating_ended: [(d, w) => w.word('rating_outcome', text(d.outcome))],
  watchdog_fired: [(d) => text(d.kind), (d) => text(d.leg)],
  call_ended: [(d, w) => w.word('cause', text(d.cause)), (d, w) => w.word('ended_by', text(d.ended_by))],
  offer_made: [(d, w) => (Array.isArray(d.agent_ids) ? d.agent_ids.map((id) => w.person(text(id))).join('、') : '')],
  offer_accepted: [(d, w) => w.person(text(d.agent_id))],
  offer_declined: [(d, w) => w.person(text(d.agent_id))],
}

export function detail(fact: TimelineFact, words: Words): string {
  const parts = PARTS[fact.name] ?? []
  return parts.map((part) => part(fact.data ?? {}, words)).filter(Boolean).join(' · ')
}

export type Weight = 'strong' | 'bad' | 'plain'

const STRONG = new Set(['call_arrived', 'agent_connected', 'expert_connected', 'rated', 'call_ended'])
const BAD = new Set(['agent_failed', 'recording_failed', 'watchdog_fired', 'offer_missed', 'transfer_refused'])

export function weight(fact: TimelineFact): Weight {
  if (BAD.has(fact.name)) return 'bad'
  if (fact.name === 'expert_tried' && fact.data?.outcome !== 'accepted') return 'bad'
  return STRONG.has(fact.name) ? 'strong' : 'plain'
}

/** Steps only an engineer asks for; hidden until wanted. */
export const MINOR: ReadonlySet<string> = new Set(['flow_moved', 'notice_played', 'position_told', 'agent_state_changed', 'agent_dialled', 'expert_dialled'])
