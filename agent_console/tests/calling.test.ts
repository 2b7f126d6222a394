import { describe, expect, it } from 'vitest'
import type { HotlineRow } from '@/api/types'
import { groupsOf } from '@/features/desk/groups'
import { lineFor } from '@/features/emergency/lines'

const row = (number: string, region_code = '', category = 'emergency'): HotlineRow => ({
  id: `hl_${number}_${region_code}`, number, name_zh: number, name_en: number, description_zh: '', description_en: '', category, region_code,
})

describe('the line of an emergency service', () => {
  const rows = [row('12345', '', 'government'), row('110'), row('120'), row('057188880110', '990100'), row('057166660110', '990102')]

  it('is the narrowest of the area, else the number itself', () => {
    expect(lineFor(rows, '110', '')?.number).toBe('110')
    expect(lineFor(rows, '110', '330100')?.number).toBe('110')
    expect(lineFor(rows, '110', '990103101')?.number).toBe('057188880110')
    expect(lineFor(rows, '110', '990102101201')?.number).toBe('057166660110')
    expect(lineFor(rows, '120', '990102')?.number).toBe('120')
  })

  it('is nobody where the list has none', () => {
    expect(lineFor([row('12345', '', 'government')], '110', '')).toBeNull()
  })
})

describe('groups', () => {
  it('count whoever helps out', () => {
    const found = groupsOf([
      { state: 'available', skills: ['MF', 'GN'] },
      { state: 'on_call', skills: ['LB'] },
      { state: 'offline', skills: ['LB'] },
      { state: 'available', skills: [] },
    ])
    expect(found).toEqual([
      { code: 'GN', free: 2, atWork: 2 },
      { code: 'LB', free: 2, atWork: 3 },
      { code: 'MF', free: 2, atWork: 2 },
    ])
  })
})
