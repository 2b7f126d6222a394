/** Local days and minutes as the ledgers write them. */

/** Local date as `2026-11-22`. */
export const isoDay = (day: Date): string => `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`

/** The first of this month to today. */
export function thisMonth(now = new Date()): [string, string] {
  return [isoDay(new Date(now.getFullYear(), now.getMonth(), 1)), isoDay(now)]
}

/** `08:30` as minutes after midnight; null for what is none. */
export function minutes(text: string | null): number | null {
  const found = /^(\d{1,2}):(\d{2})$/.exec(text ?? '')
  return found ? 60 * Number(found[1]) + Number(found[2]) : null
}
