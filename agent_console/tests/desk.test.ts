import { describe, expect, it } from 'vitest'
import type { Coded } from '@/api/types'
import { detail, weight, type Words } from '@/features/calls/timeline'
import { search, tree } from '@/features/desk/categories'
import { GROUPS, KEYS, actionOf } from '@/features/desk/shortcuts'

const entry = (code: string, zh: string, en: string): Coded => ({ code, zh, en })
const CATEGORIES = [
  entry('01', '婚姻家庭继承', 'Family'), entry('0101', '离婚', 'Divorce'), entry('02', '劳动人事', 'Labour'),
  entry('0201', '拖欠劳动报酬', 'Unpaid wages'), entry('10', '涉外涉港澳台', 'Foreign matters'),
]

describe('categories', () => {
  const groups = tree(CATEGORIES)
  it('are two levels, and a group without children can be ticked itself', () => {
    expect(groups.map((group) => group.leaves.map((leaf) => leaf.code))).toEqual([['0101'], ['0201'], ['10']])
  })
  it.each([['0201', '0201'], ['拖欠', '0201'], ['tqld', '0201'], ['wages', '0201'], ['lh', '0101'], ['劳动人事', '0201'], ['swsg', '10']])(
    'are found by %s', (typed, code) => expect(search(groups, typed).map((leaf) => leaf.code)).toEqual([code]),
  )
  it('say nothing for nothing', () => {
    expect(search(groups, '  ')).toEqual([])
    expect(search(groups, 'zzz')).toEqual([])
  })
})

describe('shortcuts', () => {
  const press = (code: string, more: object = {}) => actionOf({ code, altKey: false, ctrlKey: false, metaKey: false, repeat: false, ...more })
  it('are read from the physical key', () => {
    expect(press('F2')).toBe('accept')
    expect(press('KeyA', { altKey: true })).toBe('accept')
    expect(press('KeyQ', { altKey: true })).toBe('hangup')
  })
  it('leave plain typing, held keys and other modifiers alone', () => {
    expect(press('KeyA')).toBeNull()
    expect(press('KeyQ', { altKey: true, repeat: true })).toBeNull()
    expect(press('KeyH', { altKey: true, ctrlKey: true })).toBeNull()
  })
  it('shows every action once', () => expect(Object.values(GROUPS).flat().sort()).toEqual(Object.keys(KEYS).sort()))

  it('are each bound once', () => {
    const all = Object.values(KEYS).flat().map((key) => key.shown)
    expect(new Set(all).size).toBe(all.length)
  })
})

describe('timeline', () => {
  const words: Words = {
    word: (group, code) => `${group}.${code}`, person: (id) => `人${id}`, queue: (code) => `队${code}`, rating: (score) => `分${score}`, seconds: (value) => `${value}秒`,
  }
  it('says who and how', () => {
    const tried = { name: 'expert_tried', at: 1, data: { expert_id: 'e1', outcome: 'no_answer', seconds: 20 } }
    expect(detail(tried, words)).toBe('人e1 · try.no_answer · 20秒')
    expect(weight(tried)).toBe('bad')
    expect(detail({ name: 'queue_entered', at: 1, data: { queue: 'LB', priority: 'P1' } }, words)).toBe('队LB · P1')
  })
  it('survives a fact it does not know', () => {
    expect(detail({ name: 'from_the_future', at: 1 }, words)).toBe('')
    expect(weight({ name: 'from_the_future', at: 1 })).toBe('plain')
  })
})
