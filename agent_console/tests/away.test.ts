import { describe, expect, it } from 'vitest'
import { whatChanged } from '@/feed/changes'
import type { Entity } from '@/feed/types'

const board = (me: object, call: object | null, more: Record<string, Entity> = {}): Record<string, Entity> => ({
  'agents/a1': { id: 'a1', state: 'on_call', call_id: 'c1', ...me },
  ...(call ? { 'calls/c1': { call_id: 'c1', phase: 'agent_talk', hold: false, ...call } } : {}),
  ...more,
})
const codes = (before: Record<string, Entity>, after: Record<string, Entity>): string[] => whatChanged(before, after, 'a1').map((one) => one.code)
const offer = (id: string, agent = 'a1'): Record<string, Entity> => ({ [`offers/${id}`]: { offer_id: id, agent_ids: [agent] } })

describe('what changed while the line was away', () => {
  it('says nothing of what stayed, and of what is not mine', () => {
    expect(codes(board({}, {}), board({}, {}, { 'agents/a2': { id: 'a2', state: 'paused' }, ...offer('o9', 'a2') }))).toEqual([])
  })
  it('names the end of my call, and my state', () => {
    const after = board({ state: 'wrap_up' }, { phase: 'ended' })
    expect(codes(board({}, {}), after)).toEqual(['call_ended', 'state'])
    expect(whatChanged(board({}, {}), after, 'a1')[1]!.params).toEqual({ state: 'wrap_up' })
    expect(codes(board({}, {}), board({ call_id: null, state: 'available' }, null))).toEqual(['call_ended', 'state'])
  })
  it('names hold and transfer of a call that goes on', () => {
    expect(codes(board({}, {}), board({}, { hold: true }))).toEqual(['held'])
    expect(codes(board({}, { hold: true }), board({}, { transfer: { state: 'returned' } }))).toEqual(['unheld', 'transfer'])
  })
  it('counts what rang and what rings, and danger to life', () => {
    const idle = { state: 'available', call_id: null }
    expect(codes(board(idle, null, offer('o1')), board(idle, null, { ...offer('o2'), 'emergencies/e1': { id: 'e1' } }))).toEqual(['offers_gone', 'offers_new', 'emergencies'])
    expect(codes(board(idle, null), board({ state: 'ringing' }, { phase: 'agent_ringing' }))).toEqual(['call_new', 'state'])
  })
  it('survives a board without me', () => {
    expect(whatChanged({}, board({}, {}), null)).toEqual([])
  })
})
