/** How much time is left, in words and with the colour of its warning. Pure. */
import type { Tone } from '@/features/status/states'

const HOUR = 3600
const DAY = 24 * HOUR

export const LEVEL_TONE: Readonly<Record<string, Tone>> = { '': '', yellow: 'ring', orange: 'ring', red: 'danger' }

export interface Left {
  /** Key under `ticket_left` and its number. */
  key: 'days' | 'hours' | 'minutes' | 'late_days' | 'late_hours' | 'late_minutes' | 'none' | 'suspended'
  n: number
  late: boolean
}

/** Whole days from two days on, hours below, minutes below one; lateness likewise. */
export function left(due: number | null | undefined, now: number, state = ''): Left {
  if (due === null || due === undefined) return { key: state === 'suspended' ? 'suspended' : 'none', n: 0, late: false }
  const seconds = due - now
  if (seconds <= 0) {
    const late = -seconds
    if (late >= DAY) return { key: 'late_days', n: Math.floor(late / DAY), late: true }
    if (late >= HOUR) return { key: 'late_hours', n: Math.floor(late / HOUR), late: true }
    return { key: 'late_minutes', n: Math.max(1, Math.floor(late / 60)), late: true }
  }
  if (seconds >= 2 * DAY) return { key: 'days', n: Math.floor(seconds / DAY), late: false }
  if (seconds >= HOUR) return { key: 'hours', n: Math.floor(seconds / HOUR), late: false }
  return { key: 'minutes', n: Math.max(1, Math.floor(seconds / 60)), late: false }
}
