/** Which colour a state has. One table for tags and dots everywhere. */
import type { AgentState } from '@/feed/types'

export type Tone = 'ready' | 'ring' | 'call' | 'wrap' | 'danger' | 'teal' | ''

export const AGENT_TONE: Readonly<Record<AgentState, Tone>> = {
  offline: '',
  available: 'ready',
  reserved: 'ring',
  ringing: 'ring',
  on_call: 'call',
  wrap_up: 'wrap',
  paused: '',
}

export const EXPERT_TONE: Readonly<Record<string, Tone>> = {
  available: 'ready',
  reserved: 'ring',
  on_call: 'call',
  off_duty: '',
}

/** Colour of a transfer try: still going, won, or lost. */
export const TRY_TONE: Readonly<Record<string, Tone>> = {
  dialling: 'ring',
  dialled: 'ring',
  reserved: 'ring',
  trying: 'ring',
  ringing: 'ring',
  answered: 'call',
  brief: 'call',
  accepted: 'ready',
  connected: 'ready',
  no_answer: 'danger',
  no_key: 'danger',
  busy: 'danger',
  refused: 'danger',
  failed: 'danger',
  cancelled: '',
}
