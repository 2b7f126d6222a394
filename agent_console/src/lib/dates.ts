/** Dates as people type them. On screen and on the wire they are `2026-11-22`, `2026-11` or `2026-11-22 14:05` (24 hours), whatever
 *  language the browser speaks. Pure. */
import { moment } from './time'

/** `day`: a date; `month`: a month; `moment`: a date with the time of day. */
export type DateKind = 'day' | 'month' | 'moment'

const two = (text: string | undefined): string => (text ?? '').padStart(2, '0')
/** 2026-11-22, 2026/11/22, 2026.11.22, 2026年11月22日, 20261122; after it 14:05, 14：05, 14点05分, 1405, with or without a `T`. */
const DAY = /^(\d{4})(?:\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?:\s*日)?|(\d{2})(\d{2}))(.*)$/
const TIME = /^[\sT]+(\d{1,2})(?:\s*[:：点时]\s*(\d{1,2})\s*分?|(\d{2}))$/
const MONTH = /^(\d{4})(?:\s*[-/.年]\s*(\d{1,2})\s*月?|(\d{2}))$/

/** What was typed, as it is kept; `''` for nothing, null for what is no date (of that kind). */
export function readDate(typed: string, kind: DateKind): string | null {
  const text = typed.trim()
  if (!text) return ''
  if (kind === 'month') {
    const found = MONTH.exec(text)
    const month = found ? `${found[1]}-${two(found[2] ?? found[3])}` : ''
    return month && moment(`${month}-01`) !== null ? month : null
  }
  const found = DAY.exec(text)
  if (!found) return null
  const day = `${found[1]}-${two(found[2] ?? found[4])}-${two(found[3] ?? found[5])}`
  const rest = found[6] ?? ''
  if (kind === 'day') return !rest.trim() && moment(day) !== null ? day : null
  const time = TIME.exec(rest)
  const whole = time ? `${day} ${two(time[1])}:${two(time[2] ?? time[3])}` : ''
  return whole && moment(whole) !== null ? whole : null
}

export type DateProblem = 'shape' | 'early' | 'late'

/** What is wrong with what was typed, for the person who typed it; null when nothing is. `min`, `max`: the first and the last day. */
export function problemOf(typed: string, kind: DateKind, min = '', max = ''): DateProblem | null {
  const value = readDate(typed, kind)
  if (value === null) return 'shape'
  if (!value) return null
  const day = value.slice(0, 10)
  if (min && day < min.slice(0, day.length)) return 'early'
  return max && day > max.slice(0, day.length) ? 'late' : null
}
