/** Words and numbers of the wall board. Pure. */
import type { Call, Figures } from '@/feed/types'

export interface Tile {
  name: string
  /** What is shown large. */
  value: string
  /** The counts behind it. */
  detail: Record<string, string | number>
  tone: string
}

export const percent = (share: number | null | undefined): string =>
  share === null || share === undefined ? '–' : share >= 0.9995 ? '100%' : `${(share * 100).toFixed(1)}%`

/** The day in eight tiles, in the order people read them. */
export function tiles(day: Figures | null): Tile[] {
  if (!day) return []
  const { rates, grades } = day
  const over = day.offered - day.in_progress
  return [
    { name: 'offered', value: String(day.offered), detail: { now: day.in_progress }, tone: '' },
    { name: 'answered', value: String(day.answered), detail: { share: percent(rates.connect) }, tone: grades.connect ?? '' },
    { name: 'connect_24h', value: percent(rates.connect_24h), detail: {}, tone: grades.connect_24h ?? '' },
    { name: 'within', value: percent(rates.within), detail: { n: day.within, seconds: day.targets.answer_seconds ?? 15 }, tone: grades.within ?? '' },
    { name: 'wait', value: day.wait_mean === null ? '–' : String(Math.round(day.wait_mean)), detail: { max: day.wait_max === null ? '–' : Math.round(day.wait_max) }, tone: '' },
    { name: 'abandon', value: percent(rates.abandon), detail: { n: day.abandoned, of: over, short: day.short, long: percent(rates.abandon_long) }, tone: grades.abandon ?? '' },
    { name: 'rated', value: percent(rates.rated), detail: { n: day.rated }, tone: grades.rated ?? '' },
    { name: 'satisfied', value: percent(rates.satisfied), detail: { strict: percent(rates.satisfied_strict) }, tone: grades.satisfied ?? '' },
  ]
}

/** Colour of a wait: amber past the target, red past the alarm. */
export function waitTone(seconds: number, answer: number, alarm: number): '' | 'amber' | 'red' {
  return seconds >= alarm ? 'red' : seconds > answer ? 'amber' : ''
}

/** Calls under way, the most pressing first: danger to life, help wanted, those who wait longest, then by arrival. */
export function ordered(calls: readonly Call[]): Call[] {
  const rank = (call: Call): number => (call.pinned ? 0 : call.help ? 1 : call.recording_alarm ? 2 : call.phase === 'queue' ? 3 : 4)
  return calls.filter((call) => call.phase !== 'ended').sort((a, b) => rank(a) - rank(b) || (a.queued_at ?? a.arrived_at) - (b.queued_at ?? b.arrived_at))
}
