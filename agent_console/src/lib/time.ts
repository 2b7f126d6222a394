/** Times on screen. All times from the server are Unix seconds. */

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

/** Time of day with seconds, 24 hours. Empty for no time. */
export function timeOfDay(at: Time): string {
  const d = date(at)
  return d ? `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}` : ''
}

/** `11-22 14:05`, with the year when it is not this one. Empty for no time. */
export function dayAndTime(at: Time, today = new Date()): string {
  const d = date(at)
  if (!d) return ''
  const day = `${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}`
  return d.getFullYear() === today.getFullYear() ? day : `${d.getFullYear()}-${day}`
}

/** Seconds since 1970 of a server time. */
export function unix(at: Time): number | null {
  const d = date(at)
  return d ? d.getTime() / 1000 : null
}
