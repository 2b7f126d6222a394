/**
 * The board as this console knows it: a snapshot at sequence N, then numbered differences. Pure.
 *
 * A change out of turn is never applied: the board is marked stale, what it shows stays, and a new snapshot is asked for.
 */
import type { Entity, ServerMessage } from './types'

export interface Board {
  /** Sequence of the last message taken in; null before the first snapshot. */
  readonly seq: number | null
  readonly entities: Readonly<Record<string, Entity>>
  /** Something was missed: a snapshot is under way. */
  readonly stale: boolean
  /** Server clock minus this computer's, seconds. */
  readonly offset: number
}

export const EMPTY: Board = { seq: null, entities: {}, stale: true, offset: 0 }

export interface Reduced {
  readonly board: Board
  readonly refetch: boolean
}

/** Take one snapshot or change in. `now` is this computer's Unix time in seconds. */
export function reduce(
  board: Board,
  message: Extract<ServerMessage, { type: 'snapshot' | 'change' }>,
  now: number,
): Reduced {
  const offset = message.now - now
  if (message.type === 'snapshot') {
    return { board: { seq: message.seq, entities: message.state, stale: false, offset }, refetch: false }
  }
  if (board.stale || board.seq === null) {
    // Waiting for the snapshot: it will contain this change. Asking again would only double the work.
    return { board, refetch: false }
  }
  if (message.seq <= board.seq) return { board, refetch: false } // seen already
  if (message.seq !== board.seq + 1) return { board: { ...board, stale: true }, refetch: true }
  const entities: Record<string, Entity> = { ...board.entities, ...message.set }
  for (const key of message.del ?? []) delete entities[key]
  return { board: { seq: message.seq, entities, stale: false, offset }, refetch: false }
}
