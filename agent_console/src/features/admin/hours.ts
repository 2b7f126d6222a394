/** Opening hours as people write them: `08:30-12:00, 13:30-17:30`; nothing: closed. */
import type { Hours } from '@/api/admin'
import { clockOf, minuteOf } from '@/features/pool/minutes'

export const written = (hours: Hours): string => hours.map(([from, to]) => `${clockOf(from)}-${clockOf(to)}`).join(', ')

/** Null for what cannot be read. */
export function readHours(text: string): Hours | null {
  const found: Hours = []
  for (const part of text.split(/[,，、;；\s]+(?=\d)/).map((one) => one.trim()).filter(Boolean)) {
    const ends = part.split(/\s*[-–—~至]\s*/)
    const from = minuteOf(ends[0] ?? '')
    const to = minuteOf(ends[1] ?? '')
    if (ends.length !== 2 || from === null || to === null) return null
    found.push([from, to])
  }
  return found
}
