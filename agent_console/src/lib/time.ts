/** Times on screen. All times from the server are Unix seconds; on screen stands the bureau's time, wherever the browser is. */

/** China has one zone, and no summer time. */
const AHEAD_SECONDS = 8 * 3600
const DAY_SECONDS = 86_400

const two = (n: number): string => String(n).padStart(2, '0')

/** Seconds as `m:ss`, from an hour on `h:mm:ss`; never negative. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const h = Math.floor(whole / 3600)
  const m = Math.floor((whole % 3600) / 60)
  return h ? `${h}:${two(m)}:${two(whole % 60)}` : `${m}:${two(whole % 60)}`
}

type Time = number | string | null | undefined

/** A server time as a Date: Unix seconds, or ISO 8601 text. */
function date(at: Time): Date | null {
  if (at === null || at === undefined || at === '') return null
  const value = typeof at === 'number' ? new Date(at * 1000) : new Date(at)
  return Number.isNaN(value.getTime()) ? null : value
}

/** The bureau's wall clock at that moment, as ISO 8601 without a zone. */
const wall = (d: Date): string => new Date(d.getTime() + AHEAD_SECONDS * 1000).toISOString()

/** Time of day with seconds, 24 hours. Empty for no time. */
export function timeOfDay(at: Time): string {
  const d = date(at)
  return d ? wall(d).slice(11, 19) : ''
}

/** `14:05`. Empty for no time. */
export const hourAndMinute = (at: Time): string => timeOfDay(at).slice(0, 5)

/** `2026-11-22`. Empty for no time. */
export function dayOf(at: Time): string {
  const d = date(at)
  return d ? wall(d).slice(0, 10) : ''
}

/** `2026-11-22 14:05`. Empty for no time. */
export const dateAndTime = (at: Time): string => `${dayOf(at)} ${hourAndMinute(at)}`.trim()

/** `2026-11-22`, now. */
export const today = (now = Date.now()): string => dayOf(now / 1000)

/** 0 is Monday. */
export const weekdayOf = (day: string): number => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7

/** `11-22 14:05`, with the year when it is not this one. Empty for no time. */
export function dayAndTime(at: Time, now = new Date()): string {
  const day = dayOf(at)
  if (!day) return ''
  return `${day.slice(0, 4) === dayOf(now.getTime() / 1000).slice(0, 4) ? day.slice(5) : day} ${hourAndMinute(at)}`
}

/** Unix seconds of `2026-11-22` or `2026-11-22 14:05`, the bureau's time; null for what is no date. */
export function moment(text: string): number | null {
  const found = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d):(\d\d))?$/.exec(text)
  if (!found) return null
  const midnight = Date.parse(`${found[1]!}T00:00:00Z`) / 1000
  const [hour, minute] = [Number(found[2] ?? 0), Number(found[3] ?? 0)]
  if (Number.isNaN(midnight) || new Date(midnight * 1000).toISOString().slice(0, 10) !== found[1] || hour > 23 || minute > 59) return null
  return midnight - AHEAD_SECONDS + hour * 3600 + minute * 60
}

/** The first moment of the day in which `at` lies. */
export const startOfDay = (at: number): number => at - ((at + AHEAD_SECONDS) % DAY_SECONDS)

/** Seconds since 1970 of a server time. */
export function unix(at: Time): number | null {
  const d = date(at)
  return d ? d.getTime() / 1000 : null
}
