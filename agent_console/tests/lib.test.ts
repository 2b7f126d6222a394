import { describe, expect, it } from 'vitest'
import { ApiError, readError } from '@/api/errors'
import { query } from '@/api/client'
import { ofBoard, ofRecord } from '@/lib/priority'
import { matches } from '@/lib/pinyin'
import { clock, dayAndTime, dayOf, hourAndMinute, moment, startOfDay, timeOfDay, weekdayOf } from '@/lib/time'

describe('search by pinyin initials', () => {
  it.each([
    ['拖欠劳动报酬', 'tqld', true],
    ['拖欠劳动报酬', 'LDBC', true],
    ['人民调解', 'rmtj', true],
    ['行政复议', 'xzfy', true],
    ['长兴县', 'cxx', true],
    ['执行', 'zx', true],
    ['离婚', 'lh', true],
    ['离婚', 'hl', false],
    ['0201 拖欠劳动报酬', '0201', true],
    ['离婚', '离', true],
    ['离婚', '结', false],
    ['离婚', '', true],
  ])('%s by %s: %s', (text, typed, found) => expect(matches(text, typed)).toBe(found))
})

describe('times', () => {
  it('writes clocks', () => {
    expect([clock(-4), clock(5.9), clock(65), clock(3725)]).toEqual(['0:00', '0:05', '1:05', '1:02:05'])
  })
  it('leaves the year out only when it is this one', () => {
    const at = Date.UTC(2026, 10, 22, 1, 5) / 1000
    expect(dayAndTime(at, new Date(Date.UTC(2026, 11, 1)))).toBe('11-22 09:05')
    expect(dayAndTime(at, new Date(Date.UTC(2026, 11, 31, 16)))).toBe('2026-11-22 09:05')
    expect(dayAndTime(null)).toBe('')
  })

  it('are the bureau\'s, and read back', () => {
    const at = Date.UTC(2026, 10, 22, 16, 30) / 1000
    expect([timeOfDay(at), hourAndMinute(at), dayOf(at)]).toEqual(['00:30:00', '00:30', '2026-11-23'])
    expect(moment('2026-11-23 00:30')).toBe(at)
    expect(moment('2026-11-23')).toBe(at - 1800)
    expect(startOfDay(at)).toBe(at - 1800)
    expect(['2026-02-30', '2026-11-23 24:00', '11/23/2026', '', '2026-13-01'].map(moment)).toEqual([null, null, null, null, null])
    expect(weekdayOf('2026-11-22')).toBe(6)
  })
})

describe('errors', () => {
  it('reads the server’s two texts', () => {
    const error = readError(409, { error: { code: 'offer.gone', zh: '来电已被接听', en: 'Taken', details: { a: 1 } } })
    expect([error.code, error.status, error.text('zh-CN'), error.text('en')]).toEqual(['offer.gone', 409, '来电已被接听', 'Taken'])
    expect(error.details).toEqual({ a: 1 })
  })
  it('makes sense of a proxy’s page', () => {
    expect(readError(502, null).code).toBe('http.502')
    expect(ApiError.from(new TypeError('x')).code).toBe('console.fault')
  })
  it('leaves empty values out of a query', () => {
    expect(query({ a: 1, b: '', c: null, d: '离婚' })).toBe('?a=1&d=%E7%A6%BB%E5%A9%9A')
    expect(query({})).toBe('')
  })
})

describe('priority', () => {
  it('is read from a rank on the board, where 0 is ordinary', () => {
    expect([0, 1, 3, 6, 9, null, 'P1'].map(ofBoard)).toEqual(['P3', 'P3', 'P2', 'P1', 'P0', 'P3', 'P1'])
  })
  it('is read from a class in records and facts, where 0 is life danger', () => {
    expect([0, 1, 2, 3, 'P0', 'P2', null, 'x'].map(ofRecord)).toEqual(['P0', 'P1', 'P2', 'P3', 'P0', 'P2', 'P3', 'P3'])
  })
})
