/** What the warnings given so far allow, in whole seconds from now; the rule itself is the server's. */
import type { Abuse } from '@/feed/types'

export const WARNINGS = 2

export interface Standing {
  /** Seconds until the next warning may be given; 0: now. */
  warnIn: number
  /** Seconds until the call may be ended; 0: now; Infinity: a warning is missing. */
  endIn: number
}

export function standing(abuse: Abuse | null, now: number): Standing {
  const left = (at: number | null | undefined): number => Math.max(0, Math.ceil((at ?? 0) - now))
  if (!abuse) return { warnIn: 0, endIn: Infinity }
  return { warnIn: left(abuse.next_at), endIn: abuse.hang_up_at === null ? Infinity : left(abuse.hang_up_at) }
}
