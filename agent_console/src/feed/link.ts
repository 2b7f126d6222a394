/**
 * The line to the server, as a state machine without IO: events in, commands out.
 *
 * It reconnects for ever with back-off, pings, notices silence, and asks for a snapshot after a gap. All times are
 * milliseconds of one monotonic-enough clock, given with each event.
 */
import { EMPTY, reduce, type Board } from './reducer'
import type { ClientMessage, ServerMessage } from './types'

/** Each ping renews the agent's lease of 15 s, so two may be lost. */
export const PING_EVERY = 5_000
/** A pong is late by 2.5 s: call buttons go grey, for a command might not arrive and its result might not be seen. */
export const DEGRADED_AFTER = 7_500
/** Silence this long: the line is dead whatever the browser thinks. */
export const DEAD_AFTER = 15_000
/** A snapshot asked for must come within this, else the line is made anew. */
export const SNAPSHOT_WITHIN = 6_000
export const BACKOFF_FROM = 500
export const BACKOFF_TO = 15_000

export type Phase =
  | 'idle'
  | 'connecting'
  | 'live'
  | 'degraded'
  | 'lost' // waiting to try again
  | 'replaced' // another log-in took over: a person must decide
  | 'ended' // logged out

export interface Link {
  readonly phase: Phase
  readonly board: Board
  readonly attempts: number
  readonly retryAt: number
  /** Last time anything was heard. */
  readonly heardAt: number
  readonly pingedAt: number
  /** When a snapshot was asked for and has not come yet; 0 for none. */
  readonly snapshotSince: number
  /** How often a gap made us ask for a snapshot (shown in the status bar's details). */
  readonly gaps: number
  /** How often the server said that there is a new notice. */
  readonly notices: number
}

export const IDLE: Link = {
  phase: 'idle',
  board: EMPTY,
  attempts: 0,
  retryAt: 0,
  heardAt: 0,
  pingedAt: 0,
  snapshotSince: 0,
  gaps: 0,
  notices: 0,
}

export type LinkEvent =
  | { type: 'start' }
  | { type: 'stop' }
  | { type: 'ticket'; ticket: string }
  | { type: 'ticket_failed'; status: number }
  | { type: 'opened' }
  | { type: 'closed' }
  | { type: 'message'; message: ServerMessage }
  | { type: 'tick' }
  | { type: 'wake' } // the network came back, or the page was shown again

export type LinkCommand =
  | { type: 'get_ticket' }
  | { type: 'open'; ticket: string }
  | { type: 'send'; message: ClientMessage }
  | { type: 'close' }

export interface Step {
  readonly link: Link
  readonly commands: readonly LinkCommand[]
}

const none: readonly LinkCommand[] = []

/** Back-off before attempt n (from 0), milliseconds. `random` in [0, 1) spreads consoles after a server restart. */
export function backoff(attempts: number, random: number): number {
  const base = Math.min(BACKOFF_TO, BACKOFF_FROM * 2 ** Math.min(attempts, 10))
  return Math.round(base * (0.75 + random * 0.5))
}

/** What the bye code means for us: anything unknown (slow reader, restart) is worth another try. */
function afterBye(code: string): Phase {
  if (/replaced/.test(code)) return 'replaced'
  if (/logged.?out|auth|session|expired|forbidden|disabled|blocked/.test(code)) return 'ended'
  return 'lost'
}

/** One event. `random` is only used for back-off. */
export function step(link: Link, event: LinkEvent, now: number, random = 0.5): Step {
  switch (event.type) {
    case 'start':
      return connect({ ...IDLE, board: link.board }, now)
    case 'stop':
      return { link: { ...IDLE }, commands: [{ type: 'close' }] }
    case 'ticket':
      return link.phase === 'connecting' ? { link, commands: [{ type: 'open', ticket: event.ticket }] } : { link, commands: none }
    case 'ticket_failed':
      if (link.phase !== 'connecting') return { link, commands: none }
      if (event.status === 401 || event.status === 403) return { link: { ...link, phase: 'ended' }, commands: none }
      return lose(link, now, random)
    case 'opened':
      if (link.phase !== 'connecting') return { link, commands: none }
      return {
        link: { ...link, heardAt: now, pingedAt: now, snapshotSince: now },
        commands: [{ type: 'send', message: { type: 'ping' } }],
      }
    case 'closed':
      return active(link.phase) ? lose(link, now, random) : { link, commands: none }
    case 'message':
      return hear(link, event.message, now, random)
    case 'tick':
      return tick(link, now, random)
    case 'wake':
      return link.phase === 'lost' ? connect(link, now) : tick(link, now, random)
  }
}

function active(phase: Phase): boolean {
  return phase === 'connecting' || phase === 'live' || phase === 'degraded'
}

function connect(link: Link, now: number): Step {
  return { link: { ...link, phase: 'connecting', heardAt: now, snapshotSince: 0 }, commands: [{ type: 'get_ticket' }] }
}

function lose(link: Link, now: number, random: number): Step {
  const next: Link = {
    ...link,
    phase: 'lost',
    board: { ...link.board, stale: true },
    attempts: link.attempts + 1,
    retryAt: now + backoff(link.attempts, random),
    snapshotSince: 0,
  }
  return { link: next, commands: [{ type: 'close' }] }
}

function hear(link: Link, message: ServerMessage, now: number, random: number): Step {
  if (!active(link.phase)) return { link, commands: none }
  const heard: Link = { ...link, heardAt: now }
  switch (message.type) {
    case 'pong':
      return { link: { ...heard, phase: heard.phase === 'degraded' && !heard.board.stale ? 'live' : heard.phase }, commands: none }
    case 'bye': {
      const phase = afterBye(message.code)
      if (phase === 'lost') return lose(heard, now, random)
      return { link: { ...heard, phase, board: { ...heard.board, stale: true } }, commands: [{ type: 'close' }] }
    }
    case 'notices':
      return { link: { ...heard, notices: heard.notices + 1 }, commands: none }
    case 'degraded':
      return { link: { ...heard, phase: 'degraded', board: { ...heard.board, stale: true } }, commands: none }
    case 'snapshot': {
      const { board } = reduce(heard.board, message, now / 1000)
      return { link: { ...heard, board, phase: 'live', attempts: 0, snapshotSince: 0 }, commands: none }
    }
    case 'change': {
      const { board, refetch } = reduce(heard.board, message, now / 1000)
      if (!refetch) return { link: { ...heard, board, phase: board.stale ? heard.phase : 'live' }, commands: none }
      return {
        link: { ...heard, board, phase: 'degraded', snapshotSince: now, gaps: heard.gaps + 1 },
        commands: [{ type: 'send', message: { type: 'refetch' } }],
      }
    }
    default:
      return { link: heard, commands: none } // a newer server may say more than we know
  }
}

function tick(link: Link, now: number, random: number): Step {
  if (link.phase === 'lost') return now >= link.retryAt ? connect(link, now) : { link, commands: none }
  if (!active(link.phase)) return { link, commands: none }
  if (now - link.heardAt >= DEAD_AFTER) return lose(link, now, random)
  if (link.snapshotSince && now - link.snapshotSince >= SNAPSHOT_WITHIN) return lose(link, now, random)
  if (link.phase === 'connecting') return { link, commands: none }
  let next = link
  const commands: LinkCommand[] = []
  if (now - link.heardAt >= DEGRADED_AFTER && link.phase === 'live') next = { ...next, phase: 'degraded' }
  if (now - link.pingedAt >= PING_EVERY) {
    next = { ...next, pingedAt: now }
    commands.push({ type: 'send', message: { type: 'ping' } })
  }
  return { link: next, commands }
}
