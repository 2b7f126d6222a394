import { describe, expect, it } from 'vitest'
import type { Bounce, CentreRow } from '@/api/centres'
import { MOST, RULES, dot, key, matrixOf } from '@/features/centres/matrix'
import { linesOf } from '@/features/centres/tree'
import { minutes, thisMonth } from '@/features/ledgers/days'

const bounce = (from: string | null, to: string, service: string, count: number, kept = 0): Bounce => ({
  sent_by: from, sent_by_name: from, centre_id: to, centre_name: to, service_type: service, count, kept, top_reason: 'area',
})
const centre = (id: string, parent: string | null, open_tickets = 0, staff: string[] = []): CentreRow => ({
  id, name: id, level: 'town', parent_id: parent, region_code: '1', phone: '', phones: [], hours: '', calendar_id: null, services: [], active: true, by_phone: false,
  staff: staff.map((name) => ({ id: name, name, director: false, number: '', phone_masked: '' })), open_tickets,
})

describe('what is sent back', () => {
  const rows = [bounce('north', 'town', 'S03', 4, 1), bounce('north', 'town', 'S01', 2), bounce(null, 'town', 'S03', 1), bounce('city', 'north', 'S03', 3, 3)]
  it('adds up services of a pair, and keeps the rules apart', () => {
    const all = matrixOf(rows, '', 'rules')
    expect(all.pairs.get(key('north', 'town'))).toMatchObject({ count: 6, kept: 1 })
    expect(all.pairs.get(key(RULES, 'town'))?.from.name).toBe('rules')
    expect(all).toMatchObject({ total: 10, kept: 4, most: 6 })
    expect(all.to.map((one) => one.id)).toEqual(['town', 'north'])
    expect(matrixOf(rows, 'S01', '').total).toBe(2)
  })
  it('shows the worst places and counts them all', () => {
    const many = Array.from({ length: 30 }, (_, n) => bounce('city', `c${n}`, 'S03', n + 1))
    const found = matrixOf(many, '', '')
    expect(found.to).toHaveLength(MOST)
    expect(found.to[0]?.id).toBe('c29')
    expect(found.total).toBe(465)
    expect(dot(30, 30)).toBeGreaterThan(dot(1, 30))
  })
})

describe('the tree of centres', () => {
  const rows = [centre('city', null, 1), centre('north', 'city', 2, ['王芳']), centre('town', 'north', 4), centre('lost', 'gone', 8)]
  it('shows what is open, and sums what is below', () => {
    expect(linesOf(rows, new Set(), '').map((line) => line.row.id)).toEqual(['city', 'lost'])
    const open = linesOf(rows, new Set(['city', 'north']), '')
    expect(open.map((line) => [line.row.id, line.depth, line.tickets])).toEqual([['city', 0, 7], ['north', 1, 6], ['town', 2, 4], ['lost', 0, 8]])
    expect(open[0]?.below).toBe(2)
  })
  it('finds by name or person, with everything above', () => {
    expect(linesOf(rows, new Set(), 'town').map((line) => line.row.id)).toEqual(['city', 'north', 'town'])
    expect(linesOf(rows, new Set(), '王芳').map((line) => line.row.id)).toEqual(['city', 'north'])
  })
  it('ends in a circle', () => {
    expect(linesOf([centre('a', 'b'), centre('b', 'a')], new Set(['a', 'b']), '')).toEqual([])
  })
})

describe('days and minutes', () => {
  it('reads a time of day', () => {
    expect([minutes('08:30'), minutes('24:00'), minutes('x'), minutes(null)]).toEqual([510, 1440, null, null])
    expect(thisMonth(Date.UTC(2026, 10, 21, 16))).toEqual(['2026-11-01', '2026-11-22'])
  })
})
