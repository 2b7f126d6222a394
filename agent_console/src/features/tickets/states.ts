import type { Tone } from '@/features/status/states'

/** In the order a ticket goes through them; beside the way at the end. */
export const TICKET_STATES = [
  'registered', 'accepted', 'to_complete', 'declined', 'assigned', 'signed', 'handling', 'done', 'told', 'followed_up', 'archived',
  'objected', 'suspended', 'merged', 'withdrawn',
] as const

/** The way itself, as shown above a ticket. */
export const WAY = ['registered', 'accepted', 'assigned', 'signed', 'handling', 'done', 'told', 'followed_up', 'archived'] as const

/** Where on the way a ticket beside it stands. */
export const BESIDE: Readonly<Record<string, (typeof WAY)[number]>> = {
  to_complete: 'registered', declined: 'registered', objected: 'assigned', suspended: 'handling', merged: 'registered', withdrawn: 'registered',
}

export const TICKET_TONE: Readonly<Record<string, Tone>> = {
  registered: 'ring',
  accepted: 'call',
  to_complete: 'ring',
  declined: 'danger',
  assigned: 'ring',
  signed: 'call',
  handling: 'call',
  done: 'ready',
  told: 'ready',
  followed_up: 'ready',
  archived: '',
  objected: 'danger',
  suspended: 'wrap',
  merged: '',
  withdrawn: '',
}

/** What leads on along the way stands first and filled; what ends it stands last. */
export const FORWARD: readonly string[] = ['accept', 'ask_papers', 'assign', 'sign', 'handle', 'finish', 'report_complaint', 'give_opinion', 'decide_complaint', 'tell', 'follow_up', 'archive', 'resume', 'reassign', 'adjudicate', 'report_minor', 'grant_extension', 'grant_avoidance', 'rectify', 'check_quality']
export const GRAVE: readonly string[] = ['decline', 'withdraw', 'object', 'refuse_extension', 'refuse_avoidance', 'stop_clock', 'redo']
