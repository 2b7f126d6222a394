import { describe, expect, it } from 'vitest'
import type { LineRow } from '@/api/types'
import { hoursText } from '@/features/status/hours'

const t = (key: string, values: Record<string, unknown> = {}): string => `${key} ${Object.values(values).join(' ')}`.trim()
const at = (text: string): number => Date.parse(`${text}+08:00`) / 1000
const line = (state: 'open' | 'closed' | 'holiday', until: string | null): LineRow => ({
  number: '12348', name: '热线',
  now: { state, until: until ? at(until) : null, next_opening: null, provisional: false, zh: '', en: '' },
})
const NOW = at('2026-11-23T10:00:00')

describe('hours of the line', () => {
  it.each([
    [line('open', '2026-11-23T17:30:00'), 'hours.open 17:30'],
    [line('open', null), 'hours.always'],
    [line('closed', '2026-11-23T13:30:00'), 'hours.closed hours.at.today 13:30'],
    [line('closed', '2026-11-24T08:30:00'), 'hours.closed hours.at.tomorrow 08:30'],
    [line('holiday', '2026-11-30T08:30:00'), 'hours.holiday hours.at.day 11-30 08:30'],
    [line('open', '2026-11-24T02:00:00'), 'hours.open hours.at.tomorrow 02:00'],
    [line('closed', null), 'hours.closed_long'],
  ])('says %o', (one, wanted) => {
    expect(hoursText(t, one, NOW)).toBe(wanted)
  })
})
