import type { Tone } from '@/features/status/states'

/** In the order a ticket goes through them. */
export const TICKET_STATES = [
  'registered', 'accepted', 'to_complete', 'declined', 'assigned', 'signed', 'handling', 'done', 'told', 'followed_up', 'archived',
] as const

export const TICKET_TONE: Readonly<Record<string, Tone>> = {
  registered: 'ring',
  accepted: 'call',
  to_complete: 'ring',
  declined: 'danger',
  assigned: 'call',
  signed: 'call',
  handling: 'call',
  done: 'ready',
  told: 'ready',
  followed_up: 'ready',
  archived: '',
}
