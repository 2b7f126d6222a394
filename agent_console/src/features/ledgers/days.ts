/** Days and minutes as the ledgers write them. */
import { today } from '@/lib/time'

/** The first of this month to today. */
export function thisMonth(now = Date.now()): [string, string] {
  const day = today(now)
  return [`${day.slice(0, 7)}-01`, day]
}

/** `08:30` as minutes after midnight; null for what is none. */
export function minutes(text: string | null): number | null {
  const found = /^(\d{1,2}):(\d{2})$/.exec(text ?? '')
  return found ? 60 * Number(found[1]) + Number(found[2]) : null
}
