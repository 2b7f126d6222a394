/** Minutes of a day, as people write them. */

export const clockOf = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

/** `8:30` → 510; null for what is no time of day. `24:00` is midnight at the end. */
export function minuteOf(text: string): number | null {
  const found = /^(\d{1,2})[:：](\d{2})$/.exec(text.trim())
  if (!found) return null
  const value = Number(found[1]) * 60 + Number(found[2])
  return Number(found[2]) < 60 && value <= 1440 ? value : null
}

/** `2026-11-23` so many days on. */
export function dayAfter(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`)
  date.setUTCDate(date.getUTCDate() + days)
  return date.toISOString().slice(0, 10)
}
