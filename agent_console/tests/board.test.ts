import { describe, expect, it } from 'vitest'
import { ordered, percent, tiles, waitTone } from '@/features/board/figures'
import { actionOf } from '@/features/desk/shortcuts'
import type { Call, Figures } from '@/feed/types'

const call = (id: string, more: Partial<Call> = {}): Call => ({ call_id: id, phase: 'agent_talk', caller_masked: '138****0001', arrived_at: 100, ...more })
const DAY: Figures = {
  at: 1, offered: 11, answered: 3, abandoned: 2, in_progress: 1, difference: 0, differs: null, within: 2, short: 1, rated: 2, wait_mean: 16.7, wait_max: 30,
  rates: { connect: 0.3, connect_24h: 0.96, within: null, abandon: 0.2, abandon_long: 0.1, rated: 1, satisfied: 0.5, satisfied_strict: 0.5 },
  grades: { connect_24h: 'amber', within: '' }, targets: { answer_seconds: 15, alarm_seconds: 20 },
}

describe('the wall board', () => {
  it('puts danger to life first, then help, then who waits longest', () => {
    const list = ordered([
      call('talks', { arrived_at: 1 }), call('waits', { phase: 'queue', queued_at: 50 }), call('waits-longer', { phase: 'queue', queued_at: 20 }),
      call('over', { phase: 'ended' }), call('help', { help: { help_id: 'h', agent_id: 'a', since: 1 } }), call('danger', { pinned: 'e', arrived_at: 999 }),
    ])
    expect(list.map((one) => one.call_id)).toEqual(['danger', 'help', 'waits-longer', 'waits', 'talks'])
  })

  it('shows nothing where there is nothing to judge, and its colour where there is', () => {
    const shown = Object.fromEntries(tiles(DAY).map((tile) => [tile.name, tile]))
    expect(shown.within).toMatchObject({ value: '–', tone: '' })
    expect(shown.connect_24h).toMatchObject({ value: '96.0%', tone: 'amber' })
    expect(shown.abandon!.detail).toEqual({ n: 2, of: 10, short: 1, long: '10.0%' })
    expect(tiles(null)).toEqual([])
  })

  it('never rounds up to all', () => {
    expect([percent(0.9994), percent(1), percent(null), percent(0)]).toEqual(['99.9%', '100%', '–', '0.0%'])
  })

  it('colours a wait by the rules', () => {
    expect([14, 15, 16, 20, 300].map((seconds) => waitTone(seconds, 15, 20))).toEqual(['', '', 'amber', 'red', 'red'])
  })

  it('has a key for danger to life', () => {
    expect(actionOf({ code: 'F9', altKey: false, ctrlKey: false, metaKey: false, repeat: false })).toBe('emergency')
  })
})
