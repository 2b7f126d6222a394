/** How the agent's line stands, in a short sentence. */
import type { LineRow } from '@/api/types'

type Translate = (key: string, values?: Record<string, unknown>) => string

const ZONE = 'Asia/Shanghai'
const parts = (at: number): { day: string; time: string } => {
  const text = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, dateStyle: 'short', timeStyle: 'short' }).format(new Date(at * 1000))
  const [day = '', time = ''] = text.split(' ')
  return { day, time }
}

/** The bureau's time decides what is today, wherever the browser stands. `now` in Unix seconds. */
function when(t: Translate, at: number, now: number): string {
  const then = parts(at)
  if (then.day === parts(now).day) return t('hours.at.today', { time: then.time })
  if (then.day === parts(now + 86_400).day) return t('hours.at.tomorrow', { time: then.time })
  return t('hours.at.day', { day: then.day.slice(5), time: then.time })
}

export function hoursText(t: Translate, line: LineRow, now: number): string {
  const { state, until } = line.now
  if (state === 'open') {
    if (until === null) return t('hours.always')
    const end = parts(until)
    return end.day === parts(now).day ? t('hours.open', { time: end.time }) : t('hours.open', { time: when(t, until, now) })
  }
  if (until === null) return t('hours.closed_long')
  return t(`hours.${state}`, { when: when(t, until, now) })
}
